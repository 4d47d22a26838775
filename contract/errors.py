"""Every error type of Tantou in one tree; a message says where, what was found, what was expected, what to do.

TantouError
├── ContractError      bytes that are not what the contract says (codecs, topics, manifests)
├── ConfigError        a configuration file with mistakes: all of them, each with path and line
├── CaptureError       a camera or a file that gives no usable stream
├── ModelError         a card, weight or runtime that cannot be trusted or run
├── EvidenceError      evidence that cannot be made, kept or shown to be whole
├── StoreError         a database or blob store that refused
├── DeliveryError      a broker or an upload that refused
└── StateError         a change that the lead's transition table does not allow
    └── LeadRefused    the same with the code and the holder that the API tells
"""

from __future__ import annotations

from dataclasses import dataclass


class TantouError(Exception):
    """The root: whatever Tantou raises on purpose."""


class ContractError(TantouError):
    """Bytes or values that do not follow the contract; `reason` is fit for a reject's record."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a configuration: `path` as `camera[2].url`, `line` from 1 (None: the whole file)."""

    path: str
    line: int | None
    problem: str
    hint: str = ""

    def __str__(self) -> str:
        place = self.path if self.line is None else f"line {self.line}: {self.path}"
        return f"{place}: {self.problem}" + (f" ({self.hint})" if self.hint else "")


class ConfigError(TantouError):
    """A configuration with at least one mistake; all are listed at once."""

    def __init__(self, source: str, mistakes: tuple[Mistake, ...]) -> None:
        lines = "\n".join(f"  {mistake}" for mistake in mistakes)
        super().__init__(f"{source}: {len(mistakes)} mistake(s)\n{lines}")
        self.source = source
        self.mistakes = mistakes


class CaptureError(TantouError):
    """A source that cannot be opened or read; `state` is the camera state it leads to."""

    def __init__(self, state: str, detail: str) -> None:
        super().__init__(f"{state}: {detail}")
        self.state = state
        self.detail = detail


class ModelError(TantouError):
    """A model card, weight or runtime that is refused, with the reason."""


class EvidenceError(TantouError):
    """Evidence that cannot be made, kept or verified."""


class StoreError(TantouError):
    """A database or blob store that refused or does not hold what was asked."""


class DeliveryError(TantouError):
    """A broker or an upload that refused."""


class StateError(TantouError):
    """A change of a lead that its transition table does not allow from where it stands."""


class LeadRefused(StateError):  # noqa: N818 -- an answer to a person, not a failure
    """A change of a lead that was refused; `code` is the API's word for why, `holder` who holds it (None: nobody).

    Codes: not_found, wrong_state, claimed_by_other, not_holder, version_conflict, undo_over, same_person.
    """

    def __init__(self, code: str, message: str, *, holder: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.holder = holder
