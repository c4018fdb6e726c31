"""The heat map, the classes and the earlier release: the certificate's own counts again."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from auditor.guarantee.threat import INPUT_FEATURES, TRAIN_EXAMPLES
from auditor.report.classes import class_rows
from auditor.report.earlier import steps
from auditor.report.sentences import share
from auditor.report.surface import surface
from auditor.report.table import rows
from auditor.verify.checking import release
from auditor.verify.compare import compare
from auditor.verify.verified import Verified
from tests import honest
from tests.report import synthetic


def verified(kind: str, inputs: int = 12) -> Verified:
    made = honest.build(kind, inputs=inputs)
    return release(made.contents, made.digests, [made.key.public])


@pytest.mark.parametrize("kind", ["two-mask", "views", "bag", "nested"])
def test_every_cell_is_the_certified_accuracy_of_both_amounts(kind: str) -> None:
    found = verified(kind, inputs=40)
    made = surface(found)
    assert made is not None
    assert made.columns[0] == made.rows[0] == 0
    for down, cells in zip(made.rows, made.cells, strict=True):
        for across, cell in zip(made.columns, cells, strict=True):
            amounts = {TRAIN_EXAMPLES: across, INPUT_FEATURES: down}
            budget = {axis: amount for axis, amount in amounts.items() if amount}
            assert Fraction(cell.count, 40) == found.certified_accuracy(budget)
            assert cell.share == share(cell.count, 40)
            assert cell.tenths == 10 * cell.count // 40


def test_many_amounts_are_thinned_and_the_largest_kept() -> None:
    made = surface(synthetic.outcome(400))
    assert made is not None
    assert len(made.columns) == 12
    assert (made.columns[0], made.columns[-1]) == (0, 19)
    assert made.names == ("input untouched", "1 input pixel", "2 input pixels")


def test_one_axis_has_no_map() -> None:
    assert surface(verified("partition")) is None
    assert surface(synthetic.outcome(claims=())) is None


def test_classes_add_up_to_the_table() -> None:
    found = synthetic.outcome(40)
    table = [row for row in rows(found) if row.budget]
    made = class_rows(found, tuple(row.budget for row in table))
    assert [row.name for row in made] == ["'1'", "'7'"]
    assert sum(row.inputs for row in made) == 40
    assert [row.abstained for row in made] == [1, 0]
    for place in range(len(table)):
        halves = [Fraction(row.certified[place].removesuffix(" %")) for row in made]
        apart = sum(halves, Fraction(0)) / 2 - Fraction(100 * table[place].count, 40)
        assert abs(apart) <= Fraction(1, 10)


def test_a_class_without_inputs_has_no_row() -> None:
    only = tuple(claim for claim in synthetic.outcome(40).claims if claim.true_label == 1)
    (row,) = class_rows(synthetic.outcome(claims=only), ())
    assert (row.name, row.inputs) == ("'7'", 20)


def test_who_lost_a_certificate_is_named_and_many_are_counted() -> None:
    old = verified("two-mask", inputs=40)
    right = [claim for claim in old.claims if claim.label == claim.true_label]
    gone = {claim.index for claim in right[:15]}
    claims = tuple(replace(c, frontier=()) if c.index in gone else c for c in old.claims)
    new = replace(old, claims=claims)
    found = steps(new.audit, compare(old, new, max_drop=Fraction(1)))
    assert [step.words for step in found][1:] == [row.words for row in rows(old) if row.budget]
    assert found[0].lost.startswith("15: ")
    assert found[0].lost.endswith("and 3 more")
    assert found[0].gained == "none"
    back = steps(new.audit, compare(new, old, max_drop=Fraction(1)))
    assert back[0].gained == found[0].lost
    assert (back[0].before, back[0].now) == (found[0].now, found[0].before)
