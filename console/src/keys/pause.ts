/** While a dialog is open the page under it must not hear keys. */

import { onBeforeUnmount, ref, watch } from 'vue'

const open = ref(0)

export function keysPaused(): boolean {
  return open.value > 0
}

export function usePauseKeys(isOpen: () => boolean): void {
  let counted = false
  const set = (value: boolean) => {
    if (value === counted) return
    counted = value
    open.value += value ? 1 : -1
  }
  watch(isOpen, set, { immediate: true })
  onBeforeUnmount(() => set(false))
}
