"""Formulas for forged evidence that are wrong by one, each caught by the search over all rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pytest

from auditor.guarantee.claim import Judgement
from auditor.guarantee.threat import Budget
from auditor.guarantee.vote import first_round
from auditor.guarantee.vote.ablated import Ablated
from auditor.guarantee.vote.deciding import Amounts
from auditor.guarantee.vote.draws import DrawsRule, _Cast
from auditor.guarantee.vote.first_round import FirstRound
from auditor.guarantee.vote.nested import NestedRule
from auditor.guarantee.vote.plurality import Tallies, margin
from auditor.guarantee.vote.remaining import Remaining
from tests.guarantee.forging import (
    ABLATED,
    DRAWN,
    FIXED,
    MASKED,
    masked_violations,
    views_violations,
)


class Mutant(NamedTuple):
    """A formula that is wrong by one, and the rows that must notice."""

    broken: Callable[[], int]
    patch: Callable[[pytest.MonkeyPatch], None]


def drawn_broken(name: str) -> Callable[[], int]:
    return lambda: DRAWN[name].violations().sooner


def views_broken(name: str) -> Callable[[], int]:
    return lambda: views_violations(FIXED[name]).sooner


def ablated_broken(name: str) -> Callable[[], int]:
    return lambda: views_violations(ABLATED[name]).sooner


def masks_broken(name: str) -> Callable[[], int]:
    return lambda: masked_violations(MASKED[name]).sooner


_draws_hold = DrawsRule._holds
_draws_most = DrawsRule._most
_nested_won = NestedRule._won
_nested_surviving = NestedRule.surviving
_remaining_margin = Remaining._margin
_remaining_slack = Remaining.slack
_label_slack = Remaining.label_slack


def _one_vote_less(rule: DrawsRule, cast: _Cast, budget: Budget, forged: int) -> bool:
    return _draws_hold(rule, cast, budget, max(0, forged - 1))


def _one_vote_more(rule: DrawsRule, cast: _Cast, budget: Budget) -> int:
    most = _draws_most(rule, cast, budget)
    return most + 1 if most >= 0 and not rule.selection else most


def _lead_once(rule: DrawsRule, cast: _Cast, budget: Budget, forged: int) -> bool:
    if cast.lead < forged:
        return False
    return _draws_hold(rule, cast._replace(lead=2 * forged), budget, forged)


def _rival_stays(rule: DrawsRule, cast: _Cast, budget: Budget, forged: int) -> bool:
    return _draws_hold(rule, cast._replace(rival=cast.rival - forged), budget, forged)


def _own_stays(rule: DrawsRule, cast: _Cast, budget: Budget, forged: int) -> bool:
    return _draws_hold(rule, cast._replace(own=cast.own + forged), budget, forged)


def _counted_only(rule: DrawsRule, cast: _Cast, budget: Budget, forged: int) -> bool:
    return _draws_hold(rule, cast._replace(lead=cast.lead + 2 * forged), budget, forged)


def _one_off_each_margin(
    rule: NestedRule, margins: Sequence[int], forged: int = 0
) -> Mapping[int, int]:
    return _nested_won(rule, [m + forged for m in margins], forged)


def _member_less(rule: NestedRule, margins: Sequence[int], forged: int = 0) -> Mapping[int, int]:
    return _nested_won(rule, margins, max(0, forged - 1))


def _one_draw_less(rule: NestedRule, row: bytes, *, cells: int, members: int) -> Judgement:
    return _nested_surviving(rule, row, cells=max(0, cells - 1), members=members)


def _one_view_more(left: Remaining, amounts: Amounts, forged: int) -> int:
    return _remaining_margin(left, amounts, max(0, forged - 1))


def _slack_one_more(left: Remaining, amounts: Amounts, parts: int) -> int:
    slack = _remaining_slack(left, amounts, parts)
    return slack + 1 if slack >= 0 else slack


def _label_by_one_each(left: Remaining) -> int:
    if left.views is None:
        return _label_slack(left)
    labels = left.tallies.settled(left.views.count, left.members)
    votes = [labels.count(label) for label in range(left.tallies.classes)]
    return max(-1, margin(votes, labels.count(None), left.label))


def _unsettled(tallies_: Tallies, count: int, touched: int) -> list[int | None]:
    del touched
    return tallies_.labels(count)


def _settled_by_one_each(tallies_: Tallies, count: int, touched: int) -> list[int | None]:
    return [
        label if label is None or tallies_.margins(label)[index] >= touched else None
        for index, label in enumerate(tallies_.labels(count))
    ]


def _a_forged_view_takes_one(left: Ablated, amounts: Amounts, parts: int) -> int:
    return max(-1, left.outer(2 * (parts + left.members), amounts))


def _one_ablated_view_more(left: Ablated, amounts: Amounts, forged: int) -> int:
    return _ablated_margin(left, amounts, max(0, forged - 1))


def _ablated_members_are_free(left: Ablated, amounts: Amounts, forged: int) -> int:
    return _ablated_margin(left, amounts, forged) + 2 * left.members


_ablated_margin = Ablated._margin


def _one_mask_fewer(which: type[FirstRound], *given: Any) -> FirstRound:
    of = _first_round(*given)
    return which(needed=of.needed - 1, masks=of.masks, rounds=of.rounds)


def _ties_go_to_the_label(which: type[FirstRound], label: int, *given: Any) -> FirstRound:
    del which, label
    return _first_round(0, *given)


def _no_second_round(which: type[FirstRound], *given: Any) -> FirstRound:
    of = _first_round(*given)
    return which(needed=of.needed, masks=of.masks, rounds=((1 << 20,) * 99,))


def _round_one_longer(which: type[FirstRound], *given: Any) -> FirstRound:
    of = _first_round(*given)
    rounds = tuple((*views, 1 << 20) for views in of.rounds)
    return which(needed=of.needed, masks=of.masks, rounds=rounds)


_first_round = FirstRound.of


def attribute(owner: object, name: str, value: object) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(owner, name, value)


def both(*patches: Callable[[pytest.MonkeyPatch], None]) -> Callable[[pytest.MonkeyPatch], None]:
    def apply(patch: pytest.MonkeyPatch) -> None:
        for each in patches:
            each(patch)

    return apply


def first(value: Callable[..., FirstRound]) -> Callable[[pytest.MonkeyPatch], None]:
    return attribute(first_round.FirstRound, "of", classmethod(value))


MUTANTS = {
    "a vote less": Mutant(
        drawn_broken("top"),
        both(
            attribute(DrawsRule, "_holds", _one_vote_less),
            attribute(DrawsRule, "_most", _one_vote_more),
        ),
    ),
    "a vote less, runner-up": Mutant(
        drawn_broken("runner-up"), attribute(DrawsRule, "_holds", _one_vote_less)
    ),
    "the lead falls by one each": Mutant(
        drawn_broken("runner-up"), attribute(DrawsRule, "_holds", _lead_once)
    ),
    "the rival gains nothing": Mutant(
        drawn_broken("runner-up"), attribute(DrawsRule, "_holds", _rival_stays)
    ),
    "the label loses nothing": Mutant(
        drawn_broken("runner-up"), attribute(DrawsRule, "_holds", _own_stays)
    ),
    "the choosing votes are safe": Mutant(
        drawn_broken("runner-up"), attribute(DrawsRule, "_holds", _counted_only)
    ),
    "a forged member takes one off a margin": Mutant(
        views_broken("draws"), attribute(NestedRule, "_won", _one_off_each_margin)
    ),
    "a forged member less": Mutant(
        views_broken("draws"), attribute(NestedRule, "_won", _member_less)
    ),
    "a forged draw less": Mutant(
        views_broken("draws"), attribute(NestedRule, "surviving", _one_draw_less)
    ),
    "a good view more": Mutant(
        views_broken("views"),
        both(
            attribute(Remaining, "_margin", _one_view_more),
            attribute(Remaining, "slack", _slack_one_more),
        ),
    ),
    "a forged view takes one off the outer margin": Mutant(
        views_broken("views"), attribute(Remaining, "label_slack", _label_by_one_each)
    ),
    "members cannot turn views": Mutant(
        views_broken("views"), attribute(Tallies, "settled", _unsettled)
    ),
    "members turn views by one vote each": Mutant(
        views_broken("views, even, the first class"),
        attribute(Tallies, "settled", _settled_by_one_each),
    ),
    "a forged view takes one off the outer margin of ablated views": Mutant(
        ablated_broken("columns"), attribute(Ablated, "slack", _a_forged_view_takes_one)
    ),
    "an ablated view more": Mutant(
        ablated_broken("columns"), attribute(Ablated, "_margin", _one_ablated_view_more)
    ),
    "forged members are free over ablated views": Mutant(
        ablated_broken("columns"), attribute(Ablated, "_margin", _ablated_members_are_free)
    ),
    "one mask fewer": Mutant(masks_broken("one model"), first(_one_mask_fewer)),
    "ties go to the label": Mutant(masks_broken("one model"), first(_ties_go_to_the_label)),
    "no second round": Mutant(masks_broken("one model"), first(_no_second_round)),
    "a view more in every round": Mutant(masks_broken("one model"), first(_round_one_longer)),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_search_sees_a_formula_that_is_off_by_one(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant = MUTANTS[name]
    mutant.patch(monkeypatch)
    assert mutant.broken() > 0
