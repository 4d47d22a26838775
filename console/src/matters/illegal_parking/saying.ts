/** The conditions of the grade in the reader's language: by id, from the values that the rule gives beside its own words. */

import type { components } from '@/api/schema'
import { clockOffsetText, type ActEvent, type Clock, type Predicate } from '@/domain/event'
import { clockTime } from '@/domain/time'
import type { Words } from '../pane'

export type Facts = components['schemas']['IllegalParkingFacts']

export const factsOf = (event: ActEvent): Facts => event.facts as unknown as Facts
export const own = (key: string): string => `matters.illegal_parking.${key}`

/** Why no number stands, in the reader's language. */
export function whyNot(facts: Facts, { t, te }: Words): string {
  const why = facts.plate_reason ?? ''
  return why === '' ? t('unknown') : te(own(`plateWhy.${why}`)) ? t(own(`plateWhy.${why}`)) : why
}

type Values = Record<string, unknown>
const number = (value: unknown): number | null => (typeof value === 'number' ? value : null)
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
const round = (value: unknown, digits = 0): string => (typeof value === 'number' ? String(Number(value.toFixed(digits))) : '')

interface Said {
  required: string
  found: string
}

/** What each condition says; one that is not here, or whose values are missing, is told in the rule's own words. */
const SAYINGS: Record<string, (v: Values, words: Words, met: Predicate['met'], facts: Facts) => Said | null> = {
  dwell: (v, { t, span }) => ({
    required: t(own('say.moreThan'), { n: span(number(v.grace_s) ?? 0) }),
    found: span(number(v.dwell_s) ?? 0),
  }),
  interval: (v, { t, span }) => ({
    required: t(own('say.between'), { n: span(number(v.least_s) ?? 0) }),
    found: span(number(v.found_s) ?? 0),
  }),
  picture_size: (v) => ({ required: `≥ ${texts(v.least_px).join('×')}`, found: texts(v.found_px).join('×') }),
  clock: (v, { t }) => ({
    required: t(own('say.offset'), { n: round(v.most_s, 1) }),
    found:
      clockOffsetText({ source: v.clock_source, offset_s: v.offset_s ?? null, uncertainty_s: v.uncertainty_s ?? null } as Clock) ??
      t('unknown'),
  }),
  pictures: (v, { t }) => ({ required: t(own('say.pictures'), { n: round(v.least) }), found: t(own('say.count'), { n: round(v.count) }) }),
  three_pictures: (v, { t, span }) => {
    const found = t(own('say.countOver'), { n: round(v.count), span: span(number(v.span_s) ?? 0) })
    return {
      required: t(own('say.three'), { n: round(v.least) }),
      found: v.is_over === false ? t(own('say.lastComes'), { said: found }) : found,
    }
  },
  picture_colour: (_v, { t }, met) => ({ required: t(own('say.colour')), found: told(t, met, 'colourIs', 'grey') }),
  picture_light: (_v, { t }, met) => ({ required: t(own('say.light')), found: told(t, met, 'lightIs', 'dark') }),
  picture_sharpness: (_v, { t }, met) => ({ required: t(own('say.sharp')), found: told(t, met, 'sharpIs', 'blurred') }),
  vehicle_size: (v, { t }) => ({
    required: t(own('say.high'), { n: round(v.least_px) }),
    found: t(own('say.px'), { n: round(v.found_px) }),
  }),
  whole_vehicle: (_v, { t }, met) => ({ required: t(own('say.whole')), found: t(own(met === 'met' ? 'say.wholeIs' : 'say.cut')) }),
  landmark: (v, { t }, met) => ({
    required: t(own('say.landmark')),
    found: t(own(met === 'met' ? 'say.inPicture' : 'hidden' in v ? 'say.behind' : 'say.notDrawn')),
  }),
  arrival: (v, { t }, met) => ({
    required: t(own('arrivalSeen')),
    found: met === 'met' ? t(own('say.seen')) : t(own('say.startUnseen'), { t: clockTime(String(v.since)) ?? t('unknown') }),
  }),
  watched: (v, { t, span }) => ({
    required: t(own('say.noGap')),
    found: number(v.unseen_s) === 0 ? t('strip.allSeen') : t(own('say.notObserved'), { n: span(number(v.unseen_s) ?? 0) }),
  }),
  identity: (v, { t, span, word }) => ({
    required: t(own('say.oneVehicle'), { n: span(number(v.budget_s) ?? 0) }),
    found: `${word(own('identityIs'), String(v.state))}${number(v.unproved_s) ? ` (${span(number(v.unproved_s) ?? 0)})` : ''}`,
  }),
  zone_basis: (v, words, met) => ({
    required: words.t(own('say.basis')),
    found: texts(v.missing).length
      ? statistics(words.t(own('say.missing'), { n: listed(texts(v.missing), 'basis', words) }), met, words)
      : words.word(own('authorityIs'), String(v.authority)),
  }),
  camera_approval: (v, words, met) => {
    const { t } = words
    const faults = v.number === undefined ? t(own('say.noRecord')) : listed(texts(v.faults), 'fault', words)
    return {
      required: t(own('say.approval')),
      found: faults
        ? statistics(faults, met, words)
        : t(own('say.approved'), { n: String(v.number), until: String(v.calibrated_until) }),
    }
  },
  direction: (v, { t, word }) => ({
    required: t(own('say.direction')),
    found: typeof v.facing === 'string' ? word(own('facingIs'), v.facing) : t(own('say.noDirection')),
  }),
  many_at_once: (_v, { t }, met) => ({ required: t(own('say.notMany')), found: t(own(met === 'met' ? 'say.no' : 'say.oneOfMany')) }),
  plate: (_v, words, met, facts) => {
    const { t } = words
    const votes = facts.plate_votes ?? []
    const alike = votes.filter((one) => one.text !== null && one.text === facts.plate).length
    return {
      required: t(own('say.plate')),
      found: met === 'met' ? t(own('say.readAlike'), { n: alike, all: votes.length }) : whyNot(facts, words),
    }
  },
}

const listed = (ids: readonly string[], of: string, { t, word }: Words): string =>
  ids.map((one) => word(own(of), one)).join(t('listComma'))

/** Without the basis of the zone or the camera's record there is no lead to stand on. */
const statistics = (said: string, met: Predicate['met'], { t }: Words): string =>
  met === 'not_met' ? t(own('say.statistics'), { said }) : said

function told(t: Words['t'], met: Predicate['met'], good: string, bad: string): string {
  return met === 'not_seen' ? t('unknown') : t(own(`say.${met === 'met' ? good : bad}`))
}

export function saidOf(one: Predicate, facts: Facts, words: Words): Said {
  const saying = SAYINGS[one.id]
  const hasValues = Object.keys(one.values ?? {}).length > 0 || VALUELESS.has(one.id)
  const said = saying && hasValues ? saying((one.values ?? {}) as Values, words, one.met, facts) : null
  return said ?? { required: one.required, found: one.found }
}

/** Conditions that are told by their result alone. */
const VALUELESS = new Set([
  'picture_colour',
  'picture_light',
  'picture_sharpness',
  'whole_vehicle',
  'landmark',
  'camera_approval',
  'many_at_once',
  'plate',
])

/** The ids that this console can say in the reader's language. */
export const SAID_IDS: readonly string[] = Object.keys(SAYINGS)
