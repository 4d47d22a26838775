/** The keys that are live now. A view binds its own while it is shown; the key sheet lists what is bound. */

import { onBeforeUnmount, onMounted, shallowReactive } from 'vue'
import { commandOf, isComposing } from './guard'
import { keysPaused } from './pause'

export interface Binding {
  /** Names as `commandOf` spells them; the first is shown. */
  keys: readonly string[]
  /** Under which heading of the sheet, and its text: i18n keys below `keys.`; without a text it is not listed. */
  group?: string
  text?: string
  /** Shown instead of the key's own name, e.g. `1–9`. */
  shown?: string
  when?: () => boolean
  run: (name: string) => void
  /** For a held key: called when it is let go. */
  release?: () => void
}

export const bound = shallowReactive<Binding[]>([])
let enabled = () => true

function onKeyDown(event: KeyboardEvent): void {
  const name = commandOf(event)
  if (name === null || event.defaultPrevented) return
  if (keysPaused() && name !== '?' && name !== 'Escape') return
  const binding = bound.findLast((one) => one.keys.includes(name) && (one.when?.() ?? true))
  // Switched off, the sheet itself and Escape still answer: else nobody could switch the keys on again.
  if (binding === undefined || (!enabled() && name !== '?' && name !== 'Escape')) return
  event.preventDefault()
  binding.run(name)
}

function onKeyUp(event: KeyboardEvent): void {
  if (isComposing(event)) return
  const key = event.key.toLowerCase()
  for (const one of bound) if (one.release && one.keys.includes(key)) one.release()
}

/** A held key counts as let go when the window no longer hears it. */
function onBlur(): void {
  for (const one of bound) one.release?.()
}

export function installKeys(isEnabled: () => boolean): void {
  enabled = isEnabled
  addEventListener('keydown', onKeyDown)
  addEventListener('keyup', onKeyUp)
  addEventListener('blur', onBlur)
}

/** Bind while the calling component is mounted; later bindings win over earlier ones. */
export function useKeys(bindings: Binding[]): void {
  onMounted(() => bound.push(...bindings))
  onBeforeUnmount(() => {
    for (const one of bindings) {
      one.release?.()
      const at = bound.indexOf(one)
      if (at >= 0) bound.splice(at, 1)
    }
  })
}
