/** When a key press is a command, and what it is called. */

/** What the guard reads of a KeyboardEvent; a plain object in tests. */
export interface Press {
  key: string
  keyCode?: number
  repeat?: boolean
  isComposing?: boolean
  altKey?: boolean
  ctrlKey?: boolean
  metaKey?: boolean
  shiftKey?: boolean
  target?: unknown
}

const IME_KEY_CODE = 229
const EDITABLE = new Set(['INPUT', 'TEXTAREA', 'SELECT'])
/** Inputs that take no text: a key pressed there is not typing (Space is the control's own, see ownsKey). */
const TEXTLESS = new Set(['checkbox', 'radio', 'button', 'submit', 'reset', 'range', 'color', 'file', 'image'])

interface ElementLike {
  tagName?: string
  type?: string
  isContentEditable?: boolean
}

/** Whether the person writes text there. */
export function isEditable(target: unknown): boolean {
  const element = (target ?? {}) as ElementLike
  if (element.isContentEditable) return true
  const tag = element.tagName?.toUpperCase() ?? ''
  if (tag === 'INPUT') return !TEXTLESS.has(element.type ?? 'text')
  return EDITABLE.has(tag)
}

/** Space and Enter belong to a focused control: pressing a button is not pressing our key. */
export function ownsKey(target: unknown, key: string): boolean {
  if (key !== ' ' && key !== 'Enter') return false
  const tag = ((target ?? {}) as ElementLike).tagName?.toUpperCase() ?? ''
  return ['BUTTON', 'A', 'INPUT', 'SUMMARY', 'VIDEO', 'OPTION'].includes(tag)
}

/** A press that an input method swallows: composing, the code 229 of WebKit, or the key "Process". */
export function isComposing(press: Press): boolean {
  return press.isComposing === true || press.keyCode === IME_KEY_CODE || press.key === 'Process' || press.key === 'Unidentified'
}

/** The name of a press as bindings spell it: `f`, `Space`, `Alt+ArrowLeft`, `Shift+ArrowRight`, `?`. */
export function nameOf(press: Press): string {
  const printable = press.key.length === 1
  const key = press.key === ' ' ? 'Space' : printable ? press.key.toLowerCase() : press.key
  const modifiers = [
    press.ctrlKey && 'Ctrl',
    press.metaKey && 'Meta',
    press.altKey && 'Alt',
    // Shift is part of a character such as `?` or `+`, and a modifier of letters and named keys only.
    press.shiftKey && (!printable || /[a-z ]/i.test(press.key)) && 'Shift',
  ].filter(Boolean)
  return [...modifiers, key].join('+')
}

/** The command's name, or null when the press is not one: typing, composing, held down, or a control's own key. */
export function commandOf(press: Press): string | null {
  if (press.repeat || isComposing(press)) return null
  if (isEditable(press.target) || ownsKey(press.target, press.key)) return null
  return nameOf(press)
}

/** After a new alert the verdict keys rest: the picture must be on the screen, and the last press must be over. */
export const REST_AFTER_NEW_MS = 400

export interface VerdictReadiness {
  paintedAt: number | null
  arrivedAt: number | null
}

export function verdictReady(readiness: VerdictReadiness, now: number): boolean {
  const { paintedAt, arrivedAt } = readiness
  return paintedAt !== null && arrivedAt !== null && now - arrivedAt >= REST_AFTER_NEW_MS
}
