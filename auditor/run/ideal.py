"""The evidence of an input that so many votes are right on: what a plan can be tried against."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

from auditor.errors import RecipeError
from auditor.guarantee.claim import Rule
from auditor.guarantee.vote.draws import DrawsRule
from auditor.guarantee.vote.margin import MarginRule
from auditor.guarantee.vote.nested import NestedRule
from auditor.guarantee.vote.plurality import encode_row
from auditor.guarantee.vote.run_off import RunOffRule
from auditor.guarantee.vote.touched import TouchedRule


def row(rule: Rule, share: Fraction, agreement: Fraction) -> bytes:
    """Return an evidence row on which class 0 has a ``share`` of the votes, rounded down.

    All other votes are for class 1, the worst that they can be. Drawn members: ``share`` of the
    members. Noisy views: ``share`` of them, in each of which an ``agreement`` of the members say
    so. Fixed views: ``share`` of the members in every view.
    """
    if isinstance(rule, DrawsRule):
        # those that choose the label would not decide otherwise
        won = rule.selection + _part(share, rule.counted)
        return bytes(won) + b"\x01" * (rule.members - won)
    if isinstance(rule, NestedRule):
        won = _part(share, rule.views)
        good, bad = _view(rule, _part(agreement, rule.voters)), _view(rule, 0)
        return encode_row([good] * won + [bad] * (rule.views - won))
    if isinstance(rule, TouchedRule):
        own = _part(share, rule.members)
        return bytes(own) + b"\x01" * (rule.members - own)
    if isinstance(rule, RunOffRule):
        return _rounds(rule, _part(share, rule.members))
    if isinstance(rule, MarginRule):
        return encode_row([_view(rule, _part(share, rule.voters))] * rule.views)
    raise RecipeError("smoothing: no frontier can be drawn of this vote before it is cast")


def _part(share: Fraction, votes: int) -> int:
    return int(share * votes)


def _view(rule: Rule, own: int) -> tuple[int, ...]:
    """Return the tally of a view: ``own`` members for class 0, the others for class 1."""
    return (own, rule.voters - own, *(0 for _ in range(rule.classes - 1)))


def _rounds(rule: RunOffRule, own: int) -> bytes:
    """Return the tallies of both rounds: who does not prefer class 0 prefers class 1 to all."""
    pairs = combinations(range(rule.classes), 2)
    finals = [
        (own, rule.members - own, 0) if one == 0 else (rule.members, 0, 0) for one, _ in pairs
    ]
    return encode_row([_view(rule, own), *finals])
