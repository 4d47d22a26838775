"""The fold: look by look, candidates are followed at each preset, held with a reason, confirmed, and told as fires."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import msgspec

from contract.events import EvidenceRole
from contract.health import MaintenanceItem
from contract.matters.straw_burning import SequenceCheck
from contract.observations import Observation, Seen
from contract.times import NS
from detectors.fold import Ask, DropEvidence, Finding, FullDecode, HoldEvidence, LookSooner, Step, Zone, ZoomIn
from detectors.straw_burning import fires as burning
from detectors.straw_burning.answers import Case, answer, called_lately
from detectors.straw_burning.checking import Checks, all_checks
from detectors.straw_burning.config import Config
from detectors.straw_burning.following import born, follow
from detectors.straw_burning.keeping import KEPT_BEFORE, KEPT_MOST, is_worth_keeping, with_kept
from detectors.straw_burning.kin import joins, shows, told_by
from detectors.straw_burning.looks import Candidate, Look, look_at, pixels, revisited
from detectors.straw_burning.memory import (
    FIRES_MOST,
    PRESETS_MOST,
    TRACKS_MOST,
    Box,
    State,
    Track,
    counted,
    seconds,
    with_doubt,
    with_hold,
)
from detectors.straw_burning.runs import SPACED_S, Run, is_insect, run_of
from detectors.straw_burning.staring import (
    CYCLE_S,
    is_shared,
    is_worth_a_stare,
    may_begin,
    spent,
    stared_at,
    stared_longer,
    stays_until_ns,
)
from detectors.straw_burning.telling import tell
from detectors.straw_burning.upkeep import upkeep
from detectors.straw_burning.usual import is_beyond_usual, remembered
from detectors.straw_burning.verdict import goes_on_growing, speaks_for_smoke, vapour_doubt

RULE_VERSION = "straw_burning/4"
LOOK_AT_LEAST_EVERY_S = 600.0
FROZEN_S = 5.0
VISIT_MOST_S = 60.0  # a camera that never moves visits once a minute
LOST_LOOKS = 3
LOST_S = 8.0
DECODE_S = 20.0


def initial_state() -> State:
    """Nothing seen yet."""
    return State()


def step(state: State, seen: Seen, zone: Zone, config: Config) -> Step[State]:
    """One look at one preset. A look that is not later than the one before, or of no preset, changes nothing."""
    if not isinstance(seen, Observation) or seen.preset is None:
        return Step(state=state)
    if state.last_at_ns is not None and seen.at_ns <= state.last_at_ns:
        return Step(state=state)
    if seen.picture is not None and seen.picture.repeated_s >= FROZEN_S:
        return Step(state=msgspec.structs.replace(state, counts=counted(state.counts, "frozen_picture")))
    return _Judge(state, look_at(seen, config), zone).judge()


class _Judge:
    """One look: what it shows goes to fires first, then to candidates, then makes new ones."""

    def __init__(self, state: State, look: Look, zone: Zone) -> None:
        self.look, self.zone, self.config = look, zone, look.config
        self.before = next((one for one in state.presets if one.preset == look.preset), None)
        self.others = tuple(one for one in state.presets if one.preset != look.preset)
        self.preset = revisited(self.before, look, visit_gap_s=SPACED_S, visit_most_s=VISIT_MOST_S)
        self.state = state
        self.can_stare = state.can_stare
        self.fires = list(state.fires)
        self.stares_ns = tuple(at for at in state.stares_ns if seconds(look.at_ns - at) < CYCLE_S)
        self.counts = counted(state.counts, "masked", look.masked) if look.masked else state.counts
        self.findings: list[Finding] = []
        self.asks: list[Ask] = []

    @cached_property
    def elsewhere(self) -> list[tuple[str, Box]]:
        """What called lately in the other presets."""
        return called_lately(self.others, self.look.at_ns)

    def judge(self) -> Step[State]:
        """The state after the look, and what follows."""
        if not self.look.shows_preset:
            self.counts = counted(self.counts, "wrong_view")
            return self._step()
        left = self._see_fires(self.look.candidates)
        tracks, left = follow(self.preset.tracks, left, self.look.at_ns)
        tracks += self._newcomers(left)
        self.preset = remembered(self.preset, self.look)
        kept = [followed for track in tracks if (followed := self._decide(track)) is not None]
        if len(kept) > TRACKS_MOST:
            kept = self._crowded(kept)
        self.preset = msgspec.structs.replace(self.preset, tracks=tuple(kept))
        self._go_on()
        return self._step()

    def _step(self) -> Step[State]:
        self._end_fires()
        presets = (*self.others, self.preset)[-PRESETS_MOST:]
        after = State(
            presets=presets,
            fires=tuple(self.fires),
            last_at_ns=self.look.at_ns,
            stares_ns=self.stares_ns,
            counts=self.counts,
            open_items=self.state.open_items,
            can_stare=self.can_stare,
        )
        items = upkeep(after, self.look)
        return Step(
            state=msgspec.structs.replace(after, open_items=tuple(f"{one.kind} {one.detail}" for one in items)),
            findings=tuple(self.findings),
            asks=tuple(self.asks),
            maintenance=self._changed(items),
        )

    def _changed(self, items: tuple[MaintenanceItem, ...]) -> tuple[MaintenanceItem, ...] | None:
        return None if tuple(f"{one.kind} {one.detail}" for one in items) == self.state.open_items else items

    def _see_fires(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Fires of this preset take what shows them; what is left is returned."""
        left = list(candidates)
        for index, fire in enumerate(self.fires):
            if fire.track.preset != self.look.preset:
                continue
            own = [one for one in left if shows(fire, one)]
            left = [one for one in left if one not in own]
            was = fire.state
            seen = burning.seen_again(fire, own, self.look)
            is_new = self.before is None or self.preset.visits > self.before.visits
            after = burning.after_look(seen, self.preset, self.look, is_new_visit=is_new)
            if after.track.missed == 0:
                after = msgspec.structs.replace(after, track=self._keep(after.track, most=KEPT_MOST))
            elif after.state == "out" != was:
                self._hold(after.track, "departure")
            self.fires[index] = after
            self._tell_on(index, was)
        return left

    def _tell_on(self, index: int, was: str) -> None:
        fire = self.fires[index]
        due = seconds(self.look.at_ns - fire.told_ns) >= self.config.update_every_s and fire.track.missed == 0
        if fire.state == was and not due:
            return
        fire = self.fires[index] = msgspec.structs.replace(fire, told_ns=self.look.at_ns)
        self.findings.append(tell(fire, self.look, self.zone, phase="updated", checks=self._checks_of(fire.track)))

    def _checks_of(self, track: Track) -> tuple[SequenceCheck, ...]:
        run = run_of(track)
        count = sum(one.preset == self.look.preset for one in self.config.known_places)
        known = SequenceCheck(
            id="known_places",
            outcome="passed",
            required="in none of the known places",
            found=f"{count} here",
            said="places",
            values={"places": count},
        )
        return (*all_checks(run, self.preset, self.look), known)

    def _newcomers(self, candidates: Sequence[Candidate]) -> list[Track]:
        new = [born(one, self.look, self.preset, self.zone) for one in candidates if one.glimpse.is_detected]
        self.counts = counted(self.counts, "candidates", len(new)) if new else self.counts
        return new

    def _decide(self, track: Track) -> Track | None:
        """The track judged at this look: lost, held, confirmed (then it is a fire and no track), or watched on."""
        at_ns = self.look.at_ns
        if track.missed >= LOST_LOOKS and seconds(at_ns - track.last_seen_ns) >= LOST_S:
            self._lose(track)
            return None
        if track.missed:
            return track
        told = told_by(track, self.fires)
        if told is not None:
            self.fires[self.fires.index(told)] = burning.burns_on(told)
            return track
        run = run_of(track)
        if run.is_dense:
            self.can_stare = True
            track = msgspec.structs.replace(track, was_watched=True)
        checks = Checks(run, self.preset, self.look)
        case = Case(run, checks, self.preset, self.elsewhere, self.look)
        held = answer(case)
        if held is not None:
            if held[0] != track.hold:
                self.counts = counted(self.counts, f"held_{held[0]}")
            track = with_hold(track, held[0], held[1], at_ns)
            return self._stare(track) if held[0] == "not_above_usual" and is_beyond_usual(track, self.preset) else track
        doubt = None
        if speaks_for_smoke(run, checks):
            doubt = vapour_doubt(run, checks, self.preset, can_stare=self.can_stare)
            if doubt is None:
                self._confirm(with_hold(track, None, "", at_ns))
                return None
        track = with_hold(track, None, "", at_ns) if doubt is None else self._doubted(track, run, doubt)
        return self._keep(self._stare(track), most=KEPT_BEFORE)

    def _doubted(self, track: Track, run: Run, reason: str) -> Track:
        """Smoke that may be vapour: it waits, and a stare that shows it goes on until time can tell."""
        if track.doubt is None:
            self.counts = counted(self.counts, "held_vapour")
        longer = stared_longer(track, self.look.at_ns, still_grows=goes_on_growing(run))
        if longer is not track:
            self._stay(longer.stare_until_ns)
        return with_doubt(longer, "vapour", reason, self.look.at_ns)

    def _hold(self, track: Track, role: EvidenceRole) -> None:
        box = pixels(track.box, self.look)
        self.asks.append(HoldEvidence(event_id=track.event_id, role=role, at_ns=self.look.at_ns, bbox_xyxy_px=box))

    def _keep(self, track: Track, *, most: int) -> Track:
        """The pictures of a sequence: of what was stared at, and of fires."""
        if not is_worth_keeping(track, self.look.at_ns, most=most):
            return track
        self._hold(track, "look")
        return with_kept(track, self.look.at_ns)

    def _lose(self, track: Track) -> None:
        kind = track.hold or track.doubt or ("insect" if is_insect(track) else "gone")
        self.counts = counted(self.counts, f"dropped_{kind}")
        if track.is_held:
            self.asks.append(DropEvidence(event_id=track.event_id))

    def _stare(self, track: Track) -> Track:
        """Stay and look closely at a candidate that stands out, within what a patrol cycle allows."""
        at_ns = self.look.at_ns
        now = self.preset, self.stares_ns, at_ns, self.config
        is_free = is_shared(*now)
        if not (is_free or may_begin(track, *now)) or not is_worth_a_stare(track, at_ns):
            return track
        track = stared_at(track, at_ns, self.config)
        self.stares_ns = self.stares_ns if is_free else (*self.stares_ns, at_ns)
        self.counts = counted(self.counts, "stares")
        self._stay(track.stare_until_ns)
        if self.look.is_night:
            self.asks.append(FullDecode(until_ns=min(track.stare_until_ns, at_ns + round(DECODE_S * NS))))
        if not track.is_held:
            self._hold(track, "first_still")
            track = with_kept(track, at_ns)
        return track

    def _stay(self, until_ns: int) -> None:
        if until_ns > self.preset.stays_until_ns:
            self.asks.append(LookSooner(every_s=self.config.stare_every_s, until_ns=until_ns))
            self.preset = msgspec.structs.replace(self.preset, stays_until_ns=until_ns)

    def _go_on(self) -> None:
        """What was stared at is answered: the head need not wait for the end of the stare."""
        if self.preset.stays_until_ns > self.look.at_ns >= stays_until_ns(self.preset):
            self.asks.append(LookSooner(every_s=self.config.stare_every_s, until_ns=self.look.at_ns))
            self.preset = msgspec.structs.replace(self.preset, stays_until_ns=0)
            self.stares_ns = spent(self.stares_ns, self.look.at_ns)

    def _confirm(self, track: Track) -> None:
        """A new event, unless it is an open fire: seen from another preset, or a part of its smoke."""
        for index, fire in enumerate(self.fires):
            if joins(fire, track):
                self.fires[index] = burning.merged(fire, track, self.look.at_ns)
                if fire.track.preset == track.preset:
                    self._tell_on(index, fire.state)
                self.counts = counted(self.counts, "merged")
                if track.is_held:
                    self.asks.append(DropEvidence(event_id=track.event_id))
                return
        if len(self.fires) >= FIRES_MOST:
            self.counts = counted(self.counts, "crowded_out")
            return
        if not track.is_held:
            self._hold(track, "first_still")
        track = with_kept(track, self.look.at_ns)  # the order for the event shows this look
        fire = burning.standing(burning.kindle(track, self.look), self.look)
        self.fires.append(fire)
        self.counts = counted(self.counts, "fires")
        self.findings.append(tell(fire, self.look, self.zone, phase="opened", checks=self._checks_of(track)))
        self.asks.append(ZoomIn(event_id=track.event_id, bbox_xyxy_px=pixels(track.box, self.look)))

    def _end_fires(self) -> None:
        """Fires that have been out for long enough close."""
        for fire in tuple(self.fires):
            if burning.is_over(fire, self.look.at_ns, self.config.reopen_s):
                self.fires.remove(fire)
                checks = self._checks_of(fire.track)
                self.findings.append(tell(fire, self.look, self.zone, phase="closed", checks=checks))

    def _crowded(self, tracks: list[Track]) -> list[Track]:
        """What nothing speaks against, then what was stared at, the surest first; others are dropped and counted."""
        ordered = sorted(
            tracks,
            key=lambda one: (one.hold is not None, one.stares == 0, -max(look.surety for look in one.glimpses)),
        )
        for track in ordered[TRACKS_MOST:]:
            self.counts = counted(self.counts, "dropped_crowded")
            if track.is_held:
                self.asks.append(DropEvidence(event_id=track.event_id))
        return ordered[:TRACKS_MOST]
