/** What each role may see here; the server decides, this only hides what it would refuse. */

import type { Role } from './types'

export type Right = 'review' | 'leads' | 'decide' | 'devices' | 'urgent' | 'endPlaces'

const RIGHTS: Record<Role, readonly Right[]> = {
  operator: ['review', 'leads', 'urgent', 'devices'],
  shift_lead: ['review', 'leads', 'urgent', 'endPlaces', 'devices'],
  case_officer: ['leads', 'decide', 'urgent', 'devices'],
  maintenance: ['devices'],
  auditor: ['leads', 'devices'],
  admin: ['devices'],
}

export function rightsOf(roles: readonly Role[]): ReadonlySet<Right> {
  return new Set(roles.flatMap((role) => RIGHTS[role] ?? []))
}

/** Where a person starts: the first thing that is theirs to do. */
export function homeOf(rights: ReadonlySet<Right>): string {
  if (rights.has('review')) return '/review'
  if (rights.has('decide')) return '/leads?state=offered'
  return rights.has('leads') ? '/leads' : '/devices'
}
