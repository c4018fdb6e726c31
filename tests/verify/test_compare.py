"""Two releases compared: by input, by budget, and not at all where they differ in kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from auditor.errors import SignatureError, UndecidedError, VerificationError
from auditor.format import input_list
from auditor.guarantee.threat import Budget
from auditor.verify import compare_forms
from auditor.verify.checking import single_input
from auditor.verify.compare import Comparison, compare
from auditor.verify.verified import Evidence, Verified
from tests import gates, honest
from tests.vectors.themes.honest_files import joint

SIZE: Final = 6
FIXED: Final = honest.build("two-mask", inputs=SIZE)
OLD: Final = gates.verified(FIXED)
RANDOM: Final = gates.verified(honest.build("flip", inputs=SIZE))
TOP: Final = Budget.of({"trainExamples": 2, "inputFeatures": 1})
SCHEMA: Final = Path(__file__).resolve().parents[2] / "schemas" / "comparison.v1.json"
VALIDATOR: Final = Draft202012Validator(json.loads(SCHEMA.read_bytes()))


def without(index: int, verified: Verified = OLD) -> Verified:
    """Return a release that certifies nothing about one input."""
    claims = list(verified.claims)
    claims[index] = replace(claims[index], frontier=())
    return replace(verified, claims=tuple(claims))


def against(new: Verified, old: Verified = OLD, **options: Any) -> Comparison:
    return compare(old, new, **{"max_drop": Fraction(0), **options})


def audit(verified: Verified, **changes: object) -> Verified:
    """Return a release whose audit differs in one place."""
    changed = replace(verified.certificate.audit, **changes)  # type: ignore[arg-type]
    return replace(verified, certificate=replace(verified.certificate, audit=changed))


def recipe(verified: Verified, **changes: object) -> Verified:
    return audit(verified, recipe={**verified.certificate.audit.recipe, **changes})


def claim(verified: Verified, **changes: object) -> Verified:
    old: Any = verified.certificate.audit.recipe["claim"]
    return recipe(verified, claim={**old, **changes})


def test_a_release_against_itself_loses_and_gains_nothing() -> None:
    found = against(OLD)
    assert found.within
    assert [change.budget for change in found.changes] == list(OLD.budgets)
    for change in found.changes:
        assert change.old == change.new == OLD.certified_accuracy(change.budget) * SIZE
        assert change.total == SIZE
        assert [*change.lost, *change.gained] == []
        assert change.drop == Fraction(0)


def test_the_inputs_that_lost_and_gained_are_named_at_each_budget() -> None:
    lost = against(without(0))
    for change in lost.changes:
        held = OLD.claims[0].certified(change.budget)
        assert held, "input 0 holds at every declared budget"
        assert [(item.old, item.new) for item in change.lost] == [(0, 0)]
        assert change.lost[0].digest == OLD.claims[0].tensor
        assert change.drop == Fraction(1, SIZE)
    gained = against(OLD, without(0))
    assert [(item.old, item.new) for item in gained.changes[0].gained] == [(0, 0)]
    assert gained.changes[0].drop == Fraction(-1, SIZE)
    assert gained.within


def test_the_drop_is_exact() -> None:
    worse = without(0)
    assert against(worse, max_drop=Fraction(1, SIZE)).within
    assert not against(worse, max_drop=Fraction(1, SIZE) - Fraction(1, 10**12)).within


def test_a_gain_elsewhere_does_not_hide_who_lost_but_counts() -> None:
    moved = without(0)
    found = against(moved, without(1))
    assert found.within
    assert (len(found.changes[0].lost), len(found.changes[0].gained)) == (1, 1)


def test_one_budget_that_lost_too_much_is_enough() -> None:
    claims = list(OLD.claims)
    claims[0] = replace(claims[0], frontier=(Budget(),))
    found = against(replace(OLD, claims=tuple(claims)))
    assert not found.within
    assert [change.drop > 0 for change in found.changes] == [False, True, True]


def test_inputs_are_matched_by_name_wherever_they_stand() -> None:
    turned = replace(
        OLD, claims=tuple(replace(c, index=i) for i, c in enumerate(reversed(without(0).claims)))
    )
    found = against(turned)
    assert [(item.old, item.new) for item in found.changes[0].lost] == [(0, SIZE - 1)]


def test_a_wrong_label_is_not_certified_on_either_side() -> None:
    claims = list(OLD.claims)
    claims[0] = replace(claims[0], label=1 - (claims[0].label or 0))
    wrong = replace(OLD, claims=tuple(claims))
    assert not against(wrong).within
    assert against(wrong, wrong).within


def test_doubt_counts_against_the_new_release_alone() -> None:
    doubted = replace(
        OLD,
        evidence=Evidence(
            secret="0" * 64,
            fresh=True,
            votes=None,
            members=None,
            bitwise=None,
            surviving=without(0).claims,
            certified=(),
            given_members=(),
        ),
    )
    found = against(doubted)
    assert not found.within
    assert (found.changes[0].doubtful, found.changes[0].drop) == (1, Fraction(1, SIZE))
    assert not against(without(1), doubted, max_drop=Fraction(0)).within, "no excuse for a loss"


def salted(verified: Verified, salt: str) -> Verified:
    """Return a release of the same inputs under other salts, named as a list sees them."""
    from auditor.format.examples import salted_digest

    claims = tuple(
        replace(
            c,
            salt=salt,
            source="0" * 64,
            tensor=salted_digest(bytes.fromhex(salt), bytes.fromhex(gates.tensor(c.index))),
        )
        for c in verified.claims
    )
    return replace(verified, claims=claims)


def test_other_salts_hide_that_inputs_are_the_same_unless_a_list_tells() -> None:
    other = salted(without(0), "ab" * 16)
    with pytest.raises(UndecidedError, match=r"a list of inputs .* matches them"):
        against(other)
    listed = input_list.parse(gates.listed(SIZE), "l")
    found = against(other, listed=listed)
    assert [(item.old, item.new) for item in found.changes[0].lost] == [(0, 0)]


def test_a_list_of_other_inputs_decides_nothing() -> None:
    listed = input_list.parse(gates.listed(SIZE - 1), "l")
    with pytest.raises(UndecidedError, match="the old release is not about the listed ones"):
        against(OLD, listed=listed)


def grouped(column: str) -> Verified:
    return audit(recipe(OLD, data={"source": "npz", "group": column}), unit="group")


KINDS: Final[Mapping[str, tuple[Callable[[], Verified], str]]] = {
    "unit": (lambda: audit(OLD, unit="group"), "unit: example before, group now"),
    "threat": (lambda: audit(OLD, moves={"modify": 1}), "threat: "),
    "classes": (lambda: audit(OLD, classes=("0", "2")), "classes: "),
    "alphabet": (lambda: recipe(OLD, alphabet={"kind": "binary", "threshold": "9"}), "alphabet: "),
    "inputs": (lambda: replace(OLD, claims=OLD.claims[:-1]), "inputs: "),
    "labels": (
        lambda: replace(OLD, claims=(replace(OLD.claims[0], true_label=1), *OLD.claims[1:])),
        "inputs: input 0 has another true label",
    ),
    "kind": (lambda: single_input(FIXED.single(0), [FIXED.key.public]), "the new one is the file"),
}


@pytest.mark.parametrize(("other", "reason"), KINDS.values(), ids=KINDS)
def test_what_differs_in_kind_is_not_compared(other: Callable[[], Verified], reason: str) -> None:
    with pytest.raises(UndecidedError, match=reason):
        against(other())


def test_a_row_of_another_kind_of_group_is_another_threat() -> None:
    assert against(grouped("site"), grouped("site")).within
    with pytest.raises(UndecidedError, match="column of the groups: site before, patient now"):
        against(grouped("patient"), grouped("site"))


def test_certainty_may_only_grow() -> None:
    assert against(RANDOM, RANDOM).within
    assert against(claim(RANDOM, alpha="1/2000"), RANDOM).within
    with pytest.raises(UndecidedError, match="alpha: 1/1000 before, 2/1000 now"):
        against(claim(RANDOM, alpha="2/1000"), RANDOM)
    with pytest.raises(UndecidedError, match="scope: simultaneous before, per-input now"):
        against(claim(RANDOM, scope="per-input"), RANDOM)
    certain = claim(replace(RANDOM, randomised=False), alpha="0", scope="per-input")
    assert against(certain, RANDOM).within
    with pytest.raises(UndecidedError, match="alpha"):
        against(RANDOM, certain)


@pytest.mark.parametrize(
    ("amounts", "answered"),
    [
        ({}, True),
        ({"trainExamples": 3}, True),
        ({"trainExamples": 3, "inputFeatures": 1}, True),
        ({"inputFeatures": 1}, True),
        ({"inputFeatures": 2}, False),
        ({"inputPatch": 1}, False),
        ({"total": 1}, False),
    ],
)
def test_fixed_views_answer_for_any_amount_of_training_examples(
    amounts: dict[str, int], answered: bool
) -> None:
    """At the declared amounts of input changes: there the frontier gives the largest amount."""
    if answered:
        assert against(OLD, at=[Budget.of(amounts)]).within
    else:
        with pytest.raises(UndecidedError, match="does not answer it"):
            against(OLD, at=[Budget.of(amounts)])


@pytest.mark.parametrize(
    ("amounts", "answered"),
    [
        ({"trainExamples": 3}, True),
        ({"trainExamples": 3, "inputFeatures": 1, "inputPatch": 2}, True),
        ({"trainExamples": 3, "inputPatch": 1}, True),
        ({"inputPatch": 2}, False),
        ({"inputFeatures": 1, "inputPatch": 1}, False),
    ],
)
def test_pixels_and_a_patch_are_answered_for_in_declared_pairs(
    amounts: dict[str, int], answered: bool
) -> None:
    both = gates.verified(joint())
    if answered:
        assert against(both, both, at=[Budget.of(amounts)]).within
    else:
        with pytest.raises(UndecidedError, match="does not answer it"):
            against(both, both, at=[Budget.of(amounts)])


@pytest.mark.parametrize(("amounts", "answered"), [({"total": 1}, True), ({"total": 2}, False)])
def test_random_votes_answer_for_declared_budgets_only(
    amounts: dict[str, int], answered: bool
) -> None:
    """Of a smaller budget than a declared one, more may hold than is known."""
    if answered:
        assert against(RANDOM, RANDOM, at=[Budget.of(amounts)]).within
    else:
        with pytest.raises(UndecidedError, match="does not answer it"):
            against(RANDOM, RANDOM, at=[Budget.of(amounts)])


def test_a_budget_that_only_the_old_release_declares_is_not_passed_over() -> None:
    fewer = claim(RANDOM, budgets=[{}, {"total": 1}])
    with pytest.raises(UndecidedError, match="the new release does not answer it"):
        against(fewer, RANDOM)
    assert against(RANDOM, fewer).within


@pytest.mark.parametrize("found", [against(OLD), against(without(0)), against(OLD, without(0))])
def test_json_fits_its_schema_and_text_names_who_lost(found: Comparison) -> None:
    value = json.loads(compare_forms.to_json(found))
    VALIDATOR.validate(value)
    assert value["exitCode"] == (0 if found.within else 1)
    shown = compare_forms.text(found)
    assert shown.startswith("WITHIN" if found.within else "BEYOND")
    for change in found.changes:
        for item in (*change.lost, *change.gained):
            assert item.digest[:12] in shown


@pytest.mark.parametrize("error", [UndecidedError("a\nb"), SignatureError("::x")])
def test_what_cannot_be_compared_is_told_in_both_forms(error: VerificationError) -> None:
    VALIDATOR.validate(json.loads(compare_forms.failure_json(error)))
    assert compare_forms.failure_text(error).count("\n") == 1
