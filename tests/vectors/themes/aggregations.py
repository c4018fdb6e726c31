"""Aggregations of fixed members: grids, Finite Aggregation, run-offs, and lies about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from auditor.format.leaf import Leaf, parse_leaf, row_digest
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.threat import Budget
from auditor.guarantee.vote.plurality import encode_row
from tests import honest
from tests.honest import Honest
from tests.vectors.forging import Budgets, base, changed, forged, made
from tests.vectors.form import INPUT, Vector, add, folder, single
from tests.vectors.themes.claims import lies, with_statistics
from tests.vectors.themes.recipes import GROUP_MASKS, budgets, refused

GRID: Final[Mapping[str, object]] = {"method": "grid", "parts": 5, "by": "index"}


def _of_groups() -> Honest:
    """Return a grid whose blocks are spread over the input, parts by group."""
    training = {**GRID, "by": "group", "groups": 3}
    listed: Budgets = ({}, {"trainExamples": 1, "columns": 1}, {"inputFeatures": 1})
    recipe = changed("grid", training=training, budgets=listed, unit="group", members=15)
    return made("grid", recipe=recipe)


def _columns_only() -> Honest:
    """Return one part and nine tiles: the feature partition, three classes."""
    training = {**GRID, "by": "id", "parts": 1, "down": 3, "across": 3}
    listed: Budgets = ({}, {"columns": 1}, {"columns": 2}, {"inputPatch": 2})
    recipe = changed("grid", training=training, budgets=listed, members=9, classes=["0", "1", "2"])
    return made("grid", recipe=recipe)


for _name, _comment, _make in (
    ("grid", "Parts of examples x tiles of the input.", partial(base, "grid")),
    ("grid-of-groups", "Parts by group x blocks spread over the input.", _of_groups),
    (
        "finite-aggregation",
        "Forty parts, each given to four members.",
        partial(base, "finite-aggregation"),
    ),
    ("grid-of-one-part", "Nine tiles alone: the feature partition.", _columns_only),
):
    add(
        f"honest-{_name}",
        _comment,
        lambda make=_make: single("success", make()),  # type: ignore[misc]
    )
add("honest-release-grid", "A folder of a grid.", lambda: folder("success", base("grid")))


# --- one vote fewer than a claim needs -----------------------------------------------------------


def _row(members: int, votes: int) -> bytes:
    """Return so many votes for class 1, the others for class 0."""
    return bytes([1] * votes + [0] * (members - votes))


def _claimed(release: Honest, votes: int) -> tuple[Honest, Leaf]:
    """Return the release with a row of so many votes for class 1, and what it claims."""
    lied = forged(release, rows={INPUT: _row(release.certificate.audit.members, votes)})
    return lied, parse_leaf(lied.leaves[INPUT], "leaf")


def _least(release: Honest, wanted: Budget) -> int:
    """Return the fewest votes for class 1 that prove a budget."""
    rule = rule_for(release.certificate.audit.to_dict())
    for votes in range(rule.members + 1):
        verdict = rule.judge(_row(rule.members, votes))
        if verdict.label == 1 and any(most.covers(wanted) for most in verdict.frontier):
            return votes
    raise AssertionError(wanted)


def _just_enough(make: Callable[[], Honest], wanted: Budget) -> Vector:
    release = make()
    return single("success", _claimed(release, _least(release, wanted))[0])


def _one_fewer(make: Callable[[], Honest], wanted: Budget) -> Vector:
    """Return the row with one vote fewer, and the label and frontier of the row with enough."""
    release = make()
    votes = _least(release, wanted)
    _, claim = _claimed(release, votes)
    row = _row(release.certificate.audit.members, votes - 1)

    def kept(item: Leaf) -> Leaf:
        return replace(item, label=claim.label, frontier=claim.frontier)

    return single("claim", forged(release, rows={INPUT: row}, item=kept))


_EDGES: Final[dict[str, tuple[Callable[[], Honest], dict[str, int]]]] = {
    "grid": (partial(base, "grid"), {"trainExamples": 1, "inputFeatures": 1}),
    "grid-of-one-part": (_columns_only, {"columns": 2}),
    "finite-aggregation": (partial(base, "finite-aggregation"), {"trainExamples": 4}),
}
for _kind, (_make, _budget) in _EDGES.items():
    add(
        f"just-enough-votes-{_kind}",
        f"The fewest votes that prove {Budget.of(_budget)}: {_kind}.",
        partial(_just_enough, _make, Budget.of(_budget)),
    )
    add(
        f"one-vote-fewer-{_kind}",
        f"One vote fewer, and the claim of {Budget.of(_budget)} kept: {_kind}.",
        partial(_one_fewer, _make, Budget.of(_budget)),
    )


# --- larger claims, and statistics that the votes do not give ------------------------------------


def _one_more(axis: str) -> Callable[[Leaf], Leaf]:
    def change(item: Leaf) -> Leaf:
        most = dict(item.frontier[0])
        most[axis] = most.get(axis, 0) + 1
        return replace(item, frontier=(Budget.of(most).to_json(), *item.frontier[1:]))

    return change


lies(
    "claim",
    base("grid"),
    {
        "one-more-train-examples-grid": (
            "One more on trainExamples than the votes give: grid.",
            _one_more("trainExamples"),
        ),
        "one-more-columns-grid": (
            "One more on columns than the votes give: grid.",
            _one_more("columns"),
        ),
        "grid-margins-left-out": (
            "No margins, and the votes as they are.",
            with_statistics(margins=[]),
        ),
        "grid-votes-moved-in-the-statistics": (
            "Another count of the same votes.",
            with_statistics(votes=[0, 40]),
        ),
    },
)

lies(
    "claim",
    base("finite-aggregation"),
    {
        "one-more-train-examples-finite-aggregation": (
            "One more on trainExamples than the votes give: finite-aggregation.",
            _one_more("trainExamples"),
        ),
    },
)

# --- recipes -------------------------------------------------------------------------------------

refused(
    "grid",
    {
        "grid-with-a-test-side": (
            "A grid has its own cover of the input.",
            {"test": GROUP_MASKS},
        ),
        "grid-by-content": (
            "By content, a changed column would move an example to another part.",
            {"training": {"by": "content"}},
        ),
        "grid-of-one-block": (
            "One block is a partition.",
            {"training": {"down": 1, "across": 1}, "audit": {"members": 5}},
        ),
        "grid-of-two-forms": (
            "Blocks have one form.",
            {"training": {"groups": 8}},
        ),
        "grid-without-blocks": ("No blocks.", {"training": {**GRID}}),
        "grid-of-more-tiles-than-pixels": (
            "Five tiles across four pixels.",
            {"training": {"across": 5}, "audit": {"members": 50}},
        ),
        "grid-of-ranges-of-an-image": (
            "Ranges are of a table.",
            {"training": {**GRID, "ranges": 8}},
        ),
        "grid-patch-without-tiles": (
            "A patch may touch any number of blocks that are spread over the input.",
            {"training": {**GRID, "groups": 8}},
        ),
        "grid-of-more-members": ("Members are parts x blocks.", {"audit": {"members": 41}}),
        "grid-touched-in-too-many-ways": (
            "16 blocks, any 8 of which may be touched.",
            {
                "training": {"down": 4, "across": 4},
                "audit": {"members": 80},
                **budgets({"columns": 8}),
            },
        ),
        "columns-without-blocks": (
            "Only blocks of features cover changed columns.",
            {
                "training": {"method": "partition", "parts": 40, "by": "index"},
                **budgets({"columns": 1}),
            },
        ),
    },
)
refused(
    "finite-aggregation",
    {
        "finite-aggregation-with-a-test-side": (
            "Its members vote once on an input.",
            {"test": GROUP_MASKS},
        ),
        "finite-aggregation-in-too-few-parts": (
            "Offsets 0, 1, 3, 7 need eight parts.",
            {"training": {"parts": 7}, "audit": {"members": 7}},
        ),
        "finite-aggregation-of-one-offset": (
            "One offset is a partition.",
            {"training": {"spread": 1}},
        ),
        "finite-aggregation-of-more-members": (
            "As many members as parts.",
            {"audit": {"members": 41}},
        ),
        "finite-aggregation-that-takes-too-long": (
            "65,535 parts that each go to 64 members.",
            {"training": {"parts": 65535, "spread": 64}, "audit": {"members": 65535}},
        ),
        "pixels-under-finite-aggregation": (
            "Nothing about the input is covered.",
            budgets({"inputFeatures": 1}),
        ),
    },
)

# --- run-off -------------------------------------------------------------------------------------

add(
    "honest-run-off",
    "Parts of a partition, a run-off between the two classes with most votes.",
    lambda: single("success", base("run-off")),
)
add(
    "honest-vote-by-plurality",
    "The vote that is left out, said.",
    lambda: single(
        "success",
        made(
            recipe={
                "smoothing": {
                    **honest.resolved("partition")["smoothing"],  # type: ignore[dict-item]
                    "vote": {"method": "plurality"},
                }
            }
        ),
    ),
)


def _rounds(first: Sequence[int], neither: int = 0) -> bytes:
    """Return so many votes by class and abstentions, and finals of which class 1 wins its own."""
    pairs = [(30 - neither, 10) if b else (10, 30 - neither) for b in (0, 0, 0, 1, 1, 2)]
    return encode_row([first, *([*pair, neither] for pair in pairs)])


def _run_off(row: bytes, kept: Leaf | None = None) -> Honest:
    """Return the release with this row, and the claim drawn from it or another one."""

    def keep(item: Leaf) -> Leaf:
        return item if kept is None else replace(item, label=kept.label, frontier=kept.frontier)

    return forged(base("run-off"), rows={INPUT: row}, item=keep)


def _said(row: bytes) -> Leaf:
    return parse_leaf(_run_off(row).leaves[INPUT], "leaf")


# 21 votes to 7, 7, 5: the nearest rivals lack 14 and 15, which 10 members bring and 9 do not. 20 to
# 8, 7, 5: 12 and 14, which 9 bring. The final is 30 to 10: 9 members bring 18 of 20.
_ENOUGH, _FEWER = _rounds([7, 21, 7, 5, 0]), _rounds([8, 20, 7, 5, 0])
add(
    "just-enough-votes-run-off",
    "The fewest votes that prove trainExamples 9 in the first round: run-off.",
    lambda: single("success", _run_off(_ENOUGH)),
)
add(
    "one-vote-fewer-run-off",
    "One vote fewer, and the claim of trainExamples 9 kept: run-off.",
    lambda: single("claim", _run_off(_FEWER, _said(_ENOUGH))),
)
add(
    "one-vote-fewer-in-the-final-run-off",
    "A vote for the winner fewer in the final, and the claim kept: run-off.",
    lambda: single("claim", _run_off(_rounds([7, 21, 7, 5, 0], 2), _said(_ENOUGH))),
)
add(
    "run-off-that-does-not-add-up",
    "A final with a vote more than there are members.",
    lambda: single(
        "claim",
        replace(
            forged(
                base("run-off"),
                item=lambda item: replace(item, row=row_digest(_ENOUGH[:-2] + b"\x01\x00")),
            ),
            rows=tuple(
                _ENOUGH[:-2] + b"\x01\x00" if index == INPUT else row
                for index, row in enumerate(base("run-off").rows)
            ),
        ),
    ),
)
lies(
    "claim",
    base("run-off"),
    {
        "one-more-train-examples-run-off": (
            "One more on trainExamples than the votes give: run-off.",
            _one_more("trainExamples"),
        ),
        "run-offs-left-out": ("No votes of the final.", with_statistics(runOffs=[])),
    },
)
refused(
    "run-off",
    {
        "run-off-with-masks": ("A run-off has no views.", {"test": GROUP_MASKS}),
        "run-off-of-one-member": (
            "A run-off is of parts.",
            {
                "training": {"method": "none"},
                "audit": {"members": 1, "threat": {"unit": "example", "moves": {}}},
                **budgets({}),
            },
        ),
    },
)


def _edited(vote: object, classes: tuple[str, ...] = ("0", "1", "2", "3")) -> Vector:
    def edit(audit: dict[str, Any]) -> None:
        audit["recipe"]["smoothing"]["vote"] = vote
        audit["recipe"]["classes"] = list(classes)
        audit["dataset"]["classes"] = list(classes)

    return single("statement", forged(base("run-off"), audit=edit))


for _name, _comment, _make_vector in (
    ("vote-by-no-method", "A vote that there is not.", lambda: _edited({"method": "borda"})),
    ("vote-as-text", "A vote is an object.", lambda: _edited("run-off")),
    (
        "vote-with-another-field",
        "And has a method and nothing else.",
        lambda: _edited({"method": "run-off", "rounds": 2}),
    ),
    (
        "run-off-of-two-classes",
        "Two classes are both in the final: that is the plurality.",
        lambda: _edited({"method": "run-off"}, ("0", "1")),
    ),
):
    add(_name, _comment, _make_vector)
