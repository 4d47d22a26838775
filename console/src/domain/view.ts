/** Zoom and pan of a picture in a box: where its top left corner is (CSS px) and how many CSS px one of its pixels takes. */

export interface View {
  x: number
  y: number
  scale: number
}

export interface Size {
  width: number
  height: number
}

export const MAX_SCALE = 8
/** From here on pixels are shown as they are, not smoothed. */
export const UNSMOOTHED_FROM = 2

export function fit(picture: Size, box: Size): View {
  const scale = Math.min(box.width / picture.width, box.height / picture.height)
  return { scale, x: (box.width - picture.width * scale) / 2, y: (box.height - picture.height * scale) / 2 }
}

/** One pixel of the picture on one pixel of the screen, centred on `point` of the box. */
export function native(view: View, picture: Size, box: Size, point: { x: number; y: number }): View {
  return zoomAt(view, 1 / view.scale, point, picture, box)
}

/** Scaled by `factor` so that what lies under `point` stays there; between fit and eightfold. */
export function zoomAt(view: View, factor: number, point: { x: number; y: number }, picture: Size, box: Size): View {
  const least = Math.min(fit(picture, box).scale, 1)
  const scale = Math.min(MAX_SCALE, Math.max(least, view.scale * factor))
  const ratio = scale / view.scale
  return within({ scale, x: point.x - (point.x - view.x) * ratio, y: point.y - (point.y - view.y) * ratio }, picture, box)
}

export function pan(view: View, dx: number, dy: number, picture: Size, box: Size): View {
  return within({ ...view, x: view.x + dx, y: view.y + dy }, picture, box)
}

/** The picture fills the box where it can, and is centred where it is smaller. */
export function within(view: View, picture: Size, box: Size): View {
  const place = (at: number, picturePx: number, boxPx: number): number =>
    picturePx <= boxPx ? (boxPx - picturePx) / 2 : Math.min(0, Math.max(boxPx - picturePx, at))
  return {
    scale: view.scale,
    x: place(view.x, picture.width * view.scale, box.width),
    y: place(view.y, picture.height * view.scale, box.height),
  }
}

/** The scale and offset at which `bounds` of the picture fill the box with a margin: the close-up. */
export function closeUp(bounds: [number, number, number, number], box: Size, margin = 0.18): View {
  const [left, top, right, bottom] = bounds
  const width = Math.max(1, right - left) * (1 + 2 * margin)
  const height = Math.max(1, bottom - top) * (1 + 2 * margin)
  const scale = Math.min(MAX_SCALE, box.width / width, box.height / height)
  return {
    scale,
    x: box.width / 2 - ((left + right) / 2) * scale,
    y: box.height / 2 - ((top + bottom) / 2) * scale,
  }
}
