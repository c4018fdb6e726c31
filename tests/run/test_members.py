"""What drawn members are trained on: bags whose law is that of the bound, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from auditor.randomness import Stream
from auditor.run.members import MemberSets

ROOT = bytes(range(32))
SLOTS = 40


def sets(training: Mapping[str, object], *, without: int | None = None) -> MemberSets:
    """Return the sets of 40 examples whose first features tell them apart; one may be malformed."""
    positions = np.array([at for at in range(SLOTS) if at != without], np.int64)
    symbols = np.array([[at // 7 % 7, at % 7, *[0] * 60] for at in positions], np.uint8)
    return MemberSets(
        training=training,
        members=50,
        symbols=symbols,
        labels=positions % 3,
        positions=positions,
        slots=SLOTS,
        names=None,
        slot_labels=None,
        added=None,
        alphabet=7,
        channels=2,
        classes=3,
        design_root=bytes(32),
        draw_root=ROOT,
    )


def chosen(made: MemberSets, member: int) -> list[int]:
    """Return the places of a member's examples, in order."""
    training = made.training_set(member)
    places = [int(row[0]) * 7 + int(row[1]) for row in training.symbols]
    assert training.labels.tolist() == [place % 3 for place in places]
    assert training.capacity == made.capacity
    return places


POISSON = {"method": "poisson-bag", "rate": "40/256"}


def test_every_slot_is_asked_once_for_a_poisson_bag() -> None:
    made = sets(POISSON)
    assert made.drawn
    assert made.capacity is None
    for member in range(50):
        words = Stream(ROOT, "bag", member).take(SLOTS)
        assert chosen(made, member) == [at for at in range(SLOTS) if words[at] < 40]
    finer = sets({**POISSON, "rate": "10241/65536"})
    pairs = np.frombuffer(Stream(ROOT, "bag", 3).take(2 * SLOTS), "<u2")
    assert chosen(finer, 3) == np.flatnonzero(pairs < 10241).tolist()


@pytest.mark.parametrize(
    "training", [POISSON, {"method": "bag", "size": 30}, {"method": "bag", "size": 1}]
)
def test_a_malformed_example_leaves_all_others_where_they_were(
    training: Mapping[str, object],
) -> None:
    made, other = sets(training), sets(training, without=17)
    drawn = [chosen(made, member) for member in range(50)]
    assert any(17 in bag for bag in drawn)
    assert [[at for at in bag if at != 17] for bag in drawn] == [
        chosen(other, member) for member in range(50)
    ]


def test_the_moves_that_are_covered_change_no_bag() -> None:
    plain = sets({"method": "bag", "size": 9})
    covered = sets({"method": "bag", "size": 9, "moves": "any-size"})
    assert [chosen(plain, m) for m in range(50)] == [chosen(covered, m) for m in range(50)]


def test_every_copy_in_a_bag_has_noise_of_its_own() -> None:
    flips = {"keepFeatures": "130/256", "keepLabels": "1"}
    noisy = sets({"method": "bag-flip", "size": 200, **flips})
    plain = sets({"method": "bag", "size": 200})
    assert noisy.drawn
    assert noisy.capacity == 200
    for member in (0, 7):
        drawn, shown = plain.training_set(member), noisy.training_set(member)
        assert shown.labels.tolist() == drawn.labels.tolist()
        changed = shown.symbols != drawn.symbols
        assert 0.4 < changed.mean() < 0.6
        assert shown.symbols.max() == 6
        # two copies of one example differ
        same = (drawn.symbols[:, None] == drawn.symbols[None]).all(-1)
        one, two = np.argwhere(np.triu(same, 1))[0]
        assert (changed[one] != changed[two]).any()


@pytest.mark.parametrize("shares", [("64/256", "100/256"), ("1", "100/256"), ("64/256", "1")])
def test_hidden_values_and_examples_without_a_label_reach_no_member(
    shares: tuple[str, str],
) -> None:
    """Whole units are hidden; what is hidden is the same whatever it was."""
    share, label_share = (256 if text == "1" else int(text[:-4]) for text in shares)
    training = {"method": "hide", "showFeatures": shares[0], "showLabels": shares[1]}
    made = sets(training)
    assert made.drawn
    assert made.capacity == SLOTS
    for member in (0, 9):
        shown = made.training_set(member)
        words = Stream(ROOT, "label-noise", member).take(SLOTS)
        units = np.frombuffer(Stream(ROOT, "train-noise", member).take(SLOTS * 31), np.uint8)
        labelled = [at for at in range(SLOTS) if words[at] < label_share]
        seen = np.tile(units.reshape(SLOTS, 31)[labelled] < share, 2)
        assert shown.labels.tolist() == [at % 3 for at in labelled]
        assert shown.visible is not None
        assert np.array_equal(shown.visible, seen)
        assert np.array_equal(shown.symbols, made.symbols[labelled] * seen)
        other = sets(training)
        other.symbols[labelled] += (6 - 2 * other.symbols[labelled]) * ~seen
        assert np.array_equal(other.training_set(member).symbols, shown.symbols)


def test_labels_in_a_bag_are_flipped_by_their_own_share() -> None:
    noisy = sets({"method": "bag-flip", "size": 3000, "keepFeatures": "1", "keepLabels": "128/256"})
    drawn = sets({"method": "bag", "size": 3000}).training_set(5)
    shown = noisy.training_set(5)
    assert (shown.symbols == drawn.symbols).all()
    kept = shown.labels == drawn.labels
    assert 0.45 < kept.mean() < 0.55
    steps = (shown.labels - drawn.labels) % 3
    assert 0.4 < (steps[~kept] == 1).mean() < 0.6
