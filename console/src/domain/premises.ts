/** One premises as a row shows it. Pure. */

import type { Premises } from '@/api/types'
import { deviceTone, gatewayState, type ShownDeviceState, type Tone } from './status'

/** Under this share of fan time with the purifier a linkage ratio is worth a look; the rule's own threshold decides leads. */
const LOW_RATIO = 0.8
export const LOW_SCORE = 60

export function shownState(one: Premises, now: number): ShownDeviceState {
  if (gatewayState(one.gateway_online, one.gateway_at, now) !== 'online') return one.state === null ? 'unknown' : 'stale'
  return one.state ?? 'unknown'
}

export const stateTone = (one: Premises, now: number): Tone => deviceTone(shownState(one, now))

export function ratioTone(ratio: number | null | undefined): Tone {
  if (ratio === null || ratio === undefined) return 'unknown'
  return ratio < LOW_RATIO ? 'warning' : 'ok'
}

export const scoreTone = (score: number | null): Tone => (score === null ? 'unknown' : score < LOW_SCORE ? 'critical' : score < 90 ? 'warning' : 'ok')

export const latestOf = (one: Premises, factor: string) => one.latest.find((value) => value.factor === factor) ?? null

export const limitOf = (one: { limits: Premises['limits'] }, factor = 'fume_mg_m3'): number | null =>
  one.limits.find((limit) => limit.factor === factor)?.limit ?? null
