"""What every test can count on: which of this machine's programs are there."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import settings

from tantou import native

native.keep_exceptions_whole()  # as the command line does, before a test module loads anything
# A deadline measures the machine's other work, not the code: benches measure time, tests do not.
settings.register_profile("tantou", deadline=None)
settings.load_profile("tantou")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program; without one the test says what brings it."""
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if found is None:
        pytest.skip("no Chromium here: `make setup` as root on Debian brings it, else `apt-get install chromium`")
    return found
