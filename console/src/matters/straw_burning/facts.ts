/** The facts of a fire inside its event. */

import type { components } from '@/api/schema'
import type { ActEvent } from '@/domain/event'

export type FireFacts = components['schemas']['StrawBurningFacts']
export type Sight = components['schemas']['StrawBurningSight']

export const factsOf = (event: ActEvent): FireFacts => event.facts as unknown as FireFacts
export const own = (key: string): string => `matters.straw_burning.${key}`
/** A share with honest digits: `0.4 %`, `12 %`. */
export const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 2 : 0)} %`
export const metres = (m: number): string => (m < 10 ? m.toFixed(1) : String(Math.round(m)))
