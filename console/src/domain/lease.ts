/** The lease on a lead: when to renew it and when to show that it runs out. Pure; the clock comes in. */

import { millis } from './time'

export const RENEW_EVERY_MS = 30_000
export const TOUCHED_WITHIN_MS = 5 * 60_000
export const COUNTDOWN_FROM_S = 20

/** Whole seconds left, rounded up so that the last one is shown as 1; 0 when the lease is over; null without a lease. */
export function secondsLeft(until: string | null | undefined, now: number): number | null {
  if (!until) return null
  const ms = millis(until)
  return Number.isNaN(ms) ? null : Math.max(0, Math.ceil((ms - now) / 1000))
}

/** The number to show in the last seconds, else null. */
export function countdown(until: string | null | undefined, now: number): number | null {
  const left = secondsLeft(until, now)
  return left !== null && left <= COUNTDOWN_FROM_S ? left : null
}

export interface Presence {
  visible: boolean
  touchedAt: number
}

/** Renewed only for a person who is there: a desk left open gives its alert back. */
export function mayRenew(presence: Presence, now: number): boolean {
  return presence.visible && now - presence.touchedAt <= TOUCHED_WITHIN_MS
}
