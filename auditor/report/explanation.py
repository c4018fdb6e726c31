"""One input's certificate in plain words, and the same as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from auditor.report import sentences
from auditor.report.sentences import budget_words, class_name
from auditor.report.subject import right
from auditor.report.votes import Panel, panels
from auditor.verify.verified import Claim, Verified

SCHEMA: Final = "urn:auditor:explanation:v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """How many votes an input has, of how many, and whether they suffice, by budget."""

    title: str
    votes: int
    of: int
    needs: tuple[tuple[int, str, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a verified certificate says of one input."""

    verified: Verified
    claim: Claim
    support: tuple[Support, ...]

    @property
    def answer(self) -> str:
        """The answer, and whether it is the true one, in a sentence."""
        audit, claim = self.verified.audit, self.claim
        truth = "" if claim.true_label is None else class_name(audit, claim.true_label)
        if claim.label is None:
            return f"The vote abstains (the true class is {truth})." if truth else "It abstains."
        said = f"The answer is {class_name(audit, claim.label)}"
        if not truth:
            return f"{said}; the true class is not known."
        return f"{said}, which is right." if right(claim) else f"{said}, wrongly: it is {truth}."

    @property
    def promise(self) -> str:
        """What the certificate promises, in the first half of a sentence or a whole one."""
        if self.claim.label is None or not self.claim.frontier:
            return "No change is certified: this method does not exclude that any could alter it."
        if not any(budget.amounts for budget in self.claim.frontier):
            return "It is certified as the data are; not that it survives any change of them."
        return "No attack within any one of these budgets changes that answer:"

    @property
    def budgets(self) -> tuple[str, ...]:
        """The maximal certified budgets, in words; () where none has any change."""
        audit = self.verified.audit
        return tuple(
            budget_words(audit, budget.to_json())
            for budget in self.claim.frontier
            if budget.amounts
        )

    def to_json(self) -> dict[str, object]:
        """Return the object of schemas/explanation.v1.json."""
        audit, claim = self.verified.audit, self.claim
        names = self.verified.certificate.audit.classes
        return {
            "schema": SCHEMA,
            "certificate": {"sha256": self.verified.digest},
            "keyid": self.verified.keyid,
            "index": claim.index,
            "label": None if claim.label is None else names[claim.label],
            "trueLabel": None if claim.true_label is None else names[claim.true_label],
            "frontier": [budget.to_json() for budget in claim.frontier],
            "radius": _radii(self.verified, claim),
            "votes": [
                {
                    "of": each.title,
                    "votes": each.votes,
                    "most": each.of,
                    "needed": [
                        {"votes": votes, "for": words, "met": met}
                        for votes, words, met in each.needs
                    ],
                }
                for each in self.support
            ],
            "certainty": sentences.certainty_sentence(audit),
            "assumptions": list(sentences.assumption_sentences(audit)),
            "checked": list(self.verified.checked),
            "notChecked": list(self.verified.not_checked),
            "challenge": self.verified.challenge.text,
        }


def explain(verified: Verified, index: int) -> Explanation:
    """Explain the claim about input ``index``. Raises UsageError when it is not at hand."""
    claim = verified.claim(index)
    alone = replace(verified, claims=(claim,))
    found = [support for panel in panels(alone) if (support := _support(panel)) is not None]
    return Explanation(verified=verified, claim=claim, support=tuple(found))


def _support(panel: Panel) -> Support | None:
    """Return the one input's votes; None where it has no answer."""
    values = (*panel.right, *panel.wrong)
    if not values:
        return None
    (votes,) = values
    needs = tuple((need.votes, need.words, votes >= need.votes) for need in panel.needs)
    return Support(title=panel.title, votes=votes, of=panel.most, needs=needs)


def _radii(verified: Verified, claim: Claim) -> Mapping[str, int | None]:
    return {axis: claim.radius(axis) for axis in verified.axes}
