/** Cooking fumes: which rule, which windows, what fan and purifier did. Suspected is all that is ever said. */

import type { LeadSummary } from '@/api/types'
import type { ActEvent, Predicate } from '@/domain/event'
import { valueText } from '@/domain/curve'
import type { Tone } from '@/domain/status'
import { clockTime, millis } from '@/domain/time'
import type { FactRow, MatterPane, Words } from '../pane'
import { factsOf, own, windowsOf, type Facts, type JudgedWindow } from './facts'
import FumeCloseUp from './FumeCloseUp.vue'
import FumeSection from './FumeSection.vue'
import FumeStrip from './FumeStrip.vue'

const seconds = (one: JudgedWindow): number => (millis(one.end) - millis(one.begin)) / 1000
const ratio = (value: number | null | undefined, { t }: Words): string =>
  value === null || value === undefined ? t('unknown') : value.toFixed(2)
const measured = (value: number | null | undefined, { t }: Words): string =>
  value === null || value === undefined ? t('unknown') : `${valueText(value)} mg/m³`

function sentence(event: ActEvent, words: Words): string {
  const { t, te, span } = words
  const facts = factsOf(event)
  const windows = windowsOf(event)
  const key = own(`said.${facts.kind}`)
  if (!te(key)) return facts.kind
  const said = t(key, {
    from: clockTime(event.onset) ?? t('unknown'),
    to: clockTime(event.last_seen) ?? t('unknown'),
    span: span(windows.reduce((sum, one) => sum + seconds(one), 0)),
    day: facts.day,
    ratio: ratio(facts.linkage, words),
    mean: meanOf(facts, windows, words),
    limit: facts.limit === null || facts.limit === undefined ? t('unknown') : valueText(facts.limit),
    unit: (facts.limit_unit ?? '').replace('m3', 'm³'),
    days: facts.pattern_days?.length ?? 0,
  })
  return said
}

/** Of the judged factor over all windows: by valid samples, as the rule itself counts them. */
function meanOf(facts: Facts, windows: readonly JudgedWindow[], { t }: Words): string {
  if (facts.fume_mean !== null && facts.fume_mean !== undefined) return valueText(facts.fume_mean)
  const judged = windows.filter((one) => one.mean !== null && one.mean !== undefined)
  const valid = judged.reduce((sum, one) => sum + one.valid, 0)
  return valid > 0 ? valueText(judged.reduce((sum, one) => sum + one.mean! * one.valid, 0) / valid) : t('unknown')
}

/** Whose kitchen, and what is suspected there. */
function subject({ headline, device_name }: LeadSummary, { word }: Words): string {
  const kind = headline.kind ? word(own('kind'), headline.kind) : ''
  return [headline.premises ?? device_name, kind].filter(Boolean).join(' ')
}

function rows(event: ActEvent, words: Words): FactRow[] {
  const { t, word, span } = words
  const facts = factsOf(event)
  const windows = windowsOf(event)
  const { sensor } = facts
  const due = windows.reduce((sum, one) => sum + one.samples, 0)
  const valid = windows.reduce((sum, one) => sum + one.valid, 0)
  const counted = facts.windows_not_kept
    ? t(own('windowsNotKept'), { n: windows.length, more: facts.windows_not_kept })
    : t(own('windowsOf'), { n: windows.length, span: span(Math.max(0, ...windows.map(seconds))) })
  const made: FactRow[] = [
    { label: t(own('premises')), value: facts.premises },
    { label: t(own('day')), value: facts.day },
    { label: t(own('windows')), value: counted },
  ]
  if (facts.limit !== null && facts.limit !== undefined) {
    made.push({ label: t(own('limit')), value: `${valueText(facts.limit)} ${(facts.limit_unit ?? '').replace('m3', 'm³')} · ${facts.limit_source ?? ''}` })
  }
  if (facts.fume_mean !== null && facts.fume_mean !== undefined) {
    made.push({ label: t(own('mean')), value: measured(facts.fume_mean, words) })
    made.push({ label: t(own('highest')), value: measured(facts.fume_highest, words), unknown: facts.fume_highest == null })
  }
  made.push(
    { label: t(own('linkage')), value: ratio(facts.linkage, words), unknown: facts.linkage === null || facts.linkage === undefined },
    { label: t(own('fan')), value: span(facts.fan_s ?? 0) },
    { label: t(own('purifier')), value: span(facts.purifier_s ?? 0) },
    {
      label: t(own('signals')),
      value: [
        t(own('fanSignals'), { what: word(own('signal'), facts.fan_signals ?? 'none') }),
        t(own('purifierSignals'), { what: word(own('signal'), facts.purifier_signals ?? 'none') }),
      ].join(t('listComma')),
    },
    { label: t(own('valid')), value: t(own('validOf'), { valid, due }) },
  )
  const marks = Object.entries(facts.marks ?? {})
  if (marks.length) made.push({ label: t(own('marks')), value: marks.map(([mark, n]) => `${mark} × ${n}`).join(t('listComma')) })
  made.push(
    { label: t(own('bound')), value: t(own(sensor.bound ? 'boundYes' : 'boundNo')), unknown: !sensor.bound },
    { label: t(own('profile')), value: sensor.profile ? `${sensor.profile} ${sensor.profile_version ?? ''}` : t('unknown'), unknown: !sensor.profile },
    { label: t(own('calibrated')), value: sensor.calibrated_on ?? t('unknown'), unknown: !sensor.calibrated_on },
  )
  const seen = facts.corroboration
  if (seen) made.push({ label: t(own('corroboration')), value: t(own(`saw.${seen.verdict}`), { plumes: seen.plumes, looks: seen.looks }) })
  return made
}

/** The device's own clock against receipt: nobody asks a sensor the time as one asks a camera. */
function clock(event: ActEvent, { t }: Words): { tone: Tone; word: string } {
  const { level, doubted_reports, worst_skew_s } = factsOf(event).clock
  if (doubted_reports) return { tone: 'warning', word: t(own('clockOff'), { n: doubted_reports, s: worst_skew_s ?? '?' }) }
  if (level !== 'good' || worst_skew_s === null || worst_skew_s === undefined) return { tone: 'unknown', word: t('unknown') }
  return { tone: 'ok', word: t(own('clockGood'), { s: Math.abs(worst_skew_s) }) }
}

/** The sentence that the value is no legal measurement stands first, always. */
function cautions(event: ActEvent, { t, te, span }: Words): string[] {
  const facts = factsOf(event)
  const missing = (facts.not_seen ?? []).filter((one) => te(own(`notSeen.${one}`)))
  return [t(own('notLegal')), ...missing.map((one) => t(own(`notSeen.${one}`), { s: span(facts.gap_s ?? 0) }))]
}

const SIGNALS = new Set(['fan_state', 'fan_current', 'purifier_state', 'purifier_current'])

/** The rule writes its findings in English; what it is known to say is said in the reader's language, the rest as it came. */
const FOUND: ReadonlyArray<readonly [RegExp, string, readonly string[]]> = [
  [/^(\d+) reports off; worst ([+-]?[\d.]+) s/, 'clock', ['n', 's']],
  [/^bound$/, 'bound', []],
  [/^no binding registered$/, 'notBound', []],
  [/^(\d+) of (\d+) windows from late data$/, 'live', ['late', 'all']],
  [/^(?:not registered|no date registered)$/, 'notRegistered', []],
  [/^(\d+) s silent$/, 'gaps', ['s']],
  [/^(\d+) of (\d+) samples with mark N, least share of a window (\S+)$/, 'samples', ['valid', 'due', 'share']],
  [/^calibrated on (\S+), in date until (\S+)$/, 'calibrated', ['on', 'until']],
  [/^on (.+)$/, 'pattern', ['days']],
  [/^in every sample$/, 'reported', []],
  [/^not reported in every sample$/, 'notReported', []],
]
const SOURCES: ReadonlyArray<readonly [RegExp, string]> = [
  [/^town register of devices$/, 'register'],
  [/^town configuration/, 'town'],
  [/^device profile$/, 'deviceProfile'],
  [/^rule (.+)$/, 'rule'],
  [/art\. 41/, 'article'],
  [/Table 9 \(history\)$/, 'history'],
  [/^HJ 212-2017 Table (\d+)$/, 'table'],
]

function found(text: string, { t }: Words): string {
  for (const [pattern, key, names] of FOUND) {
    const match = pattern.exec(text)
    if (match) return t(own(`found.${key}`), Object.fromEntries(names.map((name, i) => [name, match[i + 1] ?? ''])))
  }
  return text
}
function source(text: string, { t }: Words): string {
  for (const [pattern, key] of SOURCES) {
    const match = pattern.exec(text)
    if (match) return t(own(`source.${key}`), { n: match[1] ?? '' })
  }
  return text
}

function predicate(one: Predicate, words: Words) {
  const { t, te, word } = words
  const need = SIGNALS.has(one.id) ? 'reported' : one.id
  return {
    name: word(own('predicate'), one.id),
    required: te(own(`need.${need}`)) ? t(own(`need.${need}`)) : one.required,
    found: found(one.found, words),
    source: source(one.source, words),
  }
}

export const pane: MatterPane = {
  dismissReasons: [
    'steam',
    'device_fault',
    'not_in_business',
    'maintenance_calibration',
    'neighbour',
    'data_missing',
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
  clock,
  hasNoClip: true,
  timer: () => ({ spans: [], due: null }),
  closeUp: FumeCloseUp,
  strip: FumeStrip,
  sections: [{ title: own('section'), part: FumeSection }],
}
