"""The plurality's margin, and the rows that hold its counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import ClaimError
from auditor.guarantee.vote.plurality import Tallies, encode_row, margin, plurality

votes = st.lists(st.integers(0, 6), min_size=2, max_size=5)


@given(votes, st.integers(0, 3))
def test_the_label_is_the_only_class_with_a_margin(counts: list[int], abstained: int) -> None:
    ahead = [k for k in range(len(counts)) if margin(counts, abstained, k) >= 0]
    found = plurality(counts, abstained)
    assert ahead == ([] if found is None else [found])


@given(votes)
def test_without_abstentions_it_is_most_votes_and_the_smallest_index(counts: list[int]) -> None:
    assert plurality(counts, 0) == counts.index(max(counts))


@given(votes, st.integers(0, 3), st.data())
def test_one_voter_moves_a_margin_by_two_at_most(
    counts: list[int], abstained: int, data: st.DataObject
) -> None:
    tally = [*counts, abstained]
    present = [k for k, n in enumerate(tally) if n]
    if not present:
        return
    after = list(tally)
    after[data.draw(st.sampled_from(present))] -= 1
    after[data.draw(st.integers(0, len(counts)))] += 1
    for label in range(len(counts)):
        before = margin(counts, abstained, label)
        assert margin(after[:-1], after[-1], label) >= before - 2


@given(votes, st.integers(1, 3), st.data())
def test_abstaining_voters_cannot_undo_a_label(
    counts: list[int], abstained: int, data: st.DataObject
) -> None:
    """However those who abstained would have voted, the label is the same."""
    found = plurality(counts, abstained)
    if found is None:
        return
    decided = list(counts)
    for _ in range(abstained):
        decided[data.draw(st.integers(0, len(counts) - 1))] += 1
    assert plurality(decided, 0) == found


@st.composite
def families(draw: st.DrawFn) -> tuple[int, int, list[list[int]]]:
    classes, members = draw(st.integers(2, 5)), draw(st.integers(1, 9))
    views = draw(st.integers(1, 6))
    tallies = []
    for _ in range(views):
        cast = draw(st.lists(st.integers(0, classes), min_size=members, max_size=members))
        tallies.append([cast.count(k) for k in range(classes + 1)])
    return classes, members, tallies


@given(families())
def test_a_row_gives_back_its_views(family: tuple[int, int, list[list[int]]]) -> None:
    classes, members, tallies = family
    row = encode_row(tallies)
    assert len(row) == len(tallies) * (classes + 1) * 2
    read = Tallies(row, views=len(tallies), classes=classes, members=members)
    assert [list(read.view(i)) for i in range(len(tallies))] == tallies
    assert read.labels(len(tallies)) == [plurality(t[:-1], t[-1]) for t in tallies]
    for label in range(classes):
        assert read.margins(label) == [margin(t[:-1], t[-1], label) for t in tallies]


def test_rows_are_little_endian() -> None:
    assert encode_row([[258, 0, 1]]) == bytes([2, 1, 0, 0, 1, 0])


BAD_ROWS = {
    "too short": encode_row([[3, 0, 0]])[:-1],
    "too long": encode_row([[3, 0, 0]]) + b"\0",
    "a vote too many": encode_row([[3, 1, 0]]),
    "a vote missing": encode_row([[2, 0, 0]]),
    "empty": b"",
}


@pytest.mark.parametrize("row", BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_malformed_rows_are_refused(row: bytes) -> None:
    with pytest.raises(ClaimError, match="evidence row: expected"):
        Tallies(row, views=1, classes=2, members=3)
