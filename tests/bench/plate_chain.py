"""What reading a plate costs and how many looks an act takes: drawn cars with drawn plates, the packaged networks.

CPU time of one look at a vehicle's part of a 1280x720 frame, close-ups and all, one thread; and the rule's own count of
asks over stays of several lengths, with plates that are read and with plates that never are. Vehicles that are not
about to be due cost nothing: no look is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from contract.errors import ModelError
from contract.observations import Detection, Observation, PlateLooked
from contract.plates import KINDS
from contract.times import NS
from detectors import illegal_parking as rule
from detectors.fold import ReadPlate, Zone
from edge.capture.types import Frame
from edge.config import PlatesConfig
from edge.inference.plates import PlateReader, open_reader
from models.plates.drawing import draw_plate, find_fonts
from models.plates.eyes import open_eyes
from tests.bench.lines import BenchLine, percentile
from tests.integration.plates.plated_street import CAR_PX, SIZE_PX, PlatedCar, draw

LOOKS = 40
EVERY_S, GRACE_S, ARRIVES_S = 2.0, 180.0, 10.0
STAYS_S = (120, 200, 1800)
ZONE = Zone(
    town="bench",
    device="cam-1",
    zone="zone-1",
    matter="illegal_parking",
    polygon_px=((0.0, 0.0), (1280.0, 0.0), (1280.0, 720.0), (0.0, 720.0)),
    frame_px=SIZE_PX,
)


def cars(count: int) -> Iterator[PlatedCar]:
    """Cars with plates of every kind, each its own."""
    fonts = find_fonts()
    for index in range(count):
        face = draw_plate(np.random.default_rng(index), fonts, (KINDS[index % len(KINDS)],)).face
        yield PlatedCar(face, 0, 10)


def frame_of(car: PlatedCar | None) -> tuple[Frame, ReadPlate]:
    """A frame with that car, or with none, and the ask for the place where it stands."""
    image = draw(1.0, [] if car is None else [car])
    box = PlatedCar(image, 0, 10).box if car is None else car.box
    return Frame("cam-1", 0, image, True), ReadPlate(event_id="bench", at_ns=0, vehicle_px=box)


def cost_ms(reader: PlateReader, asks: Sequence[tuple[Frame, ReadPlate]]) -> list[float]:
    """CPU time of each look after a first one."""
    reader.look(asks[0][1], asks[0][0])
    spent = []
    for frame, ask in asks:
        began = time.process_time()
        reader.look(ask, frame)
        spent.append((time.process_time() - began) * 1e3)
    return spent


def asks_of(stay_s: float, reader: PlateReader, frame: Frame, box: tuple[float, float, float, float]) -> int:
    """How many looks the rule asks for while one car stands so long; each answered at once by the real reader."""
    state, config, asks = rule.initial_state(), rule.Config(grace_s=GRACE_S), 0
    known: PlateLooked | None = None
    for index in range(round((ARRIVES_S + stay_s + 40) / EVERY_S)):
        at_ns = round(index * EVERY_S * NS)
        stands = ARRIVES_S <= at_ns / NS < ARRIVES_S + stay_s
        found = (Detection(bbox_xyxy_px=box, score=0.9, label="car"),) if stands else ()
        seen = Observation(device="cam-1", at_ns=at_ns, frame_px=SIZE_PX, detections=found)
        step = rule.step(state, seen, ZONE, config)
        state = step.state
        for ask in step.asks:
            if isinstance(ask, ReadPlate):
                asks += 1
                # The picture never changes, so that one look tells what all would.
                known = known or reader.look(ask, frame).looked
                told = {"at_ns": at_ns, "looked_at_ns": ask.at_ns, "event_id": ask.event_id}
                state = rule.step(state, _replaced(known, told), ZONE, config).state
    return asks


def _replaced(looked: PlateLooked, changed: dict[str, object]) -> PlateLooked:
    return PlateLooked(**({name: getattr(looked, name) for name in looked.__struct_fields__} | changed))


def measure(reader: PlateReader) -> list[BenchLine]:
    """The figures."""
    read = [frame_of(car) for car in cars(LOOKS)]
    bare = [frame_of(None)] * (LOOKS // 4)
    lines = []
    for name, asks in (("with a plate, every kind", read), ("on which no plate is found", bare)):
        spent = cost_ms(reader, asks)
        note = f"p95 {percentile(spent, 0.95):.0f} ms; part of {CAR_PX[0]}x{CAR_PX[1]} px"
        lines.append(BenchLine(f"a look at a vehicle {name}, median", percentile(spent, 0.5), "ms CPU", "", note))
    for name, (frame, ask) in {"read at once": read[0], "never found": bare[0]}.items():
        counts = {stay_s: asks_of(stay_s, reader, frame, ask.vehicle_px) for stay_s in STAYS_S}
        note = f"grace {GRACE_S:.0f} s; " + ", ".join(f"{stay_s} s: {count}" for stay_s, count in counts.items())
        lines.append(BenchLine(f"looks an act, plate {name}", max(counts.values()), "looks", "<= 12", note))
    return lines


def main() -> None:
    """Prints the figures; says so where the networks cannot be had."""
    try:
        open_eyes()
    except ModelError as error:
        raise SystemExit(f"the packaged readers cannot be had: {error}") from error
    for line in measure(open_reader(PlatesConfig(), still_quality=90)):
        line.show()


if __name__ == "__main__":
    main()
