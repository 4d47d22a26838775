"""The patrol as a fold: told what the head and the picture say, it decides what is watched and where to go.

going -> settling -> verifying -> looking -> (zooming -> settling -> zoomed ->) going ...; `paused` while a person moves
the head, `failed` while it does not answer. Only `looking` watches: all other time is counted, by why.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from contract.times import NS
from edge.patrol.plan import (
    Closer,
    GoTo,
    HeadFailed,
    HeadSeen,
    Learn,
    Looked,
    MoveTo,
    Order,
    Plan,
    Pose,
    Registered,
    Stay,
    Stop,
    Told,
)

Phase = Literal["going", "settling", "verifying", "looking", "zooming", "zoomed", "paused", "failed"]
TRIES_MOST = 3  # the preset, the preset again, the pose at which its reference was taken
MOVE_LEAST_S = 0.3  # a head says that it stands still until it begins to move


class Trouble(Struct, frozen=True, kw_only=True):
    """What keeps a preset, or the whole camera, from being watched."""

    kind: str
    detail: str
    since_ns: int


class State(Struct, frozen=True, kw_only=True):
    """The patrol now; `pose` is where the head stood when it arrived, `index` counts the plan's stops.

    `by_pose`: presets that the camera recalls wrongly, reached by the pose at which their reference was taken.
    `taken`: presets at which it last stood elsewhere, as a person leaves it who moved it on its way.
    """

    phase: Phase = "failed"
    index: int = 0
    since_ns: int = 0
    last_ns: int = 0
    pose: Pose | None = None
    tries: int = 0
    handed_ns: int = 0
    judged_ns: int = 0
    stay_until_ns: int = 0
    every_s: float | None = None
    closer: Closer | None = None
    trouble: Trouble | None = None
    wrong_views: tuple[tuple[str, Trouble], ...] = ()
    by_pose: tuple[tuple[str, Pose], ...] = ()
    taken: tuple[str, ...] = ()
    cycle_ns: int = 0
    last_cycle_s: float | None = None
    counts: tuple[tuple[str, int], ...] = ()
    unwatched_ns: tuple[tuple[str, int], ...] = ()


Step = tuple[State, tuple[Order, ...]]


def step(state: State, told: Told, plan: Plan) -> Step:
    """The patrol after what was told, and what is to be done now."""
    state = _passed(state, told.at_ns)
    if isinstance(told, HeadFailed):
        return _refused(state, told, plan) if told.preset else (_failed(state, told), ())
    if isinstance(told, HeadSeen):
        return _head(_slowness(state, told, plan), told, plan)
    if isinstance(told, Registered):
        return _registered(state, told, plan) if state.phase == "verifying" else (state, ())
    if isinstance(told, Stay):
        return _stay(state, told) if state.phase == "looking" else state, ()
    if isinstance(told, Closer):
        return (replace(state, closer=told) if state.phase == "looking" else state), ()
    if isinstance(told, Looked):
        handed_ns = max(state.handed_ns, told.at_ns)
        if state.phase == "zoomed":
            return _go(_counted(state, "zooms"), state.last_ns, plan)
        judged_ns = max(state.judged_ns, told.at_ns) if told.is_judged else state.judged_ns
        return replace(state, handed_ns=handed_ns, judged_ns=judged_ns), ()
    return _ticked(state, told.at_ns, plan)


def _stay(state: State, told: Stay) -> State:
    """A later end wins; one that is no longer to come says that enough was seen."""
    if told.until_ns <= told.at_ns:
        return _counted(replace(state, stay_until_ns=min(state.stay_until_ns, told.at_ns)), "stares_ended")
    until_ns = max(state.stay_until_ns, told.until_ns)
    return _counted(replace(state, stay_until_ns=until_ns, every_s=told.every_s), "stares")


def stop_of(state: State, plan: Plan) -> Stop:
    """Where the patrol is or is going."""
    return plan.stops[state.index % len(plan.stops)]


def _passed(state: State, at_ns: int) -> State:
    """Time in which nothing was watched, by why: coverage that was lost, not the turns of the patrol itself."""
    spent_ns = max(0, at_ns - state.last_ns) if state.last_ns else 0
    state = replace(state, last_ns=max(at_ns, state.last_ns))
    if state.phase not in ("paused", "failed"):
        return state
    sums = dict(state.unwatched_ns)
    sums[state.phase] = sums.get(state.phase, 0) + spent_ns
    return replace(state, unwatched_ns=tuple(sorted(sums.items())))


def _failed(state: State, told: HeadFailed) -> State:
    is_same = state.trouble is not None and state.trouble.kind == told.kind
    since_ns = state.trouble.since_ns if is_same and state.trouble is not None else told.at_ns
    trouble = Trouble(kind=told.kind, detail=told.detail, since_ns=since_ns)
    state = replace(state, trouble=trouble, phase="failed", since_ns=told.at_ns, closer=None, stay_until_ns=0)
    return state if is_same else _counted(state, f"head_{told.kind}")


def _refused(state: State, told: HeadFailed, plan: Plan) -> Step:
    """One preset to which the head does not go: the others are watched."""
    state = _counted(_wrong(state, told.preset, told.detail, told.at_ns), "presets_refused")
    if {stop.preset for stop in plan.stops} <= dict(state.wrong_views).keys():
        return replace(_failed(state, told), index=(state.index + 1) % len(plan.stops)), ()
    return _go(state, told.at_ns, plan, ahead=True)


def _slowness(state: State, told: HeadSeen, plan: Plan) -> State:
    if told.took_s <= plan.slow_s:
        return replace(state, trouble=None)
    if state.trouble is not None and state.trouble.kind == "slow":
        return state
    slow = Trouble(kind="slow", detail=f"the head took {told.took_s:.1f} s to answer", since_ns=told.at_ns)
    return _counted(replace(state, trouble=slow), "head_slow")


def _head(state: State, told: HeadSeen, plan: Plan) -> Step:
    if state.phase == "failed":
        return _go(state, told.at_ns, plan)
    is_elsewhere = bool(state.pose and told.pose and not state.pose.is_near(told.pose, plan.pose_within))
    if state.phase == "paused":
        since_ns = told.at_ns if told.is_moving or is_elsewhere else state.since_ns
        state = replace(state, since_ns=since_ns, pose=told.pose)
        return _ticked(state, told.at_ns, plan)
    if state.phase in ("going", "zooming"):
        return _under_way(state, told, plan, is_elsewhere=is_elsewhere)
    if told.is_moving or is_elsewhere:
        if state.phase == "settling" and state.tries < TRIES_MOST:
            return replace(state, phase="zooming" if state.closer else "going", pose=told.pose), ()
        return _taken(state, told.at_ns, told.pose)
    return _ticked(state, told.at_ns, plan)


def _taken(state: State, at_ns: int, pose: Pose | None) -> Step:
    """A person has the head; the patrol waits until it was left alone for a while."""
    paused = replace(state, phase="paused", since_ns=at_ns, pose=pose, closer=None, stay_until_ns=0, every_s=None)
    return _counted(paused, "operator_took_over"), ()


def _under_way(state: State, told: HeadSeen, plan: Plan, *, is_elsewhere: bool) -> Step:
    """Arrived: the head says so, or was twice at the same place."""
    spent_s = (told.at_ns - state.since_ns) / NS
    stands = not is_elsewhere and state.pose is not None
    has_arrived = stands if told.is_moving is None else not told.is_moving and (stands or told.pose is None)
    if has_arrived and spent_s >= MOVE_LEAST_S:
        return replace(state, phase="settling", since_ns=told.at_ns, pose=told.pose), ()
    if spent_s > plan.move_limit_s:
        # It moves and moves: somebody else has it.
        return _taken(state, told.at_ns, told.pose)
    return replace(state, pose=told.pose), ()


def _ticked(state: State, at_ns: int, plan: Plan) -> Step:
    spent_s = (at_ns - state.since_ns) / NS
    if state.phase == "settling" and spent_s >= plan.settle_s:
        if state.closer and state.pose and not state.pose.is_near(state.closer.pose, plan.close_within):
            # Some heads take the order and stay: the wide picture would be told as a close one.
            return _go(_counted(state, "close_views_not_reached"), at_ns, plan)
        phase: Phase = "zoomed" if state.closer else "verifying"
        return replace(state, phase=phase, since_ns=at_ns), ()
    if state.phase in ("verifying", "zoomed") and spent_s > plan.picture_limit_s:
        return _go(_counted(state, "no_picture"), at_ns, plan, ahead=state.phase == "verifying")
    if state.phase == "paused" and spent_s >= plan.idle_s:
        return _go(_counted(state, "resumed"), at_ns, plan)
    if state.phase == "looking":
        return _leave(state, at_ns, plan)
    return state, ()


def _leave(state: State, at_ns: int, plan: Plan) -> Step:
    """On to a close view or the next stop, once this one was watched long enough."""
    is_over = at_ns - state.since_ns >= round(stop_of(state, plan).dwell_s * NS)
    # Not before the last look was judged: what it asks for must find the head still here.
    has_looked = state.judged_ns >= state.handed_ns >= state.since_ns
    is_late = at_ns - max(state.since_ns, state.stay_until_ns) > round(plan.picture_limit_s * NS)
    if not (is_over and (has_looked or is_late) and at_ns >= state.stay_until_ns):
        return state, ()
    if state.closer is not None:
        zooming = replace(state, phase="zooming", since_ns=at_ns, pose=None, every_s=None, tries=0)
        return zooming, (MoveTo(pose=state.closer.pose),)
    return _go(state, at_ns, plan, ahead=True)


def _registered(state: State, told: Registered, plan: Plan) -> Step:
    stop = stop_of(state, plan)
    if told.quality is None:
        looking, orders = _look(state, told.at_ns)
        return _counted(looking, "references_learnt"), (*orders, Learn(preset=stop.preset))
    is_off = max(abs(told.shift[0]), abs(told.shift[1])) > plan.shift_most
    if told.quality >= plan.quality_least and not is_off:
        if state.tries == TRIES_MOST - 1 and told.pose is not None:
            others = tuple(one for one in state.by_pose if one[0] != stop.preset)
            state = _counted(replace(state, by_pose=(*others, (stop.preset, told.pose))), "presets_off")
        return _look(_without(state, stop.preset), told.at_ns)
    if told.quality < plan.quality_least and told.contrast < plan.contrast_least and _is_there(state, told, plan):
        # Fog or night: the picture says nothing, the head says that it is there.
        return _look(_counted(state, "verified_by_pose"), told.at_ns)
    if _may_be_taken(state, told, stop, plan):
        return _taken(replace(state, taken=(*state.taken, stop.preset)), told.at_ns, state.pose)
    if state.tries + 1 < TRIES_MOST:
        state = _counted(replace(state, tries=state.tries + 1), "views_corrected")
        if state.tries == 1 or told.pose is None:
            return _go(state, told.at_ns, plan)
        again = replace(state, phase="going", since_ns=told.at_ns, pose=None)
        return again, (MoveTo(pose=told.pose),)
    offset = f"{told.shift[0]:+.1%}, {told.shift[1]:+.1%} of the width off" if is_off else "another picture"
    state = _wrong(state, stop.preset, f"{offset}, quality {told.quality:.2f}", told.at_ns)
    return _go(_counted(state, "wrong_views"), told.at_ns, plan, ahead=True)


def _may_be_taken(state: State, told: Registered, stop: Stop, plan: Plan) -> bool:
    """Whether the head stands elsewhere and a person may have left it there on its way.

    Where it was found elsewhere the last time, too, it is the camera that recalls the preset wrongly.
    """
    if state.pose is None or told.pose is None or state.tries + 1 >= TRIES_MOST or stop.preset in state.taken:
        return False
    return not _is_there(state, told, plan)


def _is_there(state: State, told: Registered, plan: Plan) -> bool:
    return bool(state.pose and told.pose and state.pose.is_near(told.pose, plan.pose_within))


def _look(state: State, at_ns: int) -> Step:
    return replace(state, phase="looking", since_ns=at_ns, stay_until_ns=0, every_s=None, closer=None), ()


def _go(state: State, at_ns: int, plan: Plan, *, ahead: bool = False) -> Step:
    """To the next stop, or to this one again."""
    if ahead:
        state = replace(state, index=(state.index + 1) % len(plan.stops), tries=0)
        if state.index == 0:
            lasted_s = (at_ns - state.cycle_ns) / NS if state.cycle_ns else None
            state = _counted(replace(state, cycle_ns=at_ns, last_cycle_s=lasted_s), "cycles")
    going = replace(state, phase="going", since_ns=at_ns, pose=None, closer=None, stay_until_ns=0, every_s=None)
    stop = stop_of(going, plan)
    pose = dict(going.by_pose).get(stop.preset) if not going.tries else None
    return going, (GoTo(token=stop.token) if pose is None else MoveTo(pose=pose),)


def _wrong(state: State, preset: str, detail: str, at_ns: int) -> State:
    known = dict(state.wrong_views)
    wrong = Trouble(kind="wrong_view", detail=f"preset {preset}: {detail}", since_ns=at_ns)
    return replace(state, wrong_views=tuple(sorted({**known, preset: known.get(preset, wrong)}.items())))


def _without(state: State, preset: str) -> State:
    """Without what was wrong with a preset whose picture is right now."""
    wrong_views = tuple(one for one in state.wrong_views if one[0] != preset)
    return replace(state, wrong_views=wrong_views, taken=tuple(one for one in state.taken if one != preset))


def _counted(state: State, name: str) -> State:
    counts = dict(state.counts)
    return replace(state, counts=tuple(sorted({**counts, name: counts.get(name, 0) + 1}.items())))
