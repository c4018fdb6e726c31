"""When the two verifiers agree: both accept the same files, and refuse with the same grade."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import pytest

from tests.second_verifier import bridge
from tests.second_verifier.bridge import NODE, Outcome, Vector

needs_node = pytest.mark.skipif(not NODE, reason="node is not installed")

JUSTIFIED: Final = (
    # Budgets and pStar of signed objects: the second one reads them by their schema when it parses
    # the object, ours compares them with what the rule gives.
    ("claim", "statement", r"leaf\.frontier|predicate\.(?:thresholds|summary\.certified)"),
    # The same for the size in a container, which has to be the signed one.
    ("inclusion", "envelope", r"container\.inclusion\.size"),
)
"""(ours, theirs, what they say): where what is refused is the same and another step sees it."""


def assert_same(vectors: Iterable[Vector]) -> dict[str, int]:
    """Check that both say the same of every vector; return how many had each of our grades."""
    listed = list(vectors)
    counts: dict[str, int] = {}
    for vector, second in zip(listed, bridge.theirs(listed), strict=True):
        first = bridge.ours(vector)
        assert same(first, second), (first, second, vector)
        counts[first.grade] = counts.get(first.grade, 0) + 1
    return counts


def same(first: Outcome, second: Outcome) -> bool:
    """Return whether our outcome and the second one are the same, or differ as justified above."""
    if first.grade == "success" or second.grade == "success":
        # A beacon is outside the second verifier: for it, such draws are self-derived.
        kind = "self-derived" if first.kind == "drand" else first.kind
        return first.grade == second.grade and second.kind in {first.kind, kind}
    return first.grade == second.grade or any(
        (first.grade, second.grade) == (ours, theirs) and re.match(where, second.reason)
        for ours, theirs, where in JUSTIFIED
    )
