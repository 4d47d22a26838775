/** The words that each matter's folder brings, under the matter's name. */

interface MatterWords {
  zh: Record<string, unknown>
  en: Record<string, unknown>
}

const found = import.meta.glob<MatterWords>('./*/texts.ts', { eager: true })

export function matterTexts(language: 'zh' | 'en'): { matters: Record<string, Record<string, unknown>> } {
  const matters = Object.fromEntries(
    Object.entries(found).map(([path, words]) => [path.split('/')[1]!, words[language]]),
  )
  return { matters }
}
