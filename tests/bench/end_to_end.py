"""From the captured frame to the alert that the API lists: one camera, many zones that fall due one after the other.

The frame's time is the event's `last_seen` (stream time mapped to UTC by the gateway on this machine's clock); the
alert's time is when a client that asks each 50 ms first finds it.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from contract.times import NS, ns_from_utc
from tantou.demo import cameras, scene, story
from tantou.up import configs
from tests.bench.lines import percentile, show
from tests.e2e.conftest import SCENES
from tests.e2e.system import System, edge_toml_of, leads, make_system

GRACES_S = tuple(range(5, 50, 2))
ASK_EACH_S = 0.05
WITHIN_S = 120.0


def edge_toml(system: System) -> str:
    """The standing car's camera with one zone for each grace."""
    spot = story.STANDING
    camera = configs.Camera(
        id=spot.id,
        name=spot.name,
        url=cameras.url(system.ports.rtsp, spot.id),
        zone=spot.zone,
        zone_name=spot.zone_name,
        polygon_px=spot.polygon_px,
        frame_px=scene.FRAME_PX,
        position=None,
        grace_s=GRACES_S[0],
        demo=True,
    )
    first = edge_toml_of(system, camera)
    zone = first[first.index("[[zone]]") :]
    more = (
        zone.replace(f'id = "{spot.zone}"', f'id = "{spot.zone}-{grace_s}"').replace(
            f"grace_s = {GRACES_S[0]}", f"grace_s = {grace_s}"
        )
        for grace_s in GRACES_S[1:]
    )
    return "\n".join([first, *more])


def measure(system: System) -> list[float]:
    """Seconds from frame to alert, one for each zone."""
    client = system.log_in("operator")
    waits: dict[str, float] = {}
    until_s = time.monotonic() + WITHIN_S
    while len(waits) < len(GRACES_S) and time.monotonic() < until_s:
        for lead in leads(client, limit="200"):
            if lead["event_id"] not in waits and lead["revision"] == 1:
                waits[lead["event_id"]] = (time.time_ns() - ns_from_utc(lead["last_seen"])) / NS
        time.sleep(ASK_EACH_S)
    client.close()
    return list(waits.values())


def main() -> None:
    """Runs the system once and prints p50 and p95."""
    story.prepare(SCENES)
    with tempfile.TemporaryDirectory(prefix="tantou-bench-") as scratch:
        own = Path(scratch) / "edge.toml"
        system = make_system(Path(scratch) / "data", SCENES, "--edge", str(own))
        own.write_text(edge_toml(system))
        try:
            system.start()
            waits = measure(system)
        finally:
            system.stop()
    if not waits:
        raise SystemExit(f"no alert within {WITHIN_S:.0f} s\n{system.log()}")
    what = f"frame captured -> alert visible through the API, {len(waits)} of {len(GRACES_S)} alerts"
    show(f"{what}, p50", f"{percentile(waits, 0.5):.2f} s")
    show(f"{what}, p95", f"{percentile(waits, 0.95):.2f} s", "<= 2 s")


if __name__ == "__main__":
    main()
