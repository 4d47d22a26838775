import { describe, expect, it } from 'vitest'
import { nextTick, shallowRef } from 'vue'
import type { EvidenceFile } from '@/api/types'
import { useViewer } from '@/components/viewer'

function still(role: EvidenceFile['role'], captured: string): EvidenceFile {
  return {
    sha256: role, path: `stills/${role}.jpg`, role, media_type: 'image/jpeg', size_bytes: 1, captured,
    parent_sha256: null, url: `/${role}`, available: true,
  }
}

describe('the viewer', () => {
  it('opens on the judged still', () => {
    const viewer = useViewer(shallowRef([still('arrival', '1'), still('due', '2'), still('last', '3')]))
    expect(viewer.current.value?.role).toBe('due')
  })
  it('stays on the picture that is looked at when a new revision brings more', async () => {
    const files = shallowRef([still('first_still', '2'), still('due', '3')])
    const viewer = useViewer(files)
    viewer.step(-1)
    files.value = [still('arrival', '1'), ...files.value]
    await nextTick()
    expect(viewer.current.value?.role).toBe('first_still')
  })
  it('goes to the judged still when only that one was there at first', async () => {
    const files = shallowRef([still('due', '3')])
    const viewer = useViewer(files)
    files.value = [still('arrival', '1'), still('due', '3')]
    await nextTick()
    expect(viewer.current.value?.role).toBe('due')
  })
  it('keeps the zoom over pictures of one size and fits another size anew', () => {
    const viewer = useViewer(shallowRef([still('due', '1')]))
    viewer.boxed({ width: 900, height: 506 })
    viewer.sized({ width: 1280, height: 720 })
    viewer.zoomIn()
    const zoomed = viewer.view.value!.scale
    viewer.sized({ width: 1280, height: 720 })
    expect(viewer.view.value!.scale).toBe(zoomed)
    viewer.sized({ width: 640, height: 360 })
    expect(viewer.view.value!.scale).not.toBe(zoomed)
  })
  it('shows raw pixels while the key is held, whatever is chosen', () => {
    const viewer = useViewer(shallowRef([still('due', '1')]))
    viewer.mode.value = 'overlay'
    viewer.rawHeld.value = true
    expect(viewer.shownMode.value).toBe('raw')
  })
})
