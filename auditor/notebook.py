"""A verified release in a notebook: tables for pandas, and plots on matplotlib axes.

Everything takes a ``Verified``, so nothing is shown that was not checked. Needs the extra
``notebook`` (pandas and matplotlib).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.errors import UsageError
from auditor.report import chart, histogram
from auditor.report.curve import lines
from auditor.report.records import records
from auditor.report.sentences import unit_words
from auditor.report.surface import surface
from auditor.report.votes import panels
from auditor.verify.verified import Verified

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_INK: Final = "#222222"
_COLOURS: Final = ("#1f5fa8", "#b4541a", "#2e7d4f", "#7a4aa0", "#8a6d00", "#5b6470")
_MAX_LINES: Final = 6


def to_pandas(verified: Verified) -> pd.DataFrame:
    """Return one row an input, named by its number, with the columns of ``audit export``.

    Radii are nullable integers (``Int64``): missing where not even 0 is certified.
    """
    import pandas as pd

    frame = pd.DataFrame.from_records(records(verified)).set_index("index")
    radii = {name: "Int64" for name in frame.columns if name.startswith("radius.")}
    return frame.astype(radii)


def certified_accuracy(verified: Verified, ax: Axes | None = None) -> Axes:
    """Plot the share of inputs certified against the budget on one axis; return the axes.

    One line for every combination of the other axes that the recipe declares budgets for. Raises
    UsageError for a single-input file, and where nothing is certified.
    """
    drawn = lines(_whole(verified))[:_MAX_LINES]
    if not drawn:
        raise UsageError("certified_accuracy: expected a certified input, there is none to plot")
    axes = _axes(ax)
    summary = verified.certificate.summary
    chart.draw(
        axes,
        drawn,
        inputs=summary.inputs,
        correct=summary.correct,
        label=f"{unit_words(verified.audit, drawn[0].axis)} an attacker may change",
        ink=_INK,
        colours=_COLOURS,
    )
    if len(drawn) > 1:
        axes.legend(frameon=False)
    return axes


def vote_shares(verified: Verified, ax: Axes | None = None, *, panel: int = 0) -> Axes:
    """Plot inputs by their votes, with the votes that budgets need; return the axes.

    ``panel`` chooses among the changes of the input (or of the training data) that are allowed
    for, in the order of the report. Raises UsageError where there is no such panel, or nothing in
    it.
    """
    found = panels(_whole(verified))
    if not 0 <= panel < len(found):
        raise UsageError(f"vote_shares: expected a panel below {len(found)}, got {panel}")
    if not histogram.bars(found[panel]):
        raise UsageError("vote_shares: expected an input with an answer, there is none to plot")
    axes = _axes(ax)
    histogram.draw(axes, found[panel], ink=_INK, colours=_COLOURS)
    axes.set_title(found[panel].title)
    return axes


def frontier(verified: Verified, ax: Axes | None = None) -> Axes:
    """Plot certified accuracy over training data and input together as a heat map.

    Raises UsageError where the certificate does not cover both.
    """
    found = surface(_whole(verified))
    if found is None:
        raise UsageError("frontier: expected certified changes of training data and of the input")
    axes = _axes(ax)
    inputs = verified.certificate.summary.inputs
    shares = [[100 * cell.count / inputs for cell in row] for row in found.cells]
    axes.imshow(shares, vmin=0, vmax=100, cmap="Blues", aspect="auto")
    for down, row in enumerate(found.cells):
        for across, cell in enumerate(row):
            ink = "white" if 2 * cell.count > inputs else _INK
            said = cell.share.removesuffix(" %")
            axes.text(across, down, said, ha="center", va="center", color=ink)
    axes.set_xticks(range(len(found.columns)), [f"{amount:,}" for amount in found.columns])
    axes.set_yticks(range(len(found.rows)), found.names)
    axes.set_xlabel(f"{found.across} an attacker may change")
    axes.set_title("inputs certified, %")
    return axes


def _whole(verified: Verified) -> Verified:
    if verified.kind != "release":
        raise UsageError("plots need the release folder, not a single input")
    return verified


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    return plt.figure(layout="constrained").subplots()
