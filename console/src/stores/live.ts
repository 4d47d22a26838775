/** News from the server: who listens gets leads and devices as they change; the bar gets the state of the line. */

import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { LiveDevice, LiveLead, QueueAnswer } from '@/api/types'
import { openLine, type LineState, type News } from './line'
import { useSession } from './session'

interface Listener {
  lead?(news: LiveLead): void
  device?(news: LiveDevice): void
  /** Something was missed: load anew what is shown. */
  resync?(): void
}

/** Updates that arrive this soon after the line came back were missed before; they are counted for the notice. */
const CATCH_UP_MS = 2000
const NOTICE_MS = 6000

export const useLive = defineStore('live', () => {
  const session = useSession()
  const line = ref<LineState>('connecting')
  const asOf = ref<number | null>(null)
  const caughtUp = ref<number | null>(null)
  const queue = shallowRef<QueueAnswer | null>(null)
  const listeners = new Set<Listener>()
  let close: (() => void) | null = null
  let backAt = 0

  function onLine(state: LineState): void {
    const wasLost = line.value === 'offline'
    if (state === 'live' || line.value === 'live') asOf.value = Date.now()
    line.value = state
    if (state !== 'live' || !wasLost) return
    backAt = Date.now()
    caughtUp.value = 0
    setTimeout(() => (caughtUp.value = null), NOTICE_MS)
  }

  function hear(news: News): void {
    if (news.kind === 'line') return onLine(news.state)
    asOf.value = Date.now()
    if (news.kind === 'queue') {
      queue.value = news.queue
      return
    }
    if (caughtUp.value !== null && Date.now() - backAt < CATCH_UP_MS) caughtUp.value += 1
    for (const one of listeners) {
      if (news.kind === 'lead') one.lead?.(news.lead)
      else if (news.kind === 'device') one.device?.(news.device)
      else one.resync?.()
    }
  }

  function start(): void {
    if (close !== null || session.user === null) return
    line.value = 'connecting'
    close = openLine(session.user.id, { hear, refused: () => void session.api.session().catch(() => undefined) })
  }

  function stop(): void {
    close?.()
    close = null
  }

  /** Listen until the returned function is called. */
  function listen(one: Listener): () => void {
    listeners.add(one)
    return () => listeners.delete(one)
  }

  async function askQueue(): Promise<void> {
    queue.value = await session.api.queue()
  }

  return { line, asOf, caughtUp, queue, start, stop, listen, askQueue }
})
