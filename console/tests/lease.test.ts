import { describe, expect, it } from 'vitest'
import { countdown, mayRenew, secondsLeft, TOUCHED_WITHIN_MS } from '@/domain/lease'

const until = '2026-01-31T08:01:30.000000000Z'
const end = Date.parse(until)

describe('the lease', () => {
  it('counts whole seconds and stops at zero', () => {
    expect(secondsLeft(until, end - 1)).toBe(1)
    expect(secondsLeft(until, end)).toBe(0)
    expect(secondsLeft(until, end + 9000)).toBe(0)
    expect(secondsLeft(null, end)).toBeNull()
  })
  it('shows the countdown in the last twenty seconds only', () => {
    expect(countdown(until, end - 21_000)).toBeNull()
    expect(countdown(until, end - 20_000)).toBe(20)
    expect(countdown(until, end)).toBe(0)
  })
  it('is renewed only while a person is there', () => {
    expect(mayRenew({ visible: true, touchedAt: end - TOUCHED_WITHIN_MS }, end)).toBe(true)
    expect(mayRenew({ visible: true, touchedAt: end - TOUCHED_WITHIN_MS - 1 }, end)).toBe(false)
    expect(mayRenew({ visible: false, touchedAt: end }, end)).toBe(false)
  })
})
