"""What a rule says about one input, and what every rule must be able to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from flint import fmpq

from auditor.errors import ClaimError
from auditor.guarantee.threat import Budget

Statistics = Mapping[str, object]
"""The numbers a leaf carries: JSON of whole numbers, enough to redo the arithmetic of its claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One input's label (None = abstained), its numbers, and the maximal certified budgets."""

    label: int | None
    statistics: dict[str, object]
    frontier: tuple[Budget, ...]

    @classmethod
    def surviving(cls, label: int | None, frontier: tuple[Budget, ...] = ()) -> Judgement:
        """Return what stands on forged evidence: it has no statistics of its own."""
        return cls(label=label, statistics={}, frontier=frontier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """What the votes must reach for a budget.

    ``p_star`` is the vote probability that must be exceeded, rounded up to a dyadic rational (1:
    nothing exceeds it); ``k_star`` the least winning count, None when no count of these draws is
    enough.
    """

    budget: Budget
    p_star: fmpq
    k_star: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a declared budget demands of a run, known before anything is spent.

    Randomised votes: ``share`` must be exceeded by the label's vote probability, ``count`` votes of
    those drawn prove it, and ``least_draws`` is the smallest number of draws at which any count
    does, at this alpha, scope and number of inputs; None: never. Votes of fixed members:
    ``margin`` is needed in every view that counts, and ``least_members`` the smallest number of
    members, or of neighbours that vote, that can have it for every label. Fields that do not apply
    are None.
    """

    budget: Budget
    reachable: bool
    reason: str
    """One plain sentence."""
    share: fmpq | None = None
    count: int | None = None
    least_draws: int | None = None
    margin: int | None = None
    least_members: int | None = None


class Rule(Protocol):
    """A vote together with its certificate: the deployed classifier is what is certified."""

    @property
    def classes(self) -> int:
        """Number of classes."""

    @property
    def members(self) -> int:
        """Number of members."""

    @property
    def voters(self) -> int:
        """Votes of all members together, on one view of one input.

        One a member, but for a member that asks its nearest examples: those are its voters.
        """

    @property
    def drawn(self) -> bool:
        """Whether members are random draws, which give one vote an input."""

    @property
    def singly(self) -> bool:
        """Whether a cell is one member's vote; else it is the tally of all members in one view."""

    @property
    def randomised(self) -> bool:
        """Whether alpha is above zero."""

    @property
    def views(self) -> int:
        """Views of one input that fixed members vote on; 1 for drawn members."""

    @property
    def cells(self) -> int:
        """Parts of a row that can be checked, and forged, one by one.

        The vote of each member where they vote singly; else the tally of each view.
        """

    @property
    def tallies(self) -> tuple[int, ...]:
        """Sizes of the tallies that a cell is made of, where members do not vote singly.

        A tally is counts of votes and then of abstentions, and adds up to the members.
        """

    @property
    def row_size(self) -> int:
        """Bytes of evidence for one input."""

    @property
    def axes(self) -> tuple[str, ...]:
        """Axes along which budgets can be certified."""

    @property
    def budgets(self) -> tuple[Budget, ...]:
        """The declared budgets, in declared order."""

    def judge(self, row: bytes) -> Judgement:
        """Run the rule and its bound on one input's evidence; ClaimError on malformed evidence."""

    def check(self, label: int | None, statistics: Statistics, frontier: Iterable[Budget]) -> None:
        """Raise ClaimError unless the statistics alone support the label and the frontier."""

    def surviving(self, row: bytes, *, cells: int, members: int) -> Judgement:
        """Return what stands whatever the true votes are, if so many are forged.

        At most ``cells`` of the row's cells may hold anything, and at most ``members`` of the
        members are not those of the recipe: each of their votes may be anything, on every view.
        Whatever the label and the budgets returned claim is then still proved (docs/guarantee.md,
        section 7). With nothing forged they are those of :meth:`judge`; they only lose by more.
        Label None: not even the label stands. The statistics are empty, since a leaf has others.
        """

    def slack(self, row: bytes, budget: Budget, *, members: int = 0) -> int:
        """Return how many forged cells of this row leave its claim at ``budget`` standing.

        The largest ``cells`` at which :meth:`surviving`, with the same ``members``, certifies the
        budget; ``Budget()`` is the label itself. -1: it does not stand even with none.
        """

    def slacks(self, row: bytes, budgets: Sequence[Budget], *, members: int = 0) -> tuple[int, ...]:
        """Return :meth:`slack` for each of these budgets, reading the row once."""

    def thresholds(self) -> tuple[Threshold, ...]:
        """Return one threshold for each declared budget; none when nothing is random."""

    def requirements(self) -> tuple[Requirement, ...]:
        """Return what each declared budget demands."""


def forged(cells: int, members: int) -> None:
    """Raise ValueError unless both are counts."""
    if cells < 0 or members < 0:
        message = f"forged: expected counts, got {cells} cells and {members} members"
        raise ValueError(message)


def require(condition: bool, what: str, expected: object, got: object) -> None:  # noqa: FBT001
    """Raise ClaimError naming what, expected and got, unless the condition holds."""
    if not condition:
        message = f"{what}: expected {expected}, got {_shown(got)}"
        raise ClaimError(message)


def whole(value: object, what: str, low: int, high: int) -> int:
    """Return ``value`` if it is a whole number in range (no bool); ClaimError otherwise."""
    if type(value) is not int or not low <= value <= high:
        message = f"{what}: expected a whole number from {low} to {high}, got {_shown(value)}"
        raise ClaimError(message)
    return value


def whole_numbers(value: object, what: str, length: int, high: int) -> tuple[int, ...]:
    """Return ``value`` if it is a list of ``length`` whole numbers from 0 to ``high``."""
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)) or len(value) != length:
        message = f"{what}: expected a list of {length} whole numbers, got {_shown(value)}"
        raise ClaimError(message)
    return tuple(whole(entry, f"{what}[{i}]", 0, high) for i, entry in enumerate(value))


def check_keys(statistics: object, keys: Sequence[str], what: str = "statistics") -> Statistics:
    """Return ``statistics`` if it is a mapping with exactly these keys; ClaimError otherwise."""
    if not isinstance(statistics, Mapping) or set(statistics) != set(keys):
        found = sorted(map(str, statistics)) if isinstance(statistics, Mapping) else statistics
        message = f"{what}: expected the keys {', '.join(keys)}, got {_shown(found)}"
        raise ClaimError(message)
    return statistics


def check_claim(
    expected: tuple[int | None, Sequence[Budget]], label: int | None, claimed: Iterable[Budget]
) -> None:
    """Raise ClaimError unless label and frontier are the expected ones, in any order."""
    expected_label, expected_frontier = expected
    require(
        label == expected_label and type(label) is type(expected_label),
        "label",
        _named(expected_label),
        _named(label),
    )
    budgets = tuple(claimed)
    require(
        len(budgets) == len(expected_frontier) and set(budgets) == set(expected_frontier),
        "frontier",
        [str(budget) for budget in expected_frontier],
        [str(budget) for budget in budgets],
    )


def _named(label: int | None) -> str:
    return "an abstention" if label is None else str(label)


def _shown(value: object) -> str:
    shown = value if isinstance(value, str) else repr(value)
    return shown if len(shown) <= 120 else shown[:117] + "..."
