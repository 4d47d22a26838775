import { describe, expect, it } from 'vitest'
import { away, ellipseOutline } from '@/domain/ground'
import { barsOf, isAnswered, type Taken } from '@/domain/response'
import { pane } from '@/matters/straw_burning'
import { messages } from '@/i18n'

const at = (s: number) => new Date(Date.UTC(2026, 0, 31, 8, 0, 0) + s * 1000).toISOString()
const dues = [
  { step: 'on_site' as const, due: at(900) },
  { step: 'answer' as const, due: at(60) },
  { step: 'set_out' as const, due: at(180) },
]
const taken = (step: Taken['step'], s: number): Taken => ({ step, at: at(s), who: { name: '王丽' } })

describe('the response clock', () => {
  it('runs one bar a step in order of their times', () => {
    const bars = barsOf(at(0), dues, [], Date.parse(at(30)))
    expect(bars.map((bar) => [bar.step, bar.minutes, bar.share, bar.state, bar.seconds])).toEqual([
      ['answer', 1, 0.5, 'running', 30],
      ['set_out', 3, 1 / 6, 'running', 150],
      ['on_site', 15, 1 / 30, 'running', 870],
    ])
  })
  it('stops a bar where the step was taken and says how late it was', () => {
    const bars = barsOf(at(0), dues, [taken('answer', 15), taken('set_out', 200)], Date.parse(at(1000)))
    expect(bars.map((bar) => [bar.state, bar.share, bar.seconds])).toEqual([
      ['taken', 0.25, 45],
      ['taken_late', 1, 20],
      ['late', 1, 100],
    ])
  })
  it('rings until somebody answered, whatever else was said', () => {
    expect(isAnswered([taken('set_out', 5)])).toBe(false)
    expect(isAnswered([taken('answer', 5)])).toBe(true)
  })
})

describe('the plan of a fire', () => {
  const tower = { lat: 29.2, lon: 119.4 }
  it('lays a bearing clockwise from true north', () => {
    const east = away(tower, 90, 1000)
    expect(east.lat).toBeCloseTo(29.2, 6)
    expect((east.lon - 119.4) * 111_320 * Math.cos((29.2 * Math.PI) / 180)).toBeCloseTo(1000, 3)
  })
  it('turns the longer axis of an ellipse to its bearing', () => {
    const outline = ellipseOutline(tower, { major_m: 400, minor_m: 20, bearing_deg: 0 })
    const north = Math.max(...outline.map((p) => (p.lat - 29.2) * 111_320))
    const east = Math.max(...outline.map((p) => (p.lon - 119.4) * 111_320 * Math.cos((29.2 * Math.PI) / 180)))
    expect(north).toBeCloseTo(400, 0)
    expect(east).toBeCloseTo(20, 0)
  })
})

describe('the straw pane', () => {
  it('has a word in both languages for each reason of dismissal', () => {
    for (const language of ['zh-CN', 'en'] as const) {
      const tree = messages[language] as unknown as { matters: { straw_burning: { dismiss: Record<string, string> } } }
      expect(pane.dismissReasons.filter((reason) => !tree.matters.straw_burning.dismiss[reason])).toEqual([])
    }
  })
})
