/** The desk of one operator: the alert in hand, its lease, the verdict, and ten seconds to take it back. */

import { computed, onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'
import { asProblem, type ApiProblem } from '@/api/problem'
import type { DismissReason, EvidenceAnswer, LeadDetail, VerdictAsk } from '@/api/types'
import { useNow } from '@/components/now'
import { countdown } from '@/domain/lease'
import { firstLook } from '@/domain/evidence'
import { millis } from '@/domain/time'
import { REST_AFTER_NEW_MS, verdictReady } from '@/keys/guard'
import { useLive } from '@/stores/live'
import { useSession } from '@/stores/session'
import { useLeaseKeeper } from './leaseKeeper'
import { sendVerdict, takeBack } from './sending'

/** What the desk says in its notice line; the view puts it into words. */
export type Notice =
  | { kind: 'retrying' | 'leaseOver' | 'undone' | 'released' | 'empty' }
  | { kind: 'held'; name: string }
  | { kind: 'failed'; problem: ApiProblem }

export interface Conflict {
  before: LeadDetail
  now: LeadDetail
  act: VerdictAsk
}

export interface Undoable {
  lead: LeadDetail
  verdict: VerdictAsk['verdict']
  until: number
}

export function useDesk() {
  const session = useSession()
  const live = useLive()
  const { api } = session
  const now = useNow()

  const lead = shallowRef<LeadDetail | null>(null)
  const evidence = shallowRef<EvidenceAnswer | null>(null)
  const evidenceFailed = ref(false)
  const busy = ref(false)
  const notice = shallowRef<Notice | null>(null)
  const conflict = shallowRef<Conflict | null>(null)
  const undoable = shallowRef<Undoable | null>(null)
  const arrivedAt = ref<number | null>(null)
  const paintedAt = ref<number | null>(null)
  /** Ticks once the rest after a new alert is over, so that buttons wake up without waiting for the next second. */
  const rested = ref(0)
  let shownSha256: string | null = null
  let isGone = false

  const ready = computed(() => {
    void rested.value
    void now.value
    const at = { arrivedAt: arrivedAt.value, paintedAt: paintedAt.value }
    return lead.value !== null && !busy.value && conflict.value === null && verdictReady(at, Date.now())
  })
  const leaseCountdown = computed(() => (lead.value ? countdown(lead.value.lease_until, now.value) : null))
  const undoSeconds = computed(() => {
    const left = undoable.value ? Math.ceil((undoable.value.until - now.value) / 1000) : 0
    return left > 0 ? left : null
  })

  const may = (action: LeadDetail['allowed'][number]): boolean => lead.value?.allowed.includes(action) ?? false

  /** A new lead in hand starts from nothing painted; a newer revision of the same lead keeps what is painted. */
  function hold(next: LeadDetail | null): void {
    const isNew = next?.event_id !== lead.value?.event_id
    lead.value = next
    conflict.value = null
    if (isNew) {
      evidence.value = next === null ? null : firstLook(next)
      evidenceFailed.value = false
      arrivedAt.value = next === null ? null : Date.now()
      paintedAt.value = null
      shownSha256 = null
      setTimeout(() => (rested.value += 1), REST_AFTER_NEW_MS + 10)
    }
    if (next !== null) void loadEvidence(next.event_id)
  }

  async function loadEvidence(id: string): Promise<void> {
    try {
      const answer = await api.evidence(id)
      if (lead.value?.event_id === id) evidence.value = answer
      evidenceFailed.value = false
    } catch {
      if (lead.value?.event_id === id) evidenceFailed.value = true
    }
  }

  async function run<T>(act: () => Promise<T>): Promise<T | null> {
    if (busy.value) return null
    busy.value = true
    notice.value = null
    try {
      return await act()
    } catch (error) {
      notice.value = refused(asProblem(error))
      return null
    } finally {
      busy.value = false
    }
  }

  function refused(problem: ApiProblem): Notice {
    const holder = problem.body.holder as { name?: string } | undefined
    return problem.code === 'claimed_by_other' ? { kind: 'held', name: holder?.name ?? '' } : { kind: 'failed', problem }
  }

  async function claimNext(): Promise<void> {
    await run(async () => {
      const next = await api.next()
      hold(next)
      if (next === null) notice.value = { kind: 'empty' }
    })
  }

  /** Take this one; what was in hand goes back. */
  async function claim(id: string): Promise<void> {
    if (lead.value?.event_id === id) return
    await run(async () => {
      const taken = await api.claim(id)
      const before = lead.value
      hold(taken)
      if (before) await api.release(before.event_id).catch(() => undefined)
    })
  }

  async function putBack(): Promise<void> {
    const held = lead.value
    if (held === null) return
    await run(async () => {
      await api.release(held.event_id)
      hold(null)
      notice.value = { kind: 'released' }
    })
  }

  async function decide(act: VerdictAsk): Promise<void> {
    const held = lead.value
    if (held === null || !ready.value) return
    const done = await run(() => give(held, act))
    if (!done) return
    const until = done.undo_until ? millis(done.undo_until) : Date.now()
    undoable.value = { lead: done, verdict: act.verdict, until }
    hold(null)
    await claimNext()
  }

  /** A lead that has changed meanwhile is no failure: it is shown beside what was seen. */
  async function give(held: LeadDetail, act: VerdictAsk): Promise<LeadDetail | null> {
    try {
      const done = await sendVerdict(held, act, {
        api,
        isGone: () => isGone,
        onRetry: () => (notice.value = { kind: 'retrying' }),
      })
      notice.value = null
      return done
    } catch (error) {
      const { code, current } = asProblem(error)
      if (code !== 'version_conflict' || !current) throw error
      conflict.value = { before: held, now: current, act }
      return null
    }
  }

  const confirm = (plate: string | null = null) =>
    decide({ verdict: 'confirm', reason: null, note: '', plate_by_person: plate })
  const dismiss = (reason: DismissReason, note = '') => decide({ verdict: 'dismiss', reason, note })

  async function undo(): Promise<void> {
    const target = undoable.value
    if (target === null) return
    await run(async () => {
      const back = await takeBack(api, target.lead)
      const before = lead.value
      undoable.value = null
      hold(back)
      notice.value = { kind: 'undone' }
      if (before && before.event_id !== back.event_id) await api.release(before.event_id).catch(() => undefined)
    })
  }

  /** After a conflict the lead stands as it is now; the person decides again, or it is no longer theirs. */
  function settleConflict(): void {
    const current = conflict.value?.now
    conflict.value = null
    if (current) hold(current.allowed.includes('confirm') ? current : null)
  }

  function painted(sha256: string, isJudged: boolean): void {
    const held = lead.value
    if (held === null) return
    if (isJudged) paintedAt.value ??= Date.now()
    if (shownSha256 === sha256) return
    shownSha256 = sha256
    void api.shown(held.event_id, sha256).catch(() => undefined)
  }

  useLeaseKeeper(lead, loseLease)

  function loseLease(id: string): void {
    if (lead.value?.event_id !== id) return
    hold(null)
    notice.value = { kind: 'leaseOver' }
  }

  /** The lead in hand has changed at the server: show it as it is, so that the verdict is about what is seen. */
  async function refresh(id: string): Promise<void> {
    if (busy.value) return
    try {
      const current = await api.lead(id)
      if (lead.value?.event_id !== id || busy.value) return
      if (current.allowed.includes('confirm')) hold(current)
      else loseLease(id)
    } catch {
      // The next piece of news, the renewal or the verdict itself will say what is wrong.
    }
  }

  /** After a reload one's own alert is taken up again. */
  async function resume(): Promise<void> {
    const mine = await api.leads({ state: 'claimed', order: 'oldest', limit: 50 }).catch(() => null)
    const own = mine?.items.find((one) => one.holder?.id === session.user?.id)
    if (own && lead.value === null && !busy.value) await claim(own.event_id)
  }

  let stopListening: (() => void) | undefined
  let ending: ReturnType<typeof setInterval> | undefined

  onMounted(() => {
    stopListening = live.listen({
      lead: (news) => {
        if (news.event_id === lead.value?.event_id && news.version > lead.value.version) void refresh(news.event_id)
      },
      resync: () => void (lead.value && refresh(lead.value.event_id)),
    })
    ending = setInterval(() => {
      if (undoable.value && undoable.value.until <= Date.now()) undoable.value = null
    }, 1000)
    void resume()
  })
  onBeforeUnmount(() => {
    isGone = true
    stopListening?.()
    clearInterval(ending)
  })

  return {
    lead, evidence, evidenceFailed, busy, notice, conflict, undoable, undoSeconds, ready, leaseCountdown, now,
    may, claim, claimNext, putBack, confirm, dismiss, undo, painted, settleConflict, loadEvidence,
  }
}

export type Desk = ReturnType<typeof useDesk>
