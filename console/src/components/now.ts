/** The time as a value that ticks each second, shared by everything that shows an age. */

import { onBeforeUnmount, onMounted, readonly, ref } from 'vue'

const now = ref(Date.now())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

export function useNow() {
  onMounted(() => {
    users += 1
    now.value = Date.now()
    if (users === 1) timer = setInterval(() => (now.value = Date.now()), 1000)
  })
  onBeforeUnmount(() => {
    users -= 1
    if (users === 0) clearInterval(timer)
  })
  return readonly(now)
}
