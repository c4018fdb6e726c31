"""Every certified method: whom it stops, what is random in it, what it costs, whose idea it is.

The table that ``audit methods`` prints and that the README shows. A smoothing is a training side
times a test side, and a vote follows from both (docs/guarantee.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One row. ``recipe`` is how a recipe asks for it, under ``side``."""

    side: str
    name: str
    recipe: str
    threat: str
    """What an attacker may do, and what each move costs of the budget."""
    axes: tuple[str, ...]
    random: str
    """What is drawn; empty: nothing, and alpha is 0."""
    evidence: str
    """What the certificate keeps for each input."""
    cost: str
    source: str
    example: str
    """A recipe in this project, from its root."""

    @property
    def alpha(self) -> str:
        """Say whether claims can fail by chance."""
        return "alpha" if self.random else "0"

    def to_json(self) -> dict[str, object]:
        """Return the row as JSON."""
        return {**asdict(self), "axes": list(self.axes), "alpha": self.alpha}


_VIEW_COUNTS: Final = "class counts of every view"
_MEMBER_VOTES: Final = "every member's vote"

METHODS: Final[tuple[Method, ...]] = (
    Method(
        side="training",
        name="none",
        recipe='method = "none"',
        threat="no change of the training data",
        axes=(),
        random="",
        evidence=_VIEW_COUNTS,
        cost="1 training",
        source="Cohen, Rosenfeld, Kolter 2019; Lee et al. 2019",
        example="",
    ),
    Method(
        side="training",
        name="partition by index",
        recipe='method = "partition", by = "index"',
        threat="examples rewritten or relabelled, 1 each; their number is fixed",
        axes=("trainExamples",),
        random="",
        evidence=_VIEW_COUNTS,
        cost="parts small trainings",
        source="Levine, Feizi 2021 (DPA)",
        example="examples/digits/recipe.toml",
    ),
    Method(
        side="training",
        name="partition by id or group",
        recipe='method = "partition", by = "id" or "group"',
        threat="examples (or whole groups) inserted, deleted, rewritten, relabelled, 1 each",
        axes=("trainExamples",),
        random="",
        evidence=_VIEW_COUNTS,
        cost="parts small trainings",
        source="Levine, Feizi 2021 (DPA)",
        example="",
    ),
    Method(
        side="training",
        name="partition by content",
        recipe='method = "partition", by = "content"',
        threat="examples inserted or deleted, 1 each; rewritten or relabelled, 2 each",
        axes=("trainExamples",),
        random="",
        evidence=_VIEW_COUNTS,
        cost="parts small trainings",
        source="Levine, Feizi 2021 (DPA)",
        example="examples/table/recipe.toml",
    ),
    Method(
        side="training",
        name="flip",
        recipe='method = "flip", keepFeatures, keepLabels',
        threat="training features and labels changed, 1 each",
        axes=("trainFeatures", "trainLabels", "total"),
        random="every feature and label of each member's copy of the data",
        evidence=_MEMBER_VOTES,
        cost="members trainings on all data",
        source="Wang, Cao, Jia, Gong 2020; labels alone: Rosenfeld et al. 2020, tight",
        example="examples/mnist17/wang2020.toml",
    ),
    Method(
        side="training",
        name="bag",
        recipe='method = "bag", size',
        threat="examples rewritten or relabelled, 1 each; their number is fixed",
        axes=("trainExamples",),
        random="which examples each member draws, with replacement",
        evidence=_MEMBER_VOTES,
        cost="members trainings on size examples",
        source="Jia, Cao, Gong 2021",
        example="",
    ),
    Method(
        side="test",
        name="none",
        recipe='method = "none"',
        threat="no change of the input",
        axes=(),
        random="",
        evidence="class counts, or every member's vote",
        cost="1 view",
        source="",
        example="examples/mnist10/two-mask-0.toml",
    ),
    Method(
        side="test",
        name="flip",
        recipe='method = "flip", keep',
        threat="pixels or features of the input changed, 1 each",
        axes=("inputFeatures", "total"),
        random="every value of each view",
        evidence="fixed members: class counts of every draw; drawn: every vote",
        cost="draws views; 1 for drawn members",
        source="Lee, Yuan, Chang, Jaakkola 2019",
        example="examples/mnist17/wang2020.toml",
    ),
    Method(
        side="test",
        name="hide",
        recipe='method = "hide", show',
        threat="pixels or features of the input changed, 1 each",
        axes=("inputFeatures",),
        random="which units of the input each view shows",
        evidence="fixed members: class counts of every draw; drawn: every vote",
        cost="draws views; 1 for drawn members",
        source="Levine, Feizi 2020 (ablation)",
        example="",
    ),
    Method(
        side="test",
        name="views",
        recipe='method = "views", groups, partitions',
        threat="pixels or features of the input changed, 1 each",
        axes=("inputFeatures",),
        random="",
        evidence=_VIEW_COUNTS,
        cost="groups x partitions views",
        source="this project: a finite family of sparse views",
        example="examples/mnist17/views.toml",
    ),
    Method(
        side="test",
        name="two-mask over groups",
        recipe='method = "two-mask", groups, pixels',
        threat="pixels or features of the input changed, 1 each",
        axes=("inputFeatures",),
        random="",
        evidence=_VIEW_COUNTS,
        cost="unions of two masks: C(groups, pixels) + .. + C(groups, 2 pixels) views",
        source="Xiang, Mahloujifar, Mittal 2022 (PatchCleanser), over pixel groups",
        example="examples/mnist17/two-mask-2.toml",
    ),
    Method(
        side="test",
        name="two-mask over windows",
        recipe='method = "two-mask", window, step, patch',
        threat="one square of the input repainted",
        axes=("inputPatch",),
        random="",
        evidence=_VIEW_COUNTS,
        cost="unions of two windows: W (W + 1)/2 views",
        source="Xiang, Mahloujifar, Mittal 2022 (PatchCleanser)",
        example="",
    ),
)


def markdown(side: str, rows: Sequence[Method]) -> list[str]:
    """Return the README's table of one side's methods, line by line."""
    heads = ("an attacker may have", "what is random", "alpha", "evidence", "cost", "source")
    lines = [f"| {side} side | {' | '.join(heads)} |", "|---|---|---|---|---|---|---|"]
    for method in rows:
        cells = (
            f"[{method.name}]({method.example})" if method.example else method.name,
            method.threat,
            method.random or "nothing",
            method.alpha,
            method.evidence,
            method.cost,
            method.source,
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines
