"""What a verifier holds after checking: nothing else in the project makes a ``Verified``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from auditor.errors import UsageError
from auditor.format.leaf import Leaf
from auditor.format.predicate import Certificate, Precommitment, Threshold
from auditor.format.statement import Statement
from auditor.guarantee.threat import Budget
from auditor.verify.challenge import Origin
from auditor.verify.witness import TrustedTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One input: its label (None: abstained) and the maximal budgets that cannot change it."""

    index: int
    label: int | None
    true_label: int | None
    frontier: tuple[Budget, ...]
    evidence: Mapping[str, object]
    salt: str
    source: str
    tensor: str

    @classmethod
    def from_leaf(cls, leaf: Leaf, frontier: tuple[Budget, ...]) -> Claim:
        """Return the claim that a leaf states, with the frontier that its votes gave."""
        return cls(
            index=leaf.index,
            label=leaf.label,
            true_label=leaf.true_label,
            frontier=frontier,
            evidence=leaf.statistics,
            salt=leaf.input.salt,
            source=leaf.input.source,
            tensor=leaf.input.tensor,
        )

    def certified(self, budget: Budget | Mapping[str, int]) -> bool:
        """Whether no attack within ``budget`` changes the label.

        True when some budget of the frontier is at least as large on every axis.
        """
        wanted = budget if isinstance(budget, Budget) else Budget.of(budget)
        return any(most.covers(wanted) for most in self.frontier)

    def radius(self, axis: str) -> int | None:
        """Return the largest certified amount on one axis alone; None: not even 0 is certified."""
        return max((most.get(axis) for most in self.frontier), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """``found`` of ``sampled`` units, out of ``of``, were not as signed.

    At most ``undetected`` of all units are not, those found included, unless an event of
    probability at most ``delta`` ("a/b") happened in drawing the sample.
    """

    of: int
    sampled: int
    found: int
    delta: str
    undetected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a verifier re-did beyond signature and arithmetic, and what the claims are then worth.

    ``votes``: cells of votes cast again (a vote of a drawn member, or all members' counts in one
    view); ``members``: members trained again, ``bitwise`` of them with the same bits. None: not
    looked at. ``secret`` (32 bytes in hex) repeats the samples; ``fresh``: this verifier drew it,
    and nobody knew it before. ``surviving``: each claim with as
    much forged against it as may be undetected. ``certified``: by declared budget, inputs that are
    certified with their true label wherever the forged cells and members lie; ``given_members``:
    the same if all members are what training gives.
    """

    secret: str
    fresh: bool
    votes: Sampled | None
    members: Sampled | None
    bitwise: int | None
    surviving: tuple[Claim, ...]
    certified: tuple[tuple[Budget, int], ...]
    given_members: tuple[tuple[Budget, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A certificate whose signature and arithmetic were checked under a pinned key.

    ``kind`` says what was at hand: a whole release folder, or the file of a single input, whose
    one claim is then all of ``claims``. ``checked`` and ``not_checked`` say what a reader may rely
    on; ``challenge`` is this verifier's own judgement, never read from the certificate, and
    ``time`` what a pinned authority says about the precommitment.
    """

    kind: Literal["release", "input"]
    precommitment: Precommitment
    certificate: Certificate
    statement: Statement
    digest: str
    keyid: str
    randomised: bool
    members_drawn: bool
    axes: tuple[str, ...]
    challenge: Origin
    claims: tuple[Claim, ...]
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]
    time: TrustedTime | None = None
    evidence: Evidence | None = None

    @property
    def audit(self) -> Mapping[str, object]:
        """The signed audit object: recipe, data set, inputs, threat, code, environment."""
        return self.certificate.audit.to_dict()

    @property
    def summary(self) -> Mapping[str, object]:
        """The signed totals: recomputed from all leaves when ``kind`` is ``release``."""
        return self.certificate.summary.to_dict()

    @property
    def budgets(self) -> tuple[Budget, ...]:
        """The declared budgets, in declared order."""
        return tuple(Budget.of(budget) for budget in self.certificate.audit.budgets)

    @property
    def thresholds(self) -> tuple[Threshold, ...]:
        """The signed thresholds of random votes, recomputed; () where members are counted."""
        return self.certificate.thresholds

    def claim(self, index: int) -> Claim:
        """Return the claim about input ``index``; raise UsageError when it is not at hand."""
        if self.kind == "input":
            if self.claims[0].index == index:
                return self.claims[0]
        elif 0 <= index < len(self.claims):
            return self.claims[index]
        raise UsageError(f"input {index}: not among the {len(self.claims)} verified claims")

    def radius(self, index: int, axis: str) -> int | None:
        """Return the certified radius of one input along one axis; None: nothing is certified."""
        if axis not in self.axes:
            raise UsageError(f"axis {axis!r}: this certificate speaks of {', '.join(self.axes)}")
        return self.claim(index).radius(axis)

    def frontier(self, index: int) -> tuple[Budget, ...]:
        """Return the maximal budgets within any one of which one input keeps its label."""
        return self.claim(index).frontier

    def certified_accuracy(self, budget: Budget | Mapping[str, int]) -> Fraction:
        """Return the share of inputs certified within ``budget`` with their true label.

        Raises UsageError for a single-input file, which says nothing about the others.
        """
        return Fraction(self._certified(self.claims, budget), len(self.claims))

    def surviving_accuracy(self, budget: Budget | Mapping[str, int]) -> Fraction:
        """Return the certified accuracy that is left once undetected forgery is charged.

        Equal to ``certified_accuracy`` where neither votes nor members were looked at again.
        """
        if self.evidence is None:
            return self.certified_accuracy(budget)
        wanted = budget if isinstance(budget, Budget) else Budget.of(budget)
        one_by_one = self._certified(self.evidence.surviving, wanted)
        together = [count for most, count in self.evidence.certified if most.covers(wanted)]
        return Fraction(max((one_by_one, *together)), len(self.claims))

    def _certified(self, claims: tuple[Claim, ...], budget: Budget | Mapping[str, int]) -> int:
        if self.kind != "release":
            raise UsageError("certified accuracy needs the release folder, not a single input")
        return sum(
            c.label is not None and c.label == c.true_label and c.certified(budget) for c in claims
        )
