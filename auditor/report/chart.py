"""The certified-accuracy curve as inline SVG: the same bytes for the same numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any, Final

from auditor.report.curve import Line

# Stand-ins that the page replaces by its own colours, light or dark.
_INK: Final = "#010203"
_LINE_COLOURS: Final = ("#010301", "#010302", "#010303", "#010304", "#010305", "#010306")
_DASHES: Final = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 2, 1.5, 2)), (0, (1, 1)), (0, (9, 3)))


def curve_svg(lines: Sequence[Line], *, inputs: int, correct: int, label: str, title: str) -> str:
    """Return an SVG element: share of inputs certified (up) against budget (across), as steps.

    ``label`` names the horizontal axis, ``title`` is read out to who cannot see the picture. At
    most six lines are drawn.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    style: Any = {
        "svg.hashsalt": "auditor",
        "svg.fonttype": "none",
        "font.size": 10.0,
        "text.color": _INK,
        "axes.edgecolor": _INK,
        "axes.labelcolor": _INK,
        "text.parse_math": False,  # a name of a column is no formula
        "xtick.color": _INK,
        "ytick.color": _INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(4.6, 3.4), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.subplots()
        clean = 100 * correct / inputs
        axes.axhline(clean, color=_INK, linewidth=0.8, alpha=0.6, linestyle=(0, (1, 2)))
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
        for line, colour, dash in zip(lines, _LINE_COLOURS, _DASHES, strict=False):
            shares = [100 * count / inputs for count in line.counts]
            axes.step(
                line.amounts,
                shares,
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
        axes.grid(visible=True, axis="y", color=_INK, alpha=0.12)
        if len(lines) > 1:
            figure.legend(loc="outside lower left", frameon=False, ncols=1, fontsize=9.5)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata=_NO_METADATA)
    return _inline(buffer.getvalue(), title)


_NO_METADATA: Final = {"Date": None, "Creator": None, "Format": None, "Type": None}


def _inline(document: str, title: str) -> str:
    """Make a stand-alone SVG document an element of a page, coloured by the page."""
    svg = document[document.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg)
    svg = re.sub(r"font: ([0-9.]+)px [^;\"]*", r"font: \1px inherit; font-size: \1px", svg)
    svg = svg.replace(_INK, "currentColor")
    for number, colour in enumerate(_LINE_COLOURS):
        svg = svg.replace(colour, f"var(--line-{number})")
    escaped = title.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return svg.replace("<svg", f'<svg role="img" aria-label="{escaped}"', 1).strip()
