"""What one frame shows, and the tape of everything a judge was told: replayed, it gives the same findings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from contract.approval import Approval
from contract.events import Clock, EvidenceRef, Provenance
from contract.geometry import BboxPx, PolygonPx, Sight
from contract.plates import PlateSeen


class Detection(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One object found in a frame; box in pixels of the full frame, score 0..1.

    `patch`: what it looks like, 76 hex digits: 8 x 8 cells of grey row by row (0 darkest, f lightest of this patch),
    then the shares of 12 colours in fifteenths. None: not measured (outside all zones, or too small).
    """

    bbox_xyxy_px: BboxPx
    score: float
    label: str
    patch: Annotated[str, Meta(pattern=r"^[0-9a-f]{76}(?!\n)$")] | None = None


class Picture(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Measurements of the frame itself; `repeated_s`: for how long the picture has been bit-identical.

    `colour`: mean distance of the colours from grey, 0..255; `scene`: a fingerprint of where the camera looks, 36 hex
    digits, each bit a neighbourhood that grows lighter to the right; `shift_px`: how far the picture lies from where
    this camera's pictures lay lately, in pixels of the frame. None: not measured.
    """

    brightness: float
    sharpness: float
    repeated_s: float = 0.0
    colour: float | None = None
    scene: Annotated[str, Meta(pattern=r"^[0-9a-f]{36}(?!\n)$")] | None = None
    shift_px: tuple[float, float] | None = None


class View(Struct, frozen=True, kw_only=True):
    """How a tower's picture lies on the reference of its preset.

    `shift_px`: what stands at p in the reference stands at p + shift here (right, down). `quality`: correlation with
    the shifted reference, 0..1. `verified`: this is the preset's view. `contrast_ratio`: the picture's contrast by the
    reference's (fog and haze lower it), None before there is a reference. `sun_px`: where the sun stands when it is
    near the view; `wind_right_m_s`: wind across the view, to the right positive; both None when nobody knows.
    """

    shift_px: tuple[float, float]
    quality: float
    verified: bool
    contrast_ratio: float | None = None
    reference_looks: int = 0
    sun_px: tuple[float, float] | None = None
    wind_right_m_s: float | None = None


class LightSeen(Struct, frozen=True, kw_only=True):
    """A light that is new against the background of a dark picture, over the looks of a stare so far.

    `warmth`: (red - blue) / (red + blue) of what it lights. Once enough looks show it, of its own strength or size and
    beyond noise: `flicker` of its light, `sway` of its middle; `least`: its light where a fifth of the looks have less;
    `stays`: the share of its light that keeps its place; `recolour`: by how much its warmth changes.
    """

    looks: int
    warmth: float
    flicker: float | None = None
    sway: float | None = None
    least: float | None = None
    stays: float | None = None
    recolour: float | None = None


class PlumeSeen(Struct, frozen=True, kw_only=True):
    """A candidate of smoke or fire, measured against the reference background of its preset (`edge.inference.plumes`).

    `surety` is ln(odds of the score / odds of the card's score that finds four smokes of five): rules never see a
    model's own scale. Boxes and points in pixels of the frame; shares 0..1; what could not be measured is None.
    The veil is what differs from the background in and around the box: `area_share` is its area by the picture's,
    `base_px` its lowest point, `change_share` the changed part of the box, `ring_change_share` of the ring around.
    `grey_shift` (0..255) and `saturation_shift` (0..1) are now - background, median over the veil; `texture_ratio` is
    gradient energy now by the background's, `edge_correlation` how alike the edges are: smoke weakens edges and keeps
    them. Against the look before, `interval_s` ago: `flow_px_s` is the drift of the upper half, `decorrelation` how
    much the texture inside changed beyond the ring's, `turnover` how much of the veil itself did within up to ten
    seconds, of its own strength. `veil_xyxy_px` is the box around the veil, which the detector's box need not be.
    `top_px` is the row at which its pieces above end, if smoke differs from what lies behind in pieces only.
    `glare_share`: saturated pixels; `sharpness`: variance of the Laplacian in the box by the ring's; `flicker`: spread
    of brightness by its mean over the last seconds of video. `height_m`: how high the veil stands over its base, where
    `sight` knows how far that is. `light`: by night, what is known of a new light instead of a veil.
    """

    bbox_xyxy_px: BboxPx
    score: float
    label: str
    surety: float = 0.0
    seen_in: Literal["whole", "tile", "change"] = "whole"
    area_share: float | None = None
    base_px: tuple[float, float] | None = None
    change_share: float | None = None
    ring_change_share: float | None = None
    grey_shift: float | None = None
    saturation_shift: float | None = None
    saturation: float | None = None
    texture_ratio: float | None = None
    edge_correlation: float | None = None
    interval_s: float | None = None
    flow_px_s: tuple[float, float] | None = None
    decorrelation: float | None = None
    turnover: float | None = None
    veil_xyxy_px: BboxPx | None = None
    top_px: float | None = None
    glare_share: float | None = None
    sharpness: float | None = None
    brightness: float | None = None
    flicker: float | None = None
    sight: Sight | None = None
    height_m: float | None = None
    light: LightSeen | None = None


class Observation(Struct, frozen=True, kw_only=True, tag="observation", tag_field="kind"):
    """What one analysed frame shows; `at_ns` is capture time, UTC nanoseconds, mapped from the stream's PTS.

    `looked_px`: the parts of the frame that were looked at (left, top, right, bottom), empty: all of it. What is in no
    part was not seen, which does not say that nothing was there. Of towers only: `preset` is the place of the patrol,
    `view` how the picture lies on its reference, `plumes` what may burn; `horizon_px` the line between ground and sky
    from left to right (empty: unknown).
    """

    device: str
    at_ns: int
    frame_px: tuple[int, int]
    detections: tuple[Detection, ...]
    picture: Picture | None = None
    clock: Clock | None = None
    looked_px: tuple[tuple[int, int, int, int], ...] = ()
    preset: str | None = None
    view: View | None = None
    plumes: tuple[PlumeSeen, ...] = ()
    horizon_px: PolygonPx = ()


class StreamLost(Struct, frozen=True, kw_only=True, tag="stream_lost", tag_field="kind"):
    """The camera gave no picture from `at_ns` on (its last stream time); the judge must not count what follows."""

    device: str
    at_ns: int
    reason: str


class PlateLooked(Struct, frozen=True, kw_only=True, tag="plate_looked", tag_field="kind"):
    """What the readers saw on the vehicle of an act in the frame of `looked_at_ns`: the answer to a rule's ask.

    `at_ns` is when it became known (the stream time of the last look before), so that records stay in order.
    `vehicle_px` in pixels of `frame_px`; `problem` names why there was no look at all (readers absent, frame gone).
    `close_ups` are the SHA-256 of what was cut from that very frame; `readers` name the networks with their hashes.
    """

    device: str
    at_ns: int
    event_id: str
    looked_at_ns: int
    vehicle_px: BboxPx
    frame_px: tuple[int, int]
    plates: tuple[PlateSeen, ...] = ()
    problem: str | None = None
    close_ups: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()


class FactorSeen(Struct, frozen=True, kw_only=True):
    """One factor of a report: value in `unit`, or None when none was sent; `mark` as sent (HJ 212: N is good).

    `factor` is the profile's name (`fume_mg_m3`, `fan_state`, `purifier_a`) or the sensor's own code where no profile
    knows it; `statistic` is what the number is: Rtd, Avg, Min, Max, Cou.
    """

    factor: str
    statistic: str
    value: float | None
    unit: str
    mark: str


class Reported(Struct, frozen=True, kw_only=True, tag="reported", tag_field="kind"):
    """What a sensor told: `at_ns` is its data time, `received_ns` ours; `doubts` are the marks of the codec (clock off,
    tolerances, incomplete), `raw_sha256` the frame as it came.
    """

    device: str
    at_ns: int
    received_ns: int
    interval_s: float
    factors: tuple[FactorSeen, ...]
    doubts: tuple[str, ...] = ()
    raw_sha256: str | None = None
    back_filled: bool = False


class Elapsed(Struct, frozen=True, kw_only=True, tag="elapsed", tag_field="kind"):
    """Nothing came until `at_ns`: how a rule without a clock learns that a device is silent."""

    device: str
    at_ns: int


class OutletLooked(Struct, frozen=True, kw_only=True, tag="outlet_looked", tag_field="kind"):
    """What a camera measured at a kitchen's outlet over `seconds` of video that began at `at_ns`, in a fixed polygon.

    `moving_share`: share of the polygon that drifts as smoke does (0..1); `rising_share`: of that the share that goes
    up; `translucency`: 0 opaque .. 1 clear, None where nothing moved; `whiteness`: 0 coloured .. 1 white; `reach`: how
    far the drift goes, as a share of the polygon's length. `problem` names why nothing could be seen (dark, moved,
    no_picture): then the numbers say nothing.
    """

    device: str
    at_ns: int
    seconds: float
    moving_share: float = 0.0
    rising_share: float = 0.0
    translucency: float | None = None
    whiteness: float | None = None
    reach: float = 0.0
    problem: str | None = None


class ZoneOnTape(Struct, frozen=True, kw_only=True):
    """One zone as it was judged: geometry and the rule's own table, unchanged from the configuration.

    A sensor's zone has no picture: its polygon is empty and `frame_px` None. `approval` is its camera's.
    """

    zone: str
    matter: str
    polygon_px: tuple[tuple[float, float], ...] = ()
    frame_px: tuple[int, int] | None = None
    rule: dict[str, Any]
    approval: Approval | None = None


class TapeStart(Struct, frozen=True, kw_only=True, tag="tape_start", tag_field="kind"):
    """The first line of a tape: whose camera, which zones and rules, made by what; `names`: what people call the device
    and its zones, by id.

    `post_roll_s`: an act's clips are settled this long after it opened; `state`: what the judge already knew when this
    tape began (None: nothing), so that each file of a long tape can be judged again by itself. `withheld`: by zone, how
    many entries of private lists (plates of those who may stand there) were left out of the rule's table in a package.
    """

    town: str
    gateway: str
    device: str
    zones: tuple[ZoneOnTape, ...]
    provenance: Provenance
    position: tuple[float, float, float] | None = None
    post_roll_s: float = 5.0
    state: dict[str, Any] | None = None
    names: dict[str, str] = {}
    withheld: dict[str, int] = {}
    schema: str = "tantou.observations/1"


class EvidenceMade(Struct, frozen=True, kw_only=True, tag="evidence_made", tag_field="kind"):
    """The evidence that a revision carried; on the tape so that a replay names the same hashes without a picture."""

    event_id: str
    revision: int
    evidence: EvidenceRef


Seen = Observation | StreamLost | PlateLooked | Reported | Elapsed | OutletLooked
TapeRecord = TapeStart | Seen | EvidenceMade
