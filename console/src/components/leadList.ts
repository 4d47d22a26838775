/** The leads that match the address: pages by cursor; what is listed changes in place, the rest is counted. */

import { computed, onBeforeUnmount, onMounted, ref, shallowRef, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { LeadsQuery } from '@/api/client'
import { asProblem, type ApiProblem } from '@/api/problem'
import type { LeadSummary } from '@/api/types'
import { useLive } from '@/stores/live'
import { useSession } from '@/stores/session'

const PAGE = 50
const FILTERS = ['state', 'matter', 'grade', 'town', 'device', 'q', 'order'] as const
export type Filter = (typeof FILTERS)[number]

export function useLeadList() {
  const route = useRoute()
  const router = useRouter()
  const { api } = useSession()
  const live = useLive()
  const rows = shallowRef<LeadSummary[]>([])
  const cursor = ref<string | null>(null)
  const state = ref<'loading' | 'ready' | 'failed'>('loading')
  const more = ref<'idle' | 'loading' | 'failed'>('idle')
  const failure = shallowRef<ApiProblem | null>(null)
  const changed = ref(new Set<string>())
  let asked = 0

  function filter(name: Filter): string | null {
    const value = route.query[name]
    return typeof value === 'string' && value !== '' ? value : null
  }
  function setFilter(name: Filter, value: string | null): void {
    const next = { ...route.query }
    if (value === null) delete next[name]
    else next[name] = value
    void router.replace({ query: next })
  }
  const query = computed<LeadsQuery>(() => ({
    ...Object.fromEntries(FILTERS.map((name) => [name, filter(name)]).filter(([, value]) => value !== null)),
    limit: PAGE,
  }))

  async function load(): Promise<void> {
    const mine = ++asked
    if (rows.value.length === 0) state.value = 'loading'
    try {
      const page = await api.leads(query.value)
      if (mine !== asked) return
      rows.value = page.items
      cursor.value = page.next_cursor
      changed.value = new Set()
      state.value = 'ready'
      more.value = 'idle'
    } catch (error) {
      if (mine !== asked) return
      failure.value = asProblem(error)
      state.value = 'failed'
    }
  }

  async function loadMore(): Promise<void> {
    if (cursor.value === null || more.value === 'loading') return
    const mine = asked
    more.value = 'loading'
    try {
      const page = await api.leads({ ...query.value, cursor: cursor.value })
      if (mine !== asked) return
      rows.value = [...rows.value, ...page.items]
      cursor.value = page.next_cursor
      more.value = 'idle'
    } catch {
      more.value = 'failed'
    }
  }

  async function onLead(id: string): Promise<void> {
    if (!rows.value.some((row) => row.event_id === id)) {
      changed.value = new Set(changed.value).add(id)
      return
    }
    const fresh = await api.lead(id).catch(() => null)
    if (fresh) rows.value = rows.value.map((row) => (row.event_id === id ? fresh : row))
  }

  // The page's address leaves before the page does: another page's query is none of this list's business.
  watch(query, () => route.name === 'leads' && void load(), { immediate: true })
  let stopListening: (() => void) | undefined
  onMounted(() => (stopListening = live.listen({ lead: (news) => void onLead(news.event_id), resync: () => void load() })))
  onBeforeUnmount(() => stopListening?.())

  return { rows, cursor, state, more, failure, changed, filter, setFilter, load, loadMore }
}
