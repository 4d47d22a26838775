/** WGS 84 -> GCJ-02, the datum of Chinese map services: for what a person types into a map, never for what is kept. */
import type { Place } from './ground'

const AXIS_M = 6_378_245
const ECCENTRICITY2 = 0.006_693_421_622_965_943

/** The place as Chinese maps say it; outside China the same place. */
export function gcj02(place: Place): Place {
  if (place.lon < 72.004 || place.lon > 137.8347 || place.lat < 0.8293 || place.lat > 55.8271) return place
  const x = place.lon - 105
  const y = place.lat - 35
  const latitude = (place.lat * Math.PI) / 180
  const magic = 1 - ECCENTRICITY2 * Math.sin(latitude) ** 2
  const perLat = (AXIS_M * (1 - ECCENTRICITY2)) / magic ** 1.5
  const perLon = (AXIS_M / Math.sqrt(magic)) * Math.cos(latitude)
  const degrees = 180 / Math.PI
  return { lat: place.lat + (north(x, y) * degrees) / perLat, lon: place.lon + (east(x, y) * degrees) / perLon }
}

const wave = (amplitude: number, turns: number): number => (amplitude * 2 * Math.sin(turns * Math.PI)) / 3

function north(x: number, y: number): number {
  const trend = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x))
  const short = wave(20, 6 * x) + wave(20, 2 * x)
  return trend + short + wave(20, y) + wave(40, y / 3) + wave(160, y / 12) + wave(320, y / 30)
}

function east(x: number, y: number): number {
  const trend = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x))
  const short = wave(20, 6 * x) + wave(20, 2 * x)
  return trend + short + wave(20, x) + wave(40, x / 3) + wave(150, x / 12) + wave(300, x / 30)
}
