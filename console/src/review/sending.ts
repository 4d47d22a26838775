/** Sending a verdict until it is answered: however often it is sent, one key makes it one verdict. */

import { actKey, type Api } from '@/api/client'
import { asProblem } from '@/api/problem'
import type { LeadDetail, VerdictAsk } from '@/api/types'

const RETRY_MS = 2000
const RETRY_FOR_MS = 60_000

export interface Sending {
  api: Api
  /** Nobody waits any more: the page was left. */
  isGone(): boolean
  onRetry(): void
}

/** The lead as it stands after the verdict; throws the problem that the server named, or the network's after a minute. */
export async function sendVerdict(held: LeadDetail, act: VerdictAsk, sending: Sending): Promise<LeadDetail> {
  const key = actKey()
  const giveUpAt = Date.now() + RETRY_FOR_MS
  for (;;) {
    try {
      return await sending.api.verdict(held.event_id, held.version, act, key)
    } catch (error) {
      const problem = asProblem(error)
      if (!problem.isNetwork || sending.isGone() || Date.now() > giveUpAt) throw problem
      sending.onRetry()
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

/** Take a verdict back; a new revision from the edge within the ten seconds is no reason to refuse the person. */
export async function takeBack(api: Api, decided: LeadDetail): Promise<LeadDetail> {
  try {
    return await api.undo(decided.event_id, decided.version)
  } catch (error) {
    const current = asProblem(error).current
    if (!current?.allowed.includes('undo')) throw error
    return await api.undo(current.event_id, current.version)
  }
}
