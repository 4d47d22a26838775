/** The event inside a lead, as the contract defines it; times are UTC text, pixels are of the full frame. */

import type { components } from '@/api/schema'

type Schemas = components['schemas']

export type ActEvent = Schemas['Event']
export type Clock = Schemas['Clock']
export type Predicate = Schemas['Predicate']
export type CounterEvidence = Schemas['CounterEvidence']
export type Position = Schemas['GroundPosition']
export type Met = Predicate['met']
/** A corner in pixels: x, y. */
export type Point = readonly number[]

/** Beyond this offset the clock itself is a doubt. */
export const CLOCK_DOUBT_S = 1.0

export type ClockState = 'checked' | 'off' | 'unknown'

export function clockState(clock: Clock | null | undefined): ClockState {
  if (!clock || clock.source === 'none' || clock.offset_s === null || clock.offset_s === undefined) return 'unknown'
  return Math.abs(clock.offset_s) > CLOCK_DOUBT_S ? 'off' : 'checked'
}

/** `+0.3 ± 0.1 s`, with as many digits as the uncertainty earns. */
export function clockOffsetText(clock: Clock): string | null {
  if (clock.offset_s === null || clock.offset_s === undefined) return null
  const digits = clock.uncertainty_s !== null && clock.uncertainty_s < 0.1 ? 2 : 1
  const sign = clock.offset_s < 0 ? '−' : '+'
  const offset = `${sign}${Math.abs(clock.offset_s).toFixed(digits)}`
  return clock.uncertainty_s === null || clock.uncertainty_s === undefined
    ? `${offset} s`
    : `${offset} ± ${clock.uncertainty_s.toFixed(digits)} s`
}

export function countMet(predicates: readonly Predicate[]): Record<Met, number> {
  const counts: Record<Met, number> = { met: 0, not_met: 0, not_seen: 0 }
  for (const predicate of predicates) counts[predicate.met] += 1
  return counts
}

/** The box around a polygon: [left, top, right, bottom]. */
export function boundsOf(polygon: readonly Point[]): [number, number, number, number] | null {
  if (polygon.length === 0) return null
  const xs = polygon.map((point) => point[0] ?? 0)
  const ys = polygon.map((point) => point[1] ?? 0)
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
}
