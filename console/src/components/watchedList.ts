/** A list that is asked for again: when news of a device comes, when the line was away, and each while; by whoever looks. */
import { onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'
import { useLive } from '@/stores/live'
import { useWords } from './words'

/** Ages, counters and values do not come over the live line. */
const AGAIN_MS = 20_000
/** News often comes in bursts: one question answers them all. */
const SOON_MS = 300

export function useWatchedList<T>(ask: () => Promise<{ items: T[] }>) {
  const { problem } = useWords()
  const live = useLive()
  const items = shallowRef<T[] | null>(null)
  const asOf = ref<number | null>(null)
  const failed = ref('')

  async function load(): Promise<void> {
    try {
      items.value = (await ask()).items
      asOf.value = Date.now()
      failed.value = ''
    } catch (error) {
      failed.value = problem(error)
    }
  }
  let stopListening: (() => void) | undefined
  let again: ReturnType<typeof setInterval> | undefined
  let soon: ReturnType<typeof setTimeout> | undefined
  onMounted(() => {
    void load()
    again = setInterval(() => !document.hidden && void load(), AGAIN_MS)
    stopListening = live.listen({
      device: () => {
        clearTimeout(soon)
        soon = setTimeout(() => void load(), SOON_MS)
      },
      resync: () => void load(),
    })
  })
  onBeforeUnmount(() => {
    stopListening?.()
    clearInterval(again)
    clearTimeout(soon)
  })
  return { items, asOf, failed, load }
}
