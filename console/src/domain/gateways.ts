/** Devices under their gateways: a dead gateway is one row that opens to its devices, the rest is ranked by urgency. */

import type { Device } from '@/api/types'
import { byUrgency, gatewayState, needsAttention, type GatewayState } from './status'

export interface GatewayGroup {
  gateway: string
  town: string
  state: GatewayState
  at: string | null
  software: string | null
  devices: Device[]
}

export function groupByGateway(devices: readonly Device[], now: number): GatewayGroup[] {
  const groups = new Map<string, GatewayGroup>()
  for (const device of devices) {
    const group = groups.get(device.gateway) ?? {
      gateway: device.gateway,
      town: device.town,
      state: gatewayState(device.gateway_online, device.gateway_at, now),
      at: device.gateway_at,
      software: device.software,
      devices: [],
    }
    group.devices.push(device)
    groups.set(device.gateway, group)
  }
  for (const group of groups.values()) group.devices.sort((a, b) => byUrgency(a, b, now))
  const attention = (group: GatewayGroup): number => group.devices.filter((one) => needsAttention(one, now)).length
  return [...groups.values()].sort(
    (a, b) => RANK[a.state] - RANK[b.state] || attention(b) - attention(a) || a.gateway.localeCompare(b.gateway),
  )
}

const RANK: Record<GatewayState, number> = { offline: 0, silent: 1, online: 2 }
