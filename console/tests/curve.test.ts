import { describe, expect, it } from 'vitest'
import { curveOfReadings, curveOfServer, gapsOf, railOf, runsOf, type CurveData, type CurvePoint } from '@/domain/curve'
import { panelsOf, ticksOf } from '@/domain/curveLayout'

const at = (minute: number): string => `2026-03-02T04:${String(minute).padStart(2, '0')}:00.000000000Z`
const frame = (minute: number, value: number, mark = 'N', state = 1): string =>
  JSON.stringify({
    at: at(minute),
    factors: [
      { factor: 'fume_mg_m3', statistic: 'Rtd', value, mark },
      { factor: 'purifier_state', statistic: 'Rtd', value: state, mark: 'N' },
    ],
  })
const file = (...lines: string[]): string => [JSON.stringify({ from: at(0), to: at(30) }), ...lines].join('\n')

describe('a curve', () => {
  it('breaks where nothing was measured, and says so at both ends', () => {
    const data = curveOfReadings([file(frame(6, 1), frame(7, 1.2), frame(20, 1.4), frame(21, 1.5))])!
    const fume = data.points.get('fume_mg_m3')!
    expect(runsOf(fume, data.gapMs).map((run) => run.length)).toEqual([2, 2])
    expect(gapsOf(fume, data).length).toBe(3)
  })
  it('keeps values of another mark, and does not take them for good ones', () => {
    const data = curveOfReadings([file(frame(1, 9, 'D'), frame(2, 1))])!
    expect(data.points.get('fume_mg_m3')!.map((one) => [one.value, one.good])).toEqual([[9, false], [1, true]])
  })
  it('joins the files of several revisions into one', () => {
    const data = curveOfReadings([file(frame(1, 1)), file(frame(2, 2))])!
    expect(data.points.get('fume_mg_m3')!.length).toBe(2)
  })
  it('has a rail of on, off and unclear that ends at a gap', () => {
    const data = curveOfReadings([file(frame(1, 1, 'N', 1), frame(2, 1, 'N', 0), frame(3, 1, 'N', 4), frame(20, 1, 'N', 1))])!
    expect(railOf(data.points.get('purifier_state')!, data.gapMs).map((one) => one.state)).toEqual(['on', 'off', 'unclear', 'on'])
  })
  it('of no readings is none', () => {
    expect(curveOfReadings([])).toBeNull()
  })
  it('of the server leaves out buckets without a value, and doubts those with another mark', () => {
    const point = { low: 1, high: 2, mean: 1.5, valid: 2, marks: [] as string[] }
    const data = curveOfServer({
      begin: at(0),
      end: at(30),
      bucket_s: 60,
      series: [{ factor: 'fume_mg_m3', points: [{ at: at(1), ...point }, { at: at(2), ...point, marks: ['D'] }, { at: at(3), ...point, low: null, high: null, mean: null }] }],
    })
    expect(data.points.get('fume_mg_m3')!.map((one) => one.good)).toEqual([true, false])
  })
})

describe('the layout of a curve', () => {
  const minute = 60_000
  const point = (at: number, value: number): CurvePoint => ({ at, value, low: value, high: value, good: true, marks: [] })
  const data: CurveData = {
    from: 0,
    to: 60 * minute,
    gapMs: 2 * minute,
    points: new Map([['fume_mg_m3', [point(0, 1), point(minute, 2), point(30 * minute, 1), point(31 * minute, 1)]]]),
  }
  const frame = { data, limit: 2, compact: false, width: 460, height: 300 }

  it('breaks the line where nothing was measured and stands within its room', () => {
    const [fume, fan] = panelsOf(frame)
    expect(fume!.lines).toHaveLength(2)
    expect(fume!.limitY).toBeGreaterThan(fume!.top)
    expect(fume!.limitY).toBeLessThan(fume!.bottom)
    expect([fan!.told, fan!.lines, fan!.limitY]).toEqual([false, [], null])
  })
  it('draws the fume alone where there is little room', () => {
    expect(panelsOf({ ...frame, compact: true }).map((panel) => panel.key)).toEqual(['fume'])
  })
  it('writes times that do not run into each other', () => {
    const places = ticksOf(data, frame.width).map((tick) => tick.x)
    expect(places.length).toBeGreaterThan(2)
    expect(Math.min(...places.slice(1).map((x, i) => x - places[i]!))).toBeGreaterThanOrEqual(76)
  })
})
