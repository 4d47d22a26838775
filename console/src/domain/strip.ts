/** The timer as a strip: spans of the stay laid out on a line of `width` pixels. Pure geometry, drawn by TimerStrip. */

import type { components } from '@/api/schema'
import { millis } from './time'

export type SpanState = components['schemas']['IllegalParkingSpan']['state']
export const SPAN_STATES: readonly SpanState[] = [
  'seen',
  'reidentified_patch',
  'reidentified_plate',
  'hidden',
  'held',
  'suspended',
  'no_picture',
]

export interface Span {
  start: string
  end: string
  state: SpanState
}

export interface Block {
  x: number
  width: number
  state: SpanState
  seconds: number
}

export interface Tick {
  x: number
  at: number
}

export interface Strip {
  from: number
  to: number
  blocks: Block[]
  ticks: Tick[]
  x(at: string | number): number | null
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400]
const SHANGHAI_MS = 8 * 3600_000
/** A span shorter than a pixel is still drawn: what was not seen must not vanish by scale. */
const MIN_BLOCK_PX = 1

/** The strip of `spans` from the first moment to the last one, `marks` included; null when there is nothing to lay out. */
export function layStrip(spans: readonly Span[], marks: readonly string[], width: number, pxPerTick = 110): Strip | null {
  const moments = [...spans.flatMap((s) => [millis(s.start), millis(s.end)]), ...marks.map(millis)].filter(
    (ms) => !Number.isNaN(ms),
  )
  if (moments.length < 2 || width <= 0) return null
  const from = Math.min(...moments)
  const to = Math.max(...moments)
  if (to <= from) return null
  const along = (ms: number): number => (ms * width) / (to - from)
  const x = (at: string | number): number | null => {
    const ms = typeof at === 'number' ? at : millis(at)
    return Number.isNaN(ms) || ms < from || ms > to ? null : along(ms - from)
  }
  const blocks = spans
    .map((span) => {
      const start = millis(span.start)
      const end = millis(span.end)
      const left = Math.min(along(start - from), width - MIN_BLOCK_PX)
      return { x: left, width: Math.max(along(end - start), MIN_BLOCK_PX), state: span.state, seconds: (end - start) / 1000 }
    })
    .filter((block) => block.seconds >= 0)
  return { from, to, blocks, ticks: ticksOf(from, to, along, pxPerTick), x }
}

function ticksOf(from: number, to: number, along: (ms: number) => number, pxPerTick: number): Tick[] {
  const step_ms = 1000 * (STEPS_S.find((s) => along(s * 1000) >= pxPerTick) ?? STEPS_S[STEPS_S.length - 1]!)
  const ticks: Tick[] = []
  // Ticks fall on whole local times, so that a reader finds 16:05:00 and not 16:04:47.
  const first = Math.ceil((from + SHANGHAI_MS) / step_ms) * step_ms - SHANGHAI_MS
  for (let at = first; at <= to; at += step_ms) ticks.push({ x: along(at - from), at })
  return ticks
}

/** What is known of the vehicle in a state: it was seen there, nobody saw it, or the clock stood. */
export const isSeen = (state: SpanState): boolean =>
  state === 'seen' || state === 'reidentified_patch' || state === 'reidentified_plate'
export const isUnseen = (state: SpanState): boolean => state === 'hidden' || state === 'no_picture'

/** Seconds in each state. */
export function secondsByState(spans: readonly Span[]): Record<SpanState, number> {
  const sums = Object.fromEntries(SPAN_STATES.map((state) => [state, 0])) as Record<SpanState, number>
  for (const span of spans) sums[span.state] += Math.max(0, (millis(span.end) - millis(span.start)) / 1000)
  return sums
}
