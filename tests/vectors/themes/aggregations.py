"""Fixed members of which a change touches several: grids, Finite Aggregation, lies about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from auditor.format.leaf import Leaf, parse_leaf
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.threat import Budget
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
        "pixels-under-finite-aggregation": (
            "Nothing about the input is covered.",
            budgets({"inputFeatures": 1}),
        ),
    },
)
