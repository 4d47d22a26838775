"""New light at night as the meter tells it: what flickers and changes its shape, and what only shines or passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.observations import LightSeen, PlumeSeen
from contract.times import NS
from detectors.straw_burning.flames import is_flame
from edge.capture.types import Image
from edge.inference.plumes import PlumeMeter, PlumesLook
from edge.inference.plumes_flames import LIGHTS_MOST, LOOKS_LEAST, measured
from tantou.tower.lights import level, place_m
from tantou.tower.night import Air, Seat, flames, shine
from tantou.tower.world import Light, Plume
from tests.unit.edge_inference.valley import START_NS, at_ns, valley

AIR = Air(white_cd_m2=86.0, clear=0.8)
AT = (480.3, 400.6)
FIRE = Plume(name="fire", at_m=(0.0, 1500.0), begin_ns=START_NS - 600 * NS, end_ns=START_NS + 900 * NS, flame_m=1.5)
LAMP = Light(at_m=(0.0, 1500.0), candela=2_000.0, colour="sodium", begin_ns=START_NS)
Draws = Callable[[Image, int], None]


def seat(x: float = AT[0], y: float = AT[1], *, distance_m: float = 1_500.0) -> Seat:
    return Seat(x, y, distance_m, 2_400 / distance_m, 40 / distance_m)


def fire(one: Plume = FIRE, *, distance_m: float = 1_500.0, clear: float = 0.8) -> Draws:
    def draw(picture: Image, now_ns: int) -> None:
        flames(picture, one, seat(distance_m=distance_m), Air(86.0, clear), smoke=[], at_ns=now_ns)

    return draw


def lamp(one: Light = LAMP, *, x: float = AT[0], y: float = AT[1]) -> Draws:
    """A light, moved in the picture as it moves to the right on the ground."""

    def draw(picture: Image, now_ns: int) -> None:
        moved = (place_m(one, now_ns)[0] - one.at_m[0]) * 2_400 / 1_500
        shine(picture, one, seat(x + moved, y), AIR, at_ns=now_ns)

    return draw


STREET = [lamp(x=60.0 + 97.0 * number, y=430.0) for number in range(9)]


def dark(seed: int, now_ns: int, *draws: Draws) -> Image:
    """The valley at night with the grain of its camera, and what shines in it."""
    picture = valley(seed, light=0.2, noise=0.0)
    for draw in draws:
        draw(picture, now_ns)
    grain = np.random.default_rng(seed).normal(0, 4.5, (*picture.shape[:2], 1))
    return np.asarray(np.clip(picture + grain, 0, 255), np.uint8)


def look(meter: PlumeMeter, at_s: float, *draws: Draws) -> PlumesLook:
    now_ns = at_ns(at_s)
    picture = dark(round(at_s * 10) % 9_000, now_ns, *draws)
    return meter.measure(picture, [], device="tower-1", preset="north", at_ns=now_ns)


def stare(*draws: Draws, seconds: int = 12, always: Sequence[Draws] = (), every_s: float = 1.0) -> list[PlumesLook]:
    """Looks at what began after the meter had learnt the night."""
    meter = PlumeMeter(score_at_r80=0.1)
    for index in range(4):
        look(meter, -300.0 + 60 * index, *always)
    return [look(meter, number * every_s, *always, *draws) for number in range(round(seconds / every_s))]


def measured_at(meter: PlumeMeter, at_s: float, lamps: Sequence[Draws]) -> PlumesLook:
    """Nothing but lamps is seen of the country."""
    picture = np.zeros((540, 960, 3), np.uint8)
    for one in lamps:
        one(picture, at_ns(at_s))
    grain = np.random.default_rng(round(at_s) % 9_000).normal(0, 4.5, (540, 960, 1))
    noisy = np.asarray(np.clip(picture + 5 + grain, 0, 255), np.uint8)
    return meter.measure(noisy, [], device="tower-1", preset="north", at_ns=at_ns(at_s))


def strongest(seen: PlumesLook) -> PlumeSeen:
    assert seen.plumes
    return seen.plumes[0]


def light_of(seen: PlumesLook) -> LightSeen:
    light = strongest(seen).light
    assert light is not None
    return light


def told_as_flame(looks: Sequence[PlumesLook]) -> bool:
    """Whether a light of any look would be taken for a flame."""
    return any(plume.light is not None and is_flame(plume.light) for one in looks for plume in one.plumes)


@pytest.mark.parametrize("distance_m", [600.0, 1_000.0, 1_500.0])
def test_a_flame_flickers_sways_stays_and_is_warm(distance_m: float) -> None:
    looks = stare(fire(distance_m=distance_m))
    light = light_of(looks[-1])
    assert is_flame(light)
    assert strongest(looks[-1]).label == "fire"
    base = strongest(looks[-1]).base_px
    assert base is not None
    assert base == pytest.approx(AT, abs=12)


def test_a_flame_is_told_after_some_looks_and_not_before() -> None:
    looks = stare(fire())
    assert not told_as_flame(looks[: LOOKS_LEAST - 1])
    assert light_of(looks[0]).flicker is None


def test_a_flame_in_thick_haze_is_still_one_and_behind_fog_there_is_none() -> None:
    assert is_flame(light_of(stare(fire(clear=0.05))[-1]))
    assert all(one.plumes == () for one in stare(fire(clear=0.0001)))


@pytest.mark.parametrize("colour", ["sodium", "warm", "white"])
def test_a_lamp_that_goes_on_shines_without_flicker(colour: str) -> None:
    looks = stare(lamp(Light(at_m=LAMP.at_m, colour=colour, candela=2_000.0)))  # type: ignore[arg-type]
    assert looks[-1].plumes != ()
    assert not told_as_flame(looks)


@pytest.mark.parametrize("after_s", [4.5, 10.5])
def test_a_second_lamp_that_goes_on_beside_the_first_is_a_step_in_light_and_no_flicker(after_s: float) -> None:
    second = lamp(x=AT[0] + 5)

    def goes_on(picture: Image, now_ns: int) -> None:
        if now_ns >= at_ns(after_s):
            second(picture, now_ns)

    assert not told_as_flame(stare(lamp(), goes_on, seconds=20))


@pytest.mark.parametrize("kind", ["beacon", "faulty_lamp", "welder", "screen", "vehicle", "machine"])
@pytest.mark.parametrize("colour", ["sodium", "red"])
def test_what_blinks_breaks_welds_shows_pictures_or_drives_is_no_flame(kind: str, colour: str) -> None:
    for seed in range(2):
        one = Light(
            at_m=(10.0 * seed, 1500.0 + seed),
            kind=kind,  # type: ignore[arg-type]
            colour="blue" if kind == "welder" else colour,  # type: ignore[arg-type]
            candela=500.0 * 8**seed,
            period_s=60.0 if kind == "machine" else (1.3, 4.0)[seed],
            moves_m_s=(3.0 * 4**seed, 0.0) if kind in ("vehicle", "machine") else (0.0, 0.0),
            begin_ns=START_NS,
        )
        assert not told_as_flame(stare(lamp(one))), (kind, seed)


def test_a_lamp_or_screen_that_is_background_and_becomes_brighter_is_no_new_light() -> None:
    meter = PlumeMeter(score_at_r80=0.1)
    for index in range(4):
        measured_at(meter, -300.0 + 60 * index, [lamp(Light(at_m=LAMP.at_m, candela=300.0))])
    assert measured_at(meter, 0.0, [lamp(Light(at_m=LAMP.at_m, candela=1_500.0))]).plumes == ()


def test_a_head_that_rests_a_pixel_beside_makes_no_new_lights_of_old_lamps() -> None:
    meter = PlumeMeter(score_at_r80=0.1)
    for index in range(4):
        measured_at(meter, -300.0 + 60 * index, STREET)
    beside = [lamp(x=61.2 + 97.0 * number, y=430.7) for number in range(9)]
    assert measured_at(meter, 0.0, beside).plumes == ()


def test_a_lamp_that_always_shone_is_background() -> None:
    looks = stare(always=[lamp()])
    assert all(one.plumes == () for one in looks)


def test_a_fire_beside_steady_lamps_is_found_and_they_are_not() -> None:
    looks = stare(fire(), always=[lamp(x=300), lamp(x=700, y=350)])
    assert is_flame(light_of(looks[-1]))


def test_a_flame_is_not_learnt_as_background_while_it_is_watched() -> None:
    meter = PlumeMeter(score_at_r80=0.1)
    for index in range(4):
        look(meter, -300.0 + 60 * index)
    seen = [look(meter, 60.0 * visit + number, fire()) for visit in range(10) for number in range(3)]
    assert all(one.plumes for one in seen)


def test_a_lamp_that_went_on_is_background_after_half_an_hour_of_visits_and_a_flame_is_not() -> None:
    """Told as a flame by a stare it stays new light for an hour, or a fire would seem out while it burns."""

    def after_half_an_hour(what: Draws) -> PlumesLook:
        meter = PlumeMeter(score_at_r80=0.1)
        for index in range(4):
            look(meter, -300.0 + 60 * index)
        for number in range(16):
            look(meter, number, what)
        return [look(meter, 60.0 * visit, what) for visit in range(1, 31)][-1]

    assert after_half_an_hour(lamp()).plumes == ()
    assert after_half_an_hour(fire(msgspec.structs.replace(FIRE, end_ns=at_ns(3600.0)))).plumes != ()


def test_light_that_has_come_does_not_hide_that_a_dark_view_is_the_right_one() -> None:
    """A large fire, or a row of lamps that went on, has the strongest edges of a dark picture."""
    large = msgspec.structs.replace(FIRE, size_m=28.0, flame_m=3.0)
    new = [fire(large, distance_m=500.0), *(lamp(x=45.0 + 53.0 * number, y=300.0) for number in range(17))]
    meter = PlumeMeter(score_at_r80=0.1)
    for index in range(4):
        measured_at(meter, -300.0 + 60 * index, STREET)
    assert measured_at(meter, 0.0, [*STREET, *new]).view.verified


def test_a_dark_view_of_other_lamps_is_not_the_right_one() -> None:
    others = [lamp(x=30.0 + 71.0 * number, y=300.0 + 23 * (number % 5)) for number in range(12)]
    meter = PlumeMeter(score_at_r80=0.1)
    for index in range(4):
        measured_at(meter, -300.0 + 60 * index, STREET)
    assert not measured_at(meter, 0.0, others).view.verified


def test_lights_that_are_one_too_many_for_a_look_are_counted_for_their_tower() -> None:
    meter = PlumeMeter(score_at_r80=0.1)
    for index in range(4):
        look(meter, -300.0 + 60 * index)
    street = [lamp(x=60.0 + 35.0 * number, y=380.0) for number in range(LIGHTS_MOST + 4)]
    assert len(look(meter, 0.0, *street).plumes) == LIGHTS_MOST
    assert (meter.lights_left_out("tower-1"), meter.lights_left_out("tower-2")) == (4, 0)


def test_by_day_no_light_is_told() -> None:
    meter = PlumeMeter(score_at_r80=0.1)
    for index in range(4):
        meter.measure(valley(index), [], device="tower-1", preset="north", at_ns=at_ns(-300 + 60 * index))
    picture = valley(9)
    fire()(picture, at_ns(0))
    assert meter.measure(picture, [], device="tower-1", preset="north", at_ns=at_ns(0)).plumes == ()


@given(
    levels=st.lists(st.floats(0.05, 1.0), min_size=16, max_size=16),
    candela=st.floats(200, 20_000),
    x=st.floats(100, 800),
)
def test_whatever_way_a_lamp_flickers_it_keeps_its_middle_and_is_no_flame(
    levels: list[float], candela: float, x: float
) -> None:
    """A lamp of any strength at any pixel whose light changes in any way at all."""
    looks = []
    for number, share in enumerate(levels):
        picture = np.zeros((40, 40, 3), np.uint8)
        one = Light(at_m=LAMP.at_m, colour="sodium", candela=candela * share)
        shine(picture, one, seat(20 + x % 1, 20 + (7 * x) % 1), AIR, at_ns=0)
        grey = picture @ np.array([0.114, 0.587, 0.299])
        noisy = grey + np.random.default_rng(number).normal(0, 3, grey.shape)
        looks.append((number * NS, np.asarray(np.clip(noisy, 0, 255), np.uint8), 0.5))
    assert not is_flame(measured(looks, noise=3.0))


def test_the_light_of_a_time_is_the_same_whenever_it_is_asked() -> None:
    one = Light(at_m=(3.0, 900.0), kind="faulty_lamp")
    assert [level(one, at_ns(n / 7)) for n in range(50)] == [level(one, at_ns(n / 7)) for n in range(50)]
