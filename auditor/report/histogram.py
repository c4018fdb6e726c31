"""Inputs by their number of votes, with the numbers that budgets need, as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.report import svg
from auditor.report.votes import Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BARS: Final = 24
_LINES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Inputs with ``low`` to ``high`` votes, both included."""

    low: int
    high: int
    right: int
    wrong: int

    @property
    def words(self) -> str:
        """What the bar counts, for instance ``10 to 14``."""
        return f"{self.low:,}" if self.low == self.high else f"{self.low:,} to {self.high:,}"


def bars(panel: Panel) -> tuple[Bar, ...]:
    """Return at most 24 bars of one width that hold every input which has votes."""
    values = (*panel.right, *panel.wrong)
    if not values:
        return ()
    low = min(0, *values)
    width = -(-(panel.most - low + 1) // _BARS)
    starts = range(low, panel.most + 1, width)
    return tuple(
        Bar(
            low=start,
            high=min(start + width - 1, panel.most),
            right=_within(panel.right, start, width),
            wrong=_within(panel.wrong, start, width),
        )
        for start in starts
    )


def _within(values: Sequence[int], start: int, width: int) -> int:
    return sum(start <= value < start + width for value in values)


def histogram_svg(panel: Panel, *, title: str) -> str:
    """Return an SVG element: inputs (up) by votes (across), wrong answers hatched.

    Lines stand where a budget begins to be certified, with the number of votes above them.
    """

    def paint(figure: Figure) -> None:
        draw(figure.subplots(), panel, ink=svg.INK, colours=svg.LINE_COLOURS)
        if panel.wrong:
            figure.legend(loc="outside lower left", frameon=False, ncols=2, fontsize=9.5)

    return svg.element((4.6, 2.9), title, paint)


def draw(axes: Axes, panel: Panel, *, ink: str, colours: Sequence[str]) -> None:
    """Draw the histogram of a panel that has votes on matplotlib axes."""
    drawn = bars(panel)
    starts = [bar.low for bar in drawn]
    width = drawn[0].high - drawn[0].low + 1
    right = [bar.right for bar in drawn]
    axes.bar(
        starts,
        right,
        width,
        align="edge",
        color=colours[0],
        edgecolor="none",
        label="answered rightly",
    )
    if panel.wrong:
        axes.bar(
            starts,
            [bar.wrong for bar in drawn],
            width,
            align="edge",
            bottom=right,
            color=colours[1],
            hatch="////",
            edgecolor=ink,
            linewidth=0,
            label="answered wrongly",
        )
    axes.set_xlim(drawn[0].low, drawn[-1].low + width)
    axes.set_xlabel(panel.label)
    axes.set_ylabel("inputs")
    axes.grid(visible=True, axis="y", color=ink, alpha=0.12)
    marked = [need.votes for need in panel.needs][:_LINES]
    for votes in marked:
        axes.axvline(votes, color=ink, linewidth=1, linestyle=(0, (3, 2)), alpha=0.8)
    if marked:
        above = axes.secondary_xaxis("top")
        above.set_xticks(_apart(marked, (drawn[-1].low + width - drawn[0].low) / 16))
        above.set_xlabel("needed")


def _apart(values: Sequence[int], least: float) -> list[int]:
    """Return those of increasing values that leave room for their numbers."""
    kept: list[int] = []
    for value in values:
        if not kept or value - kept[-1] >= least:
            kept.append(value)
    return kept
