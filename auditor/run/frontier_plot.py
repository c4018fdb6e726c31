"""Radius against vote share, one panel for each axis, one line for each smoothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from auditor.errors import UsageError
from auditor.run.frontier import Frontier

_DASHES: Final[tuple[Any, ...]] = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 2, 1.5, 2)))
#: Vote shares that a line is drawn through: 1/2 to 1, closer and closer.
SHARES: Final = (
    *(
        1 - Fraction(tens, 10**power)
        for power in range(1, 5)
        for tens in (5, 4, 3, 2, Fraction(3, 2), 1)
    ),
    Fraction(1),
)
_TICKS: Final = (*(map(Fraction, ("1/2", "9/10", "99/100", "999/1000"))), Fraction(1))
#: What a picture can be, by the end of its name.
ENDINGS: Final = (".svg", ".png", ".pdf")


def plot(frontiers: Sequence[Frontier], title: str, out: Path) -> None:
    """Write the picture: SVG, PNG or PDF by the file's ending. UsageError for another."""
    if out.suffix not in ENDINGS:
        raise UsageError(f"{out}: expected a name ending in {', '.join(ENDINGS)}")
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    axes = list(dict.fromkeys(axis for frontier in frontiers for axis in frontier.axes))
    with mpl.rc_context({"svg.hashsalt": "auditor", "axes.spines.top": False}):
        figure = Figure(figsize=(4.2 * len(axes), 3.8), layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(1, len(axes), squeeze=False)[0]
        for panel, axis in zip(panels, axes, strict=True):
            for number, frontier in enumerate(frontiers):
                points = [(share, most[axis]) for share, most in frontier.alone.items() if most]
                panel.plot(
                    [_across(share) for share, _ in points],
                    [amount for _, amount in points],
                    drawstyle="steps-post",
                    color=f"C{number % 10}",
                    linestyle=_DASHES[number % len(_DASHES)],
                    label=frontier.words,
                )
            panel.set_xlabel("vote share")
            panel.set_xticks(list(map(_across, _TICKS)), [f"{float(t):g}" for t in _TICKS])
            panel.set_ylabel(f"{axis}, at most")
            panel.set_ylim(bottom=0)
            panel.yaxis.set_major_locator(MaxNLocator(integer=True))
            panel.grid(visible=True, alpha=0.2)
            panel.spines["right"].set_visible(False)
        figure.suptitle(title)
        lines, names = panels[0].get_legend_handles_labels()
        figure.legend(lines, names, loc="outside lower center", frameon=False, ncols=2)
        figure.savefig(out, dpi=150, metadata={} if out.suffix == ".png" else {"Creator": None})


def _across(share: Fraction) -> float:
    """Return where a share lies: what matters are the votes that are missing, by their order."""
    return -math.log10(max(1 - share, Fraction(1, 40000)))
