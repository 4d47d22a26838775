/**
 * The live line (SSE): one for all tabs of a browser, since HTTP/1.1 has few connections to spare.
 * The tab that holds the lock listens and passes on what it hears; without locks (no HTTPS) each tab has its own line.
 */

import type { LiveDevice, LiveLead, QueueAnswer } from '@/api/types'

export type LineState = 'connecting' | 'live' | 'offline'

export type News =
  | { kind: 'line'; state: LineState }
  | { kind: 'lead'; lead: LiveLead }
  | { kind: 'device'; device: LiveDevice }
  | { kind: 'queue'; queue: QueueAnswer }
  /** Something may have been missed: load anew what is shown. */
  | { kind: 'resync' }

const RETRY_MS = 4000

export interface LineHooks {
  hear(news: News): void
  /** The server refused the line: ask why (the session may be over); it is tried again. */
  refused(): void
}

/** Listen to the server directly; returns how to stop. */
function openSource(hooks: LineHooks): () => void {
  let source: EventSource | null = null
  let retry: ReturnType<typeof setTimeout> | undefined

  function start(): void {
    source = new EventSource('/api/v1/live')
    source.onopen = () => hooks.hear({ kind: 'line', state: 'live' })
    source.onerror = () => {
      hooks.hear({ kind: 'line', state: 'offline' })
      // The browser reconnects by itself, with Last-Event-ID, unless it was refused.
      if (source?.readyState !== EventSource.CLOSED) return
      hooks.refused()
      retry = setTimeout(start, RETRY_MS)
    }
    source.addEventListener('lead', (e) => hooks.hear({ kind: 'lead', lead: JSON.parse(e.data) }))
    source.addEventListener('device', (e) => hooks.hear({ kind: 'device', device: JSON.parse(e.data) }))
    source.addEventListener('queue', (e) => hooks.hear({ kind: 'queue', queue: JSON.parse(e.data) }))
    source.addEventListener('resync', () => hooks.hear({ kind: 'resync' }))
  }

  start()
  return () => {
    clearTimeout(retry)
    source?.close()
  }
}

/** Listen for `user`, over this tab's own line or the leading tab's; returns how to stop. */
export function openLine(user: string, hooks: LineHooks): () => void {
  if (!navigator.locks) return openSource(hooks)
  const name = `tantou.live.${user}`
  const channel = new BroadcastChannel(name)
  const stopping = new AbortController()
  let state: LineState = 'connecting'
  let queue: QueueAnswer | null = null
  let isLeader = false
  /** A tab that takes over has no Last-Event-ID of the old line. */
  let heardBefore = false

  channel.onmessage = ({ data }: MessageEvent<News | 'hello'>) => {
    if (data === 'hello') {
      if (!isLeader) return
      channel.postMessage({ kind: 'line', state } satisfies News)
      if (queue) channel.postMessage({ kind: 'queue', queue } satisfies News)
    } else if (!isLeader) {
      heardBefore = true
      hooks.hear(data)
    }
  }
  channel.postMessage('hello')

  const lead = async (): Promise<void> => {
    isLeader = true
    const hear = (news: News): void => {
      if (news.kind === 'line') {
        state = news.state
        if (state === 'live' && heardBefore) {
          heardBefore = false
          hear({ kind: 'resync' })
        }
      }
      if (news.kind === 'queue') queue = news.queue
      hooks.hear(news)
      channel.postMessage(news)
    }
    const close = openSource({ hear, refused: hooks.refused })
    await new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()))
    close()
  }
  // Rejected only by the abort of stopping, which is no failure.
  void navigator.locks.request(name, { signal: stopping.signal }, lead).catch(() => undefined)
  return () => {
    stopping.abort()
    channel.close()
  }
}
