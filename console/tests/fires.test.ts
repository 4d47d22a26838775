import { describe, expect, it } from 'vitest'
import { gcj02 } from '@/domain/gcj02'
import { away, ellipseOutline } from '@/domain/ground'
import { barsOf, isAnswered, type Taken } from '@/domain/response'
import { pane } from '@/matters/straw_burning'
import { foundOf, neededOf, type SequenceCheck } from '@/matters/straw_burning/saying'
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

/** Words as the console has them, without a component around them. */
function wordsOf(language: 'zh-CN' | 'en') {
  const text = (key: string) => key.split('.').reduce<unknown>((tree, part) => (tree as Record<string, unknown> | undefined)?.[part], messages[language])
  const t = (key: string, values: Record<string, string> = {}) => String(text(key)).replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? `{${name}}`)
  return { t, te: (key: string) => typeof text(key) === 'string' } as unknown as Parameters<typeof foundOf>[1]
}

describe('a check of the sequence', () => {
  const base = { id: 'growth' as const, outcome: 'passed' as const, found: '+310% in 9 looks', required: 'area +25% over the looks' }
  const grown: SequenceCheck = { ...base, said: 'grown', values: { growth: 3.1, looks: 9, growth_least: 0.25 } }
  it('is said in the reader\'s language with its numbers', () => {
    expect(foundOf(grown, wordsOf('zh-CN'))).toBe('9 次查看间增长 310 %')
    expect(neededOf(grown, wordsOf('zh-CN'))).toBe('面积增长 ≥ 25 %')
    expect(foundOf(grown, wordsOf('en'))).toBe('310 % in 9 looks')
  })
  it('of a stare needs what a stare needs', () => {
    const stare: SequenceCheck = {
      ...base, id: 'persistence', said: 'stare', values: { looks: 20, seen: 0.95, detected: 0.9, surety: 1.234, seen_least: 0.7, detected_least: 0.4 },
    }
    expect(foundOf(stare, wordsOf('zh-CN'))).toBe('停看 20 次，95 % 看见，90 % 检出，平均对数几率 1.23')
    expect(neededOf(stare, wordsOf('en'))).toBe('seen in ≥ 70 %, detected in ≥ 40 %, mean ≥ 0')
  })
  it('keeps the digits that count of a small number', () => {
    const drift: SequenceCheck = { ...base, id: 'drift', said: 'drift', values: { right: 0.0123, down: -0.0041, drift_least: 0.0015 } }
    expect(foundOf(drift, wordsOf('en'))).toBe('each second 1.23 % right, -0.41 % down (of the width)')
  })
  it('of before is told in the rule\'s own words', () => {
    expect(foundOf({ ...base, said: '', values: {} }, wordsOf('zh-CN'))).toBe('+310% in 9 looks')
    expect(foundOf({ ...grown, said: 'not_known_here' }, wordsOf('zh-CN'))).toBe('+310% in 9 looks')
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

describe('the datum of Chinese maps', () => {
  const metresOff = (lat: number, lon: number): number => {
    const there = gcj02({ lat, lon })
    const north = (there.lat - lat) * 111_194.93
    return Math.hypot(north, (there.lon - lon) * 111_194.93 * Math.cos((lat * Math.PI) / 180))
  }
  it.each([
    ['Lanxi', 29.21, 119.46, 574],
    ['Zhengzhou', 34.75, 113.63, 568],
    ['Harbin', 45.8, 126.53, 520],
  ])('lies half a kilometre off in %s', (_, lat, lon, metres) => {
    expect(Math.abs(metresOff(lat, lon) - metres)).toBeLessThan(6)
  })
  it('moves the square before the palace as the maps do', () => {
    const there = gcj02({ lat: 39.908_692, lon: 116.397_477 })
    expect(there.lat).toBeCloseTo(39.910_096, 5)
    expect(there.lon).toBeCloseTo(116.403_72, 4)
  })
  it('leaves other countries alone', () => {
    expect(gcj02({ lat: 48.2, lon: 16.4 })).toEqual({ lat: 48.2, lon: 16.4 })
  })
})
