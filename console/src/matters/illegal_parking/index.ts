/** Illegal parking: who stood where, since when, and what was not seen. */

import type { LeadSummary } from '@/api/types'
import type { ActEvent, Predicate } from '@/domain/event'
import { clockTime } from '@/domain/time'
import { defineAsyncComponent } from 'vue'
import DerivedPictures from '@/components/DerivedPictures.vue'
import type { FactRow, MatterPane, Words } from '../pane'
import { factsOf, own, saidOf, whyNot, type Facts } from './saying'

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
  const { t, span, time, word } = words
  const facts = factsOf(event)
  const unseen = (key: string, said: string, name: string) => (facts.arrival_seen ? said : t(own(key), { [name]: said }))
  return [
    ...lacking(event, words),
    { label: t(own('vehicleName')), value: vehicle(facts.vehicle, words) },
    ...plateRows(facts, words),
    { label: t(own('identity')), value: t(own(`identityIs.${facts.identity}`)), unknown: facts.identity === 'broken' },
    { label: t(own('dwell')), value: unseen('atLeast', span(facts.dwell_s), 'n') },
    { label: t(own('grace')), value: span(facts.grace_s) },
    {
      label: t(own('arrival')),
      value: facts.arrival_seen ? t(own('arrivalSeen')) : t('met.not_seen'),
      unknown: !facts.arrival_seen,
    },
    { label: t(own('since')), value: unseen('notLater', time(facts.since), 't') },
    { label: t(own('due')), value: time(facts.due) },
    { label: t(own('left')), value: facts.left ? time(facts.left) : t(own('notLeft')) },
    { label: t(own('hidden')), value: span(facts.hidden_s) },
    { label: t(own('noPicture')), value: span(facts.no_picture_s) },
    ...(facts.held_s > 0 ? [{ label: t(own('held')), value: span(facts.held_s) }] : []),
    ...(facts.suspended_s > 0 ? [{ label: t(own('suspended')), value: span(facts.suspended_s) }] : []),
    {
      label: t(own('authority')),
      value: facts.authority ? t(own(`authorityIs.${facts.authority}`)) : t(own('noGround')),
      unknown: !facts.authority,
    },
    {
      label: t(own('marking')),
      value: facts.marking ? word(own('markingIs'), facts.marking) : t(own('noGround')),
      unknown: !facts.marking,
    },
    {
      label: t(own('surface')),
      value: facts.surface ? word(own('surfaceIs'), facts.surface) : t(own('noGround')),
      unknown: !facts.surface,
    },
    { label: t(own('ground')), value: facts.legal_ground ?? t(own('noGround')), unknown: !facts.legal_ground },
  ]
}

/** What keeps the grade down, by name: the table of conditions stands far below. */
function lacking(event: ActEvent, { t, word }: Words): FactRow[] {
  const named = (met: Predicate['met']) =>
    event.grade.predicates
      .filter((one) => one.met === met)
      .map((one) => word(own('predicate'), one.id))
      .join(t('listComma'))
  return [
    { label: t(own('notMet')), value: named('not_met') },
    { label: t(own('notSeen')), value: named('not_seen'), unknown: true },
  ].filter((row) => row.value !== '')
}

function plateRows(facts: Facts, words: Words): FactRow[] {
  const { t, word } = words
  const found: FactRow[] = [
    { label: t(own('plate')), value: facts.plate ?? `${t(own('plateNotRead'))}: ${whyNot(facts, words)}`, unknown: !facts.plate },
  ]
  if (facts.plate_kind) found.push({ label: t(own('plateKind')), value: word(own('kind'), facts.plate_kind) })
  return found
}

function cautions(event: ActEvent, words: Words): string[] {
  const { t } = words
  const facts = factsOf(event)
  const said: string[] = []
  if (!facts.arrival_seen) said.push(t('note.n17', { t: clockTime(facts.since) ?? t('unknown') }))
  if (facts.hidden_s >= 1) said.push(t('note.n16', { s: Math.round(facts.hidden_s) }))
  if (facts.no_picture_s >= 1) said.push(t('note.noPicture', { s: Math.round(facts.no_picture_s) }))
  if (!facts.plate) said.push(t('note.n19', { why: whyNot(facts, words) }))
  if (facts.identity === 'broken') said.push(t(own('identityBroken')))
  else if (facts.identity === 'assumed') said.push(t(own('identityAssumed')))
  return said
}

function subject(lead: LeadSummary, words: Words): string {
  const { vehicle: kind, plate_masked } = lead.headline
  return plate_masked ? `${plate_masked} ${vehicle(kind, words)}` : vehicle(kind, words)
}

/** The names of laws and standards stay as they are; what is said about them is put into the reader's language. */
const SOURCES: ReadonlyArray<readonly [RegExp, string]> = [
  [/ art\. (\d+)/g, 'source.article'],
  [/zone configuration/, 'source.zone'],
  [/evidence set ([\w, ]+)/, 'source.set'],
  [/failure table: ([\w, ]+)/, 'source.table'],
  [/far, small/, 'source.far'],
  [/many at once/, 'source.many'],
  [/\(complete\)/, 'source.complete'],
  [/\(clear\)/, 'source.clear'],
  [/\(true, complete\)/, 'source.trueComplete'],
  [/\(authority\)/, 'source.authority'],
]

function source(text: string, { t }: Words): string {
  return SOURCES.reduce((said, [pattern, key]) => said.replace(pattern, (_, n: unknown) => t(own(key), { n: String(n) })), text)
}

function predicate(one: Predicate, words: Words, event: ActEvent) {
  return {
    name: words.word(own('predicate'), one.id),
    ...saidOf(one, factsOf(event), words),
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
  reasonText: (reason, { t, word }) =>
    reason.startsWith('plate: ') ? `${t(own('plateByPerson'))} ${reason.slice(7)}` : word(own('dismiss'), reason),
  subject,
  sentence,
  rows,
  cautions,
  predicate,
  counter: (one, { te, t }) => (te(own(`counter.${one.kind}`)) ? t(own(`counter.${one.kind}`)) : null),
  sections: [
    { title: own('votes.title'), part: defineAsyncComponent(() => import('./PlateVotes.vue')) },
    { title: own('setTitle'), part: defineAsyncComponent(() => import('./EvidenceSet.vue')) },
    { title: 'evidence.derived', part: DerivedPictures },
  ],
  asksPlate: true,
  timer: (event) => ({ spans: factsOf(event).spans ?? [], due: factsOf(event).due ?? null }),
}
