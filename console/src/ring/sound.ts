/** Two tones, 0.6 s each. A browser lets a page sound only after a person has clicked in it: `unlock` is called by a button. */

const TONES_HZ = [880, 660]
const TONE_S = 0.6
const LOUDNESS = 0.35
/** Softened at both ends, so that it does not click. */
const EDGE_S = 0.02

let context: AudioContext | null = null

export const canSound = (): boolean => context?.state === 'running'

/** Called from a click; false where the browser refuses or has no sound. */
export async function unlock(): Promise<boolean> {
  try {
    context ??= new AudioContext()
    await context.resume()
  } catch {
    return false
  }
  return canSound()
}

export function playTones(): void {
  if (context === null || !canSound()) return
  TONES_HZ.forEach((hz, i) => {
    const tone = new OscillatorNode(context!, { frequency: hz, type: 'triangle' })
    const gain = new GainNode(context!, { gain: 0 })
    const from = context!.currentTime + i * TONE_S
    gain.gain.setValueAtTime(0, from)
    gain.gain.linearRampToValueAtTime(LOUDNESS, from + EDGE_S)
    gain.gain.setValueAtTime(LOUDNESS, from + TONE_S - EDGE_S)
    gain.gain.linearRampToValueAtTime(0, from + TONE_S)
    tone.connect(gain).connect(context!.destination)
    tone.start(from)
    tone.stop(from + TONE_S)
  })
}
