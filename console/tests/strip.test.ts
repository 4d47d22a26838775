import { describe, expect, it } from 'vitest'
import { layStrip, secondsByState, type Span } from '@/domain/strip'

const at = (s: number) => new Date(Date.UTC(2026, 0, 31, 8, 0, 0) + s * 1000).toISOString()
const spans: Span[] = [
  { start: at(0), end: at(50), state: 'seen' },
  { start: at(50), end: at(60), state: 'hidden' },
  { start: at(60), end: at(100), state: 'seen' },
]

describe('the timer strip', () => {
  it('lays spans end to end in proportion to their time', () => {
    const strip = layStrip(spans, [], 900)!
    expect(strip.blocks.map((b) => [b.x, b.width])).toEqual([[0, 450], [450, 90], [540, 360]])
    expect(strip.blocks.map((b) => b.state)).toEqual(['seen', 'hidden', 'seen'])
  })
  it('reaches to a mark beyond the spans and finds its place', () => {
    const strip = layStrip(spans, [at(200)], 900)!
    expect(strip.x(at(200))).toBe(900)
    expect(strip.x(at(100))).toBe(450)
    expect(strip.x(at(201))).toBeNull()
  })
  it('keeps a hidden moment visible however small it is', () => {
    const long: Span[] = [{ start: at(0), end: at(36000), state: 'seen' }, { start: at(36000), end: at(36000.2), state: 'hidden' }]
    const strip = layStrip(long, [], 500)!
    expect(strip.blocks[1]!.width).toBeGreaterThanOrEqual(1)
    expect(strip.blocks[1]!.x + strip.blocks[1]!.width).toBeLessThanOrEqual(500.001)
  })
  it('puts ticks on whole local times and not closer than asked', () => {
    const strip = layStrip([{ start: at(7), end: at(607), state: 'seen' }], [], 900, 100)!
    expect(strip.ticks.every((t) => t.at % 120_000 === 0)).toBe(true)
    const gaps = strip.ticks.slice(1).map((t, i) => t.x - strip.ticks[i]!.x)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(100)
  })
  it('has nothing to lay out without two moments', () => {
    expect(layStrip([], [at(1)], 900)).toBeNull()
    expect(layStrip(spans, [], 0)).toBeNull()
  })
  it('adds the seconds of each state', () => {
    expect(secondsByState(spans)).toMatchObject({ seen: 90, hidden: 10, no_picture: 0, held: 0, reidentified_plate: 0 })
  })
})
