/** Straw burning: what a tower saw, where, how the sequence verified it, and what spoke against it. */

import type { LeadSummary } from '@/api/types'
import type { ActEvent, CounterEvidence, Predicate } from '@/domain/event'
import { clockOffsetText } from '@/domain/event'
import { clockTime, millis } from '@/domain/time'
import { defineAsyncComponent } from 'vue'
import type { FactRow, MatterPane, Words } from '../pane'
import DerivedPictures from '@/components/DerivedPictures.vue'
import { factsOf, metres, own, percent } from './facts'

function sentence(event: ActEvent, { t }: Words): string {
  const facts = factsOf(event)
  const said = { since: clockTime(facts.onset) ?? t('unknown'), what: t(own(`what.${facts.what}`)) }
  if (facts.out) return t(own('saidOut'), { ...said, out: clockTime(facts.out) ?? '' })
  return t(own('said'), { ...said, state: t(own(`fireState.${facts.fire_state}`)), looks: facts.looks })
}

function sightRows(event: ActEvent, { t }: Words): FactRow[] {
  const { sight } = factsOf(event)
  if (!sight) return [{ label: t(own('bearing')), value: t(own('noSight')), unknown: true }]
  const doubt = (sd: number | null | undefined): string => (sd === null || sd === undefined ? '' : ` ± ${sd.toFixed(2)}`)
  const found: FactRow[] = [
    { label: t(own('bearing')), value: `${sight.azimuth_deg.toFixed(2)}${doubt(sight.azimuth_sd_deg)} °` },
    { label: t(own('elevation')), value: `${sight.elevation_deg.toFixed(2)}${doubt(sight.elevation_sd_deg)} °` },
  ]
  if (sight.range_m !== null && sight.range_m !== undefined) {
    found.push({ label: t(own('distance')), value: `${metres(sight.range_m)} m` })
  }
  for (const cell of sight.cells ?? []) found.push({ label: t(own('cell')), value: `${cell.cell} ${percent(cell.share)}` })
  const road = sight.nearest_road
  if (road) found.push({ label: t(own('road')), value: `${road.lat.toFixed(5)}, ${road.lon.toFixed(5)} ± ${metres(road.error_m)} m` })
  return found
}

function weatherRows(event: ActEvent, { t }: Words): FactRow[] {
  const { weather } = factsOf(event)
  if (!weather) return []
  const wind = weather.wind_right_m_s
  if (wind === null || wind === undefined) return [{ label: t(own('weather')), value: t(own('noWind'), { station: weather.station }), unknown: true }]
  const side = t(own(wind >= 0 ? 'windRight' : 'windLeft'), { speed: Math.abs(wind).toFixed(1) })
  return [{ label: t(own('weather')), value: t(own('wind'), { side, station: weather.station }) }]
}

function rows(event: ActEvent, words: Words): FactRow[] {
  const { t, time } = words
  const facts = factsOf(event)
  const area =
    facts.area_share === null
      ? t('unknown')
      : t(own('areaNow'), { now: percent(facts.area_share), most: percent(facts.largest_area_share ?? facts.area_share) })
  return [
    { label: t(own('preset')), value: facts.preset ?? t('unknown'), unknown: !facts.preset },
    { label: t(own('seenFor')), value: time(facts.onset) },
    { label: t(own('confirmed')), value: time(facts.confirmed) },
    { label: t(own('area')), value: area, unknown: facts.area_share === null },
    ...sightRows(event, words),
    {
      label: t(own('night')),
      value: facts.is_night === null || facts.is_night === undefined ? t('unknown') : t(own(facts.is_night ? 'isNight' : 'isDay')),
      unknown: facts.is_night === null || facts.is_night === undefined,
    },
    ...weatherRows(event, words),
    {
      label: t(own('urgency')),
      value: t(own({ urgent: 'isUrgent', normal: 'isNormal', held: 'isHeld' }[facts.urgency])),
    },
    { label: t(own('law')), value: facts.legal_ground ?? t(own('noLaw')), unknown: !facts.legal_ground },
  ]
}

function cautions(event: ActEvent, { t }: Words): string[] {
  const facts = factsOf(event)
  const said: string[] = []
  if (facts.urgency === 'urgent') said.push(t('note.n23'))
  if (!facts.sight) said.push(t(own('noSight')) + t('sentenceEnd'))
  else if (facts.sight.lat === null || facts.sight.lat === undefined) said.push(t(own('groundUnknown')) + t('sentenceEnd'))
  const notMade = (facts.checks ?? []).filter((one) => one.outcome === 'not_applicable').length
  if (notMade) said.push(t(own('notMade'), { n: notMade }) + t('sentenceEnd'))
  return said
}

function subject(lead: LeadSummary, { t }: Words): string {
  if (lead.headline.fire_state === 'out') return t(own('subject.out'))
  return t(own(lead.headline.urgency === 'held' ? 'subject.held' : 'subject.urgent'))
}

/** What was found, from the facts themselves: the rule's own English words are the last resort. */
function found(one: Predicate, { t, span }: Words, event: ActEvent): string {
  const facts = factsOf(event)
  switch (one.id) {
    case 'sequence':
      return t(own('foundSequence'), { looks: facts.looks, span: span((millis(facts.last_seen) - millis(facts.onset)) / 1000) })
    case 'place': {
      const { sight } = facts
      if (!sight) return t(own('noSight'))
      if (!sight.ellipse) return `${t(own('bearing'))} ${sight.azimuth_deg.toFixed(1)}°`
      return t(own('placeOf'), { major: metres(sight.ellipse.major_m), minor: metres(sight.ellipse.minor_m) })
    }
    case 'clock':
      return clockOffsetText(event.clock) ?? t('unknown')
    case 'picture_size':
      return event.where.frame_px?.join('×') ?? t('unknown')
    case 'day_or_night':
      return facts.is_night === null || facts.is_night === undefined ? t('unknown') : t(own(facts.is_night ? 'isNight' : 'isDay'))
    case 'ban_area':
      return facts.legal_ground ?? t(own('noLaw'))
    default:
      return one.found
  }
}

function predicate(one: Predicate, words: Words, event: ActEvent) {
  const { te, t, word } = words
  return {
    name: word(own('predicate'), one.id),
    required: te(own(`require.${one.id}`)) ? t(own(`require.${one.id}`)) : one.required,
    found: found(one, words, event),
    source: one.source,
  }
}

export const pane: MatterPane = {
  dismissReasons: [
    'cloud_fog',
    'chimney_steam',
    'dust_spray',
    'lamp_glare',
    'lens_dirty',
    'permitted_burn',
    'cannot_see',
    'duplicate',
    'other',
  ],
  reasonText: (reason, { te, word }) => word(own(te(own(`reason.${reason}`)) ? 'reason' : 'dismiss'), reason),
  subject,
  sentence,
  rows,
  cautions,
  predicate,
  counter: (one: CounterEvidence, { te, t }) => (te(own(`counter.${one.kind}`)) ? t(own(`counter.${one.kind}`)) : null),
  timer: () => ({ spans: [], due: null }),
  strip: defineAsyncComponent(() => import('./SequenceStrip.vue')),
  sections: [
    { title: own('clock.title'), part: defineAsyncComponent(() => import('./ResponseClock.vue')) },
    { title: own('growth'), part: defineAsyncComponent(() => import('./GrowthCurve.vue')) },
    { title: own('checks'), part: defineAsyncComponent(() => import('./CheckTable.vue')) },
    { title: 'evidence.derived', part: DerivedPictures },
  ],
  place: defineAsyncComponent(() => import('./FirePlace.vue')),
}
