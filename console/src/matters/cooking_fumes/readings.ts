/** The readings of a lead's evidence as a curve: the signed file itself, not what the live curve kept of it. */

import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import type { EvidenceFile } from '@/api/types'
import { curveOfReadings, type CurveData } from '@/domain/curve'

export type ReadingsState = 'loading' | 'ready' | 'missing' | 'failed'

export function useReadings(files: Ref<readonly EvidenceFile[]>) {
  const data = shallowRef<CurveData | null>(null)
  const state = ref<ReadingsState>('loading')
  let asked = ''
  let isGone = false
  onScopeDispose(() => (isGone = true))

  async function load(wanted: readonly EvidenceFile[], key: string): Promise<void> {
    try {
      const texts = await Promise.all(
        wanted.map(async (file) => {
          const answer = await fetch(file.url, { credentials: 'same-origin' })
          if (!answer.ok) throw new Error(String(answer.status))
          return answer.text()
        }),
      )
      if (isGone || key !== asked) return
      data.value = curveOfReadings(texts)
      state.value = data.value === null ? 'missing' : 'ready'
    } catch {
      if (!isGone && key === asked) state.value = 'failed'
    }
  }

  watch(
    files,
    (now) => {
      const wanted = now.filter((file) => file.role === 'readings' && file.available)
      const key = wanted.map((file) => file.sha256).join()
      if (key === asked && key !== '') return
      asked = key
      if (wanted.length === 0) {
        data.value = null
        state.value = now.length === 0 ? 'loading' : 'missing'
      } else void load(wanted, key)
    },
    { immediate: true },
  )
  return { data, state }
}
