"""One message of each type by hand: the golden examples that schemas, documents and other languages are held to."""

from __future__ import annotations

from contract.acks import Ack, Acks
from contract.codec import Message, event_message
from contract.commands import Command
from contract.events import Clock, Event, EvidenceItem, EvidenceRef, Grade, Predicate, Provenance
from contract.geometry import Position, Where
from contract.health import Birth, BornDevice, BornZone, DeviceHealth, Health, Will
from contract.identity import event_id
from contract.matters import plain_facts
from contract.matters.illegal_parking import Facts, Span
from contract.readings import Reading
from contract.times import NS, utc_from_ns

START_NS = 1_790_000_000 * NS
POLYGON = ((400.0, 300.0), (900.0, 300.0), (900.0, 600.0), (400.0, 600.0))
CLOCK = Clock(source="rtcp", offset_s=0.3, uncertainty_s=0.1)


def at(seconds: float) -> str:
    """A time in the golden scene."""
    return utc_from_ns(START_NS + round(seconds * NS))


def golden_event() -> Event:
    """A car that overstayed 20 s of grace, with one still."""
    facts = Facts(
        vehicle="car",
        since=at(10),
        due=at(30),
        last_seen=at(30),
        dwell_s=20.0,
        grace_s=20.0,
        hidden_s=0.0,
        no_picture_s=0.0,
        arrival_seen=True,
        spans=(Span(start=at(10), end=at(30), state="seen"),),
        plate_reason="plate_reader_unavailable",
        legal_ground="实施条例第六十三条",
    )
    still = EvidenceItem(
        sha256="a" * 64,
        path="stills/due.jpg",
        role="due",
        media_type="image/jpeg",
        size_bytes=412_345,
        captured=at(30),
    )
    return Event(
        event_id=event_id(
            town="demo",
            device="cam-1",
            zone="zone-1",
            matter="illegal_parking",
            onset_ns=START_NS + 10 * NS,
            place_key="47-50",
        ),
        revision=1,
        matter="illegal_parking",
        phase="opened",
        town="demo",
        gateway="gw-demo",
        device="cam-1",
        zone="zone-1",
        onset=at(10),
        last_seen=at(30),
        clock=CLOCK,
        where=Where(
            polygon_px=((500.0, 300.0), (700.0, 300.0), (700.0, 420.0), (500.0, 420.0)),
            frame_px=(1280, 720),
            position=Position(lat=29.2, lon=119.46, error_m=15.0),
        ),
        facts=plain_facts(facts),
        grade=Grade(
            level="partial",
            predicates=(
                Predicate(
                    id="dwell",
                    required="> 20 s",
                    found="20 s",
                    met="met",
                    source="实施条例 art. 63; zone configuration",
                ),
            ),
        ),
        evidence=EvidenceRef(manifest_sha256="b" * 64, signature_sha256="c" * 64, items=(still,)),
        provenance=Provenance(
            model="vehicle-n 1",
            model_sha256="d" * 64,
            rule="illegal_parking/1",
            config_sha256="e" * 64,
            software="tantou 0.1.0",
        ),
    )


def golden_messages() -> dict[str, Message]:
    """File stem -> message, one for each payload type."""
    gateway = "/towns/demo/gateways/gw-demo"

    def said(stem: str, data: Reading | Health | Birth | Will | Acks | Command) -> Message:
        return Message(id=f"gw-demo-{stem}-1", source=gateway, time=at(40), data=data)

    health = Health(
        gateway="gw-demo",
        town="demo",
        at=at(40),
        uptime_s=3600.0,
        spool_events=0,
        spool_uploads=2,
        disk_free_bytes=52_000_000_000,
        memory_bytes=310_000_000,
        devices=(
            DeviceHealth(
                device="cam-1",
                state="live",
                since=at(0),
                last_frame=at(39),
                codec="h264",
                frame_px=(1280, 720),
                engine="pyav",
                clock=CLOCK,
                counters={"reconnects": 1},
            ),
        ),
        counters={"mailbox_skips": 3},
    )
    birth = Birth(
        gateway="gw-demo",
        town="demo",
        at=at(0),
        software="tantou 0.1.0",
        config_sha256="e" * 64,
        public_key="f" * 64,
        devices=(
            BornDevice(
                device="cam-1",
                name="解放路口东",
                kind="camera",
                position=Position(lat=29.2, lon=119.46, error_m=15.0),
                frame_px=(1280, 720),
            ),
        ),
        zones=(
            BornZone(
                zone="zone-1",
                device="cam-1",
                name="解放路禁停区",
                matter="illegal_parking",
                polygon_px=POLYGON,
                frame_px=(1280, 720),
                demo=True,
            ),
        ),
    )
    reading = Reading(
        device="kitchen-7",
        at=at(20),
        received=at(21),
        factor="a34041",
        value=1.8,
        unit="mg/m3",
        mark="N",
    )
    stored = Ack(id=f"{golden_event().event_id}:1", result="stored")
    return {
        "event": event_message(golden_event()),
        "health": said("health", health),
        "birth": said("birth", birth),
        "will": said("will", Will(gateway="gw-demo", town="demo", reason="connection lost")),
        "reading": said("reading", reading),
        "ack": said("ack", Acks(at=at(40), acks=(stored,))),
        "command": said("command", Command(id="rebirth-1", at=at(40), action="rebirth")),
    }
