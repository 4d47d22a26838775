"""What the encoder writes the decoder reads back, value for value, in every version, variant and split."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.sensors.hj212 import crc
from edge.sensors.hj212.decoder import Decoder, Fate
from edge.sensors.hj212.dialects import PARTS_BIT
from edge.sensors.hj212.encoder import Draft, encode, split
from edge.sensors.hj212.escapes import escaped, unescaped
from edge.sensors.hj212.sealing import seal, unseal
from edge.sensors.hj212.values import moment, number
from tests.unit.hj212.test_crc import by_the_letter

CODES = st.one_of(
    st.builds("{}{:05d}".format, st.sampled_from("aw"), st.integers(0, 99999)),
    st.sampled_from(["S03", "SB1", "SB7", "CONC", "FANAD", "PURIFYAD"]),
)
NUMBERS = st.one_of(
    st.integers(-999999, 999999).map(str),
    st.builds("{}{:.{}f}".format, st.sampled_from(["", "-"]), st.floats(0, 999999), st.integers(1, 4)),
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=30).map(
    lambda text: f"//{text.replace('/', '|').replace('&', '+')}//"
)


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """Conforming uploads of 2017 and 2025 devices."""
    codes = draw(st.lists(CODES, min_size=1, max_size=12, unique=True))
    items = [f"{code}-Rtd={draw(NUMBERS)},{code}-Flag={draw(st.sampled_from('NFMSDCTB'))}" for code in codes]
    if draw(st.booleans()):
        items.append(f"i11001-Info={draw(TEXTS)}")
    return Draft(
        qn=f"202612031130{draw(st.integers(0, 59)):02d}{draw(st.integers(0, 999)):03d}",
        st=draw(st.sampled_from(["21", "31", "32", "51"])),
        cn="2011",
        pw=f"{draw(st.integers(0, 999999)):06d}",
        mn=f"{draw(st.integers(0, 16**24 - 1)):024X}",
        flag=draw(st.sampled_from([4, 5, 8, 9])),
        area=";".join([f"DataTime=202612031130{draw(st.integers(0, 59)):02d}", *items]),
    )


@settings(max_examples=150, deadline=None)
@given(drafts())
def test_what_is_encoded_conforms_and_comes_back(draft: Draft) -> None:
    (outcome,) = Decoder().feed(encode(draft), at_s=0.0)
    assert outcome.verdict == "accepted"
    message = outcome.message
    assert message is not None
    header = message.header
    assert (header.mn, header.st, header.cn, header.qn, header.pw, header.flag) == (
        draft.mn, draft.st, draft.cn, draft.qn, draft.pw, draft.flag,
    )  # fmt: skip
    said = {item.partition("-")[0]: item for item in draft.area.split(";") if "-Flag=" in item}
    read = {value.code: f"{value.code}-Rtd={value.text},{value.code}-Flag={value.flag}" for value in message.values}
    assert said.items() <= read.items()
    assert all(value.value == float(value.text) for value in message.values if value.field == "Rtd")


@settings(max_examples=60, deadline=None)
@given(drafts(), st.sampled_from(list(crc.Variant)), st.randoms(use_true_random=False))
def test_split_messages_come_back_in_any_order_and_variant(draft: Draft, variant: crc.Variant, chance: Random) -> None:
    long = [f"w{n:05d}-Avg={n},w{n:05d}-Flag=N" for n in range(60)]
    area = ";".join(["DataTime=20261203113000", *long])
    whole = replace(draft, flag=(draft.flag or 0) | PARTS_BIT, area=area)
    parts = [encode(part, variant=variant) for part in split(whole)]
    chance.shuffle(parts)
    decoder = Decoder()
    outcomes = [one for part in parts for one in decoder.feed(part, at_s=0.0)]
    assert [one.fate for one in outcomes] == [Fate.PARTIAL] * (len(parts) - 1) + [Fate.MERGED]
    message = outcomes[-1].message
    assert message is not None
    assert [value.value for value in message.values] == [float(n) for n in range(60)]


@given(st.binary(max_size=700), st.integers(0, 700))
def test_the_folded_check_is_the_check_of_the_letter(data: bytes, cut: int) -> None:
    assert crc.hj(data) == by_the_letter(data)
    assert crc.hj(data[cut:], crc.hj(data[:cut])) == crc.hj(data)
    assert crc.modbus(data[cut:], crc.modbus(data[:cut])) == crc.modbus(data)
    for variant in crc.Variant:
        assert crc.recognise(data, crc.check_field(data, variant)) is not None


@given(st.binary(max_size=200).filter(lambda data: b"&" not in data), st.binary(min_size=16, max_size=16))
def test_what_is_sealed_opens(area: bytes, key: bytes) -> None:
    data = b"MN=1;CP=&&" + area + b"&&"
    sealed = seal(data, key)
    assert sealed == data or unseal(sealed, key) == data


@given(st.binary(max_size=300))
def test_escaped_bytes_come_back(data: bytes) -> None:
    assert unescaped(escaped(data).encode()) == data
    assert "\n" not in escaped(data)


@given(st.text(max_size=40))
def test_no_text_makes_a_number_or_a_time_that_it_is_not(text: str) -> None:
    value, clean = number(text)
    assert not clean or value == float(text)
    assert value is None or any(char.isdigit() for char in text)
    when, clean = moment(text)
    assert not clean or (when is not None and f"{when:%Y%m%d%H%M%S}" == text.zfill(14))
