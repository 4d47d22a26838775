"""Takes docs/images/console.png from the running system: `tantou up --demo`, the operator's page, the first alert."""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from tantou.demo import story
from tests.conftest import BROWSERS
from tests.e2e.browser import WITHIN_MS, browser, person
from tests.e2e.conftest import SCENES
from tests.e2e.system import System, leads, make_system
from tests.e2e.test_from_camera_to_case import whole_evidence
from tests.house.sources import ROOT

TARGET = ROOT / "docs" / "images" / "console.png"
SIZE = (1440, 900)
MOST_BYTES = 400_000


def picture(system: System, program: str) -> bytes:
    """The review page as PNG, once the first alert's evidence is whole."""
    client = system.log_in("operator")
    lead = system.wait_for("alert", lambda: next(iter(leads(client, state="alert")), None), within_s=90)
    system.wait_for("clip", lambda: whole_evidence(client, lead["event_id"]))
    client.close()
    with browser(program) as launched, person(launched, SIZE) as operator:
        operator.log_in(system.url, "operator", system.password("operator"))
        operator.at("queue-next").click()
        expect(operator.at("media-stage")).to_be_visible(timeout=WITHIN_MS)
        operator.page.wait_for_load_state("networkidle")
        operator.page.wait_for_timeout(1500)  # the stage fades its picture in
        return operator.page.screenshot()


def small(png: bytes) -> bytes:
    """The same picture with a palette, fine enough to stay below the limit."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (256, 192, 128, 96, 64):
        out = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES:
            return out.getvalue()
    raise SystemExit(f"the picture stays above {MOST_BYTES} bytes")


def main() -> int:
    """Exit code 0 when the picture is written."""
    program = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if program is None:
        print("no Chromium here: apt-get install chromium", file=sys.stderr)
        return 2
    story.prepare(SCENES)
    with tempfile.TemporaryDirectory(prefix="tantou-shot-") as scratch:
        system = make_system(Path(scratch) / "data", SCENES)
        try:
            system.start()
            png = small(picture(system, program))
        finally:
            system.stop()
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(png)
    print(f"{TARGET.relative_to(ROOT)}: {len(png)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
