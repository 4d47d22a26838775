/** Curves of a sensor: points by factor, lines that break where nothing was measured, rails of machines that run. Pure. */

import { millis } from './time'

export interface CurvePoint {
  at: number
  low: number
  high: number
  value: number
  /** Only mark N; another mark is shown and proves nothing. */
  good: boolean
  marks: readonly string[]
}

export interface CurveData {
  from: number
  to: number
  /** By factor, in order of time. */
  points: ReadonlyMap<string, readonly CurvePoint[]>
  /** A longer silence between two points is a gap. */
  gapMs: number
}

export interface Stretch {
  from: number
  to: number
}

export type RailState = 'on' | 'off' | 'unclear'
export interface RailBlock extends Stretch {
  state: RailState
}

/** What the server gives for a curve, as far as it is drawn. */
interface ServedCurve {
  begin: string
  end: string
  bucket_s: number
  series: ReadonlyArray<{
    factor: string
    points: ReadonlyArray<{
      at: string
      low: number | null
      high: number | null
      mean: number | null
      valid: number
      marks: readonly string[]
    }>
  }>
}

const GAP_MS = 300_000
const GOOD_MARK = 'N'

export function curveOfServer(served: ServedCurve): CurveData {
  const points = new Map<string, CurvePoint[]>()
  for (const series of served.series) {
    points.set(
      series.factor,
      series.points.flatMap((one) =>
        one.mean === null
          ? []
          : [{
              // A bucket's value stands in its middle.
              at: millis(one.at) + served.bucket_s * 500,
              low: one.low ?? one.mean,
              high: one.high ?? one.mean,
              value: one.mean,
              good: one.valid > 0 && one.marks.length === 0,
              marks: one.marks,
            }],
      ),
    )
  }
  return { from: millis(served.begin), to: millis(served.end), points, gapMs: Math.max(GAP_MS, served.bucket_s * 2500) }
}

/** The evidence file `readings.jsonl`: a head that says whose and from when to when, then one line a kept frame. */
export function curveOfReadings(files: readonly string[]): CurveData | null {
  const best = new Map<string, Map<number, CurvePoint & { isMean: boolean }>>()
  const bounds: number[] = []
  for (const text of files) {
    const [head, ...lines] = text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>)
    for (const key of ['from', 'to']) if (typeof head?.[key] === 'string') bounds.push(millis(head[key] as string))
    for (const line of lines) {
      if (typeof line.at !== 'string') continue
      const at = millis(line.at)
      for (const seen of line.factors as ReadonlyArray<{ factor: string; statistic: string; value: number | null; mark: string }>) {
        if (seen.value === null || (seen.statistic !== 'Avg' && seen.statistic !== 'Rtd')) continue
        const isMean = seen.statistic === 'Avg'
        const of = best.get(seen.factor) ?? new Map()
        best.set(seen.factor, of)
        if (of.get(at)?.isMean && !isMean) continue
        const good = seen.mark === GOOD_MARK
        of.set(at, { at, low: seen.value, high: seen.value, value: seen.value, good, marks: good ? [] : [seen.mark], isMean })
      }
    }
  }
  const [from, to] = [Math.min(...bounds), Math.max(...bounds)]
  if (!Number.isFinite(from) || !Number.isFinite(to) || to <= from) return null
  const points = new Map([...best].map(([factor, of]) => [factor, [...of.values()].sort((a, b) => a.at - b.at)]))
  return { from, to, points, gapMs: GAP_MS }
}

/** The curve from shortly before its first point or window: gaps inside it stay. */
export function trimmedCurve(data: CurveData, windows: readonly Stretch[]): CurveData {
  const begins = [...[...data.points.values()].flatMap((points) => points.slice(0, 1).map((one) => one.at)), ...windows.map((one) => one.from)]
  if (begins.length === 0) return data
  const first = Math.min(...begins)
  return { ...data, from: Math.max(data.from, first - (data.to - first) * 0.04) }
}

/** The runs of points between which nothing is missing. */
export function runsOf(points: readonly CurvePoint[], gapMs: number): CurvePoint[][] {
  const runs: CurvePoint[][] = []
  for (const point of points) {
    const last = runs[runs.length - 1]
    if (last && point.at - last[last.length - 1]!.at <= gapMs) last.push(point)
    else runs.push([point])
  }
  return runs
}

/** Where nothing was measured, the ends of the curve included. */
export function gapsOf(points: readonly CurvePoint[], data: CurveData): Stretch[] {
  const runs = runsOf(points, data.gapMs)
  const edges = [data.from, ...runs.flatMap((run) => [run[0]!.at, run[run.length - 1]!.at]), data.to]
  const gaps: Stretch[] = []
  for (let i = 0; i < edges.length; i += 2) {
    const [from, to] = [edges[i]!, edges[i + 1]!]
    if (to - from > data.gapMs) gaps.push({ from, to })
  }
  return gaps
}

/** How a machine ran by the states that it told: 1 on, 0 off, all else neither; nothing where nothing was told. */
export function railOf(points: readonly CurvePoint[], gapMs: number): RailBlock[] {
  const blocks: RailBlock[] = []
  for (const run of runsOf(points, gapMs)) {
    run.forEach((point, i) => {
      const state: RailState = point.low !== point.high || !point.good ? 'unclear' : point.value === 1 ? 'on' : point.value === 0 ? 'off' : 'unclear'
      const to = run[i + 1]?.at ?? point.at
      const last = blocks[blocks.length - 1]
      if (last && i > 0 && last.state === state) last.to = to
      else blocks.push({ from: point.at, to, state })
    })
  }
  return blocks
}

/** The nearest point, if there is one near enough to speak for that moment. */
export function nearest(points: readonly CurvePoint[], at: number, within: number): CurvePoint | null {
  let found: CurvePoint | null = null
  for (const point of points) {
    if (Math.abs(point.at - at) <= within && (found === null || Math.abs(point.at - at) < Math.abs(found.at - at))) found = point
  }
  return found
}

/** Digits that a value earns: 0.05 and 12.3, not 12.3000001. */
export function valueText(value: number): string {
  const digits = Math.abs(value) >= 10 ? 1 : 2
  return value.toFixed(digits)
}
