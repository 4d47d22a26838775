/** Open fires, and the ring: sound, browser notification and banner for each that nobody has answered. */

import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { LeadDetail, LeadState, LiveLead } from '@/api/types'
import { isAnswered } from '@/domain/response'
import { canSound, playTones, unlock } from '@/ring/sound'
import { useLive } from './live'
import { useSession } from './session'

export const FIRE = 'straw_burning'
const OPEN: readonly LeadState[] = ['alert', 'claimed', 'confirmed', 'offered', 'accepted', 'handed_over', 'case_opened']
const MOST = 50
/** An alert that policy takes aside (a known place) is gone by then: only what still waits may ring. */
const RINGS_AFTER_MS = 1000
const RING_EVERY_MS = 10_000
const MUTED = 'tantou.muted'

export type Sound = 'locked' | 'on' | 'muted'

export const useFires = defineStore('fires', () => {
  const session = useSession()
  const live = useLive()
  const fires = shallowRef<ReadonlyMap<string, LeadDetail>>(new Map())
  const failed = ref(false)
  /** Whether every fire of the list was looked at: before that nobody may say that there is none. */
  const known = ref(false)
  const unlocked = ref(false)
  const muted = ref(localStorage.getItem(MUTED) === '1')
  /** How often the tones were played since the page was loaded. */
  const rung = ref(0)
  const waits = new Map<string, ReturnType<typeof setTimeout>>()
  let stopListening: (() => void) | null = null
  let listed = false
  let ringing_: ReturnType<typeof setInterval> | undefined

  const open = computed(() => [...fires.value.values()].sort((a, b) => b.opened_at.localeCompare(a.opened_at)))
  const ringing = computed(() => open.value.filter((one) => one.state === 'alert' && !isAnswered(one.responses)))
  const sound = computed<Sound>(() => (muted.value ? 'muted' : unlocked.value ? 'on' : 'locked'))

  function put(lead: LeadDetail): void {
    const next = new Map(fires.value)
    const isFire = lead.matter === FIRE && lead.headline.urgency === 'urgent' && OPEN.includes(lead.state)
    if (isFire) next.set(lead.event_id, lead)
    else next.delete(lead.event_id)
    fires.value = next
  }
  async function look(id: string): Promise<void> {
    waits.delete(id)
    try {
      put(await session.api.lead(id))
    } catch {
      failed.value = true
    }
    looked()
  }
  function looked(): void {
    if (listed && waits.size === 0) known.value = true
  }
  /** A fire that is new here is looked at a second later, what is known at once. */
  function hear(id: string, state: LeadState): void {
    if (fires.value.has(id)) return void look(id)
    if (!OPEN.includes(state)) {
      clearTimeout(waits.get(id))
      waits.delete(id)
      looked()
    } else if (!waits.has(id)) {
      waits.set(id, setTimeout(() => void look(id), state === 'alert' ? RINGS_AFTER_MS : 0))
    }
  }
  async function load(): Promise<void> {
    try {
      const page = await session.api.leads({ matter: FIRE, state: OPEN.join(','), limit: MOST })
      failed.value = false
      const here = new Set(page.items.map((one) => one.event_id))
      fires.value = new Map([...fires.value].filter(([id]) => here.has(id)))
      for (const one of page.items) if (one.headline.urgency === 'urgent') hear(one.event_id, one.state)
      listed = true
      looked()
    } catch {
      failed.value = true
    }
  }

  function start(): void {
    if (stopListening !== null || !session.rights.has('urgent')) return
    stopListening = live.listen({
      lead: (news: LiveLead) => {
        if (news.matter === FIRE) hear(news.event_id, news.state)
      },
      resync: () => void load(),
    })
    void load()
  }
  function stop(): void {
    stopListening?.()
    stopListening = null
    for (const timer of waits.values()) clearTimeout(timer)
    waits.clear()
    known.value = listed = false
    fires.value = new Map()
  }

  function ring(): void {
    if (sound.value !== 'on' || !canSound()) return
    playTones()
    rung.value += 1
  }
  watch(
    () => ringing.value.length > 0,
    (on) => {
      clearInterval(ringing_)
      if (!on) return
      ring()
      ringing_ = setInterval(ring, RING_EVERY_MS)
    },
  )
  /** From a click: a first sound, so that a person hears that it works. */
  async function tryOut(): Promise<void> {
    unlocked.value = await unlock()
    mute(false)
    if (unlocked.value) playTones()
  }
  function mute(on: boolean): void {
    muted.value = on
    localStorage.setItem(MUTED, on ? '1' : '0')
  }

  async function answer(id: string): Promise<void> {
    put(await session.api.respond(id, 'answer'))
  }

  return { open, ringing, failed, known, sound, muted, rung, start, stop, load, put, tryOut, mute, answer }
})
