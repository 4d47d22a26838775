"""What the rule was told, as a file of a package: the tape from before the onset, later on from the revision before."""

from __future__ import annotations

from contract.times import ns_from_utc
from edge.evidence.orders import Order
from edge.evidence.package import NewFile
from edge.evidence.tape import Tape


def observations_file(
    tape: Tape, order: Order, words: list[str], *, lead_in_ns: int, may_begin_late: bool = False
) -> NewFile:
    """The excerpt until now; `words` gets that its beginning is gone, unless it may be: what came before tells it."""
    before = order.previous.items if order.previous else ()
    told = [str(item.captured) for item in before if item.role == "observations" and item.captured is not None]
    from_ns = ns_from_utc(told[-1]) + 1 if told else order.onset_ns - lead_in_ns
    name = f"observations-{order.revision:04d}.jsonl" if told else "observations.jsonl"
    excerpt = tape.excerpt(from_ns)
    if not excerpt.is_whole and not may_begin_late:
        words.append(f"{name}: its beginning is not on the tape any more")
    return NewFile(
        path=name,
        role="observations",
        media_type="application/jsonl",
        source=excerpt.data,
        captured_ns=order.at_ns,
    )
