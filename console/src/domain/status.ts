/** How a state looks: one tone each, with its own shape, so that it reads without colour. */

import type { Device, EvidenceAnswer, LeadState } from '@/api/types'
import type { Met } from './event'
import { ageSeconds } from './time'

export type Tone = 'critical' | 'warning' | 'ok' | 'unknown' | 'planned' | 'accent' | 'plain'

const LEAD_TONES: Record<LeadState, Tone> = {
  alert: 'warning',
  claimed: 'accent',
  confirmed: 'planned',
  dismissed: 'plain',
  offered: 'planned',
  accepted: 'ok',
  returned: 'critical',
  handed_over: 'ok',
  case_opened: 'ok',
  closed: 'plain',
  withdrawn: 'plain',
  superseded: 'plain',
  permitted: 'plain',
}

export const leadTone = (state: LeadState): Tone => LEAD_TONES[state] ?? 'unknown'

export const gradeTone = (grade: string): Tone =>
  grade === 'full' ? 'ok' : grade === 'partial' ? 'warning' : 'unknown'

export const metTone = (met: Met): Tone => (met === 'met' ? 'ok' : met === 'not_met' ? 'critical' : 'unknown')

export const signerTone = (signer: EvidenceAnswer['signer']): Tone =>
  signer === 'proved' ? 'ok' : signer === 'wrong' ? 'critical' : 'unknown'

/** Gateways speak each 10 s; one that has been silent this long is not known to live, whatever the broker believes. */
export const SILENT_AFTER_S = 60

export type GatewayState = 'online' | 'silent' | 'offline'

export function gatewayState(online: boolean, at: string | null, now: number): GatewayState {
  if (!online) return 'offline'
  return at === null || ageSeconds(at, now) > SILENT_AFTER_S ? 'silent' : 'online'
}

/** The state of a device as it can be known: under a gateway that does not speak nothing is known now. */
export type ShownDeviceState = NonNullable<Device['state']> | 'unknown' | 'stale'

export function shownDeviceState(device: Device, now: number): ShownDeviceState {
  if (gatewayState(device.gateway_online, device.gateway_at, now) !== 'online') return device.state === null ? 'unknown' : 'stale'
  return device.state ?? 'unknown'
}

const DEVICE_TONES: Record<ShownDeviceState, Tone> = {
  starting: 'planned',
  live: 'ok',
  unauthorized: 'critical',
  not_found: 'critical',
  unreachable: 'critical',
  garbage: 'critical',
  no_keyframe: 'critical',
  stalled: 'critical',
  frozen: 'critical',
  dark: 'warning',
  codec_unsupported: 'critical',
  cloned: 'critical',
  stopped: 'plain',
  unknown: 'unknown',
  stale: 'unknown',
}

export const deviceTone = (state: ShownDeviceState): Tone => DEVICE_TONES[state] ?? 'unknown'

/** What to repair first: the worst tone first, then what has been wrong longest. */
const RANK: Record<Tone, number> = { critical: 0, warning: 1, unknown: 2, planned: 3, accent: 3, plain: 4, ok: 5 }

export function byUrgency(a: Device, b: Device, now: number): number {
  const rank = rankOf(a, now) - rankOf(b, now)
  return rank || (a.state_since ?? '').localeCompare(b.state_since ?? '') || a.name.localeCompare(b.name, 'zh-CN')
}

/** A device that works and has something to be maintained is not all right. */
function rankOf(device: Device, now: number): number {
  const rank = RANK[deviceTone(shownDeviceState(device, now))]
  return device.maintenance.length > 0 ? Math.min(rank, RANK.warning) : rank
}

export function needsAttention(device: Device, now: number): boolean {
  return device.maintenance.length > 0 || ['critical', 'warning', 'unknown'].includes(deviceTone(shownDeviceState(device, now)))
}

/** The main road of a lead, for the stepper; side states stand beside it. */
export const ROAD: readonly LeadState[] = ['alert', 'confirmed', 'offered', 'accepted', 'case_opened', 'closed']

/** The last step of the road that a lead has reached. */
export function stepOf(state: LeadState): number {
  switch (state) {
    case 'alert':
    case 'claimed':
    case 'dismissed':
    case 'permitted':
    case 'withdrawn':
    case 'superseded':
      return 0
    case 'confirmed':
      return 1
    case 'offered':
    case 'returned':
      return 2
    case 'accepted':
    case 'handed_over':
      return 3
    case 'case_opened':
      return 4
    case 'closed':
      return 5
  }
}
