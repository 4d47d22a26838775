/** The facts of a fume lead, and its judged windows as stretches of a curve. */

import type { components } from '@/api/schema'
import type { Stretch } from '@/domain/curve'
import type { ActEvent } from '@/domain/event'
import { millis } from '@/domain/time'

export type Facts = components['schemas']['CookingFumesFacts']
export type JudgedWindow = components['schemas']['CookingFumesWindow']

export const own = (key: string): string => `matters.cooking_fumes.${key}`
export const factsOf = (event: ActEvent): Facts => event.facts as unknown as Facts
export const windowsOf = (event: ActEvent): readonly JudgedWindow[] => factsOf(event).windows ?? []

export const stretchesOf = (event: ActEvent): Stretch[] =>
  windowsOf(event).map((one) => ({ from: millis(one.begin), to: millis(one.end) }))

/** The limit of the fume: of the rule that judges a value, else none is drawn. */
export function fumeLimitOf(event: ActEvent): number | null {
  const facts = factsOf(event)
  const judged = windowsOf(event).find((one) => one.factor === 'fume_mg_m3')
  return judged?.limit ?? (facts.rule === 'R3' ? null : (facts.limit ?? null))
}
