import { describe, expect, it } from 'vitest'
import { closeUp, fit, MAX_SCALE, native, pan, zoomAt } from '@/domain/view'

const picture = { width: 1280, height: 720 }
const box = { width: 900, height: 506 }

describe('zoom and pan', () => {
  it('fits the whole picture and centres it', () => {
    const view = fit(picture, { width: 900, height: 900 })
    expect(view.scale).toBeCloseTo(0.703, 3)
    expect(view.y).toBeCloseTo((900 - 720 * view.scale) / 2)
  })
  it('keeps what lies under the pointer under the pointer', () => {
    const before = fit(picture, box)
    const point = { x: 300, y: 200 }
    const after = zoomAt(before, 2, point, picture, box)
    expect((point.x - after.x) / after.scale).toBeCloseTo((point.x - before.x) / before.scale)
    expect((point.y - after.y) / after.scale).toBeCloseTo((point.y - before.y) / before.scale)
  })
  it('ends at eightfold and at fit', () => {
    const view = fit(picture, box)
    expect(zoomAt(view, 1000, { x: 1, y: 1 }, picture, box).scale).toBe(MAX_SCALE)
    expect(zoomAt(view, 0.001, { x: 1, y: 1 }, picture, box).scale).toBeCloseTo(view.scale)
  })
  it('shows true pixels on demand', () => {
    expect(native(fit(picture, box), picture, box, { x: 450, y: 253 }).scale).toBeCloseTo(1)
  })
  it('never drags the picture out of its box', () => {
    const near = zoomAt(fit(picture, box), 4, { x: 0, y: 0 }, picture, box)
    const far = pan(near, -1e6, 1e6, picture, box)
    expect(far.x).toBeCloseTo(box.width - picture.width * near.scale)
    expect(far.y).toBe(0)
  })
  it('centres a close-up on the object and shows all of it', () => {
    const view = closeUp([100, 100, 300, 200], { width: 466, height: 200 })
    expect(view.x + 200 * view.scale).toBeCloseTo(233)
    expect(200 * view.scale).toBeLessThan(466)
    expect(100 * view.scale).toBeLessThan(200)
  })
})
