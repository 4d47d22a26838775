/** Keeps the lease on the lead in hand while a person is there, notices when it is lost, gives it back on leaving. */

import { onBeforeUnmount, onMounted, type ShallowRef } from 'vue'
import { releaseOnLeaving } from '@/api/client'
import { asProblem } from '@/api/problem'
import type { LeadDetail } from '@/api/types'
import { mayRenew, RENEW_EVERY_MS, secondsLeft } from '@/domain/lease'
import { useSession } from '@/stores/session'

const LOST = new Set(['not_holder', 'wrong_state', 'claimed_by_other'])

export function useLeaseKeeper(lead: ShallowRef<LeadDetail | null>, onLost: (id: string) => void): void {
  const session = useSession()
  let touchedAt = Date.now()
  let renewing: ReturnType<typeof setInterval> | undefined
  let watching: ReturnType<typeof setInterval> | undefined
  let asking = false

  async function renew(id: string): Promise<void> {
    if (asking) return
    asking = true
    try {
      const { lease_until } = await session.api.renew(id)
      if (lead.value?.event_id === id) lead.value = { ...lead.value, lease_until }
    } catch (error) {
      if (LOST.has(asProblem(error).code)) onLost(id)
    } finally {
      asking = false
    }
  }

  function renewIfPresent(): void {
    const held = lead.value
    if (held && mayRenew({ visible: !document.hidden, touchedAt }, Date.now())) void renew(held.event_id)
  }
  /** Over by this browser's clock; but the server's clock decides, so it is asked. */
  function askIfOver(): void {
    const held = lead.value
    if (held && secondsLeft(held.lease_until, Date.now()) === 0) void renew(held.event_id)
  }
  const touch = (): void => void (touchedAt = Date.now())
  const leave = (): void => {
    if (lead.value) releaseOnLeaving(lead.value.event_id, session.csrfToken)
  }

  onMounted(() => {
    renewing = setInterval(renewIfPresent, RENEW_EVERY_MS)
    watching = setInterval(askIfOver, 1000)
    addEventListener('pagehide', leave)
    addEventListener('pointerdown', touch)
    addEventListener('keydown', touch)
  })
  onBeforeUnmount(() => {
    clearInterval(renewing)
    clearInterval(watching)
    removeEventListener('pagehide', leave)
    removeEventListener('pointerdown', touch)
    removeEventListener('keydown', touch)
    if (lead.value) void session.api.release(lead.value.event_id).catch(() => undefined)
  })
}
