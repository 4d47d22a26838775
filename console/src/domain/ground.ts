/** Small geometry on the ground for plans: degrees from true north, metres, WGS 84. Good to a metre over 50 km. */

export interface Place {
  lat: number
  lon: number
}

const METRES_PER_DEGREE = 111_320

/** The place that many metres away under a bearing. */
export function away(from: Place, bearing_deg: number, metres: number): Place {
  const bearing = (bearing_deg * Math.PI) / 180
  return shifted(from, metres * Math.sin(bearing), metres * Math.cos(bearing))
}

function shifted(from: Place, east_m: number, north_m: number): Place {
  const lat = from.lat + north_m / METRES_PER_DEGREE
  return { lat, lon: from.lon + east_m / (METRES_PER_DEGREE * Math.cos((from.lat * Math.PI) / 180)) }
}

/** The outline of an ellipse; half axes in metres, `bearing_deg` of the longer one. */
export function ellipseOutline(
  centre: Place,
  axes: { major_m: number; minor_m: number; bearing_deg: number },
  corners = 64,
): Place[] {
  const bearing = (axes.bearing_deg * Math.PI) / 180
  return Array.from({ length: corners + 1 }, (_, i) => {
    const angle = (2 * Math.PI * i) / corners
    const along = axes.major_m * Math.cos(angle)
    const across = axes.minor_m * Math.sin(angle)
    return shifted(
      centre,
      along * Math.sin(bearing) + across * Math.cos(bearing),
      along * Math.cos(bearing) - across * Math.sin(bearing),
    )
  })
}
