"""The book of one business day: what was measured in its hours, and the leads that it has, one a rule."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from contract.matters.cooking_fumes import MAX_WINDOWS, LeadKind, RuleId, Window
from contract.times import ns_from_utc
from detectors.cooking_fumes.calendar import Day
from detectors.cooking_fumes.stretch import NO_SAMPLES, Stretch, Sum

KINDS: dict[RuleId, LeadKind] = {
    "R1": "purifier_off",
    "R2": "linkage_low",
    "R3": "above_warning_limit",
    "R4": "value_frozen",
    "R5": "value_too_low",
    "R6": "offline_at_meals",
    "R9": "state_contradicted",
    "A1": "purifier_current_constant",
    "A2": "diluted",
    "A3": "series_repeated",
}


class Judged(Struct, frozen=True, kw_only=True):
    """A window that a rule judged and found; `pattern_days` for what is only found over days."""

    rule: RuleId
    window: Window
    fan_bits: int
    purifier_bits: int
    worst_skew_ns: int
    is_weak: bool
    pattern_days: tuple[str, ...] = ()


class Lead(Struct, frozen=True, kw_only=True):
    """A lead as last told, with what its grade needs."""

    rule: RuleId
    event_id: str
    onset_ns: int
    windows: tuple[Window, ...]
    windows_not_kept: int = 0
    pattern_days: tuple[str, ...] = ()
    fan_bits: int = 3
    purifier_bits: int = 3
    worst_skew_ns: int = 0


class Meal(Struct, frozen=True, kw_only=True):
    """One business period: the samples with the fan on, how long the fan ran, how much of it nobody heard."""

    running: Stretch | None = None
    fan_ns: int = 0
    silent_ns: int = 0


class Book(Struct, frozen=True, kw_only=True):
    """What one day came to.

    `fan_ns`, `purifier_ns`: in hours, with both known; `fan_all_ns`: at any hour. `running_a`: the purifier's current
    in A while it ran. `meals_over` periods are past, of `judged_meals` the fume was low in `low_meals` (R5). `found`:
    rules whose pattern showed today; `above`: R3 windows that make no lead yet; `silent_ns`: silence outside the hours.
    """

    day: Day
    meals: tuple[Meal, ...]
    leads: tuple[Lead, ...] = ()
    fan_ns: int = 0
    purifier_ns: int = 0
    fan_all_ns: int = 0
    running_a: Sum = NO_SAMPLES
    low_meals: int = 0
    judged_meals: int = 0
    meals_over: int = 0
    marks: tuple[tuple[str, int], ...] = ()
    above: tuple[Judged, ...] = ()
    found: tuple[RuleId, ...] = ()
    silent_ns: int = 0
    heard_from_ns: int = 0

    @property
    def linkage(self) -> float | None:
        """Purifier time with the fan on / fan time (联动比) of the day so far; None without fan time."""
        return self.purifier_ns / self.fan_ns if self.fan_ns else None

    @property
    def gap_ns(self) -> int:
        """Silence in the business hours."""
        return sum(meal.silent_ns for meal in self.meals)

    def lead(self, rule: RuleId) -> Lead | None:
        """The day's lead of a rule."""
        return next((lead for lead in self.leads if lead.rule == rule), None)

    def with_lead(self, lead: Lead) -> Book:
        """The book with this lead in the place of the one before it."""
        others = tuple(one for one in self.leads if one.rule != lead.rule)
        return msgspec.structs.replace(self, leads=(*others, lead))


def new_book(day: Day, *, heard_from_ns: int) -> Book:
    """The empty book of a day; nothing was listened to before `heard_from_ns`."""
    return Book(day=day, meals=(Meal(),) * len(day.meals), heard_from_ns=max(day.begin_ns, heard_from_ns))


def judged(rule: RuleId, window: Window, stretch: Stretch, pattern_days: tuple[str, ...] = ()) -> Judged:
    """A window of a rule with what the grade needs of the stretch behind it."""
    return Judged(
        rule=rule,
        window=window,
        fan_bits=stretch.fan_bits,
        purifier_bits=stretch.purifier_bits,
        worst_skew_ns=stretch.worst_skew_ns,
        is_weak=stretch.is_weak,
        pattern_days=pattern_days,
    )


def opened(event_id: str, first: Judged) -> Lead:
    """A new lead with its first window."""
    blank = Lead(rule=first.rule, event_id=event_id, onset_ns=ns_from_utc(first.window.begin), windows=())
    return added(blank, first)


def added(lead: Lead, more: Judged) -> Lead:
    """The lead with one more window; one that grew (same begin, factor and contradiction) takes its own place."""
    windows = tuple(one for one in lead.windows if not _is_same(one, more.window))
    room = len(windows) < MAX_WINDOWS
    skew_ns = max(lead.worst_skew_ns, more.worst_skew_ns, key=abs)
    return msgspec.structs.replace(
        lead,
        windows=tuple(sorted((*windows, more.window), key=_order)) if room else windows,
        windows_not_kept=lead.windows_not_kept + (not room),
        pattern_days=more.pattern_days or lead.pattern_days,
        fan_bits=lead.fan_bits & more.fan_bits,
        purifier_bits=lead.purifier_bits & more.purifier_bits,
        worst_skew_ns=skew_ns,
    )


def _is_same(one: Window, other: Window) -> bool:
    return (one.begin, one.factor, one.contradicts) == (other.begin, other.factor, other.contradicts)


def _order(one: Window) -> tuple[str, str, str]:
    return (one.begin, one.factor or "", one.contradicts or "")
