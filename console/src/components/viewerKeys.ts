/** The keys of a viewer, the same at the desk and in a lead. */

import { useKeys } from '@/keys/bindings'
import type { Viewer } from './viewer'

interface ClipControl {
  toggle(): void
  seek(seconds: number): void
}

export function useViewerKeys(viewer: Viewer, clip: () => ClipControl | null): void {
  const inClip = () => viewer.clipOpen.value && clip() !== null
  useKeys([
    {
      keys: ['r'], group: 'picture', text: 'raw',
      run: () => (viewer.rawHeld.value = true),
      release: () => (viewer.rawHeld.value = false),
    },
    {
      keys: ['Space'], group: 'picture', text: 'clip',
      run: () => {
        if (clip() !== null) clip()?.toggle()
        else if (viewer.clips.value.some((one) => one.available)) viewer.clipOpen.value = true
      },
    },
    { keys: ['ArrowLeft'], group: 'picture', text: 'frame', shown: '← →', run: () => viewer.step(-1) },
    { keys: ['ArrowRight'], run: () => viewer.step(1) },
    { keys: ['Shift+ArrowLeft'], group: 'picture', text: 'second', shown: 'Shift ← →', when: () => clip() !== null, run: () => clip()?.seek(-1) },
    { keys: ['Shift+ArrowRight'], when: () => clip() !== null, run: () => clip()?.seek(1) },
    { keys: ['+', '='], group: 'picture', text: 'zoom', shown: '+ −', run: () => viewer.zoomIn() },
    { keys: ['-'], run: () => viewer.zoomOut() },
    { keys: ['0'], group: 'picture', text: 'fit', run: () => viewer.toggleFit() },
    {
      keys: ['Alt+ArrowLeft', 'Alt+ArrowRight', 'Alt+ArrowUp', 'Alt+ArrowDown'], group: 'picture', text: 'pan', shown: 'Alt ← ↑ ↓ →',
      run: (name) => {
        const [dx, dy] = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[name.slice(4)] ?? [0, 0]
        viewer.panBy(dx!, dy!)
      },
    },
    { keys: ['Escape'], when: inClip, run: () => (viewer.clipOpen.value = false) },
  ])
}
