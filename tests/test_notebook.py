"""What a notebook shows of a release: the certificate's own numbers, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import nbformat
import numpy as np
import pytest
from matplotlib import pyplot as plt
from nbclient import NotebookClient

from auditor import notebook
from auditor.errors import UsageError
from auditor.report.surface import surface
from auditor.report.votes import panels
from auditor.verify.checking import single_input
from auditor.verify.verified import Verified
from tests import gates, honest

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "quickstart.ipynb"
SIZE = 40


@pytest.fixture(autouse=True)
def no_window() -> Iterator[None]:
    with mpl.rc_context({"backend": "agg"}):
        yield
        plt.close("all")


def verified(kind: str = "two-mask") -> Verified:
    return gates.verified(honest.build(kind, inputs=SIZE))


@pytest.mark.parametrize("kind", sorted(honest.KINDS))
def test_a_frame_counts_what_the_certificate_counts(kind: str) -> None:
    found = verified(kind)
    frame = notebook.to_pandas(found)
    assert list(frame.index) == list(range(SIZE))
    for budget in found.budgets:
        words = ",".join(f"{axis}={amount}" for axis, amount in budget.amounts) or "none"
        held = frame["right"] & frame[f"certified.{words}"]
        assert held.sum() == found.certified_accuracy(budget) * SIZE
    for axis in found.axes:
        for index in (0, SIZE - 1):
            radius = found.radius(index, axis)
            value = frame.loc[index, f"radius.{axis}"]
            assert (radius is None) == (str(value) == "<NA>")
            assert radius is None or radius == value


def test_frontiers_are_those_of_the_claims() -> None:
    found = verified()
    assert found.frontier(3) == found.claims[3].frontier
    with pytest.raises(UsageError):
        found.frontier(SIZE)


def test_the_curve_is_the_certified_accuracy() -> None:
    found = verified()
    axes = notebook.certified_accuracy(found)
    lines = [line for line in axes.lines if not str(line.get_label()).startswith("_")]
    assert len(lines) == 2
    across, up = (np.asarray(each).tolist() for each in lines[0].get_data())
    for amount, share in zip(across, up, strict=True):
        budget = {"trainExamples": int(amount)} if amount else {}
        exact = found.certified_accuracy(budget) if budget else None
        assert exact is None or share == pytest.approx(100 * float(exact))


def test_the_heat_map_says_the_surface() -> None:
    found = verified()
    made = surface(found)
    assert made is not None
    axes = notebook.frontier(found)
    said = [text.get_text() for text in axes.texts]
    assert said == [cell.share.removesuffix(" %") for row in made.cells for cell in row]


def test_bars_hold_every_input_that_is_answered() -> None:
    found = verified()
    axes = notebook.vote_shares(found, panel=1)
    panel = panels(found)[1]
    drawn = sum(patch.get_height() for patch in axes.patches)  # type: ignore[attr-defined]
    assert drawn == len(panel.right) + len(panel.wrong)


def test_plots_go_where_they_are_told() -> None:
    _, ax = plt.subplots()
    assert notebook.certified_accuracy(verified(), ax) is ax
    assert notebook.frontier(verified(), ax) is ax
    assert len(plt.get_fignums()) == 1


def test_what_cannot_be_plotted_is_a_sentence() -> None:
    made = honest.build("two-mask", inputs=SIZE)
    alone = single_input(made.single(3), [made.key.public])
    for plot in (notebook.certified_accuracy, notebook.vote_shares, notebook.frontier):
        with pytest.raises(UsageError, match="not a single input"):
            plot(alone)
    with pytest.raises(UsageError, match="changes of training data and of the input"):
        notebook.frontier(verified("partition"))
    with pytest.raises(UsageError, match="panel below 2, got 2"):
        notebook.vote_shares(verified(), panel=2)


@pytest.mark.slow
def test_the_quickstart_runs(tmp_path: Path) -> None:
    """In a real kernel, from the project's root as its first cell expects, without an error."""
    example = nbformat.read(EXAMPLE, as_version=4)  # type: ignore[no-untyped-call]
    assert all(not cell.get("outputs") for cell in example.cells), "outputs are not committed"
    for cell in example.cells:
        cell.source = cell.source.replace('"build/quickstart"', repr(str(tmp_path / "release")))
    client = NotebookClient(
        example,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(EXAMPLE.parents[1])}},
    )
    client.execute()
    outputs = [output for cell in example.cells for output in cell.get("outputs", ())]
    assert not [each for each in outputs if each.output_type == "error"]
    pictures = [each for each in outputs if "image/png" in each.get("data", {})]
    assert len(pictures) == 3
    assert (tmp_path / "release" / "report.html").is_file()
