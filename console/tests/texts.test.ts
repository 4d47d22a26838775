import { describe, expect, it } from 'vitest'
import { messages } from '@/i18n'
import { LEAD_STATES, RETURN_REASONS } from '@/api/types'
import { pane } from '@/matters/illegal_parking'
import { SAID_IDS } from '@/matters/illegal_parking/saying'

type Tree = { [key: string]: string | Tree }

function leaves(tree: Tree, at = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    const path = at ? `${at}.${key}` : key
    if (typeof value === 'string') found.set(path, value)
    else for (const [inner, text] of leaves(value, path)) found.set(inner, text)
  }
  return found
}

const zh = leaves(messages['zh-CN'] as unknown as Tree)
const en = leaves(messages.en as unknown as Tree)
const slots = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).sort()

describe('the two languages', () => {
  it('have the same keys', () => {
    expect([...zh.keys()].filter((key) => !en.has(key))).toEqual([])
    expect([...en.keys()].filter((key) => !zh.has(key))).toEqual([])
  })
  it('put the same values into each text', () => {
    const different = [...zh].filter(([key, text]) => slots(text).join() !== slots(en.get(key) ?? '').join())
    expect(different.map(([key]) => key)).toEqual([])
  })
  it('leave no text empty, and no Chinese in the English', () => {
    expect([...zh, ...en].filter(([, text]) => text.trim() === '').map(([key]) => key)).toEqual([])
    const mixed = [...en].filter(([key, text]) => /[\u4e00-\u9fff]/.test(text) && key !== 'bar.language')
    expect(mixed.map(([key]) => key)).toEqual([])
  })
  it('have a word for each state and each reason', () => {
    const wanted = [
      ...LEAD_STATES.map((state) => `state.${state}`),
      ...RETURN_REASONS.map((reason) => `returnReason.${reason}`),
      ...pane.dismissReasons.map((reason) => `matters.illegal_parking.dismiss.${reason}`),
      ...SAID_IDS.map((id) => `matters.illegal_parking.predicate.${id}`),
    ]
    expect(wanted.filter((key) => !zh.has(key))).toEqual([])
  })
})

describe('every code of the parking rule', () => {
  const rule = Object.values(
    import.meta.glob<string>('../../detectors/illegal_parking/*.py', { query: '?raw', import: 'default', eager: true }),
  ).join('\n')
  const codes = (pattern: RegExp, text = rule): string[] => [...new Set([...text.matchAll(pattern)].map((match) => match[1]!))]
  const block = (begin: string, end: string): string => rule.split(begin)[1]!.split(end)[0]!
  const unsaid = (of: string, ids: string[]): string[] => ids.filter((id) => !zh.has(`matters.illegal_parking.${of}.${id}`))

  it('of its conditions is said from its values', () => {
    const conditions = codes(/\bsaid\(\s*"([a-z_]+)"/g)
    expect(conditions.length).toBeGreaterThan(15)
    expect(conditions.filter((id) => !SAID_IDS.includes(id))).toEqual([])
  })
  it('of what it holds, releases and flags has its words', () => {
    const kinds = [...codes(/noted\(\w+, "([a-z_]+)"/g), ...codes(/"([a-z_]+)": "/g, block('REASONS = {', '\n}'))]
    expect(kinds).toContain('two_in_one_box')
    expect(kinds).toContain('queue')
    expect(unsaid('counter', kinds)).toEqual([])
  })
  it('of its questions and of what a zone may say has its words', () => {
    const questions = [...codes(/answer\("([a-z_]+)"/g), ...codes(/"([a-z_]+)"/g, block('_NOT_VISIBLE = (', ')'))]
    expect(questions).toContain('driver_absent')
    expect(unsaid('question', questions)).toEqual([])
    expect(unsaid('markingIs', codes(/"([a-z_]+)"/g, block('Marking = Literal[', ']')))).toEqual([])
    expect(unsaid('facingIs', codes(/"([a-z_]+)"/g, block('Facing = Literal[', ']')))).toEqual([])
  })
})

describe('what the centre notes of a lead, and what wants maintenance', () => {
  const under = (at: string): string[] => [...zh.keys()].filter((key) => key.startsWith(at)).map((key) => key.slice(at.length))
  it('has a word for each action of a lead', () => {
    const [source] = Object.values(
      import.meta.glob<string>('../../store/lead_states.py', { query: '?raw', import: 'default', eager: true }),
    )
    const actions = [...source!.split('Action = Literal[')[1]!.split(']')[0]!.matchAll(/"([a-z_]+)"/g)].map((match) => match[1]!)
    expect(actions).toContain('respond')
    expect(actions.filter((action) => !under('history.').includes(action))).toEqual([])
  })
  it('says what to do about each kind that has a name', () => {
    const tries = under('maintenance.try.')
    expect(under('maintenance.kind.').filter((kind) => !tries.includes(kind))).toEqual([])
  })
})

describe('every text that the source names', () => {
  const sources = import.meta.glob<string>('../src/**/*.{vue,ts}', { query: '?raw', import: 'default', eager: true })
  it('exists', () => {
    const missing: string[] = []
    for (const [path, source] of Object.entries(sources)) {
      for (const [, key] of source.matchAll(/\bt\(\s*'([A-Za-z0-9_.]+)'/g)) {
        if (key && !zh.has(key)) missing.push(`${path}: ${key}`)
      }
    }
    expect(missing).toEqual([])
  })
})
