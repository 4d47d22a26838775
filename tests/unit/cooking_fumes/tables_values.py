"""Truth tables of the measured value: R3, R4 and R5."""

from __future__ import annotations

import msgspec

from contract.observations import Reported, Seen
from tests.unit.cooking_fumes.kitchen import minutes, rest, run, varied
from tests.unit.cooking_fumes.outcomes import only
from tests.unit.cooking_fumes.tables import Column, Table
from tests.unit.cooking_fumes.tables_signals import CLOCK, HOURS

MARKS = {
    "N": "N 正常 normal",
    "F": "F 停运 stopped",
    "M": "M 维护 maintenance",
    "S": "S 手工 set by hand",
    "D": "D 故障 fault",
    "C": "C 校准 calibration",
    "T": "T 超量程 above range",
    "B": "B 无连接 no link",
    "": "未给 none sent",
}
_VALUES = {"below": 1.9, "equal": 2.0, "above": 2.1, "spike": 1.9, "range": 31.0}


def _window(begin: str, value: float, *, mark: str, samples: str, has_spike: bool) -> list[Reported]:
    """Ten minutes from `begin`: the samples as the column says, of this value."""
    good = minutes(begin, 10, fume_mg_m3=(value, "N"))
    bad = minutes(begin, 10, fume_mg_m3=(value, mark))
    if has_spike:
        good[2], bad[2] = (minutes(begin, 3, fume_mg_m3=(25.0, one))[2] for one in ("N", mark))
    if samples == "all":
        return bad
    keep = int(samples[0])
    rest_of = [] if samples.endswith("missing") else bad[keep:]
    return good[:keep] + rest_of


def _above(value: str, mark: str, samples: str, windows: str, hours: str, clock: str) -> str:
    plan = {"one": "x", "running": "xx", "apart": "x.x", "three": "x.x.x"}[windows]
    hour = "11" if hours == "in" else "14"
    seen: list[Reported] = []
    for index, what in enumerate(plan):
        begin = f"{hour}:{index}0"
        if what == "x":
            seen += _window(begin, _VALUES[value], mark=mark, samples=samples, has_spike=value == "spike")
        else:
            seen += minutes(begin, f"{hour}:{index + 1}0", fume_mg_m3=0.3)
    seen += minutes(f"{hour}:{len(plan)}0", f"{hour}:{len(plan)}1", fume_mg_m3=0.3)
    if clock == "off":
        seen = [msgspec.structs.replace(one, doubts=("T12",)) for one in seen]
    return only(run(seen), "R3")


R3 = Table(
    "R3-above-limit",
    "R3 在线值高于预警限值 online value above the warning limit",
    "10 分钟均值高于限值（此处 2.0 mg/m3），连续 2 个时段或一天 3 个；每个时段至少 80 % 的应有数据为标记 "
    "N，孤立的最高值（次高值 3 倍以上）按次高值计。在线值不是法定监测结果。 "
    "Means of 10 minutes above the limit (here 2.0 mg/m3), two running or three in a day, with at least "
    "80 % of the samples "
    "due at mark N; a highest sample three times the next counts as the next. Never a legal measurement.",
    (
        Column(
            "value",
            "数值 value",
            {
                "below": "1.9 低于 below",
                "equal": "2.0 等于 equal",
                "above": "2.1 高于 above",
                "spike": "1.9，其中一个 25 one of them 25",
                "range": "31 超出探头量程 beyond the probe's range",
            },
        ),
        Column("mark", "标记 mark", MARKS),
        Column(
            "samples",
            "每时段数据 samples of each window",
            {
                "all": "10 条均为此标记 all 10 with this mark",
                "8mark": "8 条 N，2 条此标记 8 N, 2 with this mark",
                "7mark": "7 条 N，3 条此标记 7 N, 3 with this mark",
                "8missing": "8 条 N，缺 2 条 8 N, 2 missing",
                "7missing": "7 条 N，缺 3 条 7 N, 3 missing",
            },
        ),
        Column(
            "windows",
            "时段 windows",
            {
                "one": "1 个 one",
                "running": "连续 2 个 two running",
                "apart": "2 个不连续 two apart",
                "three": "3 个不连续 three apart",
            },
        ),
        HOURS,
        CLOCK,
    ),
    _above,
)


def _frozen(value: str, fan_min: str, mark: str, switched: str, days: str, hours: str) -> str:
    """So many minutes with the fan on at one value; the days between and the evening are as on other days."""
    number = {"same": 0.4, "moves": 0.4, "low": 0.01}[value]
    begin, pause, again = ("11:00", "12:30", "17:00") if hours == "in" else ("06:00", "07:30", "09:00")
    seen: list[Seen] = []
    for day in {"one": [0], "three": [0, 1, 2], "good": [0, 1, 3]}[days]:
        run_for = int(fan_min) + 1
        first = run_for if switched == "no" else 30
        sent = minutes(begin, first, day=day, fume_mg_m3=(number, mark))
        if switched == "yes":
            sent += minutes(pause, 2, day=day, fume_mg_m3=(number, mark), fan_state=0, fan_a=0.0)
            sent += minutes(again, run_for - first + 1, day=day, fume_mg_m3=(number, mark))
        seen += varied(sent) if value == "moves" else sent
        seen += [rest("23:30", day=day)]
    if days == "good":
        seen += [*varied(minutes("11:00", "12:30", day=2)), rest("23:30", day=2)]
    seen.sort(key=lambda one: one.at_ns)
    return only(run(seen), "R4")


R4 = Table(
    "R4-frozen",
    "R4 数值冻结 frozen value",
    "风机运行累计 60 分钟而数值不变：先报维护；期间风机停而复开，或连续 3 天，才成为线索。接近零的数值按 R5 判断。 "
    "The same value through 60 minutes with the fan on: maintenance; a lead when the fan went off and on "
    "again meanwhile, "
    "or on three days running. A value near zero is judged by R5.",
    (
        Column(
            "value",
            "数值 value",
            {"same": "不变 the same", "moves": "变化 moves", "low": "不变，<= 0.02 the same, <= 0.02"},
        ),
        Column("fan_min", "风机运行 fan on", {"59": "59 分钟 min", "60": "60 分钟 min"}),
        Column("mark", "标记 mark", {"N": "N", "D": "非 N not N"}),
        Column("switched", "风机停而复开 fan off and on", {"no": "否 no", "yes": "是 yes"}),
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
    ),
    _frozen,
)


def _too_low(highest: str, fan_min: str, marks: str, days: str, hours: str) -> str:
    begin = "10:40" if hours == "in" else "06:00"
    seen: list[Seen] = []
    for day in {"one": [0], "two": [0, 1], "three": [0, 1, 2], "closed": [0, 1, 4], "good": [0, 1, 3]}[days]:
        sent = minutes(begin, int(fan_min) + 1, day=day, fume_mg_m3=0.01)
        bad = minutes(begin, len(sent), day=day, fume_mg_m3=(0.01, "D"))
        if highest == "once":
            sent[5] = minutes(begin, 6, day=day, fume_mg_m3=0.03)[5]
        few = round(len(sent) * (0.15 if marks == "85" else 0.25))
        seen += [*sent[: len(sent) - few], *bad[len(sent) - few : len(sent)], rest("23:30", day=day)]
    if days == "good":
        seen += [*varied(minutes("10:40", "12:30", day=2)), rest("23:30", day=2)]
    seen.sort(key=lambda one: one.at_ns)
    return only(run([*seen, rest("23:30", day=5)]), "R5")


R5 = Table(
    "R5-too-low",
    "R5 数值过低 value too low",
    "整个餐时数值不高于 0.02 mg/m3 而风机运行：先报维护，连续 3 个可判定的营业日才成为线索（供现场核查）。 "
    "Never above 0.02 mg/m3 for a whole meal with the fan on: maintenance; a lead for an inspection "
    "after three judged days.",
    (
        Column("highest", "餐时数值 values of the meal", {"low": "均 <= 0.02 all", "once": "一次高于 above once"}),
        Column("fan_min", "风机运行 fan on", {"29": "29 分钟 min", "30": "30 分钟 min"}),
        Column("marks", "标记 N 的比例 share of mark N", {"85": "85 %", "75": "75 %"}),
        Column(
            "days",
            "天数 days",
            {
                "one": "1 天 one",
                "two": "连续 2 天 two running",
                "three": "连续 3 天 three running",
                "closed": "3 天，中间停业 2 天 three, closed between",
                "good": "3 天，中间正常 1 天 three, a good one between",
            },
        ),
        HOURS,
    ),
    _too_low,
)
TABLES = (R3, R4, R5)
