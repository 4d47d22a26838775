/** Times of the wire (UTC text) as people here read them: Asia/Shanghai, to the second. China keeps UTC+8 all year. */

const SHANGHAI_MS = 8 * 3600_000

export function millis(at: string): number {
  return Date.parse(at)
}

function shanghai(at: string | number): Date | null {
  const ms = typeof at === 'number' ? at : millis(at)
  return Number.isNaN(ms) ? null : new Date(ms + SHANGHAI_MS)
}

/** `2026-01-31 16:00:00`; null stays null, so that the caller says "unknown" in the reader's language. */
export function fullTime(at: string | number | null | undefined): string | null {
  if (at === null || at === undefined) return null
  const local = shanghai(at)
  return local === null ? null : local.toISOString().slice(0, 19).replace('T', ' ')
}

/** `16:00:00`. */
export function clockTime(at: string | number | null | undefined): string | null {
  return fullTime(at)?.slice(11) ?? null
}

/** `16:00:00` on the day of `now`, else `01-31 16:00:00`. */
export function shortTime(at: string | number | null | undefined, now: number): string | null {
  const text = fullTime(at)
  if (text === null) return null
  return text.slice(0, 10) === fullTime(now)?.slice(0, 10) ? text.slice(11) : text.slice(5)
}

/** `0:09`, `4:10`, `1:02:03`: for columns. */
export function compactSpan(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const s = String(whole % 60).padStart(2, '0')
  const m = Math.floor(whole / 60) % 60
  const h = Math.floor(whole / 3600)
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${s}` : `${m}:${s}`
}

export interface SpanWords {
  day: string
  hour: string
  minute: string
  second: string
}

/** `5 分 12 秒` with the language's own words; the two largest parts, so that a day is not told in seconds. */
export function spanInWords(seconds: number, words: SpanWords): string {
  const whole = Math.max(0, Math.floor(seconds))
  const parts: Array<[number, string]> = [
    [Math.floor(whole / 86400), words.day],
    [Math.floor(whole / 3600) % 24, words.hour],
    [Math.floor(whole / 60) % 60, words.minute],
    [whole % 60, words.second],
  ]
  const first = parts.findIndex(([n]) => n > 0)
  if (first === -1) return `0 ${words.second}`
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, word]) => `${n} ${word}`)
    .join(' ')
}

/** Seconds from `at` to `now`, never negative: a clock that runs ahead is not an age. */
export function ageSeconds(at: string, now: number): number {
  return Math.max(0, (now - millis(at)) / 1000)
}
