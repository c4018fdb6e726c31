"""Votes: rows that are not the signed ones, and claims on one vote fewer than they need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from auditor.format import b64
from auditor.format.leaf import parse_leaf, row_digest
from auditor.guarantee.claim import Rule
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.threat import Budget
from auditor.guarantee.vote.plurality import encode_row
from tests.honest import Honest
from tests.vectors.forging import BASE, base, forged
from tests.vectors.form import INPUT, Vector, add, single, vector
from tests.vectors.themes.honest_files import ablation, joint, neighbours, runner_up


def _row(edit: Callable[[bytearray], object]) -> bytes:
    row = bytearray(BASE.rows[INPUT])
    edit(row)
    return bytes(row)


def _moved(row: bytearray) -> None:
    row[0], row[2] = row[0] + 1, row[2] - 1


def _signed_row(row: bytes, made: Honest = BASE) -> Vector:
    """Return a row whose digest is the signed one, with the claims of another."""
    rows = {INPUT: row}
    lie = forged(made, item=lambda item: replace(item, row=row_digest(row)))
    return single(
        "claim", replace(lie, rows=tuple(rows.get(i, r) for i, r in enumerate(made.rows)))
    )


@vector
def row_changed() -> Vector:
    """A vote moved in the evidence row."""
    return single("claim", BASE, row=b64.encode(_row(_moved)))


@vector
def row_of_another_input() -> Vector:
    """The votes on another input."""
    return single("claim", BASE, row=b64.encode(BASE.rows[0]))


@vector
def row_too_short() -> Vector:
    """A row without its last byte."""
    return single("claim", BASE, row=b64.encode(BASE.rows[INPUT][:-1]))


@vector
def row_empty() -> Vector:
    """No votes."""
    return single("claim", BASE, row="")


@vector
def votes_do_not_add_up() -> Vector:
    """A row, signed, whose first view has a vote more than there are members."""
    return _signed_row(_row(lambda row: row.__setitem__(0, row[0] + 1)))


@vector
def votes_that_wrap_around() -> Vector:
    """Counts that add up to the members modulo 2^16."""
    return _signed_row(encode_row([[65_535, 8, 0]]) + BASE.rows[INPUT][6:])


@vector
def vote_for_no_class() -> Vector:
    """A vote for class 2 of two, signed."""
    flip = base("flip")
    return _signed_row(b"\x02" + flip.rows[INPUT][1:], flip)


@vector
def vote_for_class_254() -> Vector:
    """Every byte but 255 is a class."""
    flip = base("flip")
    return _signed_row(b"\xfe" + flip.rows[INPUT][1:], flip)


@vector
def vote_moved_but_not_the_claim() -> Vector:
    """Another vote under the signed digest, with the statistics of before."""
    return _signed_row(_row(_moved))


@vector
def votes_forged_throughout() -> Vector:
    """All votes for the true label, and everything else drawn from them: arithmetic cannot see it.

    Only a replay of the members can: the verdict says that none was run.
    """
    toss_up = 2
    made = forged(base("flip"), rows={toss_up: bytes(100)})
    return single("success", made, toss_up)


# --- one vote fewer than a claim needs -----------------------------------------------------------


def drawn(rule: Rule, votes: int) -> bytes:
    """Return so many votes for class 1, the others for class 0."""
    return bytes([1] * votes + [0] * (rule.members - votes))


def chosen_and_counted(rule: Rule, votes: int) -> bytes:
    """Return the same after 20 votes that choose class 1."""
    return bytes([1] * (20 + votes) + [0] * (rule.members - 20 - votes))


def _in_views(rule: Rule, views: int) -> bytes:
    """Return so many views in which all members say class 1; in the others they say class 0."""
    ours, theirs = [0, rule.voters, 0], [rule.voters, 0, 0]
    return encode_row([ours] * views + [theirs] * (rule.views - views))


def _in_every_view(rule: Rule, votes: int) -> bytes:
    """Return so many votes for class 1 in every view."""
    return encode_row([[rule.voters - votes, votes, 0]] * rule.views)


Edge = tuple[Honest, Callable[[Rule, int], bytes], dict[str, int]]
"""A release, the row with so many votes, and the budget that they are to prove."""

EDGES: Final[dict[str, Edge]] = {
    "flip": (base("flip"), drawn, {"total": 1}),
    "bag": (base("bag"), drawn, {"trainExamples": 1, "inputFeatures": 1}),
    "nested": (base("nested"), _in_views, {"trainExamples": 1, "inputFeatures": 1}),
    "runner-up": (runner_up(), chosen_and_counted, {"trainLabels": 1}),
    "partition": (base("partition"), _in_every_view, {"trainExamples": 1}),
    "two-mask": (BASE, _in_every_view, {"trainExamples": 2, "inputFeatures": 1}),
    "views": (base("views"), _in_views, {"trainExamples": 1}),
    "neighbours": (neighbours(), _in_every_view, {"trainExamples": 2}),
    "ablation": (ablation(), _in_views, {"trainExamples": 2, "inputPatch": 2}),
    "ablation-and-pixels": (ablation(), _in_views, {"inputFeatures": 2, "inputPatch": 1}),
    "pixels-and-patch": (
        *(joint(), _in_every_view),
        {"trainExamples": 2, "inputFeatures": 1, "inputPatch": 2},
    ),
}


def _edge(edge: Edge) -> tuple[bytes, bytes]:
    """Return the row with the fewest votes that prove a budget, and the row with one fewer."""
    made, row, budget = edge
    rule = rule_for(made.certificate.audit.to_dict())
    wanted = Budget.of(budget)

    def proves(votes: int) -> bool:
        verdict = rule.judge(row(rule, votes))
        return verdict.label == 1 and any(most.covers(wanted) for most in verdict.frontier)

    votes = next(filter(proves, range(1, 1000)))
    return row(rule, votes), row(rule, votes - 1)


def _at_the_edge(edge: Edge) -> Vector:
    return single("success", forged(edge[0], rows={INPUT: _edge(edge)[0]}))


def _one_fewer(edge: Edge) -> Vector:
    """Return the row with one vote fewer, and the label and frontier of the row with enough."""
    enough, fewer = _edge(edge)
    claimed = parse_leaf(forged(edge[0], rows={INPUT: enough}).leaves[INPUT], "leaf")
    return single(
        "claim",
        forged(
            edge[0],
            rows={INPUT: fewer},
            item=lambda item: replace(item, label=claimed.label, frontier=claimed.frontier),
        ),
    )


def list_edges(edges: Mapping[str, Edge]) -> None:
    """List, for each kind, the fewest votes that prove its budget, and one fewer."""
    for kind, edge in edges.items():
        add(
            f"just-enough-votes-{kind}",
            f"The fewest votes that prove {Budget.of(edge[2])}: {kind}.",
            lambda edge=edge: _at_the_edge(edge),  # type: ignore[misc]
        )
        add(
            f"one-vote-fewer-{kind}",
            f"One vote fewer, and the claim of {Budget.of(edge[2])} kept: {kind}.",
            lambda edge=edge: _one_fewer(edge),  # type: ignore[misc]
        )


list_edges(EDGES)
for _kind in ("flip", "bag", "nested", "runner-up"):
    add(
        f"label-on-one-vote-too-few-{_kind}",
        f"A label where the votes prove none, with no budget but the empty one: {_kind}.",
        lambda kind=_kind: _one_fewer((*EDGES[kind][:2], {})),  # type: ignore[misc]
    )
