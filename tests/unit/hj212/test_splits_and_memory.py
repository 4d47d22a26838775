"""Split messages, repeats and reused numbers: kept apart by their keys, within bounds."""

from __future__ import annotations

import itertools

import pytest

from edge.sensors.hj212.decoder import Decoder, Fate, Outcome, overdue_splits
from edge.sensors.hj212.encoder import Draft, encode, split
from edge.sensors.hj212.memory import MAX_CONTENTS, MAX_REMEMBERED, Devices
from edge.sensors.hj212.splits import MAX_HELD_BYTES, MAX_OPEN_SETS, OPEN_S
from tests.unit.hj212.frames import CLEAN, MN, Wire, judged, verdicts

FACTORS = ("a34041", "a34000", "a24088")


def part(number: int, count: int, **changes: object) -> bytes:
    fields: dict[str, object] = {
        "qn": f"20261203120000{number:03d}", "st": "31", "cn": "2061", "pw": "1", "mn": MN, "flag": 7,
        "part": (number, count), "area": f"DataTime=20261203110000;{FACTORS[(number - 1) % 3]}-Avg={number},"
        f"{FACTORS[(number - 1) % 3]}-Flag=N",
    }  # fmt: skip
    return encode(Draft(**(fields | changes)))  # type: ignore[arg-type]


def last(outcomes: list[Outcome]) -> Outcome:
    return outcomes[-1]


def test_parts_in_order_become_one_message_and_each_is_answered() -> None:
    outcomes = judged(part(1, 3), part(2, 3), part(3, 3))
    assert [one.verdict for one in outcomes] == ["partial(1/3)", "partial(2/3)", "merged(3)"]
    assert {one.answer for one in outcomes} == {"9014"}
    message = last(outcomes).message
    assert message is not None
    assert [(value.code, value.value, value.flag) for value in message.values] == [
        ("a34041", 1.0, "N"), ("a34000", 2.0, "N"), ("a24088", 3.0, "N"),
    ]  # fmt: skip


@pytest.mark.parametrize("order", [order for order in itertools.permutations((1, 2, 3)) if order != (1, 2, 3)])
def test_parts_out_of_order_become_the_same_message_and_say_so(order: tuple[int, ...]) -> None:
    in_order, mixed = judged(*(part(n, 3) for n in (1, 2, 3))), judged(*(part(n, 3) for n in order))
    assert last(mixed).verdict == "merged(3) (T14)"
    assert last(mixed).message.values == last(in_order).message.values  # type: ignore[union-attr]


def test_a_merged_message_names_the_slips_of_all_its_parts() -> None:
    first = part(1, 2, flag=5)
    second = part(2, 2).replace(b"\r\n", b"\n")
    assert verdicts(second, first) == ["partial(2/2) (T2)", "merged(2) (T2,T14,T18)"]


def test_a_part_sent_again_is_answered_again_and_kept_once() -> None:
    again = part(1, 2, qn="20261203120900001")
    assert verdicts(part(1, 2), part(1, 2), again, part(2, 2)) == [
        "partial(1/2)",
        "duplicate",
        "duplicate",
        "merged(2)",
    ]


def test_a_part_that_comes_with_other_content_replaces_the_first_and_says_so() -> None:
    other = part(1, 2, qn="20261203120900001", area="DataTime=20261203110000;a34041-Avg=9,a34041-Flag=N")
    outcomes = judged(part(1, 2), other, part(2, 2))
    assert [one.verdict for one in outcomes] == ["partial(1/2)", "partial(1/2) (T15)", "merged(2) (T15)"]


@pytest.mark.parametrize(
    "difference", [{"mn": "A33072600000000000000C08"}, {"st": "51"}, {"cn": "2051"}, {"part": (2, 3)}]
)
def test_parts_of_other_messages_stay_apart(difference: dict[str, object]) -> None:
    assert verdicts(part(1, 2), part(2, 2, **difference))[1].startswith("partial(2/")


def test_parts_of_another_time_stay_apart() -> None:
    other = part(2, 2, qn="20261203120000777", area="DataTime=20261203100000;a34000-Avg=2,a34000-Flag=N")
    assert verdicts(part(1, 2), other, part(2, 2)) == ["partial(1/2)", "partial(2/2)", "merged(2)"]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_part_without_a_time_belongs_to_the_open_set(order: tuple[int, int]) -> None:
    parts = {1: part(1, 2), 2: part(2, 2, area="a34000-Avg=2,a34000-Flag=N")}
    outcomes = judged(*(parts[number] for number in order))
    assert last(outcomes).fate is Fate.MERGED
    assert last(outcomes).message.items.data_time_text == "20261203110000"  # type: ignore[union-attr]


def test_a_set_that_stays_open_is_given_up_with_what_is_missing() -> None:
    decoder = Decoder()
    judged(part(1, 4), part(3, 4), decoder=decoder)
    assert overdue_splits(decoder.devices, at_s=OPEN_S - 1) == []
    (left,) = overdue_splits(decoder.devices, at_s=OPEN_S + 1)
    assert (left.verdict, left.quality) == (
        "stored-raw(incomplete-split(missing=2,4))", ("incomplete-split(missing=2,4)",),
    )  # fmt: skip
    assert left.raw.count(b"PNUM=4") == 2
    assert overdue_splits(decoder.devices, at_s=OPEN_S * 9) == []


def test_too_many_open_sets_give_up_the_oldest() -> None:
    decoder = Decoder()
    areas = [f"DataTime=202612031100{second:02d};x-Avg=1" for second in range(MAX_OPEN_SETS + 1)]
    lines = [part(1, 2, qn=f"20261203120000{number:03d}", area=area) for number, area in enumerate(areas)]
    outcomes = judged(*lines, decoder=decoder)
    assert [one.message.items.data_time_text for one in outcomes if one.fate is Fate.SPLIT_LEFT] == [  # type: ignore[union-attr]
        "20261203110000"
    ]
    assert len(decoder.devices.of(MN).open_sets) == MAX_OPEN_SETS


def test_too_many_open_bytes_give_up_the_oldest() -> None:
    decoder = Decoder()
    long = "x" * 9000
    parts = [part(number, 9000, area=f"DataTime=20261203110000;i1-Info=//{number}{long}//") for number in range(1, 16)]
    fates = [one.fate for one in judged(*parts, decoder=decoder)]
    assert fates.count(Fate.SPLIT_LEFT) == 1
    assert sum(one.size for one in decoder.devices.of(MN).open_sets) <= MAX_HELD_BYTES


def test_what_the_encoder_splits_the_decoder_merges() -> None:
    items = [f"a25{n:03d}-Avg={n},a25{n:03d}-Flag=N" for n in range(80)]
    whole = Draft(qn="20261203120000000", st="31", cn="2061", pw="1", mn=MN, flag=7,
                  area=";".join(["DataTime=20261203110000", *items]))  # fmt: skip
    outcomes = judged(*(encode(one) for one in split(whole)))
    assert last(outcomes).verdict == "merged(3)"
    assert [value.value for value in last(outcomes).message.values] == [float(n) for n in range(80)]  # type: ignore[union-attr]


def test_a_message_sent_again_in_another_crc_is_still_a_duplicate() -> None:
    assert verdicts(Wire().sent(), Wire(lower=False, crc=None, end=b"\n").sent()) == ["accepted", "duplicate"]


def test_without_a_request_number_only_the_same_bytes_are_a_duplicate() -> None:
    bare = CLEAN.replace(b"QN=20261203113000123;", b"")
    lines = [Wire(data=bare).sent(), Wire(data=bare.replace(b"0.62", b"0.63")).sent(), Wire(data=bare).sent()]
    assert verdicts(*lines) == ["accepted-tolerant(T7)", "accepted-tolerant(T7)", "duplicate"]


def test_a_reused_number_keeps_both_and_knows_both() -> None:
    one, other = Wire().sent(), Wire(data=CLEAN.replace(b"0.62", b"0.63")).sent()
    assert verdicts(one, other, one, other) == ["accepted", "accepted-tolerant(T15)", "duplicate", "duplicate"]


def test_memory_is_bounded_and_forgets_the_oldest_first() -> None:
    decoder = Decoder(devices=Devices(limit=2))
    for number in range(MAX_REMEMBERED + 5):
        judged(
            Wire(data=CLEAN.replace(b"113000123", b"11%02d00%03d" % divmod(number, 1000))).sent(),
            decoder=decoder,
            clock=None,
        )
    assert len(decoder.devices.of(MN).seen) == MAX_REMEMBERED
    for number in range(MAX_CONTENTS + 5):
        judged(Wire(data=CLEAN.replace(b"0.62", b"1.%02d" % number)).sent(), decoder=decoder)
    assert max(map(len, decoder.devices.of(MN).seen.values())) == MAX_CONTENTS
    for mn in (b"A1", b"A2", b"A3"):
        judged(Wire(data=CLEAN.replace(MN.encode(), mn)).sent(), decoder=decoder)
    assert list(decoder.devices.by_mn) == ["A2", "A3"]
    assert decoder.devices.forgotten == 2


def test_a_device_that_is_forgotten_leaves_its_open_sets_behind_by_name() -> None:
    decoder = Decoder(devices=Devices(limit=1))
    outcomes = judged(
        part(1, 2), Wire(data=CLEAN.replace(MN.encode(), b"A33072600000000000000C08")).sent(), decoder=decoder
    )
    assert [one.verdict for one in outcomes] == [
        "partial(1/2)", "accepted", "stored-raw(incomplete-split(missing=2))",
    ]  # fmt: skip


def test_habits_and_losses_of_a_device_are_counted() -> None:
    decoder = Decoder()
    judged(
        Wire().sent(),
        Wire(crc=b"0001").sent(),
        Wire(data=CLEAN.replace(b"ST=31", b"ST=101")).sent(),
        decoder=decoder,
    )
    memory = decoder.devices.of(MN)
    assert {variant.name: count for variant, count in memory.variants.items()} == {"HJ": 2}
    assert {loss.value: count for loss, count in memory.losses.items()} == {"bad-crc": 1}
    assert {tolerance.value: count for tolerance, count in memory.tolerated.items()} == {"T15": 1, "T17": 1}
    assert memory.conformity == pytest.approx(100 - 5 * (0 + 20 + 4) / 3)
