"""The certified-accuracy curve, as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from auditor.report import svg
from auditor.report.curve import Line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DASHES: Final = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 2, 1.5, 2)), (0, (1, 1)), (0, (9, 3)))


def curve_svg(lines: Sequence[Line], *, inputs: int, correct: int, label: str, title: str) -> str:
    """Return an SVG element: share of inputs certified (up) against budget (across), as steps.

    ``label`` names the horizontal axis, ``title`` is read out to who cannot see the picture. At
    most six lines are drawn.
    """

    def paint(figure: Figure) -> None:
        draw(
            figure.subplots(),
            lines,
            inputs=inputs,
            correct=correct,
            label=label,
            ink=svg.INK,
            colours=svg.LINE_COLOURS,
        )
        if len(lines) > 1:
            figure.legend(loc="outside lower left", frameon=False, ncols=1, fontsize=9.5)

    return svg.element((4.6, 3.4), title, paint)


def draw(
    axes: Axes,
    lines: Sequence[Line],
    *,
    inputs: int,
    correct: int,
    label: str,
    ink: str,
    colours: Sequence[str],
) -> None:
    """Draw at most six lines on matplotlib axes, and the accuracy without an attack."""
    from matplotlib.ticker import MaxNLocator

    clean = 100 * correct / inputs
    axes.axhline(clean, color=ink, linewidth=0.8, alpha=0.6, linestyle=(0, (1, 2)))
    axes.annotate(
        "no attack",
        (1, clean),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        va="bottom",
        alpha=0.8,
    )
    for line, colour, dash in zip(lines, colours, _DASHES, strict=False):
        axes.step(
            line.amounts,
            [100 * count / inputs for count in line.counts],
            where="post",
            color=colour,
            linestyle=dash,
            linewidth=2,
            label=line.words,
        )
    axes.set_xlim(0, 1.03 * max(lines[0].amounts[-1], 1))
    axes.set_ylim(0, 106)
    axes.set_yticks([0, 20, 40, 60, 80, 100])
    axes.set_xlabel(label)
    axes.set_ylabel("inputs certified, %")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=True, axis="y", color=ink, alpha=0.12)
