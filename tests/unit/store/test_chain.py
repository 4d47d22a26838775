"""A chain's hash covers every field and the hash before it."""

from __future__ import annotations

from store import chain

FIELDS = {"seq": 1, "who": "anna", "note": None}


def test_the_order_of_fields_does_not_matter_and_every_value_does() -> None:
    first = chain.link(chain.START, FIELDS)
    assert chain.link(chain.START, dict(reversed(FIELDS.items()))) == first
    others = [chain.link(chain.START, FIELDS | {name: "x"}) for name in FIELDS]
    assert len({first, *others, chain.link(first, FIELDS)}) == 5


def test_the_hash_is_sha256_over_the_previous_hash_a_newline_and_sorted_json() -> None:
    # fixed for ever: chains that are in databases must stay checkable
    expected = "1f7203e5"
    assert chain.link(chain.START, FIELDS)[:8] == expected
