"""A bag of groups holds whole groups, and nothing of those that it did not draw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from auditor.randomness import Stream
from auditor.run.members import MemberSets

NAMES = ("b", "ä", "a", "b", "a", "c", "b", "é")
SIZE = 2
MEMBERS = 600


def sets(symbols: npt.NDArray[np.uint8], names: Sequence[str]) -> MemberSets:
    return MemberSets(
        training={"method": "bag", "size": SIZE},
        members=MEMBERS,
        symbols=symbols,
        labels=np.arange(len(names), dtype=np.int64) % 2,
        positions=np.arange(len(names)),
        slots=len(names),
        names=names,
        slot_labels=None,
        added=None,
        alphabet=256,
        classes=2,
        channels=1,
        design_root=bytes(32),
        draw_root=bytes(31) + b"\1",
    )


def rows(made: MemberSets, member: int) -> list[int]:
    return [int(row[0]) for row in made.training_set(member).symbols]


def numbered(names: Sequence[str]) -> npt.NDArray[np.uint8]:
    return np.arange(len(names), dtype=np.uint8)[:, None]


def test_a_bag_is_whole_groups_in_the_order_of_the_draws() -> None:
    made = sets(numbered(NAMES), NAMES)
    ordered = sorted(set(NAMES), key=str.encode)
    held = {name: [at for at, own in enumerate(NAMES) if own == name] for name in ordered}
    drawn: Counter[str] = Counter()
    for member in range(MEMBERS):
        stream = Stream(made.draw_root, "bag", member)
        names = [ordered[stream.below(len(ordered))] for _ in range(SIZE)]
        assert rows(made, member) == [at for name in names for at in held[name]]
        drawn.update(names)
    # five groups: 240 draws of each on average, whatever their number of rows; 5 sigma is 70
    assert set(drawn) == set(ordered)
    assert all(170 < count < 310 for count in drawn.values())
    assert made.capacity is None


def test_a_rewritten_group_is_seen_by_bags_that_draw_it_and_by_no_other() -> None:
    before = sets(numbered(NAMES), NAMES)
    other = numbered(NAMES)
    other[[2, 4]] = 99  # all rows of "a"
    after = sets(other, NAMES)
    for member in range(100):
        if rows(before, member) == rows(after, member):
            assert not {2, 4} & set(rows(before, member))
        else:
            assert 99 in rows(after, member)


def test_more_rows_of_a_group_move_no_row_of_another() -> None:
    before = sets(numbered(NAMES), NAMES)
    grown = ("a", *NAMES, "a")
    after = sets(np.array([[77], *numbered(NAMES).tolist(), [77]], np.uint8), grown)
    for member in range(100):
        clean = [row for row in rows(after, member) if row != 77]
        assert clean == rows(before, member)
