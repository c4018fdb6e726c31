"""A matplotlib figure as an SVG element of a page: the same bytes for the same numbers."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Stand-ins that the page replaces by its own colours, light or dark.
INK: Final = "#010203"
LINE_COLOURS: Final = ("#010301", "#010302", "#010303", "#010304", "#010305", "#010306")

_NO_METADATA: Final = {"Date": None, "Creator": None, "Format": None, "Type": None}
_STYLE: Final[Any] = {
    "svg.hashsalt": "auditor",
    "svg.fonttype": "none",
    "font.size": 10.0,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.parse_math": False,  # a name of a column is no formula
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def element(size: tuple[float, float], title: str, paint: Callable[[Figure], None]) -> str:
    """Return what ``paint`` draws on a figure of ``size`` inches.

    ``title`` is read out to who cannot see the picture.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        paint(figure)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata=_NO_METADATA)
    return _inline(buffer.getvalue(), title)


def _inline(document: str, title: str) -> str:
    """Make a stand-alone SVG document an element of a page, coloured by the page."""
    svg = document[document.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg)
    svg = re.sub(r"font: ([0-9.]+)px [^;\"]*", r"font: \1px inherit; font-size: \1px", svg)
    svg = svg.replace(INK, "currentColor")
    for number, colour in enumerate(LINE_COLOURS):
        svg = svg.replace(colour, f"var(--line-{number})")
    # Two pictures of one page may not share what they refer to.
    tag = f"{hashlib.sha256(title.encode()).hexdigest()[:8]}-"
    svg = re.sub(r'\bid="', f'id="{tag}', svg)
    svg = re.sub(r"url\(#", f"url(#{tag}", svg)
    svg = re.sub(r'href="#', f'href="#{tag}', svg)
    escaped = title.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return svg.replace("<svg", f'<svg role="img" aria-label="{escaped}"', 1).strip()
