"""The configuration files that `tantou up` writes for its children. Pure: layout, ports and cameras in, TOML out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tantou.up.layout import Layout, Ports

TOWN = "demo"
GATEWAY = "gw-demo"
CENTRE_USER = "centre"


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera with one zone for the edge to watch; `approval`, `rule`: its record, and more of the zone's table, as
    TOML."""

    id: str
    name: str
    url: str
    zone: str
    zone_name: str
    polygon_px: Sequence[tuple[int, int]]
    frame_px: tuple[int, int]
    position: tuple[float, float, float] | None
    grace_s: int
    demo: bool
    approval: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Kitchen:
    """One restaurant with one sensor for the edge to judge; `rule`: its zone's table as TOML, a demo's thresholds."""

    id: str
    name: str
    premises: str
    mn: str
    zone: str
    zone_name: str
    position: tuple[float, float, float]
    real_time_s: float
    bound_on: str
    rule: str


@dataclass(frozen=True, slots=True)
class Tower:
    """One camera on a mast whose head the edge drives; `presets` in the order of its patrol."""

    id: str
    name: str
    url: str
    onvif_url: str
    zone: str
    zone_name: str
    frame_px: tuple[int, int]
    position: tuple[float, float, float]
    presets: Sequence[str]
    focal_px: float
    mast_m: float


def database_url(layout: Layout) -> str:
    """The centre's SQLite file."""
    return f"sqlite:///{layout.centre / 'centre.db'}"


def blobs(layout: Layout) -> str:
    """The centre's folder of evidence."""
    return str(layout.centre / "evidence")


def ingest_toml(layout: Layout, ports: Ports) -> str:
    """The configuration of ingest."""
    return f"""{_store(layout)}
[broker]
url = "mqtt://127.0.0.1:{ports.broker}"
username = "{CENTRE_USER}"
password_file = {_text(layout.secret("broker-centre.password"))}
client_id = "ingest"

[http]
host = "127.0.0.1"
port = {ports.ingest}
"""


def server_toml(layout: Layout, ports: Ports) -> str:
    """The configuration of the server."""
    return f"""{_store(layout)}
[http]
host = "127.0.0.1"
port = {ports.server}
"""


def edge_toml(
    layout: Layout,
    ports: Ports,
    cameras: Iterable[Camera],
    kitchens: Sequence[Kitchen] = (),
    towers: Sequence[Tower] = (),
) -> str:
    """The configuration of the one gateway."""
    head = f"""[gateway]
id = "{GATEWAY}"
town = "{TOWN}"
key_file = {_text(layout.secret("gateway.key.pem"))}
data_dir = {_text(layout.edge)}

[broker]
url = "mqtt://127.0.0.1:{ports.broker}"
username = "{GATEWAY}"
password_file = {_text(layout.secret("broker-gateway.password"))}

[evidence]
url = "http://127.0.0.1:{ports.ingest}"
token_file = {_text(layout.secret("gateway.token"))}

[inference]
model = "vehicle-n"
threads = 1
"""
    port = f'[hj212]\nhost = "127.0.0.1"\nport = {ports.hj212}\n' if kitchens else ""
    return "\n".join([head, port, *map(_camera, cameras), *map(_tower, towers), *map(_kitchen, kitchens)])


def _camera(camera: Camera) -> str:
    place = ""
    if camera.position is not None:
        lat, lon, error_m = camera.position
        place = f"position = {{ lat = {lat}, lon = {lon}, error_m = {error_m} }}\n"
    frame = list(camera.frame_px)
    return f"""[[camera]]
id = "{camera.id}"
name = {_text(camera.name)}
url = {_text(camera.url)}
frame_px = {frame}
{place}
{camera.approval}
[[zone]]
id = "{camera.zone}"
camera = "{camera.id}"
name = {_text(camera.zone_name)}
matter = "illegal_parking"
polygon_px = {[list(point) for point in camera.polygon_px]}
frame_px = {frame}
demo = {"true" if camera.demo else "false"}

[zone.rule]
grace_s = {camera.grace_s}
{camera.rule}"""


def _tower(tower: Tower) -> str:
    lat, lon, error_m = tower.position
    width, height = tower.frame_px
    presets = ", ".join(f"{{ name = {_text(name)} }}" for name in tower.presets)
    return f"""[[camera]]
id = "{tower.id}"
name = {_text(tower.name)}
url = {_text(tower.url)}
frame_px = [{width}, {height}]
analyse_every_s = 1.0
position = {{ lat = {lat}, lon = {lon}, error_m = {error_m} }}

[camera.patrol]
onvif_url = {_text(tower.onvif_url)}
presets = [{presets}]
zoom_most = 10.0

[camera.tower]
focal_px = {tower.focal_px}
mast_m = {tower.mast_m}

[[zone]]
id = "{tower.zone}"
camera = "{tower.id}"
name = {_text(tower.zone_name)}
matter = "straw_burning"
polygon_px = [[0, 0], [{width}, 0], [{width}, {height}], [0, {height}]]
frame_px = [{width}, {height}]
demo = true

[zone.rule]
stare_every_s = 1.0
"""


def _kitchen(kitchen: Kitchen) -> str:
    lat, lon, error_m = kitchen.position
    return f"""[[sensor]]
id = "{kitchen.id}"
name = {_text(kitchen.name)}
premises = {_text(kitchen.premises)}
kind = "hj212"
mn = "{kitchen.mn}"
profile = "simulated"
bound_on = "{kitchen.bound_on}"
real_time_s = {kitchen.real_time_s}
position = {{ lat = {lat}, lon = {lon}, error_m = {error_m} }}

[[zone]]
id = "{kitchen.zone}"
sensor = "{kitchen.id}"
name = {_text(kitchen.zone_name)}
matter = "cooking_fumes"
demo = true

[zone.rule]
{kitchen.rule}
"""


def _store(layout: Layout) -> str:
    return f"""[store]
database = {_text(database_url(layout))}
blobs = {_text(blobs(layout))}
"""


def _text(value: object) -> str:
    return json.dumps(str(value), ensure_ascii=False)
