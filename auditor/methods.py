"""Every certified method: whom it stops, what is random in it, what it costs, whose idea it is.

The table that ``audit methods`` prints and that the README shows; its rows are in methods.toml. A
smoothing is a training side times a test side, and a vote (docs/guarantee.md).
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Final

_HEADS: Final = (
    *("an attacker may have", "what is random", "alpha", "evidence", "cost", "source", "recipe"),
)


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
    example: str = ""
    """A recipe in this project, from its root."""
    doc: str = "docs/guarantee.md"
    """The page with its proof, from the project's root."""

    @property
    def alpha(self) -> str:
        """Say whether claims can fail by chance."""
        if self.side in {"vote", "threat"}:
            return "as the sides"
        return "alpha" if self.random else "0"

    def to_json(self) -> dict[str, object]:
        """Return the row as JSON."""
        return {**asdict(self), "axes": list(self.axes), "alpha": self.alpha}


@cache
def methods() -> tuple[Method, ...]:
    """Return all rows, training sides first."""
    text = (resources.files("auditor") / "methods.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["method"]
    return tuple(Method(**{**row, "axes": tuple(row["axes"])}) for row in rows)


def markdown(side: str, rows: Sequence[Method]) -> list[str]:
    """Return the README's table of one side's methods, line by line."""
    lines = [f"| {side} | {' | '.join(_HEADS)} |", "|---" * (len(_HEADS) + 1) + "|"]
    for method in rows:
        cells = (
            f"[{method.name}]({method.doc})",
            method.threat,
            method.random or "nothing",
            method.alpha,
            method.evidence,
            method.cost,
            method.source,
            f"[example]({method.example})" if method.example else "",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines
