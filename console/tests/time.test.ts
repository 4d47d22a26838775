import { describe, expect, it } from 'vitest'
import { ageSeconds, clockTime, compactSpan, fullTime, shortTime, spanInWords } from '@/domain/time'

const EN = { day: 'd', hour: 'h', minute: 'min', second: 's' }

describe('times', () => {
  it('shows wire time in Shanghai, to the second, over midnight', () => {
    expect(fullTime('2026-01-31T16:30:05.999999999Z')).toBe('2026-02-01 00:30:05')
    expect(clockTime('2026-01-31T08:00:00.000000000Z')).toBe('16:00:00')
  })
  it('leaves the unknown unknown', () => {
    expect(fullTime(null)).toBeNull()
    expect(fullTime('yesterday')).toBeNull()
    expect(clockTime(undefined)).toBeNull()
  })
  it('names the day only when it is another day in Shanghai', () => {
    const now = Date.parse('2026-01-31T16:30:00Z')
    expect(shortTime('2026-01-31T16:01:00.000000000Z', now)).toBe('00:01:00')
    expect(shortTime('2026-01-31T15:59:00.000000000Z', now)).toBe('01-31 23:59:00')
  })
  it('writes spans for columns and for sentences', () => {
    expect(compactSpan(9.9)).toBe('0:09')
    expect(compactSpan(250)).toBe('4:10')
    expect(compactSpan(3723)).toBe('1:02:03')
    expect(spanInWords(312, EN)).toBe('5 min 12 s')
    expect(spanInWords(300, EN)).toBe('5 min')
    expect(spanInWords(90061, EN)).toBe('1 d 1 h')
    expect(spanInWords(0.4, EN)).toBe('0 s')
  })
  it('never tells a negative age', () => {
    expect(ageSeconds('2026-01-31T08:00:10.000000000Z', Date.parse('2026-01-31T08:00:00Z'))).toBe(0)
  })
})
