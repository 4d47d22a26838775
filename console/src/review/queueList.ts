/** The waiting alerts as a list whose rows never jump: news are counted, and taken in when the person asks. */

import { computed, onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'
import type { LeadSummary } from '@/api/types'
import { useLive } from '@/stores/live'
import { useSession } from '@/stores/session'

const PAGE = 50

export function useQueueList() {
  const session = useSession()
  const { api } = session
  const live = useLive()
  const rows = shallowRef<LeadSummary[]>([])
  const state = ref<'loading' | 'ready' | 'failed'>('loading')
  const unseen = ref(new Set<string>())
  let stopListening: (() => void) | undefined

  async function load(): Promise<void> {
    try {
      const [page] = await Promise.all([
        api.leads({ state: 'alert,claimed', order: 'oldest', limit: PAGE }),
        live.askQueue().catch(() => undefined),
      ])
      rows.value = page.items
      unseen.value = new Set()
      state.value = 'ready'
    } catch {
      state.value = 'failed'
    }
  }

  /** A listed row changes in place or leaves; a new one waits outside until asked for, unless the list is empty. */
  async function onLead(id: string, leadState: LeadSummary['state']): Promise<void> {
    const at = rows.value.findIndex((row) => row.event_id === id)
    const waits = leadState === 'alert' || leadState === 'claimed'
    if (at < 0 && leadState === 'claimed') return bringBack(id)
    if (at < 0) {
      if (leadState !== 'alert') return
      if (rows.value.length === 0 && state.value !== 'loading') return load()
      unseen.value = new Set(unseen.value).add(id)
      return
    }
    if (!waits) {
      rows.value = rows.value.filter((row) => row.event_id !== id)
      return
    }
    const fresh = await api.lead(id).catch(() => null)
    if (fresh) rows.value = rows.value.map((row) => (row.event_id === id ? fresh : row))
  }

  /** What one takes oneself (an undo, the next one of a longer queue) is in the list at once. */
  async function bringBack(id: string): Promise<void> {
    const fresh = await api.lead(id).catch(() => null)
    if (fresh?.holder?.id !== session.user?.id || fresh === null || rows.value.some((row) => row.event_id === id)) return
    rows.value = [...rows.value, fresh].sort((a, b) => a.opened_at.localeCompare(b.opened_at))
  }

  onMounted(() => {
    stopListening = live.listen({
      lead: (news) => void onLead(news.event_id, news.state),
      resync: () => void load(),
    })
    void load()
  })
  onBeforeUnmount(() => stopListening?.())

  return { rows, state, load, unseen: computed(() => unseen.value.size) }
}
