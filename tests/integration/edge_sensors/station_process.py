"""A station as its own process, to be killed: `python -m tests.integration.edge_sensors.station_process DIR PORT`.

Its matter is a counting one: how many readings it was told, and a hash over their frames in order.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path

from tests.integration.edge_sensors.counting import CONFIG, put_on_path


def main() -> None:
    from edge.config import load_edge
    from edge.evidence.files import EvidenceStore
    from edge.sensors.listener import Clocks
    from edge.sensors.station import Ground, Station
    from edge.spool import Spool
    from tests.integration.edge_replay.street import KEY

    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    put_on_path(folder)
    config = load_edge(CONFIG.format(port=port), "edge.toml", folder, file_problem=lambda _path, _is_secret: None)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    spool = Spool(folder / "spool.sqlite")
    ground = Ground(
        data_dir=folder,
        spool=spool,
        store=EvidenceStore.open(folder, key=KEY, config=config.evidence),
        clocks=Clocks(now_ns=time.time_ns, monotonic_s=time.monotonic),
        stop=stop,
    )
    station = Station(config, ground)
    for thread in station.threads:
        thread.start()
    stop.wait()
    station.wake()
    for thread in station.threads:
        thread.is_over(10)


if __name__ == "__main__":
    main()
