/** News from the server (SSE): who listens gets leads and devices as they change; the bar gets the state of the line. */

import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { LiveDevice, LiveLead, QueueAnswer } from '@/api/types'
import { useSession } from './session'

export type LineState = 'connecting' | 'live' | 'offline'

interface Listeners {
  lead(news: LiveLead): void
  device(news: LiveDevice): void
  /** Something was missed: load anew what is shown. */
  resync(): void
}

const RETRY_MS = 4000
/** Updates that arrive this soon after the line came back were missed before; they are counted for the notice. */
const CATCH_UP_MS = 2000
const NOTICE_MS = 6000

export const useLive = defineStore('live', () => {
  const session = useSession()
  const line = ref<LineState>('connecting')
  const asOf = ref<number | null>(null)
  const caughtUp = ref<number | null>(null)
  const queue = shallowRef<QueueAnswer | null>(null)
  const listeners = new Set<Partial<Listeners>>()
  let source: EventSource | null = null
  let retry: ReturnType<typeof setTimeout> | undefined
  let lostOnce = false
  let backAt = 0

  function heard(): void {
    asOf.value = Date.now()
    if (caughtUp.value !== null && Date.now() - backAt < CATCH_UP_MS) caughtUp.value += 1
  }

  function onOpen(): void {
    line.value = 'live'
    asOf.value = Date.now()
    if (!lostOnce) return
    lostOnce = false
    backAt = Date.now()
    caughtUp.value = 0
    setTimeout(() => (caughtUp.value = null), NOTICE_MS)
  }

  function onError(): void {
    if (line.value === 'live') asOf.value = Date.now()
    line.value = 'offline'
    lostOnce = true
    // The browser reconnects by itself (with Last-Event-ID) unless it was refused: then ask why, and try again.
    if (source?.readyState !== EventSource.CLOSED) return
    stop()
    void session.api.session().catch(() => undefined)
    retry = setTimeout(start, RETRY_MS)
  }

  function tell<K extends keyof Listeners>(kind: K, ...news: Parameters<Listeners[K]>): void {
    heard()
    for (const one of listeners) (one[kind] as ((...n: Parameters<Listeners[K]>) => void) | undefined)?.(...news)
  }

  function start(): void {
    if (source !== null) return
    clearTimeout(retry)
    source = new EventSource('/api/v1/live')
    source.onopen = onOpen
    source.onerror = onError
    source.addEventListener('lead', (e) => tell('lead', JSON.parse(e.data) as LiveLead))
    source.addEventListener('device', (e) => tell('device', JSON.parse(e.data) as LiveDevice))
    source.addEventListener('resync', () => tell('resync'))
    source.addEventListener('queue', (e) => {
      asOf.value = Date.now()
      queue.value = JSON.parse(e.data) as QueueAnswer
    })
  }

  function stop(): void {
    clearTimeout(retry)
    source?.close()
    source = null
  }

  /** Listen until the returned function is called. */
  function listen(one: Partial<Listeners>): () => void {
    listeners.add(one)
    return () => listeners.delete(one)
  }

  async function askQueue(): Promise<void> {
    queue.value = await session.api.queue()
  }

  return { line, asOf, caughtUp, queue, start, stop, listen, askQueue }
})
