"""The patrol over real ONVIF: what is knocked off is found, people come first, a head that fails is a health state."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from detectors.fold import LookSooner, ZoomIn
from edge.patrol.onvif import OnvifHead
from edge.patrol.soap import HeadError
from tests.integration.patrol.watching import watching


def test_a_patrol_goes_from_preset_to_preset_and_looks_only_when_the_head_stands(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        watched.wait(lambda: bool(watched.looks_at("north") and watched.looks_at("east")))
        for frame in watched.looks:
            assert frame.aimed is not None
            pan = {"north": 0.0, "east": 90.0}[frame.aimed.preset]
            assert (frame.aimed.pan_deg, frame.aimed.tilt_deg) == pytest.approx((pan, 2.2), abs=0.01)
        assert watched.patrol.problem == ""
        assert dict(watched.patrol.state.counts)["references_learnt"] == 2


def test_a_preset_knocked_two_degrees_off_is_found_and_corrected(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        watched.wait(lambda: bool(watched.looks_at("north") and watched.looks_at("east")))
        watched.tower.knock("east", 2.0)
        watched.wait(lambda: bool(watched.patrol.state.by_pose))
        begin = len(watched.looks)
        watched.wait(lambda: bool(watched.looks_at("east", begin)))
        aimed = watched.looks_at("east", begin)[-1].aimed
        assert aimed is not None
        assert aimed.pan_deg == pytest.approx(90.0, abs=0.01)
        assert [item.kind for item in watched.patrol.maintenance()] == ["presets_off"]
        assert dict(watched.patrol.state.counts)["views_corrected"] >= 2


def test_a_camera_turned_on_its_mast_becomes_a_wrong_view_and_is_not_judged(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        watched.wait(lambda: bool(watched.looks_at("north") and watched.looks_at("east")))
        watched.tower.turn_on_mast(4.0)
        watched.wait(lambda: len(watched.patrol.state.wrong_views) == 2)
        begin = len(watched.looks)
        watched.wait(lambda: dict(watched.patrol.state.counts)["wrong_views"] >= 4)
        assert watched.looks[begin:] == []
        assert {item.kind for item in watched.patrol.maintenance()} == {"wrong_view"}


def test_an_operator_takes_over_and_gives_back(tmp_path: Path) -> None:
    with watching(tmp_path, idle_s=2.0) as watched:
        watched.wait(lambda: bool(watched.looks_at("north")))
        watched.wait(lambda: watched.patrol.state.phase == "looking")
        operator = OnvifHead(
            watched.tower.addresses.onvif, username="ops", password_of=lambda: "secret", now_ns=time.time_ns
        )
        moves = watched.patrol.counters()["patrol_moves"]
        operator.drive(0.02, 0.0)
        watched.wait(lambda: watched.patrol.state.phase == "paused")
        index, begin = watched.patrol.state.index, len(watched.looks)
        watched.wait(lambda: watched.patrol.counters().get("patrol_unwatched_paused_s", 0) >= 3)
        assert watched.patrol.counters()["patrol_moves"] == moves  # longer than `idle_s`: the head is the operator's
        assert watched.patrol.state.phase == "paused"
        operator.drive(0.0, 0.0)
        watched.wait(lambda: watched.patrol.state.phase != "paused")
        assert watched.patrol.state.index == index
        watched.wait(lambda: len(watched.looks) > begin)
        aimed = watched.looks[begin].aimed
        assert aimed is not None
        assert aimed.preset == ("north", "east")[index]
        assert watched.patrol.counters()["patrol_unwatched_paused_s"] >= 4


def test_refused_credentials_become_a_health_state_and_the_patrol_goes_on_after_it(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        watched.wait(lambda: bool(watched.looks))
        watched.tower.faults.unauthorized = True
        watched.wait(lambda: watched.patrol.problem.startswith("unauthorized"))
        begin = len(watched.looks)
        assert [item.kind for item in watched.patrol.maintenance()] == ["head_unauthorized"]
        watched.tower.faults.unauthorized = False
        watched.wait(lambda: len(watched.looks) > begin)
        assert watched.patrol.problem == ""
        assert watched.patrol.maintenance() == ()


def test_a_slow_head_becomes_a_health_state(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        watched.wait(lambda: bool(watched.looks))
        watched.tower.faults.slow_s = 6.0
        watched.wait(lambda: watched.patrol.problem.startswith("slow"))
        watched.tower.faults.slow_s = 0.0
        begin = len(watched.looks)
        watched.wait(lambda: len(watched.looks) > begin)
        assert watched.patrol.counters()["patrol_head_slow"] == 1


def test_a_rebooting_head_becomes_unreachable_and_is_sent_on_its_way_again(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        watched.wait(lambda: bool(watched.looks))
        watched.tower.faults.is_down = True
        watched.wait(lambda: watched.patrol.problem.startswith("unreachable"))
        watched.tower.motor.put(watched.tower.motor.at()[0]._replace(pan=0.9))  # where it stands after power-on
        begin = len(watched.looks)
        watched.tower.faults.is_down = False
        watched.wait(lambda: len(watched.looks) > begin)
        aimed = watched.looks[begin].aimed
        assert aimed is not None
        assert aimed.pan_deg == pytest.approx({"north": 0.0, "east": 90.0}[aimed.preset], abs=0.01)


def test_a_rule_that_asks_is_honoured_it_stays_and_then_looks_closely(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        watched.wait(lambda: watched.patrol.state.phase == "looking")
        until_ns = time.time_ns() + 3_000_000_000
        watched.patrol.ask(LookSooner(every_s=0.5, until_ns=until_ns))
        preset = ("north", "east")[watched.patrol.state.index]
        watched.patrol.ask(ZoomIn(event_id="fire-1", bbox_xyxy_px=(400, 150, 440, 200)), frame_px=(640, 360))
        begin = len(watched.looks)
        watched.wait(lambda: bool(watched.close_views))
        assert watched.close_views[0][1].at_ns >= until_ns
        stared = watched.looks[begin:]
        assert len(stared) >= 3
        assert {frame.aimed.preset for frame in stared if frame.aimed} == {preset}
        assert watched.tower.motor.at()[0].zoom > 0
        begin = len(watched.looks)
        watched.wait(lambda: len(watched.looks) > begin)
        back = watched.looks[begin].aimed
        assert back is not None
        assert (back.preset, back.zoom) == (preset, 0.0)


def test_a_preset_that_the_camera_lost_is_a_health_state_and_the_others_are_watched(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        watched.wait(lambda: bool(watched.looks_at("north") and watched.looks_at("east")))
        presets = watched.tower.motor.presets
        lost = presets.pop("token-east")
        watched.wait(lambda: bool(watched.patrol.state.wrong_views))
        begin = len(watched.looks)
        watched.wait(lambda: len(watched.looks_at("north", begin)) >= 3)
        assert watched.looks_at("east", begin) == []
        assert watched.patrol.problem == ""
        (item,) = watched.patrol.maintenance()
        assert item.kind == "wrong_view"
        assert "preset east" in (item.detail or "")
        presets["token-of-another-firmware"] = lost
        watched.wait(lambda: bool(watched.looks_at("east", begin)))
        watched.wait(lambda: watched.patrol.maintenance() == ())


def test_a_head_that_takes_absolute_moves_and_stays_gives_no_wide_picture_for_a_close_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watching(tmp_path) as watched:
        motor = watched.tower.motor
        goes, places = motor.go, {at for _, at in motor.presets.values()}
        monkeypatch.setattr(motor, "go", lambda to: goes(to) if to in places else None)
        watched.wait(lambda: watched.patrol.state.phase == "looking")
        watched.patrol.ask(ZoomIn(event_id="fire-1", bbox_xyxy_px=(400, 150, 440, 200)), frame_px=(640, 360))
        watched.wait(lambda: "patrol_close_views_not_reached" in watched.patrol.counters())
        begin = len(watched.looks)
        watched.wait(lambda: len(watched.looks) > begin)
        assert watched.close_views == []


def test_a_head_that_ignores_the_way_back_to_a_knocked_preset_is_a_wrong_view(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watching(tmp_path) as watched:
        watched.wait(lambda: bool(watched.looks_at("north") and watched.looks_at("east")))
        watched.tower.knock("east", 2.0)
        motor = watched.tower.motor
        goes, places = motor.go, {at for _, at in motor.presets.values()}
        monkeypatch.setattr(motor, "go", lambda to: goes(to) if to in places else None)
        watched.wait(lambda: bool(watched.patrol.state.wrong_views))
        begin = len(watched.looks)
        watched.wait(lambda: len(watched.looks_at("north", begin)) >= 2)
        assert watched.looks_at("east", begin) == []


def test_a_camera_whose_clock_is_eight_hours_ahead_is_spoken_to_by_its_own_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watching(tmp_path) as watched:
        watched.wait(lambda: bool(watched.looks))
        monkeypatch.setattr(watched.tower.device, "_now", lambda: datetime.now(UTC) + timedelta(hours=8))
        moves = watched.patrol.counters()["patrol_moves"]
        watched.wait(lambda: watched.patrol.counters().get("patrol_head_unauthorized", 0) == 1)
        watched.wait(lambda: watched.patrol.counters()["patrol_moves"] > moves + 1)
        assert watched.patrol.problem == ""


def test_a_preset_that_the_camera_does_not_have_is_refused_with_its_name(tmp_path: Path) -> None:
    with watching(tmp_path) as watched:
        watched.wait(lambda: bool(watched.looks))
        head = OnvifHead(
            watched.tower.addresses.onvif, username="ops", password_of=lambda: "secret", now_ns=time.time_ns
        )
        with pytest.raises(HeadError, match="NoToken"):
            head.go_to("nowhere")
