"""Truth tables of the device and of what is only found over days: R6, R7, R8, A1, A2, A3, and doubts about frames."""

from __future__ import annotations

from typing import Any

import msgspec

from contract.observations import Elapsed, Reported, Seen
from contract.times import NS
from detectors.cooking_fumes.config import Cleaning
from tests.unit.cooking_fumes.kitchen import CONFIG, at, elapsed, minutes, rest, run, varied
from tests.unit.cooking_fumes.outcomes import only, words
from tests.unit.cooking_fumes.tables import Column, Table
from tests.unit.cooking_fumes.tables_signals import HOURS

_MINUTE_NS = 60 * NS


def _silent(silence: str, hours: str, otherwise: str, days: str, filled: str) -> str:
    spans = {"29": ("17:00", "17:28"), "30": ("17:00", "17:30"), "meal": ("16:25", "21:05")}
    if hours == "out":
        spans = {"29": ("06:00", "06:28"), "30": ("06:00", "06:30"), "meal": ("05:00", "09:40")}
    first, last = spans[silence]
    seen: list[Seen] = []
    for day in {"one": [0], "three": [0, 1, 2], "good": [0, 1, 3]}[days]:
        seen += _silent_day(day, first, last, broken=otherwise == "broken", filled=filled == "yes")
    if days == "good":
        seen += _heard(2, at("04:00", day=2), at("04:00", day=3))
    seen.sort(key=lambda one: one.received_ns if isinstance(one, Reported) else one.at_ns)
    return only(run([*seen, rest("04:30", day=4)]), "R6")


def _heard(day: int, begin_ns: int, end_ns: int) -> list[Seen]:
    """A report every two minutes."""
    one = minutes("04:00", "04:01", day=day)[0]
    return [
        msgspec.structs.replace(one, at_ns=at_ns, received_ns=at_ns + NS)
        for at_ns in range(begin_ns, end_ns, 2 * _MINUTE_NS)
    ]


def _silent_day(day: int, first: str, last: str, *, broken: bool, filled: bool) -> list[Seen]:
    first_ns, last_ns = at(first, day=day), at(last, day=day)
    heard = _heard(day, at("04:00", day=day), first_ns + 1) + _heard(
        day, last_ns + _MINUTE_NS, at("04:00", day=day + 1)
    )
    if broken:  # nothing for six hours before noon either
        heard = [one for one in heard if not at("04:20", day=day) < one.at_ns < at("10:20", day=day)]
    quiet = [Elapsed(device="fume-1", at_ns=at_ns + 2 * NS) for at_ns in range(first_ns, last_ns + 1, _MINUTE_NS)]
    late: list[Seen] = []
    if filled:
        late = [
            msgspec.structs.replace(one, received_ns=last_ns + 3 * _MINUTE_NS, back_filled=True)
            for one in minutes(first, last, day=day)
            if isinstance(one, Reported)
        ]
    return [*heard, *quiet, *late]


R6 = Table(
    "R6-offline",
    "R6 离线 offline",
    "营业时段内 30 分钟无报文：维护。连续 3 个营业日，餐时过半无报文而其余时间正常："
    "线索（疑似餐时关机）。事后补传的不算关机。 "
    "No frame for 30 minutes in business hours: maintenance. Over half of a meal silent on three "
    "business days running, "
    "heard outside the hours: a lead. What was filled in later was not switched off.",
    (
        Column(
            "silence",
            "无报文 silence",
            {"29": "不足 30 分钟 under 30 min", "30": "30 分钟 min", "meal": "整个餐时 a whole meal"},
        ),
        HOURS,
        Column(
            "otherwise",
            "其余时间 otherwise",
            {"heard": "正常 heard", "broken": "非营业时段也中断 silent outside the hours too"},
        ),
        Column(
            "days",
            "天数 days",
            {
                "one": "1 天 one",
                "three": "连续 3 天 three running",
                "good": "3 天，中间正常 1 天 three, a good one between",
            },
        ),
        Column("filled", "事后补传 filled in later", {"no": "否 no", "yes": "是 yes"}),
    ),
    _silent,
)


def _cleaning(days: str, fan_h: str, current: str) -> str:
    config = msgspec.structs.replace(
        CONFIG,
        cleaning=Cleaning(
            cleaned_on={"30": "2026-02-12", "31": "2026-02-11", "unknown": None}[days],
            every_fan_h={"under": 13.0, "over": 12.0}[fan_h],
        ),
    )
    seen: list[Seen] = []
    for day in range(13):
        amperes = 1.0 if day < 10 else {"steady": 1.0, "0.71": 0.71, "0.70": 0.70}[current]
        seen += [*minutes("11:00", 61, day=day, purifier_a=amperes), rest("23:30", day=day)]  # an hour of fan a day
    return only(run([*seen, elapsed("04:01", day=13)], config=config), "R7")


R7 = Table(
    "R7-cleaning",
    "R7 该清洗 cleaning due",
    "距上次清洗超过 30 天，或风机累计超过规定小时，或净化器电流连续 3 天降到原来的 0.7 以下。只报维护，"
    "从不成为线索。 "
    "More than 30 days or so many fan hours since cleaning, or the purifier's current at 0.7 of what it "
    "was for three days. "
    "Maintenance only, never a lead.",
    (
        Column("days", "距清洗天数 days since", {"30": "30", "31": "31", "unknown": "未登记 not registered"}),
        Column("fan_h", "风机小时 fan hours", {"under": "未超 not over", "over": "超过 over"}),
        Column(
            "current",
            "净化器电流 purifier current",
            {"steady": "平稳 steady", "0.71": "降至 0.71", "0.70": "降至 0.70"},
        ),
    ),
    _cleaning,
)


def _device(what: str, share: str, hours: str) -> str:
    bad = {"49": 14, "50": 15}[share]
    begin = "11:00" if hours == "in" else "06:00"
    plain = varied(minutes(begin, 30))
    mark = what if len(what) == 1 else "N"
    doubt = {"clock": ("T12",), "score": ("score_low",)}.get(what, ())
    sent = varied(minutes(begin, 30, fume_mg_m3=(0.5, mark)))
    mixed = [msgspec.structs.replace(sent[i], doubts=doubt) if 0 < i <= bad else plain[i] for i in range(30)]
    after = varied(minutes(begin, 32))[30:]
    return words(run([*mixed, *after]))


R8 = Table(
    "R8-device",
    "R8 设备本身 the device itself",
    "30 分钟内至少一半报文为故障、维护、校准、无连接、超量程标记，或时钟偏差，或报文质量低。只报维护，从不成为线索。 "
    "At least half of the reports of 30 minutes with marks D, M, C, B, T, or off the clock, or of a low score. "
    "Maintenance only, never a lead.",
    (
        Column(
            "what",
            "情形 what",
            {
                "N": "N 正常 normal",
                "F": "F 停运 stopped",
                "S": "S 手工 set by hand",
                "D": "D 故障 fault",
                "M": "M 维护 maintenance",
                "C": "C 校准 calibration",
                "B": "B 无连接 no link",
                "T": "T 超量程 above range",
                "clock": "时钟偏差 clock off",
                "score": "报文质量低 low score",
            },
        ),
        Column("share", "占比 share", {"49": "不到一半 under half", "50": "一半 half"}),
        HOURS,
    ),
    _device,
)


def _doubted(rule: str, doubt: str, clock_ahead: str, bound: str) -> str:
    off: dict[str, Any] = {"purifier_state": 0, "purifier_a": 0.0} if rule == "R1" else {"fume_mg_m3": 2.5}
    reports = varied(minutes("11:00", "11:31", **off))
    doubts = {"none": (), "T4": ("T4",)}.get(doubt, (doubt,))
    ahead_ns = {"no": 0, "yes": 3600 * NS}[clock_ahead]
    sent = [msgspec.structs.replace(one, doubts=doubts, at_ns=one.at_ns + ahead_ns) for one in reports]
    sensor = msgspec.structs.replace(CONFIG.sensor, bound=bound == "yes")
    return only(run(sent, config=msgspec.structs.replace(CONFIG, sensor=sensor)), rule)


DOUBTS = Table(
    "9-doubts",
    "对报文的疑点 doubts about frames",
    "同样的事实，报文有疑点时的结果。质量低于 60 分的设备可以补充线索，不能开启线索；"
    "出厂编号和不完整的报文不作证据。 "
    "The same facts told by doubtful frames. A device with a score under 60 may add to a lead, not open one; factory "
    "numbers and incomplete messages are no evidence.",
    (
        Column(
            "rule",
            "规则 rule",
            {"R1": "R1 净化器未开 30 分钟 off for 30 min", "R3": "R3 高于限值 30 分钟 above for 30 min"},
        ),
        Column(
            "doubt",
            "疑点 doubt",
            {
                "none": "无 none",
                "T4": "校验变体 CRC variant (T4)",
                "T12": "时钟偏差 clock off (T12)",
                "score_low": "质量低于 60 分 score under 60",
                "factory_id": "出厂编号 factory number",
                "incomplete": "报文不完整 incomplete message",
            },
        ),
        Column("clock_ahead", "数据时间超前一小时 data time an hour ahead", {"no": "否 no", "yes": "是 yes"}),
        Column("bound", "设备已绑定 bound to the premises", {"yes": "是 yes", "no": "否 no"}),
    ),
    _doubted,
)


def _constant(current: str, fan_min: str, fan: str, days: str, hours: str) -> str:
    begin = "16:30" if hours == "in" else "05:00"
    seen: list[Seen] = []
    for day in {"one": [0], "three": [0, 1, 2]}[days]:
        sent = varied(minutes(begin, int(fan_min) + 1, day=day))
        if current == "same":
            sent = [_with(one, "purifier_a", 1.2) for one in sent]
        if fan == "steady":
            sent = [_with(one, "fan_a", 6.0) for one in sent]
        seen += [*sent, rest("23:30", day=day)]
    return only(run(seen), "A1")


def _with(one: Reported, name: str, value: float) -> Reported:
    factors = (msgspec.structs.replace(seen, value=value) if seen.factor == name else seen for seen in one.factors)
    return msgspec.structs.replace(one, factors=tuple(factors))


A1 = Table(
    "A1-constant-current",
    "A1 净化器电流恒定 constant purifier current",
    "净化器电流 180 分钟末位都不变，而风机电流在变（疑似假负载）：先报维护，连续 3 天成为线索。 "
    "The purifier's current the same to the last digit for 180 minutes while the fan's moves: "
    "maintenance; a lead after "
    "three days running.",
    (
        Column("current", "净化器电流 purifier current", {"same": "不变 the same", "moves": "变化 moves"}),
        Column("fan_min", "风机运行 fan on", {"179": "179 分钟 min", "180": "180 分钟 min"}),
        Column("fan", "风机电流 fan current", {"moves": "变化 moves", "steady": "也不变 the same too"}),
        Column("days", "天数 days", {"one": "1 天 one", "three": "连续 3 天 three running"}),
        HOURS,
    ),
    _constant,
)


def _diluted(fan_a: str, cooler: str, fume: str, days: str) -> str:
    seen: list[Seen] = []
    for day in range(7):
        seen += [*varied(minutes("11:00", "12:00", day=day)), rest("23:30", day=day)]
    for day in {"one": [7], "three": [7, 8, 9]}[days]:
        changed: dict[str, Any] = {
            "fan_a": 6.0 * float(fan_a),
            "temperature_c": 42.0 - float(cooler),
            "fume_mg_m3": 0.5 * float(fume),
        }
        seen += [*varied(minutes("11:00", "12:00", day=day, **changed)), rest("23:30", day=day)]
    return only(run(seen), "A2")


A2 = Table(
    "A2-dilution",
    "A2 疑似稀释 dilution",
    "与前 7 次同一餐时相比：风机电流升到 1.25 倍以上、烟道低 5 °C 以上、数值降到一半以下，三者同时："
    "先报维护，连续 3 天成为线索。 "
    "Against the last seven of the same meal: fan current up to 1.25, flue 5 °C cooler, value down to "
    "half, all three: "
    "maintenance; a lead after three days running.",
    (
        Column("fan_a", "风机电流 fan current", {"1.0": "不变 as usual", "1.3": "1.3 倍"}),
        Column("cooler", "烟道 flue", {"0": "不变 as usual", "6": "低 6 °C cooler"}),
        Column("fume", "数值 value", {"1.0": "不变 as usual", "0.4": "0.4 倍"}),
        Column("days", "天数 days", {"one": "1 天 one", "three": "连续 3 天 three running"}),
    ),
    _diluted,
)


def _replayed(series: str, same: str, fan: str) -> str:
    cooked = [_with(one, "fume_mg_m3", _cooking(index)) for index, one in enumerate(minutes("11:00", "14:00"))]
    if series == "flat":
        cooked = [_with(one, "fume_mg_m3", 0.03 + 0.01 * (index % 3)) for index, one in enumerate(cooked)]
    again = []
    for index, one in enumerate(minutes("17:00", "20:00", day=1, fan_state=fan == "on", fan_a=6.0 * (fan == "on"))):
        value = next(seen.value for seen in cooked[index].factors if seen.factor == "fume_mg_m3") or 0.0
        again.append(_with(one, "fume_mg_m3", value if same == "same" else round(value * 1.01 + 0.001, 3)))
    return only(run([*cooked, rest("23:30"), *again]), "A3")


def _cooking(index: int) -> float:
    return round(0.4 + 0.3 * ((index * 7919) % 101) / 101, 3)


A3 = Table(
    "A3-repeated-series",
    "A3 数据重复 repeated series",
    "另一天的一段数据（45 个值，至少 12 个不同）逐值重现两次以上：线索（疑似重放）。 "
    "Forty-five values of another day, at least twelve of them different, again value by value, more "
    "than once: a lead.",
    (
        Column("series", "原数据 series", {"cooking": "起伏 moves", "flat": "少于 12 个不同值 few distinct values"}),
        Column("same", "第二天 next day", {"same": "逐值相同 the same", "changed": "不同 others"}),
        Column("fan", "风机 fan", {"on": "运行 runs", "off": "停止 stopped"}),
    ),
    _replayed,
)
TABLES = (R6, R7, R8, DOUBTS, A1, A2, A3)
