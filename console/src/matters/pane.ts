/** What a matter brings to the console. A new matter is a folder here with `index.ts` and `texts.ts`; nothing is registered. */

import type { DismissReason, LeadDetail, LeadSummary } from '@/api/types'
import type { Component } from 'vue'
import type { EvidenceFile } from '@/api/types'
import type { Viewer } from '@/components/viewer'
import type { useWords } from '@/components/words'
import type { ActEvent, CounterEvidence, Predicate } from '@/domain/event'
import type { Tone } from '@/domain/status'
import type { Span } from '@/domain/strip'

export type Words = ReturnType<typeof useWords>

export interface FactRow {
  label: string
  value: string
  /** Unknown values look unknown. */
  unknown?: boolean
}

/** What every part that a matter draws itself is given. */
export interface PartProps {
  lead: LeadDetail
  event: ActEvent
  viewer: Viewer
  files: readonly EvidenceFile[]
}

export interface PanePart {
  /** i18n key of its heading. */
  title: string
  /** Given `PartProps`; may tell `changed` with the lead as it stands then. */
  part: Component
}

export interface MatterPane {
  /** Reasons of dismissal in the order of their digits. */
  dismissReasons: readonly DismissReason[]
  reasonText(reason: string, words: Words): string
  /** Who or what it is about, for rows; the plate is masked there. */
  subject(lead: LeadSummary, words: Words): string
  /** What happened, in one sentence. */
  sentence(event: ActEvent, words: Words): string
  rows(event: ActEvent, words: Words): FactRow[]
  /** What was not seen, as sentences. */
  cautions(event: ActEvent, words: Words): string[]
  /** A predicate in the reader's language. */
  predicate(one: Predicate, words: Words, event: ActEvent): { name: string; required: string; found: string; source: string }
  timer(event: ActEvent): { spans: readonly Span[]; due: string | null }
  /** What spoke against the act, in the reader's language; without it the rule's own words are shown. */
  counter?(one: CounterEvidence, words: Words): string | null
  /** Drawn under the picture in place of the timer strip (46 px high). */
  strip?: Component<PartProps>
  /** How far the clock can be trusted where it is not a camera's; without it the event's own clock is shown. */
  clock?(event: ActEvent, words: Words): { tone: Tone; word: string }
  /** There is never a clip: no panel waits for one. */
  hasNoClip?: boolean
  /** Drawn in place of the close-up on the review desk (180 px high). */
  closeUp?: Component<PartProps>
  /** Panels under the pictures of a lead's own page. */
  sections?: readonly PanePart[]
  /** Drawn in place of the plan of device and act. */
  place?: Component
  /** The operator may give the number plate as a person reads it. */
  asksPlate?: boolean
}

const found = import.meta.glob<{ pane: MatterPane }>('./*/index.ts', { eager: true })

/** A matter that this console does not know: its facts are shown as they came. */
const plain: MatterPane = {
  dismissReasons: ['permitted', 'cannot_see', 'duplicate', 'other'],
  reasonText: (reason, { te, t }) => (te(`returnReason.${reason}`) ? t(`returnReason.${reason}`) : reason),
  subject: (lead) => lead.headline.vehicle ?? lead.zone_name,
  sentence: (event, { t, timeToday }) => `${t('facts.onset')} ${timeToday(event.onset, Date.now())}`,
  rows: (event) => Object.entries(event.facts).map(([label, value]) => ({ label, value: JSON.stringify(value) })),
  cautions: () => [],
  predicate: ({ id, required, found, source }) => ({ name: id, required, found, source }),
  timer: () => ({ spans: [], due: null }),
}

/** The matters that this console has a pane for. */
export function matterNames(): string[] {
  return Object.keys(found).map((path) => path.split('/')[1]!)
}

export function paneOf(matter: string): MatterPane {
  return found[`./${matter}/index.ts`]?.pane ?? plain
}

export function eventOf(lead: LeadDetail): ActEvent {
  return lead.event as unknown as ActEvent
}
