"""How high a veil stands over its base, in metres: what tells low mist and dust from smoke that rises."""

from __future__ import annotations

from msgspec.structs import replace

from contract.observations import PlumeSeen

RISES = 1.5  # times its veil's height: pieces that add less are the fringe of dust and mist as well
FARTHEST_M = 6_000.0  # from a mast a pixel is hundreds of metres there


def with_height(plume: PlumeSeen, *, focal_px: float) -> PlumeSeen:
    """The plume with its height, if its place and its veil are known; `focal_px` in pixels of its picture.

    Towers look nearly level: the range times the angle between base and top is the height to one percent.
    """
    sight, veil, base = plume.sight, plume.veil_xyxy_px, plume.base_px
    if sight is None or sight.range_m is None or sight.range_m > FARTHEST_M or veil is None or base is None:
        return plume
    height_px = max(0.0, base[1] - veil[1])
    if plume.top_px is not None and base[1] - plume.top_px >= RISES * height_px:
        height_px = base[1] - plume.top_px
    return replace(plume, height_m=round(height_px * sight.range_m / focal_px, 1))
