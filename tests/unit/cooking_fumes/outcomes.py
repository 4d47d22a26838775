"""What the fold said, in words for people who do not read code."""

from __future__ import annotations

from tests.unit.cooking_fumes.kitchen import Told, facts_of

NOTHING = "无 nothing"
_GRADES = {"full": "完整 full", "partial": "部分 partial", "lead_only": "仅供线索 lead only"}
_ITEMS = {
    "R4_value_frozen": "数值冻结 frozen value",
    "R5_value_too_low": "数值过低 value too low",
    "R6_offline": "离线 offline",
    "R7_cleaning_due": "该清洗 cleaning due",
    "R8_device_fault": "设备故障 device fault",
    "R8_clock": "时钟偏差 clock off",
    "R8_score": "报文质量低 low conformity score",
    "R9_state_contradicted": "状态矛盾 contradicting signals",
    "A1_purifier_current_constant": "净化器电流恒定 constant purifier current",
    "A2_diluted": "疑似稀释 dilution",
    "A3_series_repeated": "数据重复 repeated series",
}


def words(told: Told) -> str:
    """Leads with their grade, then maintenance items that were open at any time; in the rules' order."""
    leads = {}
    for finding in told.findings:
        facts = facts_of(finding)
        leads[facts.rule] = finding.grade.level
    said = [f"**线索 lead {rule}**（{_GRADES[level]}）" for rule, level in sorted(leads.items())]
    said += [f"维护 maintenance: {_ITEMS[kind]}" for kind in sorted(told.ever)]
    return "；".join(said) or NOTHING


def only(told: Told, *rules: str) -> str:
    """The same for some rules only, so that a table speaks of its own."""
    kept = Told()
    kept.findings = [finding for finding in told.findings if facts_of(finding).rule in rules]
    kept.ever = {kind for kind in told.ever if kind.split("_")[0] in rules}
    return words(kept)
