/** Phrases that several screens say: spans, ages, problems, names of things, in the reader's language. */

import { useI18n } from 'vue-i18n'
import { asProblem } from '@/api/problem'
import { ageSeconds, fullTime, shortTime, spanInWords } from '@/domain/time'

export function useWords() {
  const { t, te, tm } = useI18n()

  const span = (seconds: number): string => spanInWords(seconds, tm('span') as never)
  const age = (at: string | null, now: number): string =>
    at === null ? t('unknown') : t('ago', { span: span(ageSeconds(at, now)) })
  const time = (at: string | number | null | undefined): string => fullTime(at) ?? t('unknown')
  const timeToday = (at: string | number | null | undefined, now: number): string => shortTime(at, now) ?? t('unknown')
  /** A word of a list of words; a value that this console does not know is shown as it came. */
  const word = (group: string, value: string): string => (te(`${group}.${value}`) ? t(`${group}.${value}`) : value)

  /** What a file of the evidence is; a matter may have its own words for it. */
  const roleWord = (role: string, matter?: string): string =>
    te(`matters.${matter}.role.${role}`) ? t(`matters.${matter}.role.${role}`) : word('evidenceRole', role)

  function problem(error: unknown): string {
    const { code, status } = asProblem(error)
    return te(`problem.${code}`) ? t(`problem.${code}`) : t('problem.other', { status })
  }

  return { t, te, span, age, time, timeToday, word, roleWord, problem }
}
