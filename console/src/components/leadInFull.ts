/** One lead with its evidence and history, loaded when its id changes and again when the live feed tells of it. */

import { onBeforeUnmount, onMounted, ref, shallowRef, watch, type Ref } from 'vue'
import { asProblem } from '@/api/problem'
import type { EvidenceAnswer, HistoryEntry, LeadDetail } from '@/api/types'
import { useLive } from '@/stores/live'
import { useSession } from '@/stores/session'
import { useWords } from './words'

export function useLeadInFull(id: Readonly<Ref<string>>) {
  const { t, problem } = useWords()
  const { api } = useSession()
  const live = useLive()
  const lead = shallowRef<LeadDetail | null>(null)
  const evidence = shallowRef<EvidenceAnswer | null>(null)
  const history = shallowRef<HistoryEntry[] | null>(null)
  const failed = ref('')
  const evidenceFailed = ref(false)
  const shownOnce = new Set<string>()

  async function load(): Promise<void> {
    const wanted = id.value
    failed.value = ''
    try {
      const answer = await api.lead(wanted)
      if (wanted !== id.value) return
      take(answer)
    } catch (error) {
      const { status } = asProblem(error)
      failed.value = status === 403 || status === 404 ? t('note.n20', { unit: t('note.unit') }) : problem(error)
    }
  }
  function take(answer: LeadDetail): void {
    lead.value = answer
    void loadEvidence(answer.event_id)
    void loadHistory(answer.event_id)
  }
  async function loadEvidence(wanted: string): Promise<void> {
    try {
      const answer = await api.evidence(wanted)
      if (wanted === id.value) evidence.value = answer
      evidenceFailed.value = false
    } catch {
      evidenceFailed.value = true
    }
  }
  async function loadHistory(wanted: string): Promise<void> {
    try {
      const answer = await api.history(wanted)
      if (wanted === id.value) history.value = answer.items
    } catch {
      // The last twenty entries come with the lead itself.
      history.value = lead.value?.history ?? []
    }
  }
  function painted(sha256: string): void {
    if (shownOnce.has(sha256)) return
    shownOnce.add(sha256)
    void api.shown(id.value, sha256).catch(() => undefined)
  }

  watch(
    id,
    () => {
      lead.value = null
      evidence.value = null
      history.value = null
      shownOnce.clear()
      void load()
    },
    { immediate: true },
  )
  let stopListening: (() => void) | undefined
  onMounted(() => {
    stopListening = live.listen({
      lead: (news) => {
        if (news.event_id === id.value && news.version > (lead.value?.version ?? 0)) void load()
      },
      resync: () => void load(),
    })
  })
  onBeforeUnmount(() => stopListening?.())

  return { lead, evidence, history, failed, evidenceFailed, load, loadEvidence, take, painted }
}
