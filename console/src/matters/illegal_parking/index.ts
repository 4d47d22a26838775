/** Illegal parking: who stood where, since when, and what was not seen. */

import type { components } from '@/api/schema'
import type { LeadSummary } from '@/api/types'
import type { ActEvent, Predicate } from '@/domain/event'
import { clockTime } from '@/domain/time'
import type { FactRow, MatterPane, Words } from '../pane'

type Facts = components['schemas']['IllegalParkingFacts']

const factsOf = (event: ActEvent): Facts => event.facts as unknown as Facts
const own = (key: string): string => `matters.illegal_parking.${key}`
const vehicle = (value: string | null | undefined, { t, word }: Words): string =>
  value ? word(own('vehicle'), value) : t('unknown')

function sentence(event: ActEvent, { t, span }: Words): string {
  const facts = factsOf(event)
  const words = {
    since: clockTime(facts.since) ?? t('unknown'),
    left: clockTime(facts.left) ?? '',
    span: span(facts.dwell_s),
  }
  if (facts.left) return t(own('stayed'), words)
  return t(own(facts.arrival_seen ? 'stood' : 'stoodAtLeast'), words)
}

function rows(event: ActEvent, words: Words): FactRow[] {
  const { t, span, time } = words
  const facts = factsOf(event)
  const atLeast = facts.arrival_seen ? '' : '≥ '
  return [
    { label: t(own('vehicleName')), value: vehicle(facts.vehicle, words) },
    { label: t(own('plate')), value: facts.plate ?? t(own('plateNotRead')), unknown: !facts.plate },
    { label: t(own('dwell')), value: atLeast + span(facts.dwell_s) },
    { label: t(own('grace')), value: span(facts.grace_s) },
    {
      label: t(own('arrival')),
      value: facts.arrival_seen ? t(own('arrivalSeen')) : t('met.not_seen'),
      unknown: !facts.arrival_seen,
    },
    { label: t(own('since')), value: (facts.arrival_seen ? '' : '≤ ') + time(facts.since) },
    { label: t(own('due')), value: time(facts.due) },
    { label: t(own('left')), value: facts.left ? time(facts.left) : t(own('notLeft')) },
    { label: t(own('hidden')), value: span(facts.hidden_s) },
    { label: t(own('noPicture')), value: span(facts.no_picture_s) },
    { label: t(own('ground')), value: facts.legal_ground ?? t(own('noGround')), unknown: !facts.legal_ground },
  ]
}

function cautions(event: ActEvent, { t, te }: Words): string[] {
  const facts = factsOf(event)
  const said: string[] = []
  if (!facts.arrival_seen) said.push(t('note.n17', { t: clockTime(facts.since) ?? t('unknown') }))
  if (facts.hidden_s >= 1) said.push(t('note.n16', { s: Math.round(facts.hidden_s) }))
  if (facts.no_picture_s >= 1) said.push(t('note.noPicture', { s: Math.round(facts.no_picture_s) }))
  if (!facts.plate) {
    const why = facts.plate_reason ?? ''
    said.push(t('note.n19', { why: why === '' ? t('unknown') : te(own(`plateWhy.${why}`)) ? t(own(`plateWhy.${why}`)) : why }))
  }
  return said
}

function subject(lead: LeadSummary, words: Words): string {
  const { vehicle: kind, plate_masked } = lead.headline
  return plate_masked ? `${plate_masked} ${vehicle(kind, words)}` : vehicle(kind, words)
}

/** The rule writes its findings in English; what it is known to say is said in the reader's language, the rest as it came. */
const PHRASES: ReadonlyArray<readonly [RegExp, string]> = [
  [/^offset <= (.+)$/, 'offsetAtMost'],
  [/^>= (.+) between pictures$/, 'between'],
  [/^arrival seen$/, 'arrivalSeen'],
  [/^seen$/, 'found.seen'],
  [/^start not seen/, 'found.startUnseen'],
  [/^watched without a gap$/, 'found.noGap'],
  [/^(.+) s not observed$/, 'found.notObserved'],
  [/^plate readable in at least one picture$/, 'found.plateReadable'],
  [/^read alike in (\d+ of \d+) pictures$/, 'found.readAlike'],
  [/^unknown$/, 'found.unknown'],
]

function phrase(text: string, { t, te }: Words): string {
  if (te(own(`plateWhy.${text}`))) return t(own(`plateWhy.${text}`))
  for (const [pattern, key] of PHRASES) {
    const match = pattern.exec(text)
    if (match) return t(own(key), { n: match[1] ?? '' })
  }
  return text.replace('>=', '≥').replace('<=', '≤')
}

/** The names of laws and standards stay as they are; what is said about them is put into the reader's language. */
const SOURCES: ReadonlyArray<readonly [RegExp, string]> = [
  [/ art\. (\d+)/, 'source.article'],
  [/zone configuration/, 'source.zone'],
  [/evidence set (\w+)/, 'source.set'],
  [/\(complete\)/, 'source.complete'],
]

function source(text: string, { t }: Words): string {
  return SOURCES.reduce((said, [pattern, key]) => said.replace(pattern, (_, n: unknown) => t(own(key), { n: String(n) })), text)
}

function predicate(one: Predicate, words: Words) {
  return {
    name: words.word(own('predicate'), one.id),
    required: phrase(one.required, words),
    found: phrase(one.found, words),
    source: source(one.source, words),
  }
}

export const pane: MatterPane = {
  dismissReasons: [
    'queueing',
    'loading',
    'on_duty',
    'permitted',
    'breakdown_accident',
    'wrong_vehicle',
    'cannot_see',
    'duplicate',
    'other',
  ],
  reasonText: (reason, { word }) => word(own('dismiss'), reason),
  subject,
  sentence,
  rows,
  cautions,
  predicate,
  timer: (event) => ({ spans: factsOf(event).spans ?? [], due: factsOf(event).due ?? null }),
}
