/** What a check of the sequence found and required, in the reader's language, with its numbers. */

import type { Words } from '../pane'
import { type FireFacts, own } from './facts'

export type SequenceCheck = NonNullable<FireFacts['checks']>[number]

/** Shares that people read as per cent; other numbers keep their own digits. */
const SHARES = new Set([
  'seen', 'detected', 'seen_least', 'detected_least', 'change', 'change_least', 'area_least', 'growth', 'growth_least',
  'strength', 'strength_most', 'varies', 'varies_least', 'travelled', 'off_line', 'travel_most', 'above', 'above_most',
  'right', 'down', 'drift', 'drift_least',
])

/** Two digits that count, whole numbers as they are. */
function digits(value: number): string {
  if (Number.isInteger(value)) return String(value)
  const size = Math.abs(value)
  return value.toFixed(size < 0.1 ? 3 : size < 10 ? 2 : 1)
}

function share(value: number): string {
  const hundred = value * 100
  const size = Math.abs(hundred)
  return `${hundred.toFixed(size < 10 && hundred !== Math.round(hundred) ? 2 : 0)} %`
}

function numbers(one: SequenceCheck): Record<string, string> {
  return Object.fromEntries(
    Object.entries(one.values ?? {}).map(([name, value]) => [name, SHARES.has(name) ? share(value) : digits(value)]),
  )
}

/** The rule's own English words are the last resort: acts of before have no numbers apart. */
export function foundOf(one: SequenceCheck, { t, te }: Words): string {
  const key = own(`checkSaid.${one.said}`)
  return one.said && te(key) ? t(key, numbers(one)) : one.found
}

export function neededOf(one: SequenceCheck, { t, te }: Words): string {
  const key = own(`checkNeeds.${one.said === 'stare' ? 'stare' : one.id}`)
  return one.said && te(key) ? t(key, numbers(one)) : one.required
}
