"""One step under way: the state's parts while rules change them, and what they found; it ends with the step."""

from __future__ import annotations

from typing import Any

import msgspec

from contract.events import Phase
from contract.health import MaintenanceItem
from contract.identity import event_id
from contract.matters.cooking_fumes import RuleId
from contract.times import NS, ns_from_utc, utc_from_ns
from detectors.cooking_fumes.book import Book, Judged, Lead, added, opened
from detectors.cooking_fumes.calendar import DAY_NS
from detectors.cooking_fumes.config import Config
from detectors.cooking_fumes.outlet import Look, plume_near
from detectors.cooking_fumes.state import State
from detectors.cooking_fumes.stretch import Stretch
from detectors.cooking_fumes.telling import tell
from detectors.fold import Ask, Finding, HoldEvidence, LookSooner, Step, Zone

STREAK_DAYS = 14
CAMERA_RULES: tuple[RuleId, ...] = ("R1", "R3", "R9")


class Turn:
    """The step's working copy; `changed` holds the new parts of the state by their names."""

    def __init__(self, state: State, zone: Zone, config: Config, now_ns: int) -> None:
        self.state, self.zone, self.config, self.now_ns = state, zone, config, now_ns
        self.book = state.book
        self.yesterday = state.yesterday
        self.changed: dict[str, Any] = {}
        self.items = state.items
        self.findings: list[Finding] = []
        self.asks: list[Ask] = []

    def part(self, name: str) -> Any:
        """A part of the state as it stands in this step."""
        return self.changed[name] if name in self.changed else getattr(self.state, name)

    def done(self) -> Step[State]:
        """The step as the rules left it; a lead that changed more than once in it is told once."""
        parts = {**self.changed, "book": self.book, "yesterday": self.yesterday, "items": self.items}
        return Step(
            state=msgspec.structs.replace(self.state, **parts),
            findings=_once(self.findings),
            asks=tuple(self.asks),
            maintenance=None if self.items is self.state.items else self.items,
        )

    def book_of(self, at_ns: int) -> Book | None:
        """The open book of a moment: today's or yesterday's; None when it is closed."""
        for book in (self.book, self.yesterday):
            if book is not None and book.day.begin_ns <= at_ns < book.day.end_ns:
                return book
        return None

    def put(self, book: Book) -> None:
        """Keep a changed book in its place."""
        if self.book is not None and book.day.begin_ns == self.book.day.begin_ns:
            self.book = book
        elif self.yesterday is not None and book.day.begin_ns == self.yesterday.day.begin_ns:
            self.yesterday = book

    def has_pattern(self, rule: RuleId, date: str, days: int) -> tuple[str, ...]:
        """The days that make a pattern with this one; empty when there are too few."""
        before = tuple(day for day in self.streaks.get(rule, ()) if day != date)
        shown = (*before, date)
        return shown[-STREAK_DAYS:] if len(shown) >= days else ()

    @property
    def streaks(self) -> dict[str, tuple[str, ...]]:
        """The patterns as they stand."""
        kept: dict[str, tuple[str, ...]] = self.part("streaks")
        return kept

    def find(self, one: Judged) -> None:
        """A window that was judged: it opens the day's lead of its rule, or is added to it."""
        book = self.book_of(ns_from_utc(one.window.begin)) or self.book
        if book is None:
            return
        lead = book.lead(one.rule)
        if lead is None and one.is_weak:
            return  # a device whose frames do not hold may add to a lead, not open one
        if lead is None:
            phase: Phase = "opened"
            lead = opened(self._event_id(one, book), one)
            self._hold(lead)
        else:
            phase = "updated"
            lead = added(lead, one)
        book = book.with_lead(lead)
        self.put(book)
        self.findings.append(tell(lead, book, self.config, self.zone, phase=phase, looks=self.looks))

    def tell_again(self, book: Book, lead: Lead) -> None:
        """Tell a lead once more: something beside its windows has changed."""
        self.findings.append(tell(lead, book, self.config, self.zone, phase="updated", looks=self.looks))

    def close(self, book: Book) -> None:
        """The day's leads are complete."""
        for lead in book.leads:
            self.findings.append(tell(lead, book, self.config, self.zone, phase="closed", looks=self.looks))

    @property
    def looks(self) -> tuple[Look, ...]:
        """The outlet camera's last looks."""
        kept: tuple[Look, ...] = self.part("looks")
        return kept

    def saw_plume(self, stretch: Stretch) -> bool:
        """Whether the outlet camera saw a plume near this stretch."""
        return plume_near(self.looks, stretch.begin_ns, stretch.end_ns, self.config.outlet)

    def item(self, kind: str, since_ns: int, detail: str, **values: Any) -> None:
        """Open a maintenance item; one that is open already stays as it was told first."""
        if any(one.kind == kind for one in self.items):
            return
        opened_item = MaintenanceItem(kind=kind, since=utc_from_ns(since_ns), detail=detail, values=values)
        self.items = (*self.items, opened_item)

    def drop_item(self, kind: str) -> None:
        """Nothing is wrong with it any more."""
        if any(one.kind == kind for one in self.items):
            self.items = tuple(one for one in self.items if one.kind != kind)

    def _event_id(self, one: Judged, book: Book) -> str:
        return event_id(
            town=self.zone.town,
            device=self.zone.device,
            zone=self.zone.zone,
            matter=self.zone.matter,
            onset_ns=ns_from_utc(one.window.begin),
            place_key=f"{one.rule}:{book.day.date}",
        )

    def look_at_outlet(self) -> None:
        """The fan runs: looks at the outlet from time to time, as long as reports say so."""
        outlet = self.config.outlet
        if outlet is not None:
            until_ns = self.now_ns + round(self.config.purifier_off.gap_s * NS)
            self.asks.append(LookSooner(every_s=outlet.every_s, until_ns=until_ns))

    def _hold(self, lead: Lead) -> None:
        outlet = self.config.outlet
        if outlet is None or self.now_ns - lead.onset_ns > DAY_NS:
            return
        self.asks.append(
            HoldEvidence(event_id=lead.event_id, role="other", at_ns=self.now_ns, bbox_xyxy_px=outlet.bbox_xyxy_px)
        )


def _once(findings: list[Finding]) -> tuple[Finding, ...]:
    last: dict[str, Finding] = {}
    for finding in findings:
        before = last.get(finding.event_id)
        was_opened = before is not None and before.phase == "opened" and finding.phase == "updated"
        last[finding.event_id] = msgspec.structs.replace(finding, phase="opened") if was_opened else finding
    return tuple(last.values())
