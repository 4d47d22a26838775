/** Where the parts of a kitchen's curve are drawn: panels below each other, their lines, gaps and marks; pixels. */

import { gapsOf, railOf, runsOf, valueText, type CurveData, type CurvePoint } from './curve'
import { fullTime } from './time'

export const LEFT = 52
export const RIGHT = 8
export const FOOT = 16
export const RAIL = 8
export const DAY_MS = 86_400_000

export const PANELS = [
  { key: 'fume', factor: 'fume_mg_m3', state: null, share: 0.5 },
  { key: 'fan', factor: 'fan_a', state: 'fan_state', share: 0.25 },
  { key: 'purifier', factor: 'purifier_a', state: 'purifier_state', share: 0.25 },
] as const
const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((minutes) => minutes * 60_000)
const SHANGHAI_MS = 8 * 3_600_000

/** What is drawn, and on how much room. */
export interface CurveFrame {
  data: CurveData
  limit: number | null
  /** Fume alone, in a strip or a tile. */
  compact: boolean
  width: number
  height: number
}

/** Where a time stands across; what lies outside the curve stands at its edge. */
export function xOf(data: CurveData, width: number, at: number): number {
  const share = (at - data.from) / Math.max(1, data.to - data.from)
  return LEFT + (width - LEFT - RIGHT) * Math.min(1, Math.max(0, share))
}

/** The panels with everything that is drawn in them. */
export function panelsOf(frame: CurveFrame) {
  const { data, compact } = frame
  const x = (at: number): number => xOf(data, frame.width, at)
  const pointsOf = (factor: string | null): readonly CurvePoint[] => (factor === null ? [] : (data.points.get(factor) ?? []))
  const shown = compact ? PANELS.slice(0, 1) : PANELS
  const caption = compact ? 4 : 18
  const free = frame.height - FOOT - caption * shown.length
  let top = 0
  return shown.map((panel) => {
    const share = compact ? 1 : panel.share
    top += caption
    const box = { top, bottom: top + Math.max(12, free * share) }
    top = box.bottom
    const points = pointsOf(panel.factor)
    const states = pointsOf(panel.state)
    const limit = panel.key === 'fume' ? frame.limit : null
    const most = Math.max(0.1, limit ?? 0, ...points.map((one) => one.high)) * 1.15
    const floor = box.bottom - (states.length ? RAIL + 4 : 0)
    const y = (value: number): number => floor - (floor - box.top) * Math.min(1, Math.max(0, value / most))
    const runs = runsOf(points, data.gapMs)
    return {
      ...panel,
      ...box,
      points,
      told: points.length > 0 || states.length > 0,
      limitY: limit === null ? null : y(limit),
      // A low panel has room for its highest tick alone.
      ticks: (floor - box.top < 40 ? [most / 1.15] : [0, most / 2, most / 1.15]).map((value) => ({ y: y(value), text: valueText(value) })),
      lines: runs.map((run) => run.map((one) => `${x(one.at).toFixed(1)},${y(one.value).toFixed(1)}`).join(' ')),
      bands: runs
        .filter((run) => run.some((one) => one.high > one.low))
        .map((run) => [...run.map((one) => `${x(one.at).toFixed(1)},${y(one.high).toFixed(1)}`),
          ...[...run].reverse().map((one) => `${x(one.at).toFixed(1)},${y(one.low).toFixed(1)}`)].join(' ')),
      crosses: points.filter((one) => !one.good).map((one) => ({ x: x(one.at), y: y(one.value), marks: one.marks.join(' ') })),
      lone: runs.filter((run) => run.length === 1).map((run) => ({ x: x(run[0]!.at), y: y(run[0]!.value) })),
      gaps: gapsOf(points.length ? points : states, data).map((one) => ({ x: x(one.from), width: x(one.to) - x(one.from) })),
      rail: railOf(states, data.gapMs).map((one) => ({ ...one, x: x(one.from), width: Math.max(2, x(one.to) - x(one.from)) })),
    }
  })
}

/** The times below the panels, as many as there is room for. */
export function ticksOf(data: CurveData, width: number) {
  const span = data.to - data.from
  const room = Math.max(1, (width - LEFT - RIGHT) / 76)
  const step = STEPS_MS.find((ms) => span / ms <= room) ?? DAY_MS
  const ticks = []
  for (let at = Math.ceil((data.from + SHANGHAI_MS) / step) * step - SHANGHAI_MS; at <= data.to; at += step) {
    const full = fullTime(at)!
    ticks.push({ x: xOf(data, width, at), text: step >= DAY_MS || (span > DAY_MS && full.endsWith('00:00:00')) ? full.slice(5, 10) : full.slice(11, 16) })
  }
  return ticks
}
