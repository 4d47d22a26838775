import { describe, expect, it } from 'vitest'
import type { Device, EvidenceFile, LeadDetail } from '@/api/types'
import { clockOffsetText, clockState } from '@/domain/event'
import { closeUpOf, derivedOf, firstLook, judgedOf, overlayOf, sizeText, stillsOf } from '@/domain/evidence'
import { groupByGateway } from '@/domain/gateways'
import { shownDeviceState } from '@/domain/status'

function file(role: EvidenceFile['role'], captured: string | null, more: Partial<EvidenceFile> = {}): EvidenceFile {
  return {
    sha256: `${role}${captured}`, path: `stills/${role}.jpg`, role, media_type: 'image/jpeg', size_bytes: 1, captured,
    parent_sha256: null, url: '/x', available: true, ...more,
  }
}
function device(name: string, more: Partial<Device> = {}): Device {
  return {
    device: name, gateway: 'gw-1', town: 'demo', name, kind: 'camera', state: 'live', state_since: '2026-01-31T08:00:00.000000000Z',
    detail: '', last_frame: null, codec: null, frame_px: null, clock: null, position: null, zones: [], gateway_online: true,
    gateway_at: '2026-01-31T08:00:50.000000000Z', software: null, counters: {}, maintenance: [], day: null, ...more,
  }
}

describe('evidence', () => {
  const files = [file('last', '3'), file('clip', '1', { media_type: 'video/mp4' }), file('arrival', '1'), file('due', '2'), file('overlay', '2', { parent_sha256: 'due2' })]
  it('shows stills in order of time and judges on the one that was due', () => {
    expect(stillsOf(files).map((one) => one.role)).toEqual(['arrival', 'due', 'last'])
    expect(judgedOf(stillsOf(files))?.role).toBe('due')
  })
  it('judges on the next best still while the due one has not arrived', () => {
    const away = files.map((one) => (one.role === 'due' ? { ...one, available: false } : one))
    expect(judgedOf(stillsOf(away))?.role).toBe('last')
  })
  it('prefers the optical close view of a tower, and shows it beside the stills', () => {
    const cut = file('close_up', '2', { path: 'close_ups/due-plume.png', media_type: 'image/png' })
    const zoomed = file('close_up', '3', { path: 'close_ups/zoomed.jpg' })
    expect(closeUpOf([cut, zoomed])).toBe(zoomed)
    expect(closeUpOf([cut, { ...zoomed, available: false }])).toBe(cut)
    expect(derivedOf([cut, zoomed])).toEqual([zoomed])
  })
  it('finds the overlay that was made from a still', () => {
    expect(overlayOf(files, files[3]!)?.role).toBe('overlay')
    expect(overlayOf(files, files[0]!)).toBeNull()
  })
  it('shows the still of the thumbnail at once and promises nothing more', () => {
    const sha256 = 'ab'.repeat(32)
    const lead = {
      event_id: 'e', still_url: `/api/v1/leads/e/evidence/files/${sha256}?purpose=prefetch`,
      event: { evidence: { items: [{ ...file('arrival', '1') }, { ...file('due', '2'), sha256 }] } },
    } as unknown as LeadDetail
    const look = firstLook(lead)!
    expect(look.items.map((one) => [one.role, one.available, one.url])).toEqual([['due', true, `/api/v1/leads/e/evidence/files/${sha256}`]])
    expect([look.signer, look.complete]).toEqual(['unknown', false])
    expect(firstLook({ ...lead, still_url: null })).toBeNull()
  })
  it('writes sizes shortly', () => {
    expect([999, 1500, 412345, 3_400_000].map(sizeText)).toEqual(['999 B', '1.5 KB', '412 KB', '3.4 MB'])
  })
})

describe('devices', () => {
  const now = Date.parse('2026-01-31T08:01:00Z')
  it('puts a dead gateway first and the worst device first under each', () => {
    const groups = groupByGateway([
      device('b-live'),
      device('a-dark', { state: 'dark' }),
      device('c-frozen', { state: 'frozen' }),
      device('d', { gateway: 'gw-2', gateway_online: false }),
    ], now)
    expect(groups.map((group) => group.gateway)).toEqual(['gw-2', 'gw-1'])
    expect(groups[1]!.devices.map((one) => one.device)).toEqual(['c-frozen', 'a-dark', 'b-live'])
  })
  it('never calls a device well when its gateway is silent', () => {
    expect(shownDeviceState(device('x', { gateway_online: false }), now)).toBe('stale')
    expect(shownDeviceState(device('x'), now + 120_000)).toBe('stale')
    expect(shownDeviceState(device('x'), now)).toBe('live')
    expect(shownDeviceState(device('x', { state: null }), now)).toBe('unknown')
  })
})

describe('the clock of a camera', () => {
  it('is unknown without a source or an offset, and never zero', () => {
    expect(clockState(null)).toBe('unknown')
    expect(clockState({ source: 'none', offset_s: null, uncertainty_s: null })).toBe('unknown')
    expect(clockOffsetText({ source: 'rtcp', offset_s: null, uncertainty_s: 0.1 })).toBeNull()
  })
  it('tells its offset with its uncertainty', () => {
    expect(clockOffsetText({ source: 'rtcp', offset_s: 0.31, uncertainty_s: 0.1 })).toBe('+0.3 ± 0.1 s')
    expect(clockOffsetText({ source: 'onvif', offset_s: -1.52, uncertainty_s: 0.02 })).toBe('−1.52 ± 0.02 s')
    expect(clockState({ source: 'onvif', offset_s: -1.5, uncertainty_s: 0.02 })).toBe('off')
  })
})
