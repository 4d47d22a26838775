"""Brings what no wheel carries: Chromium for the browser tests, a Chinese font, GStreamer with its Python binding.

In: this machine. Out: installed Debian packages where that is allowed, and a link to the system's `gi` inside the
environment; where it is not allowed, one line that says what to type. Quick and silent when everything is there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

GSTREAMER = (
    "python3-gi",
    "gir1.2-gstreamer-1.0",
    "gir1.2-gst-plugins-base-1.0",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-libav",
)
FONT = "fonts-wqy-microhei"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SYSTEM_GI = Path("/usr/lib/python3/dist-packages/gi")


def distribution() -> str:
    """`debian`, `ubuntu` or another ID of os-release; empty where there is none."""
    try:
        lines = Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return ""
    return next((line[3:].strip('"') for line in lines if line.startswith("ID=")), "")


def absent(packages: Sequence[str]) -> list[str]:
    """Those of the packages that are not installed."""
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *packages],
        capture_output=True,
        text=True,
        check=False,
    )
    present = {line.split()[0] for line in asked.stdout.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package not in present]


def apt_prefix() -> list[str] | None:
    """What goes before `apt-get` here: nothing for root, sudo where it asks no password, None where we may not."""
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def install(packages: Sequence[str]) -> bool:
    """Whether the packages are installed now."""
    prefix = apt_prefix()
    if prefix is None:
        return False
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    print(f"installing {' '.join(packages)}", flush=True)
    subprocess.run([*apt, "update"], stdout=subprocess.DEVNULL, check=False)
    ask = [*apt, "install", "-y", "--no-install-recommends", *packages]
    done = subprocess.run(ask, stdout=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def link_gi(site_packages: Path) -> str:
    """Makes the system's `gi` importable in this environment when its binary fits this Python; says why not."""
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    if not (SYSTEM_GI / f"_gi{suffix}").exists():
        return f"GStreamer stays off: the system's python3-gi is not for this Python ({suffix})"
    link = site_packages / "gi"
    if not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(SYSTEM_GI)
    return ""


def main() -> int:
    """Installs what is missing, links `gi`, and names in one line what it could not bring."""
    here = distribution()
    has_browser = any(shutil.which(name) for name in BROWSERS)
    browser_by_apt = not has_browser and here == "debian"
    if shutil.which("apt-get"):
        wanted = absent([*GSTREAMER, FONT]) + (["chromium"] if browser_by_apt else [])
        if wanted and not install(wanted):
            print(f"needed for the browser tests and GStreamer: sudo apt-get install -y {' '.join(wanted)}")
    else:
        print(f"{here or 'unknown system'}: bring Chromium, the font WenQuanYi Micro Hei and GStreamer with PyGObject")
    if not has_browser and here == "ubuntu":
        print("needed for the browser tests: sudo snap install chromium")
    said = link_gi(Path(sysconfig.get_path("purelib")))
    if said:
        print(said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
