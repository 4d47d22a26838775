/** Which file of the evidence is what: the stills in order of time, the one that is judged, overlays, clips. */

import type { EvidenceAnswer, EvidenceFile, LeadDetail } from '@/api/types'

const STILL_ROLES = new Set(['reference', 'arrival', 'first_still', 'look', 'due', 'last', 'departure', 'curve', 'other'])
/** The still on which a person judges, best first. */
const JUDGED_ORDER = ['due', 'last', 'first_still', 'arrival', 'departure', 'curve', 'other']

/** The timer strip is a picture of the record, not of the street. */
const isTimer = (file: EvidenceFile): boolean => /^timer(-\d+)?\.png$/.test(file.path)
const isPicture = (file: EvidenceFile): boolean => file.media_type.startsWith('image/')

export function stillsOf(files: readonly EvidenceFile[]): EvidenceFile[] {
  return files
    .filter((file) => isPicture(file) && STILL_ROLES.has(file.role) && !isTimer(file))
    .sort((a, b) => (a.captured ?? '').localeCompare(b.captured ?? '') || a.path.localeCompare(b.path))
}

export function judgedOf(stills: readonly EvidenceFile[]): EvidenceFile | null {
  for (const role of JUDGED_ORDER) {
    // Of curves the newest holds the whole act; of pictures the first is the moment that it is about.
    const ordered = role === 'curve' ? [...stills].reverse() : stills
    const found = ordered.find((file) => file.role === role && file.available)
    if (found) return found
  }
  return stills.find((file) => file.available) ?? null
}

export function overlayOf(files: readonly EvidenceFile[], still: EvidenceFile | null): EvidenceFile | null {
  if (still === null) return null
  return files.find((file) => isPicture(file) && file.role === 'overlay' && file.parent_sha256 === still.sha256) ?? null
}

/** A tower's optical close view: of a fire it shows more than any enlarged cut. */
const isZoomed = (file: EvidenceFile): boolean => file.role === 'close_up' && file.path === 'close_ups/zoomed.jpg'

export function closeUpOf(files: readonly EvidenceFile[]): EvidenceFile | null {
  const there = files.filter((file) => isPicture(file) && file.role === 'close_up' && file.available)
  return there.find(isZoomed) ?? there[0] ?? null
}

/** Pictures beside the stills: the optical close view, the strip of a sequence, what changed, the place, the timer; newest last. */
export function derivedOf(files: readonly EvidenceFile[]): EvidenceFile[] {
  const isDerived = (file: EvidenceFile): boolean => ['strip', 'difference', 'map'].includes(file.role) || isTimer(file) || isZoomed(file)
  return files.filter((file) => isPicture(file) && isDerived(file) && file.available)
}

export function clipsOf(files: readonly EvidenceFile[]): EvidenceFile[] {
  return files
    .filter((file) => file.media_type.startsWith('video/'))
    .sort((a, b) => (a.captured ?? a.path).localeCompare(b.captured ?? b.path))
}

/**
 * What can be shown of a lead before its evidence is asked for: the still of its thumbnail, which is there and mostly in the cache.
 * Nothing is said about the rest: not whether it is complete, not who signed it.
 */
export function firstLook(lead: LeadDetail): EvidenceAnswer | null {
  const url = lead.still_url
  const item = lead.event.evidence?.items.find((one) => url?.includes(`/files/${one.sha256}`))
  if (!url || !item) return null
  const file: EvidenceFile = { ...item, url: url.split('?')[0]!, available: true }
  return {
    event_id: lead.event_id,
    manifest_sha256: null,
    manifest_url: null,
    signature_url: null,
    signer: 'unknown',
    complete: false,
    items: [file],
  }
}

export const shortHash = (sha256: string): string => sha256.slice(0, 8)

const UNITS = ['B', 'KB', 'MB', 'GB']

export function sizeText(bytes: number): string {
  let size = bytes
  let unit = 0
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000
    unit += 1
  }
  return `${size < 10 && unit > 0 ? size.toFixed(1) : Math.round(size)} ${UNITS[unit]}`
}
