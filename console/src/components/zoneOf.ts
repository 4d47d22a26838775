/** The zone of a lead as its gateway judges it; asked once a device, kept while the console is open. */

import { shallowRef, watch, type Ref } from 'vue'
import type { Device, LeadDetail } from '@/api/types'
import { useSession } from '@/stores/session'

type Zone = Device['zones'][number]

const known = new Map<string, Promise<Device>>()

export function useZoneOf(lead: Ref<LeadDetail | null>) {
  const { api } = useSession()
  const zone = shallowRef<Zone | null>(null)

  watch(
    () => lead.value && `${lead.value.event.gateway}/${lead.value.device}/${lead.value.zone}`,
    async (key) => {
      zone.value = null
      const wanted = lead.value
      if (!key || !wanted) return
      const place = `${wanted.event.gateway}/${wanted.device}`
      const asked = known.get(place) ?? api.device(wanted.event.gateway, wanted.device)
      known.set(place, asked)
      try {
        const device = await asked
        if (lead.value?.event_id === wanted.event_id) zone.value = device.zones.find((one) => one.zone === wanted.zone) ?? null
      } catch {
        known.delete(place)
      }
    },
    { immediate: true },
  )
  return zone
}
