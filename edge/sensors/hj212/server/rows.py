"""From judged outcomes to rows: what is kept of a frame, and the answer that is owed for it once it is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from contract.errors import ContractError
from edge.sensors.hj212.answers import answer_frame
from edge.sensors.hj212.decoder import Decoder, Fate, Outcome
from edge.sensors.hj212.dialects import FACTORY_MNS
from edge.sensors.hj212.framing import IDLE_S
from edge.sensors.hj212.message import Message
from edge.sensors.hj212.server.store import RawFrame, Reject
from edge.sensors.hj212.tolerances import LOST_PENALTY, in_order, penalty

FACTORY_MARK: Final = "factory-mn"  # a number that many devices leave the factory with is nobody's evidence
STRANGER_MARK: Final = "unbound-mn"  # kept and answered, but nobody said whose it is


def own_message(outcome: Outcome, keys: Mapping[str, bytes]) -> Message:
    """The message of this very frame. A merged outcome tells of the whole, with the request number of part 1; what is
    stored and answered is the part that came."""
    if outcome.message is None:
        raise ContractError(f"hj212 {outcome.verdict}: no message")
    if outcome.fate is not Fate.MERGED:
        return outcome.message
    alone = Decoder(keys=keys)
    pieces = [*alone.feed(outcome.raw, at_s=0.0), *alone.silence(at_s=IDLE_S)]
    return next((one.message for one in pieces if one.message is not None), outcome.message)


def frame_row(
    outcome: Outcome, own: Message, *, received_ns: int, peer: str, bound: frozenset[str] | None = None
) -> RawFrame:
    """What is kept of a genuine frame; `bound`: the numbers that belong to premises, None: all do."""
    header = own.header
    marks = list(outcome.quality)
    if header.mn in FACTORY_MNS:
        marks.append(FACTORY_MARK)
    if bound is not None and header.mn not in bound:
        marks.append(STRANGER_MARK)
    return RawFrame(
        segment_sha256=hashlib.sha256(own.data).digest(),
        mn=header.mn,
        cn=header.cn,
        st=header.st,
        qn=header.qn,
        part=f"{header.part[0]}/{header.part[1]}" if header.part else None,
        data_time=own.items.data_time_text,
        received_ns=received_ns,
        peer=peer,
        verdict=outcome.verdict,
        tolerances=",".join(tolerance.value for tolerance in in_order(outcome.slips)),
        marks=",".join(marks),
        penalty=penalty(outcome.slips),
        raw=outcome.raw,
    )


def reject_row(outcome: Outcome, *, received_ns: int, peer: str, mn: str | None) -> Reject:
    """What goes to quarantine: a lost frame, or the parts of a split message that was never completed."""
    owner = outcome.message.header.mn if outcome.message else mn
    lost = LOST_PENALTY if outcome.fate is Fate.LOST else 0
    return Reject(received_ns=received_ns, peer=peer, mn=owner, verdict=outcome.verdict, penalty=lost, raw=outcome.raw)


def answer_bytes(outcome: Outcome, own: Message) -> bytes | None:
    """The answer owed for a kept frame, in the check variant of its device; None: none is."""
    if outcome.answer is None:
        return None
    return answer_frame(own.header, outcome.answer, variant=own.variant)
