"""How many votes inputs have, and how many a budget needs: the numbers of the histograms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.threat import TRAIN_EXAMPLES, Budget
from auditor.guarantee.vote.margin import MarginRule
from auditor.report.sentences import budget_words, count
from auditor.report.subject import Subject, right
from auditor.verify.verified import Claim

_PANELS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """``votes`` that are needed for a budget, said in ``words``."""

    votes: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One histogram: inputs by their number of votes, from 0 to ``most``.

    ``right`` and ``wrong`` are the votes of inputs that are answered so; ``silent`` inputs have no
    answer, and no votes that count. ``title`` says which votes these are, ``label`` what they
    count. Less than 0 is a margin that holds for nothing.
    """

    title: str
    label: str
    most: int
    right: tuple[int, ...]
    wrong: tuple[int, ...]
    silent: int
    needs: tuple[Need, ...]


def panels(subject: Subject) -> tuple[Panel, ...]:
    """Return at most three panels; () where claims carry no evidence."""
    evidence = next((claim.evidence for claim in subject.claims if claim.evidence), {})
    if "wins" in evidence:
        return _won(subject)
    if "votes" in evidence:
        # Else who votes decides too, or who has the other votes, and not only how many there are.
        enough = evidence.keys().isdisjoint({"margins", "runOffs", "selection"})
        return (_counted(subject, needs=_drawn_needs(subject, None) if enough else ()),)
    return _margins(subject) if "margins" in evidence else ()


def _counted(subject: Subject, *, needs: tuple[Need, ...]) -> Panel:
    """Votes for the label, of those that count: some may only have chosen it."""
    values = {
        claim.index: claim.evidence["votes"][claim.label]  # type: ignore[index]
        for claim in subject.claims
        if claim.label is not None
    }
    audit = subject.audit
    voters = int(audit["members"]) - int(audit["recipe"]["claim"].get("selectionDraws", 0))
    return _panel(
        subject,
        values,
        title=f"Votes of {count(voters, 'member')}",
        label="votes for the answer",
        most=voters,
        needs=needs,
    )


def _won(subject: Subject) -> tuple[Panel, ...]:
    """Random views that the answer wins with enough votes to spare, by rewritten examples."""
    audit, draws = subject.audit, int(subject.audit["draws"])
    depths = [pair[0] for pair in _some(subject)["wins"]]
    found = []
    for place, depth in enumerate(depths[:_PANELS]):
        values = {
            claim.index: claim.evidence["wins"][place][1]  # type: ignore[index]
            for claim in subject.claims
            if claim.label is not None
        }
        beside = budget_words(audit, {TRAIN_EXAMPLES: depth} if depth else {})
        found.append(
            _panel(
                subject,
                values,
                title=f"Random views won whatever is done within {beside}",
                label=f"views of {draws:,}",
                most=draws,
                needs=_drawn_needs(subject, depth),
            )
        )
    return tuple(found)


def _margins(subject: Subject) -> tuple[Panel, ...]:
    """Leads in the view that decides, by the change of the input that is allowed for."""
    audit = subject.audit
    rule = rule_for(audit)
    assert isinstance(rule, MarginRule)  # noqa: S101 - no other rule has margins alone
    found = []
    listed = [tuple(entry[:-1]) for entry in _some(subject)["margins"]]
    for place, amounts in enumerate(listed[:_PANELS]):
        beside = {
            axis: amount for axis, amount in zip(rule.test.axes, amounts, strict=False) if amount
        }
        values = {
            claim.index: claim.evidence["margins"][place][-1]  # type: ignore[index]
            for claim in subject.claims
            if claim.label is not None
        }
        needs = [
            Need(votes=2 * budget.get(TRAIN_EXAMPLES), words=_words(audit, budget, beside))
            for budget in map(Budget.of, audit["recipe"]["claim"]["budgets"])
            if {axis: n for axis, n in budget.amounts if axis != TRAIN_EXAMPLES} == beside
        ]
        within = f", whatever is done to {budget_words(audit, beside)}" if beside else ""
        found.append(
            _panel(
                subject,
                values,
                title=f"Lead of the answer in the view that decides{within}",
                label=f"votes ahead, of {rule.voters:,}",
                most=rule.voters,
                needs=tuple(needs),
            )
        )
    return tuple(found)


def _drawn_needs(subject: Subject, depth: int | None) -> tuple[Need, ...]:
    """Return the least winning counts, of budgets with ``depth`` rewritten examples, or of all."""
    return tuple(
        Need(votes=each.k_star, words=budget_words(subject.audit, each.budget))
        for each in subject.thresholds
        if each.k_star is not None and depth in {None, each.budget.get(TRAIN_EXAMPLES, 0)}
    )


def _panel(
    subject: Subject,
    values: Mapping[int, int],
    *,
    title: str,
    label: str,
    most: int,
    needs: tuple[Need, ...],
) -> Panel:
    answered = [claim for claim in subject.claims if claim.index in values]

    def votes(claims: Sequence[Claim]) -> tuple[int, ...]:
        return tuple(sorted(values[claim.index] for claim in claims))

    return Panel(
        title=title,
        label=label,
        most=most,
        right=votes([claim for claim in answered if right(claim)]),
        wrong=votes([claim for claim in answered if not right(claim)]),
        silent=len(subject.claims) - len(answered),
        needs=_merged(needs),
    )


def _merged(needs: Sequence[Need]) -> tuple[Need, ...]:
    """Return one entry for each number of votes above none, in increasing order."""
    words: dict[int, list[str]] = {}
    for need in sorted(needs, key=lambda need: need.votes):
        if need.votes:
            words.setdefault(need.votes, []).append(need.words)
    return tuple(Need(votes=votes, words="; ".join(said)) for votes, said in words.items())


def _words(audit: Mapping[str, Any], budget: Budget, beside: Mapping[str, int]) -> str:
    return budget_words(audit, {axis: n for axis, n in budget.amounts if axis not in beside})


def _some(subject: Subject) -> Mapping[str, Any]:
    """Return the evidence of an input that has an answer; no lists where none has."""
    for claim in subject.claims:
        if claim.label is not None and claim.evidence:
            return claim.evidence
    return {"margins": (), "wins": ()}
