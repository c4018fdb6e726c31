"""Two releases, input by input: what the new one no longer certifies, and what it gained.

Nothing is concluded unless both speak of the same: the same threat, alphabet, classes, inputs and
labels, a failure probability that is no higher and about the same, and budgets that both answer.
Doubt that evidence leaves counts against the new release alone: it must not excuse a loss.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from auditor.errors import UndecidedError
from auditor.format import input_list
from auditor.format.audit import Audit
from auditor.format.input_list import InputList
from auditor.guarantee.threat import INPUT_FEATURES, INPUT_PATCH, Budget
from auditor.verify.verified import Claim, Verified

Name = tuple[str, str, str] | int
"""What an input is known by in both releases: its salted name, or its line in a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """An input that lost or gained its certificate: its index in both, and its name in the new."""

    old: int
    new: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One budget: inputs certified with their true label, before and after, of ``total``.

    ``doubtful`` of the new ones may hang on what is forged undetected (``Verified.evidence``).
    """

    budget: Budget
    old: int
    new: int
    doubtful: int
    total: int
    lost: tuple[Moved, ...]
    gained: tuple[Moved, ...]

    @property
    def drop(self) -> Fraction:
        """The certified accuracy that was lost; negative where it was gained."""
        return Fraction(self.old - self.new + self.doubtful, self.total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What two comparable releases differ in, by budget, and whether that is within ``max_drop``.

    ``old`` and ``new`` are the digests (hex) of the certificates.
    """

    old: str
    new: str
    max_drop: Fraction
    changes: tuple[Change, ...]

    @property
    def within(self) -> bool:
        """Whether no budget lost more than ``max_drop``; exactly so much is allowed."""
        return all(change.drop <= self.max_drop for change in self.changes)


def compare(
    old: Verified,
    new: Verified,
    *,
    max_drop: Fraction,
    at: Sequence[Budget] = (),
    listed: InputList | None = None,
) -> Comparison:
    """Return what ``new`` lost and gained against ``old``, or raise UndecidedError with the reason.

    ``at`` are the budgets to compare at, all that ``old`` declares if there are none. Inputs are
    matched by their names, which are equal only under equal salts, or by their places in ``listed``
    where it is given.
    """
    _same_subject_matter(old, new)
    before, after = _claims(old, listed, "the old release"), _claims(new, listed, "the new release")
    if before.keys() != after.keys():
        missing = len(before.keys() - after.keys())
        raise UndecidedError(
            f"inputs: {missing} of {len(before)} are not in the new release under their names, "
            f"which has {len(after)}; a list of inputs (audit inputs) matches them whatever the "
            "salts"
        )
    for name, claim in before.items():
        if claim.true_label != after[name].true_label:
            raise UndecidedError(f"inputs: input {claim.index} has another true label")
    budgets = tuple(dict.fromkeys(at)) or old.budgets
    for budget in budgets:
        for release, which in ((old, "old"), (new, "new")):
            if not _answers(release, budget):
                raise UndecidedError(f"budget {budget}: the {which} release does not answer it")
    changes = tuple(
        _change(budget, before, after, new.surviving_accuracy(budget)) for budget in budgets
    )
    return Comparison(old=old.digest, new=new.digest, max_drop=max_drop, changes=changes)


def _same_subject_matter(old: Verified, new: Verified) -> None:
    """Raise UndecidedError unless equal claims of both mean the same."""
    for release, which in ((old, "old"), (new, "new")):
        if release.kind != "release":
            raise UndecidedError(f"the {which} one is the file of a single input")
    first, second = old.certificate.audit, new.certificate.audit
    for what, was, now in (
        ("unit", first.unit, second.unit),
        ("column of the groups", _groups(first), _groups(second)),
        ("threat", dict(first.moves), dict(second.moves)),
        ("alphabet", first.recipe.get("alphabet"), second.recipe.get("alphabet")),
        ("classes", first.classes, second.classes),
    ):
        if was != now:
            raise UndecidedError(f"{what}: {was} before, {now} now")
    # A release in which nothing is random promises more than any other.
    if new.randomised and first.scope != second.scope and old.randomised:
        raise UndecidedError(f"scope: {first.scope} before, {second.scope} now")
    if Fraction(second.alpha) > Fraction(first.alpha):
        raise UndecidedError(f"alpha: {first.alpha} before, {second.alpha} now")


def _groups(audit: Audit) -> object:
    """Return the column that names the groups, None where examples are the unit."""
    data = audit.recipe.get("data")
    return data.get("group") if audit.unit == "group" and isinstance(data, Mapping) else None


def _claims(release: Verified, listed: InputList | None, which: str) -> Mapping[Name, Claim]:
    """Return the claims, each under what its input is known by."""
    claims = release.claims
    if listed is None:
        return {(claim.salt, claim.source, claim.tensor): claim for claim in claims}
    leaves = [(claim.salt, claim.tensor, claim.true_label) for claim in claims]
    differs = input_list.difference(listed, leaves, release.certificate.audit.classes)
    if differs is not None:
        raise UndecidedError(f"inputs: {which} is not about the listed ones: {differs}")
    return dict(enumerate(claims))


def _answers(release: Verified, budget: Budget) -> bool:
    """Whether claims say of this very budget whether they hold.

    Of another, a certificate may know only that a larger one does not hold. A frontier lists the
    declared budgets that hold; of fixed members under fixed views it gives every amount of training
    examples, at the declared amounts of input changes and at none.
    """
    if budget in release.budgets:
        return True
    if release.randomised or not {axis for axis, _ in budget.amounts} <= set(release.axes):
        return False
    asked, *declared = (
        (one.get(INPUT_FEATURES), one.get(INPUT_PATCH)) for one in (budget, *release.budgets)
    )
    return asked in {(0, 0), *declared}


def _change(
    budget: Budget, old: Mapping[Name, Claim], new: Mapping[Name, Claim], surviving: Fraction
) -> Change:
    lost: list[Moved] = []
    gained: list[Moved] = []
    counts = [0, 0]
    for name, before in old.items():
        after = new[name]
        held, holds = _holds(before, budget), _holds(after, budget)
        counts[0] += held
        counts[1] += holds
        if held != holds:
            moved = Moved(old=before.index, new=after.index, digest=after.tensor)
            (lost if held else gained).append(moved)
    return Change(
        budget=budget,
        old=counts[0],
        new=counts[1],
        doubtful=counts[1] - int(surviving * len(new)),
        total=len(old),
        lost=tuple(lost),
        gained=tuple(gained),
    )


def _holds(claim: Claim, budget: Budget) -> bool:
    """Whether an input is certified within the budget, with its true label."""
    return claim.label is not None and claim.label == claim.true_label and claim.certified(budget)
