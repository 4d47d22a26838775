/** Devices under their gateways: a dead gateway is one row that opens to its devices, the rest is ranked by urgency. */

import type { Device } from '@/api/types'
import { byUrgency, needsAttention } from './status'

export interface GatewayGroup {
  gateway: string
  town: string
  online: boolean
  at: string | null
  software: string | null
  devices: Device[]
}

export function groupByGateway(devices: readonly Device[]): GatewayGroup[] {
  const groups = new Map<string, GatewayGroup>()
  for (const device of devices) {
    const group = groups.get(device.gateway) ?? {
      gateway: device.gateway,
      town: device.town,
      online: device.gateway_online,
      at: device.gateway_at,
      software: device.software,
      devices: [],
    }
    group.devices.push(device)
    groups.set(device.gateway, group)
  }
  for (const group of groups.values()) group.devices.sort(byUrgency)
  return [...groups.values()].sort(
    (a, b) => Number(a.online) - Number(b.online) || attention(b) - attention(a) || a.gateway.localeCompare(b.gateway),
  )
}

const attention = (group: GatewayGroup): number => group.devices.filter(needsAttention).length
