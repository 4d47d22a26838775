/** The response rule of a fire (such as 1-3-15) as bars: how far each step's time has run, and whether it was taken. */

import { millis } from './time'

export type Step = 'answer' | 'set_out' | 'on_site'

export interface Due {
  step: Step
  due: string
}

export interface Taken {
  step: Step
  at: string
  who: { name: string }
}

export interface Bar {
  step: Step
  /** Minutes that the rule gives. */
  minutes: number
  /** How much of them has run, 0..1; 1 when taken late or not taken in time. */
  share: number
  state: 'running' | 'late' | 'taken' | 'taken_late'
  /** Seconds left, or seconds late. */
  seconds: number
  taken: Taken | null
}

/** One bar for each step that the event names, in order of their times; `from` is when the sequence confirmed the fire. */
export function barsOf(from: string, dues: readonly Due[], responses: readonly Taken[], now: number): Bar[] {
  const start = millis(from)
  return [...dues]
    .sort((a, b) => a.due.localeCompare(b.due))
    .map(({ step, due }) => {
      const end = millis(due)
      const taken = responses.find((one) => one.step === step) ?? null
      const at = taken ? millis(taken.at) : now
      const isLate = at > end
      return {
        step,
        minutes: Math.round((end - start) / 6000) / 10,
        share: end <= start ? 1 : Math.min(1, Math.max(0, (at - start) / (end - start))),
        state: taken ? (isLate ? 'taken_late' : 'taken') : isLate ? 'late' : 'running',
        seconds: Math.abs(at - end) / 1000,
        taken,
      }
    })
}

/** The fire rings until a person has answered it. */
export const isAnswered = (responses: readonly Taken[]): boolean => responses.some((one) => one.step === 'answer')
