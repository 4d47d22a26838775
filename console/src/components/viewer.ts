/** What the viewer shows: which picture, what is drawn on it, zoom; kept over the pictures of one lead. */

import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import type { EvidenceFile } from '@/api/types'
import { clipsOf, judgedOf, overlayOf, stillsOf } from '@/domain/evidence'
import { fit, native, pan, zoomAt, type Size, type View } from '@/domain/view'

export type Mode = 'raw' | 'overlay' | 'file'

const ZOOM_STEP = 1.4
const PAN_STEP_PX = 80

export function useViewer(files: Ref<readonly EvidenceFile[]>) {
  const stills = computed(() => stillsOf(files.value))
  const judged = computed(() => judgedOf(stills.value))
  const clips = computed(() => clipsOf(files.value))
  const index = ref(0)
  const mode = ref<Mode>('overlay')
  const rawHeld = ref(false)
  const zoneOn = ref(true)
  const clipOpen = ref(false)
  const view = shallowRef<View | null>(null)
  const picture = shallowRef<Size | null>(null)
  const box = shallowRef<Size>({ width: 0, height: 0 })

  const current = computed<EvidenceFile | null>(() => stills.value[index.value] ?? null)
  const overlayFile = computed(() => overlayOf(files.value, current.value))
  const shownMode = computed<Mode>(() => {
    if (rawHeld.value) return 'raw'
    return mode.value === 'file' && overlayFile.value === null ? 'overlay' : mode.value
  })
  /** The file whose pixels are on the stage. */
  const shown = computed(() => (shownMode.value === 'file' ? overlayFile.value : current.value))

  // A new revision may add pictures: stay on the one that is looked at, else go to the one that is judged.
  watch(
    stills,
    (now, before) => {
      const looked = before?.[index.value]?.sha256
      const kept = now.findIndex((file) => file.sha256 === looked)
      index.value = kept >= 0 ? kept : Math.max(0, now.findIndex((file) => file.sha256 === judged.value?.sha256))
    },
    { immediate: true },
  )

  const centre = () => ({ x: box.value.width / 2, y: box.value.height / 2 })

  function toFit(): void {
    view.value = picture.value === null || box.value.width === 0 ? null : fit(picture.value, box.value)
  }
  function zoom(factor: number, at = centre()): void {
    if (view.value && picture.value) view.value = zoomAt(view.value, factor, at, picture.value, box.value)
  }
  function move(dx: number, dy: number): void {
    if (view.value && picture.value) view.value = pan(view.value, dx, dy, picture.value, box.value)
  }
  /** Fit, or true pixels when it fits already. */
  function toggleFit(): void {
    if (!view.value || !picture.value) return
    const isFit = Math.abs(view.value.scale - fit(picture.value, box.value).scale) < 1e-6
    if (isFit) view.value = native(view.value, picture.value, box.value, centre())
    else toFit()
  }
  function step(by: number): void {
    clipOpen.value = false
    index.value = Math.min(stills.value.length - 1, Math.max(0, index.value + by))
  }
  function show(sha256: string): void {
    const at = stills.value.findIndex((file) => file.sha256 === sha256)
    if (at >= 0) index.value = at
    clipOpen.value = false
  }
  /** A new picture of the same size keeps the zoom. */
  function sized(next: Size): void {
    const same = picture.value?.width === next.width && picture.value?.height === next.height
    picture.value = next
    if (!same || view.value === null) toFit()
  }
  function boxed(next: Size): void {
    box.value = next
    toFit()
  }
  function reset(): void {
    index.value = Math.max(0, stills.value.findIndex((file) => file.sha256 === judged.value?.sha256))
    mode.value = 'overlay'
    clipOpen.value = false
    toFit()
  }

  return {
    stills, judged, clips, index, mode, shownMode, rawHeld, zoneOn, clipOpen, view, picture, box, current, overlayFile, shown,
    zoom, move, toFit, toggleFit, step, show, sized, boxed, reset,
    zoomIn: () => zoom(ZOOM_STEP),
    zoomOut: () => zoom(1 / ZOOM_STEP),
    panBy: (dx: number, dy: number) => move(dx * PAN_STEP_PX, dy * PAN_STEP_PX),
  }
}

export type Viewer = ReturnType<typeof useViewer>
