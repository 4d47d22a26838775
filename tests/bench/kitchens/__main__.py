"""Print what the fume rules make of the composed kitchens; it judges nothing and never fails on a figure."""

from __future__ import annotations

import argparse
from collections import Counter

from tests.bench.kitchens import truth as truths
from tests.bench.kitchens.plan import DEVELOPMENT_SEED, HELD_SEED, kitchens
from tests.bench.kitchens.score import Score, date_of, false_r3, found_r1, found_r3, run


def main() -> None:
    """Run the kitchens one by one and print as each is done."""
    arguments = argparse.ArgumentParser(prog="python -m tests.bench.kitchens", description=__doc__)
    arguments.add_argument("--seeds", choices=("development", "held"), default="development")
    arguments.add_argument("--days", type=int, default=90)
    arguments.add_argument("--kitchens", default="", help="numbers, comma separated; all by default")
    asked = arguments.parse_args()
    seed = HELD_SEED if asked.seeds == "held" else DEVELOPMENT_SEED
    chosen = {int(one) for one in asked.kitchens.split(",") if one}
    scores = []
    for kitchen in kitchens(seed, asked.days):
        if chosen and kitchen.number not in chosen:
            continue
        score = run(kitchen, asked.days)
        scores.append(score)
        print(_line(score), flush=True)
    _summary(scores, asked.days, asked.seeds)


def _line(score: Score) -> str:
    leads = Counter(rule for rule, _ in score.leads)
    told = " ".join(f"{rule}:{count}" for rule, count in sorted(leads.items())) or "no lead"
    wrong = " ".join(f"{kind}:{count}" for kind, count in sorted(score.wrong_items.items())) or "none"
    right = " ".join(f"{kind}:{count}" for kind, count in sorted(score.right_items.items())) or "none"
    return f"{score.kitchen.name:34s} leads {told:28s} wrong items {wrong}; right items {right}"


def _summary(scores: list[Score], days: int, seeds: str) -> None:
    clean = [score for score in scores if score.kitchen.trick is None]
    reports = sum(score.reports for score in scores)
    micro = 1e6 * sum(score.fold_s for score in scores) / max(reports, 1)
    print(f"\n{len(scores)} kitchens x {days} days, {seeds} seeds, {reports} records")
    print(f"leads on {len(clean)} clean kitchens: {sum(len(score.leads) for score in clean)}")
    off_days = [key for score in scores if score.kitchen.trick for key in _honest_leads(score)]
    print(f"leads of cheating kitchens on days without a trick: {len(off_days)} {sorted(off_days)[:12]}")
    _windows("R1", [(score, day, span) for score in scores for day, one in enumerate(score.days) for span in one.r1])
    _windows("R3", [(score, day, span) for score in scores for day, one in enumerate(score.days) for span in one.r3])
    false = sum(false_r3(score, day) for score in scores for day in range(days))
    all_r3 = sum(len(score.windows("R3", day)) for score in scores for day in range(days))
    print(f"R3 windows told that are not above the limit in truth: {false} of {all_r3}")
    wrong = [sum(score.wrong_items.values()) / (days / 30) for score in scores]
    print(f"wrong maintenance items per kitchen and month: mean {sum(wrong) / len(wrong):.2f}, worst {max(wrong):.2f}")
    for score in scores:
        if score.kitchen.trick:
            print(_trick(score))
    print(f"fold: {micro:.1f} us a record; largest state {max(score.largest_state for score in scores)} bytes as JSON")


def _honest_leads(score: Score) -> list[tuple[str, str, str]]:
    tricked = {date_of(day) for day in score.kitchen.trick_days}
    true_r3 = {date_of(day) for day, one in enumerate(score.days) if one.r3}
    return [
        (score.kitchen.name, rule, day)
        for rule, day in score.leads
        if day not in tricked and not (rule == "R3" and day in true_r3)
    ]


def _windows(rule: str, spans: list[tuple[Score, int, truths.Span]]) -> None:
    find = found_r1 if rule == "R1" else found_r3
    hits = [(span.reported, find(score, day, span)) for score, day, span in spans]
    every, heard = [hit for _, hit in hits], [hit for reported, hit in hits if reported]
    print(
        f"{rule} windows found: {sum(every)} of {len(every)} ({_share(every)}); "
        f"of those that the sensor told: {sum(heard)} of {len(heard)} ({_share(heard)})"
    )


def _share(hits: list[bool]) -> str:
    return f"{sum(hits) / len(hits):.1%}" if hits else "none"


def _trick(score: Score) -> str:
    trick = score.kitchen.trick or ""
    days = sorted(day for day in score.kitchen.trick_days if day < len(score.days) and score.days[day].open)
    rule, item = truths.EXPECTED_RULE.get(trick), truths.EXPECTED_ITEM.get(trick)
    spells: list[list[int]] = []
    for day in sorted(score.kitchen.trick_days):
        if spells and day == spells[-1][-1] + 1:
            spells[-1].append(day)
        else:
            spells.append([day])
    text = f"  {trick:24s} {len(days)} days in {len(spells)} spells"
    if item is not None:
        text += f"; item {item} on {sum(day in score.item_days.get(item, ()) for day in days)} days"
    if rule is not None:
        led = {day for day in days if (rule, date_of(day)) in score.leads}
        text += f"; lead {rule} on {len(led)} days, in {sum(bool(led & set(spell)) for spell in spells)} spells"
        grades = Counter(facts.wording for (name, _), facts in score.leads.items() if name == rule)
        text += f" ({', '.join(grades)})" if grades else ""
    return text


if __name__ == "__main__":
    main()
