"""Evidence as a number: what a replay and a retraining found, and what every claim is then worth.

A signature says who claims; arithmetic says that the claims follow from the signed votes. Whether
those votes were cast, by members that were trained as the recipe says, is looked at in samples.
What a sample did not show bounds how much can be forged, and each claim is judged once more with
so much against it (docs/guarantee.md, section 7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from flint import fmpq

from auditor.exact import hypergeometric
from auditor.guarantee import forged
from auditor.guarantee.claim import Rule
from auditor.guarantee.threat import AXES, Budget
from auditor.guarantee.vote.draws import ABSTAINED
from auditor.verify import scope
from auditor.verify.verified import Claim, Evidence, Sampled, Verified

Difference = Literal["none", "near tie", "contradiction"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A replay without a contradiction: which cells were cast again, and which came out otherwise.

    ``cells`` are the numbers of the sampled ones, input * cells of an input + cell, increasing;
    ``others`` maps those that differ to what was found.
    """

    cells: Sequence[int]
    others: Mapping[int, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrained:
    """A retraining of ``members``: those with the same bits, and those with the same votes.

    All others, which vote otherwise somewhere, are charged.
    """

    members: Sequence[int]
    bitwise: int
    by_votes: int


def cell_size(rule: Rule) -> int:
    """Return the bytes of one cell of a row."""
    return rule.row_size // rule.cells


def difference(rule: Rule, signed: bytes, found: bytes) -> Difference:
    """Say how a cell that was cast again differs from the signed one.

    Scores that nearly tie are abstentions, and another machine may tell them apart: a vote against
    an abstention contradicts nobody. Another label does, and so do counts that no number of such
    near ties explains. Whatever differs is charged all the same.
    """
    if signed == found:
        return "none"
    if rule.singly:
        return "near tie" if ABSTAINED in {signed[0], found[0]} else "contradiction"
    ours, theirs = _counts(found), _counts(signed)
    done = 0
    for size in rule.tallies:
        tally = slice(done, done + size)
        if not _near(theirs[tally], ours[tally]):
            return "contradiction"
        done += size
    return "near tie"


def _near(signed: Sequence[int], found: Sequence[int]) -> bool:
    """Return whether two tallies differ by near ties alone."""
    pairs = list(zip(signed, found, strict=True))
    more = sum(max(0, n - r) for n, r in pairs[:-1])
    less = sum(max(0, r - n) for n, r in pairs[:-1])
    # a vote that only one of the two has is an abstention of the other
    return more <= found[-1] and less <= signed[-1]


def assess(
    verified: Verified,
    rule: Rule,
    evidence: bytes,
    *,
    secret: bytes,
    fresh: bool,
    delta: fmpq,
    replayed: Replayed | None,
    retrained: Retrained | None,
) -> Verified:
    """Return ``verified`` with what the samples add: bounds, and claims that survive them.

    ``evidence`` is the signed ``evidence.bin``; every bound fails with probability at most
    ``delta`` over the verifier's own sample.
    """
    votes = None if replayed is None else _votes(verified, rule, replayed, delta)
    members = None if retrained is None else _members(rule, retrained, delta)
    cells = 0 if votes is None else votes.undetected - votes.found
    faulty = 0 if members is None else members.undetected
    rows = _Rows(rule, evidence, replayed)
    surviving = tuple(_surviving(claim, rule, rows, cells, faulty) for claim in verified.claims)
    right = [c for c in verified.claims if c.label is not None and c.label == c.true_label]
    found = Evidence(
        secret=secret.hex(),
        fresh=fresh,
        votes=votes,
        members=members,
        bitwise=None if retrained is None else retrained.bitwise,
        surviving=surviving,
        certified=_certified(right, rule, rows, cells, faulty),
        given_members=_certified(right, rule, rows, cells, 0),
    )
    return replace(
        verified,
        evidence=found,
        checked=scope.checked(verified.kind, found),
        not_checked=scope.not_checked(
            verified.kind,
            verified.certificate,
            verified.challenge,
            found,
            randomised=verified.randomised,
        ),
    )


def _votes(verified: Verified, rule: Rule, replayed: Replayed, delta: fmpq) -> Sampled:
    of = rule.cells * len(verified.claims)
    return _sampled(of, len(replayed.cells), len(replayed.others), delta)


def _members(rule: Rule, retrained: Retrained, delta: fmpq) -> Sampled:
    seen = len(retrained.members)
    found = seen - retrained.bitwise - retrained.by_votes
    return _sampled(rule.members, seen, found, delta)


def _sampled(of: int, sampled: int, found: int, delta: fmpq) -> Sampled:
    return Sampled(
        of=of,
        sampled=sampled,
        found=found,
        delta=f"{delta.p}/{delta.q}",
        undetected=hypergeometric.undetected(of, sampled, found, delta),
    )


class _Rows:
    """Rows of votes, as signed and, where a replay differs, as found."""

    def __init__(self, rule: Rule, evidence: bytes, replayed: Replayed | None) -> None:
        self._rule = rule
        self._evidence = evidence
        self._seen: dict[int, int] = {}
        self._found: dict[int, bytearray] = {}
        if replayed is None:
            return
        size = cell_size(rule)
        for cell in replayed.cells:
            index = cell // rule.cells
            self._seen[index] = self._seen.get(index, 0) + 1
        for cell, found in replayed.others.items():
            index, place = divmod(cell, rule.cells)
            row = self._found.setdefault(index, bytearray(self._signed(index)))
            row[place * size : (place + 1) * size] = found

    def unseen(self, index: int) -> int:
        """Return how many cells of an input were not cast again."""
        return self._rule.cells - self._seen.get(index, 0)

    def of(self, index: int) -> tuple[bytes, ...]:
        """Return the signed row, and with it the row that was found where they differ."""
        signed = self._signed(index)
        found = self._found.get(index)
        return (signed,) if found is None else (signed, bytes(found))

    def _signed(self, index: int) -> bytes:
        size = self._rule.row_size
        return self._evidence[index * size : (index + 1) * size]


def _surviving(claim: Claim, rule: Rule, rows: _Rows, cells: int, members: int) -> Claim:
    """Return what is left of a claim under every row of its input."""
    frontier = claim.frontier
    charged = min(cells, rows.unseen(claim.index))
    for row in rows.of(claim.index):
        left = rule.surviving(row, cells=charged, members=members)
        if left.label is None or left.label != claim.label:
            return replace(claim, label=None, frontier=())
        frontier = frontier if left.frontier == frontier else _meet(frontier, left.frontier)
    return replace(claim, frontier=frontier)


def _certified(
    claims: Sequence[Claim], rule: Rule, rows: _Rows, cells: int, members: int
) -> tuple[tuple[Budget, int], ...]:
    """Return how many of ``claims`` stand at each budget, wherever the forged cells lie."""
    slacks = [_slacks(claim, rule, rows, cells, members) for claim in claims]
    return tuple(
        (budget, forged.standing((own[place] for own in slacks), cells))
        for place, budget in enumerate(rule.budgets)
    )


def _slacks(claim: Claim, rule: Rule, rows: _Rows, cells: int, members: int) -> list[int]:
    """Return how many forged cells the claim withstands at each budget; -1: it does not hold."""
    signed, *found = rows.of(claim.index)
    if any(rule.judge(row).label != claim.label for row in found):
        return [-1] * len(rule.budgets)
    each = [rule.slacks(row, rule.budgets, members=members) for row in (signed, *found)]
    unseen = rows.unseen(claim.index)
    least = []
    for budget, *slacks in zip(rule.budgets, *each, strict=True):
        slack = min(slacks) if claim.certified(budget) else -1
        # What was all cast again cannot be forged, however much is forged elsewhere.
        least.append(cells if slack >= 0 and unseen <= slack else slack)
    return least


def _meet(first: Sequence[Budget], second: Sequence[Budget]) -> tuple[Budget, ...]:
    """Return the maximal budgets that both frontiers cover."""
    common = {
        Budget.of({axis: min(a.get(axis), b.get(axis)) for axis in AXES})
        for a in first
        for b in second
    }
    return tuple(
        budget
        for budget in sorted(common, key=lambda one: one.amounts)
        if not any(other != budget and other.covers(budget) for other in common)
    )


def _counts(cell: bytes) -> list[int]:
    return [int.from_bytes(cell[at : at + 2], "little") for at in range(0, len(cell), 2)]
