"""The same road while processes are killed: one lead, no duplicate, nothing lost."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.manifest import read_trusted_keys
from store import open_store
from store.events import revisions
from tantou.demo import cameras, scene, story
from tantou.up import configs
from tantou.verify import verify_folder
from tests.e2e.system import System, edge_toml_of, leads, make_system
from tests.e2e.test_from_camera_to_case import whole_evidence

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.timeout(400)]
# A camera that is asked again begins its scene again: the street is empty until the car has driven in once more.
LEFT_AFTER_S = 60
KILLS_MOST = 6  # each makes the next start later: a slow machine would never get between them


@pytest.fixture
def one_camera(tmp_path: Path, scenes: Path) -> Iterator[System]:
    """The standing car's camera alone."""
    own = tmp_path / "edge.toml"
    made = make_system(tmp_path / "data", scenes, "--edge", str(own))
    spot = story.STANDING
    camera = configs.Camera(
        id=spot.id,
        name=spot.name,
        url=cameras.url(made.ports.rtsp, spot.id),
        zone=spot.zone,
        zone_name=spot.zone_name,
        polygon_px=spot.polygon_px,
        frame_px=scene.FRAME_PX,
        position=None,
        grace_s=story.GRACE_S,
        demo=True,
    )
    own.write_text(edge_toml_of(made, camera) + f"left_after_s = {LEFT_AFTER_S}\n")
    try:
        made.start()
        yield made
    finally:
        made.stop()


def kill_until(system: System, names: tuple[str, ...], seed: int) -> dict[str, Any]:
    """kill -9 of one of these at seeded moments, a few times at most, until an alert is listed: that alert."""
    rng = random.Random(seed)
    client = system.log_in("operator")
    listed = lambda: next(iter(leads(client)), None)  # noqa: E731
    for _ in range(KILLS_MOST):
        system.kill(rng.choice(names))
        found = system.look_for(listed, within_s=rng.uniform(4, 8))
        if found is not None:
            break
    found = system.wait_for("alert", listed, within_s=150)
    client.close()
    return found


def test_broker_ingest_and_edge_killed_on_the_way_give_one_lead_and_lose_nothing(
    one_camera: System, tmp_path: Path
) -> None:
    event_id = str(kill_until(one_camera, ("broker", "ingest"), seed=7)["event_id"])
    one_camera.kill("edge")
    one_camera.kill("broker")

    client = one_camera.log_in("operator")
    one_camera.wait_for("whole evidence", lambda: whole_evidence(client, event_id), within_s=120)
    one_camera.wait_for("live camera", lambda: client.get("/queue").json()["cameras_live"] == 1)
    assert [lead["event_id"] for lead in leads(client)] == [event_id]

    package = client.get(f"/leads/{event_id}/package")
    client.close()
    zipfile.ZipFile(io.BytesIO(package.content)).extractall(tmp_path / "package")
    trusted = read_trusted_keys(one_camera.here.trusted_keys.read_bytes())
    report = verify_folder(tmp_path / "package", trusted)
    assert (report.whole, report.signer) == (True, "proved"), report

    one_camera.stop()
    store = open_store(configs.database_url(one_camera.here), configs.blobs(one_camera.here))
    with store.read() as conn:
        told = [event.revision for event in revisions(conn, event_id)]
    store.close()
    assert told == list(range(1, len(told) + 1)), "a revision is missing"
