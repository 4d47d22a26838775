"""A running server whose leads are seeded: real event messages and signed packages taken in as ingest does.

Pictures are drawn; what a tower or camera would have found stands in the events, so that a screen can be tried in
seconds. The road from a real camera to these screens is `test_from_camera_to_case.py`.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image, ImageDraw, ImageFilter

from contract.events import Event, EvidenceItem, EvidenceRef, EvidenceRole
from contract.geometry import Position
from contract.health import BornDevice, BornZone, DeviceHealth
from contract.manifest import Manifest, encode_manifest, public_key_hex, sha256_hex
from contract.times import utc_from_ns
from ground.local import spot_at
from server.clockwork import Clockwork
from server.config import PolicyConfig
from store import gateways, open_store
from store.gateways import Gateway
from tests.integration import acts
from tests.integration.server.packages import put
from tests.integration.server.site import Site, running_site
from tests.unit.server.test_joining_fires import TOWERS, TOWN

FRAME_PX = (1280, 720)


@dataclass(frozen=True, slots=True)
class Shot:
    """A file of a package."""

    path: str
    role: EvidenceRole
    content: bytes
    captured_ns: int


@dataclass
class Town:
    """The server with the gateways' keys."""

    site: Site
    keys: dict[str, Ed25519PrivateKey] = field(default_factory=dict)

    def born(self, gateway: str, born: BornDevice, zone: BornZone) -> None:
        """The gateway is registered and says which device and zone it has."""
        key = self.keys.setdefault(gateway, Ed25519PrivateKey.generate())
        public = public_key_hex(key)
        birth = acts.birth(
            gateway=gateway,
            at=self.site.clock.now,
            public_key=public,
            devices=(born,),
            zones=(zone,),
        )
        with self.site.store.write() as connection:
            gateways.register(
                connection, Gateway(id=gateway, town="demo", public_key_hex=public), at=self.site.clock.now
            )
            gateways.take_birth(connection, birth, at=self.site.clock.now)

    def says(self, gateway: str, device: DeviceHealth) -> None:
        """The gateway's heartbeat, with the health of one device."""
        at = self.site.clock.now
        with self.site.store.write() as connection:
            gateways.take_health(connection, acts.health(device, gateway=gateway, at=at), at=at)

    def tells(self, event: Event, shots: Sequence[Shot] = ()) -> str:
        """An event arrives now, with its signed package and every file; returns its id."""
        event, blobs = signed(event, shots, self.keys[event.gateway])
        for content in blobs:
            put(self.site.store, content, event.gateway)
        self.site.take_in(event)
        return event.event_id

    def now(self) -> None:
        """The server's clock shows the time of day, and the clockwork does what is due."""
        self.site.clock.ns = time.time_ns()
        Clockwork(self.site.centre).turn()


def signed(event: Event, shots: Sequence[Shot], key: Ed25519PrivateKey) -> tuple[Event, list[bytes]]:
    """The event with a manifest over its files, and the bytes of all of them."""
    items = tuple(
        EvidenceItem(
            sha256=sha256_hex(shot.content),
            path=shot.path,
            role=shot.role,
            media_type="image/png" if shot.path.endswith(".png") else "image/jpeg",
            size_bytes=len(shot.content),
            captured=utc_from_ns(shot.captured_ns),
        )
        for shot in shots
    )
    manifest = encode_manifest(
        Manifest(
            event_id=event.event_id,
            revision=event.revision,
            previous_sha256=None,
            previous_revision=None,
            town=event.town,
            gateway=event.gateway,
            device=event.device,
            zone=event.zone,
            matter=event.matter,
            made=event.last_seen,
            clock=event.clock,
            files=items,
            provenance=event.provenance,
            signer_public_key=public_key_hex(key),
        )
    )
    signature = key.sign(manifest)
    ref = EvidenceRef(manifest_sha256=sha256_hex(manifest), signature_sha256=sha256_hex(signature), items=items)
    return msgspec.structs.replace(event, evidence=ref), [manifest, signature, *(shot.content for shot in shots)]


@contextmanager
def seeded_town(tmp_path: Path, *, undo_s: float = 10.0) -> Iterator[Town]:
    """A live server on SQLite with the console that `make setup` built."""
    store = open_store(f"sqlite:///{tmp_path}/centre.db", str(tmp_path / "blobs"))
    with running_site(store, is_alive=True, policy=PolicyConfig(undo_s=undo_s)) as site:
        site.clock.ns = time.time_ns()
        site.clock.run()
        yield Town(site)
    store.close()


def tower_at(name: str) -> Position:
    """Where the towers of the joining tests stand, so that their sights meet."""
    spot = spot_at(TOWN, *TOWERS[name])
    return Position(lat=spot.lat, lon=spot.lon, error_m=5)


def landscape(smoke_px: float, *, at: tuple[float, float] = (640, 330)) -> bytes:
    """A drawn valley with a plume of that height, as a JPEG."""
    picture = Image.new("RGB", FRAME_PX, (168, 190, 208))
    draw = ImageDraw.Draw(picture)
    for row in range(7):
        y = 240 + row * 70
        shade = 120 - row * 8
        draw.polygon(
            [(0, y + 20), (420, y - 26), (860, y + 14), (1280, y - 18), (1280, 720), (0, 720)], (shade, shade + 24, 70)
        )
    draw.rectangle((at[0] - 6, at[1] - 70, at[0] + 6, at[1]), (120, 70, 60))
    if smoke_px:
        veil = Image.new("L", FRAME_PX, 0)
        puff = ImageDraw.Draw(veil)
        for step in range(round(smoke_px / 8)):
            left, top, r = at[0] + step * 5, at[1] - 66 - step * 8, 8 + step * 3
            puff.ellipse((left - r, top - r, left + r, top + r), 190 - step * 4)
        picture.paste((226, 226, 228), mask=veil.filter(ImageFilter.GaussianBlur(5)))
    return jpeg(picture)


def street(shade: int = 0) -> bytes:
    """A drawn street with a parked car, as a JPEG."""
    picture = Image.new("RGB", FRAME_PX, (120, 124, 128))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 1280, 200), (176, 186, 196))
    draw.rectangle((0, 520, 1280, 720), (150, 146, 140))
    draw.rounded_rectangle((440, 300, 860, 500), 40, (32 + shade, 74, 140))
    draw.rounded_rectangle((520, 230, 780, 330), 30, (28, 60, 110))
    for x in (520, 770):
        draw.ellipse((x - 40, 460, x + 40, 540), (24, 24, 26))
    draw.rectangle((590, 440, 710, 478), (20, 60, 170))
    return jpeg(picture)


def plate_picture(shade: int) -> bytes:
    """A drawn close-up of a plate."""
    picture = Image.new("RGB", (264, 84), (18, 58, 150 + shade))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((3, 3, 260, 80), outline=(240, 240, 240), width=2)
    for n in range(7):
        draw.rectangle((14 + n * 35, 18, 36 + n * 35, 66), (236, 238, 240))
    return jpeg(picture)


def jpeg(picture: Image.Image) -> bytes:
    """The picture's bytes."""
    held = io.BytesIO()
    picture.save(held, "JPEG", quality=88)
    return held.getvalue()
