"""A camera whose clock is far from UTC: somebody must set it. A nearer one only lowers the grade."""

from __future__ import annotations

from contract.events import Clock
from contract.health import MaintenanceItem
from contract.times import utc_from_ns

TO_BE_SET_S = 5.0


class ClockCare:
    """Remembers since when one camera's clock has been off by more than TO_BE_SET_S."""

    def __init__(self) -> None:
        self._since_ns: int | None = None

    def items(self, clock: Clock | None, now_ns: int) -> tuple[MaintenanceItem, ...]:
        """The maintenance item, if there is one; an unknown offset calls for nobody."""
        if clock is None or clock.offset_s is None or abs(clock.offset_s) <= TO_BE_SET_S:
            self._since_ns = None
            return ()
        self._since_ns = now_ns if self._since_ns is None else self._since_ns
        return (
            MaintenanceItem(
                kind="clock_off",
                since=utc_from_ns(self._since_ns),
                detail=f"camera - UTC = {clock.offset_s:+.1f} s ({clock.source}): set the camera's clock",
                values={"offset_s": clock.offset_s, "uncertainty_s": clock.uncertainty_s},
            ),
        )
