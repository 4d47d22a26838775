"""Truth tables of what fan and purifier say: when a machine runs, R1, R2 and R9."""

from __future__ import annotations

from typing import Any

import msgspec

from contract.observations import OutletLooked, Reported, Seen
from contract.times import NS
from detectors.cooking_fumes.config import Outlet
from detectors.cooking_fumes.reading import read
from tests.unit.cooking_fumes.kitchen import CONFIG, at, minutes, report, rest, run, varied
from tests.unit.cooking_fumes.outcomes import only
from tests.unit.cooking_fumes.tables import Column, Table

HOURS = Column("hours", "营业时段 business hours", {"in": "内 inside", "out": "外 outside"})
CLOCK = Column("clock", "设备时钟 device clock", {"good": "准 good", "off": "偏差 off"})
STATES: dict[str, tuple[float | None, str] | None] = {
    "on": (1, "N"),
    "off": (0, "N"),
    "other": (3, "N"),
    "mark": (1, "D"),
    "empty": (None, "N"),
    "absent": None,
}
CURRENTS: dict[str, tuple[float | None, str] | None] = {
    "runs": (1.2, "N"),
    "between": (0.1, "N"),
    "none": (0.0, "N"),
    "mark": (1.2, "D"),
    "empty": (None, "N"),
    "absent": None,
}
_SWITCHES = {
    "on": "运行 runs",
    "off": "停止 stopped",
    "unclear": "不明 nobody knows",
    "not_reported": "未报 not reported",
}
_CONFLICTS = {
    "state_on_current_off": "，矛盾：状态开而无电流 contradiction",
    "state_off_current_on": "，矛盾：状态关而有电流 contradiction",
}


def _switch(state: str, current: str) -> str:
    told = {"purifier_state": STATES[state], "purifier_a": CURRENTS[current]}
    factors = {name: value for name, value in told.items() if value is not None}
    signal = read(report(at("12:00"), factors), CONFIG).purifier
    return _SWITCHES[signal.switch] + _CONFLICTS.get(signal.conflict, "")


SWITCH = Table(
    "0-signals",
    "设备是否运行 whether a machine runs",
    "风机、净化器按状态和电流两个信号判断；标记不是 N 的信号视为没有。 "
    "Fan and purifier are judged by state and current; a signal whose mark is not N counts as not there.",
    (
        Column(
            "state",
            "状态 state",
            {
                "on": "1 开 on",
                "off": "0 关 off",
                "other": "2-5 其他 other code",
                "mark": "标记非 N mark not N",
                "empty": "无值 no value",
                "absent": "未报 not reported",
            },
        ),
        Column(
            "current",
            "电流 current",
            {
                "runs": ">= 运行值 running",
                "between": "两值之间 between",
                "none": "<= 停止值 none",
                "mark": "标记非 N mark not N",
                "empty": "无值 no value",
                "absent": "未报 not reported",
            },
        ),
    ),
    _switch,
)
_FAN: dict[str, dict[str, Any]] = {
    "on": {"fan_state": 1, "fan_a": 6.0},
    "off": {"fan_state": 0, "fan_a": 0.0},
    "unclear": {"fan_state": (1, "D"), "fan_a": (6.0, "D")},
    "absent": {"fan_state": None, "fan_a": None},
}
_PURIFIER: dict[str, dict[str, Any]] = {
    "off": {"purifier_state": 0, "purifier_a": 0.0},
    "state": {"purifier_state": 0, "purifier_a": None},
    "current": {"purifier_state": None, "purifier_a": 0.0},
    "on": {"purifier_state": 1, "purifier_a": 1.2},
    "mark": {"purifier_state": (0, "D"), "purifier_a": (0.0, "D")},
    "against": {"purifier_state": 1, "purifier_a": 0.0},
    "absent": {"purifier_state": None, "purifier_a": None},
}


def _purifier_off(fan: str, purifier: str, lasts: str, hours: str, gap: str, clock: str) -> str:
    """Reports of so many minutes of counted time, with a gap in their middle."""
    begin = {"in": "11:00", "edge": "10:25", "out": "14:30"}[hours]
    missing = {"none": 0, "short": 2, "long": 4}[gap]
    counted = int(lasts) + (5 if hours == "edge" else 0)
    last = counted + missing
    first_ns = at(begin)
    reports = varied(minutes(begin, last + 1, **_FAN[fan], **_PURIFIER[purifier]))
    cut = range(last // 2, last // 2 + missing)
    kept = [one for index, one in enumerate(reports) if index not in cut]
    assert kept[-1].at_ns == first_ns + last * 60 * NS
    return only(run(_clocked(kept, clock)), "R1")


def _clocked(reports: list[Reported], clock: str) -> list[Reported]:
    return [msgspec.structs.replace(one, doubts=("T12",)) if clock == "off" else one for one in reports]


R1 = Table(
    "R1-purifier-off",
    "R1 净化器未开 purifier off",
    "风机运行而净化器停止，营业时段内累计满 10 分钟。中断时间不计；中断超过 3 分钟重新计时。"
    "缺电流或状态的，等级降为部分。 "
    "Fan on and purifier off for 10 minutes of seen time in business hours. Silence never counts; after "
    "3 minutes of it "
    "the count begins anew. Without state or current the grade is partial.",
    (
        Column(
            "fan",
            "风机 fan",
            {"on": "运行 runs", "off": "停止 stopped", "unclear": "标记非 N mark not N", "absent": "未报 not reported"},
        ),
        Column(
            "purifier",
            "净化器 purifier",
            {
                "off": "关，无电流 off, no current",
                "state": "关（仅状态）off by state alone",
                "current": "无电流（仅电流）no current, state not reported",
                "on": "运行 runs",
                "mark": "关，标记非 N off, mark not N",
                "against": "状态开而无电流 on without current (R9)",
                "absent": "未报 not reported",
            },
        ),
        Column("lasts", "时长 seen for", {"9": "9 分钟 min", "10": "10 分钟 min"}),
        Column(
            "hours",
            "营业时段 business hours",
            {"in": "内 inside", "edge": "开始前 5 分钟起 from 5 min before", "out": "外 outside"},
        ),
        Column(
            "gap",
            "中断 silence",
            {"none": "无 none", "short": "缺 2 条 2 reports missing", "long": "缺 4 条 4 missing"},
        ),
        CLOCK,
    ),
    _purifier_off,
)


def _linkage(ratio: str, fan_min: str, days: str, hours: str) -> str:
    """So many minutes with the fan on; the purifier runs for its share of them, first."""
    patterns = {"one": [0], "two": [0, 1], "closed": [0, 2], "good": [0, 1, 2]}
    seen: list[Seen] = []
    for day in patterns[days]:
        share = 1.0 if days == "good" and day == 1 else float(ratio)
        begin = "16:45" if hours == "in" else "05:00"
        reports = minutes(begin, int(fan_min) + 1, day=day, fume_mg_m3=None)
        off = minutes(begin, int(fan_min) + 1, day=day, fume_mg_m3=None, purifier_state=0, purifier_a=0.0)
        on_min = round(int(fan_min) * share)
        seen += [one if index <= on_min else off[index] for index, one in enumerate(reports)]
        seen += [rest("23:30", day=day)]
    return only(run([*seen, rest("23:30", day=3)]), "R2")


R2 = Table(
    "R2-linkage",
    "R2 联动比低 linkage low",
    "营业时段内净化器时间/风机时间（联动比）低于 0.8，风机至少运行 60 分钟，连续两个可判定的营业日。 "
    "Purifier time / fan time in business hours below 0.8, at least 60 minutes of fan, on two judged days running.",
    (
        Column("ratio", "联动比 linkage", {"0.5": "0.50", "0.79": "0.79", "0.8": "0.80", "1.0": "1.00"}),
        Column("fan_min", "风机 fan", {"59": "59 分钟 min", "100": "100 分钟 min"}),
        Column(
            "days",
            "营业日 days",
            {
                "one": "1 天 one",
                "two": "连续 2 天 two running",
                "closed": "2 天，中间停业 two, closed between",
                "good": "2 天，中间正常 two, a good one between",
            },
        ),
        HOURS,
    ),
    _linkage,
)
_R9: dict[str, dict[str, Any]] = {
    "purifier": {"purifier_state": 1, "purifier_a": 0.0},
    "reverse": {"purifier_state": 0, "purifier_a": 1.2},
    "fan": {"fan_state": 1, "fan_a": 0.0},
    "mark": {"purifier_state": (1, "D"), "purifier_a": 0.0},
    "agree": {},
}
OUTLET = Outlet(
    camera="cam-1", polygon_px=((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)), frame_px=(100, 100)
)
_LOOKS = {
    "nothing": OutletLooked(device="cam-1", at_ns=0, seconds=20),
    "dark": OutletLooked(device="cam-1", at_ns=0, seconds=20, problem="dark"),
    "steam": OutletLooked(device="cam-1", at_ns=0, seconds=20, moving_share=0.3, whiteness=0.95, reach=0.2),
    "plume": OutletLooked(device="cam-1", at_ns=0, seconds=20, moving_share=0.3, whiteness=0.5, reach=0.9),
}


def look(kind: str, at_ns: int) -> OutletLooked:
    """A look at the outlet that saw this."""
    return msgspec.structs.replace(_LOOKS[kind], at_ns=at_ns)


def _contradicted(what: str, lasts: str, days: str, hours: str, camera: str) -> str:
    begin = "17:00" if hours == "in" else "14:10"
    seen: list[Seen] = []
    for day in {"one": [0], "three": [0, 1, 2], "good": [0, 1, 3]}[days]:
        seen += _contradicting(what, begin, int(lasts), day)
    if days == "good":
        seen += varied(minutes("17:00", "18:30", day=2))
    seen.sort(key=lambda one: one.at_ns)
    if camera != "none":
        seen.append(look(camera, seen[-1].at_ns + NS))
    config = msgspec.structs.replace(CONFIG, outlet=None if camera == "none" else OUTLET)
    return only(run(seen, config=config), "R9")


def _contradicting(what: str, begin: str, lasts: int, day: int) -> list[Seen]:
    if what not in ("warmer", "cooler"):
        return list(varied(minutes(begin, lasts + 1, day=day, **_R9[what])))
    cold = minutes(begin, 1, day=day, fan_state=0, fan_a=0.0, temperature_c=25.0)
    warm_c = 38.0 if what == "warmer" else 36.0
    hot = minutes(begin, lasts + 2, day=day, fan_state=0, fan_a=0.0, temperature_c=warm_c)
    return [*cold, *hot[1:]]


R9 = Table(
    "R9-contradiction",
    "R9 状态矛盾 contradicting signals",
    "先报维护；净化器一项和烟道升温一项连续 3 天，或排口摄像机同时看到烟羽，才成为线索。摄像机本身不产生线索。 "
    "Maintenance first; a lead after three days running, or when the outlet camera sees a plume "
    "meanwhile, and only for "
    "the purifier without current and the flue that warms. The camera alone never makes a lead.",
    (
        Column(
            "what",
            "情形 what",
            {
                "purifier": "净化器状态开，无电流 purifier on, no current",
                "reverse": "净化器状态关，有电流 purifier off, current",
                "fan": "风机状态开，无电流 fan on, no current",
                "warmer": "风机关，烟道升温 13 °C fan off, flue 13 °C warmer",
                "cooler": "风机关，烟道升温 11 °C fan off, flue 11 °C warmer",
                "mark": "净化器状态标记非 N purifier state, mark not N",
                "agree": "无矛盾 none",
            },
        ),
        Column("lasts", "时长 for", {"19": "19 分钟 min", "20": "20 分钟 min"}),
        Column(
            "days",
            "天数 days",
            {
                "one": "1 天 one",
                "three": "连续 3 天 three running",
                "good": "3 天，中间正常 1 天 three, a good one between",
            },
        ),
        HOURS,
        Column(
            "camera",
            "排口摄像机 outlet camera",
            {
                "none": "无 none",
                "nothing": "未见 nothing",
                "dark": "看不清 not visible",
                "steam": "可能是水汽 may be steam",
                "plume": "烟羽 plume",
            },
        ),
    ),
    _contradicted,
)
TABLES = (SWITCH, R1, R2, R9)
