/** The names that the console uses for the server's types. */

import type { components } from './schema'

type Schemas = components['schemas']

export type User = Schemas['User']
export type SessionAnswer = Schemas['SessionAnswer']
export type LeadSummary = Schemas['LeadSummary']
export type LeadDetail = Schemas['LeadDetail']
export type LeadPage = Schemas['LeadPage']
export type HistoryEntry = Schemas['HistoryEntry']
export type QueueAnswer = Schemas['QueueAnswer']
export type EvidenceAnswer = Schemas['EvidenceAnswer']
export type EvidenceFile = Schemas['EvidenceFile']
export type HistoryAnswer = Schemas['HistoryAnswer']
export type LeaseAnswer = Schemas['LeaseAnswer']
export type Device = Schemas['Device']
export type DeviceList = Schemas['DeviceList']
export type Premises = Schemas['Premises']
export type PremisesList = Schemas['PremisesList']
export type Curve = Schemas['Curve']
export type MaintenanceNote = Schemas['MaintenanceNote']
export type VerdictAsk = Schemas['VerdictAsk']
export type AcceptAsk = Schemas['AcceptAsk']
export type ReturnAsk = Schemas['ReturnAsk']
export type KnownPlace = Schemas['KnownPlace']
export type KnownPlaceList = Schemas['KnownPlaceList']
export type ResponseStep = Schemas['ResponseAsk']['step']
export type LiveLead = Schemas['LiveLead']
export type LiveDevice = Schemas['LiveDevice']

export type LeadState = LeadSummary['state']
export type AllowedAction = LeadDetail['allowed'][number]
export type DismissReason = NonNullable<VerdictAsk['reason']>
export type ReturnReason = ReturnAsk['reason']
export type Role = User['roles'][number]

export const LEAD_STATES: readonly LeadState[] = [
  'alert',
  'claimed',
  'confirmed',
  'dismissed',
  'offered',
  'accepted',
  'returned',
  'handed_over',
  'case_opened',
  'closed',
  'withdrawn',
  'superseded',
  'permitted',
]
export const RETURN_REASONS: readonly ReturnReason[] = [
  'wrong_plate',
  'wrong_place',
  'evidence_incomplete',
  'not_an_offence',
  'other_authority',
  'duplicate',
  'other',
]
