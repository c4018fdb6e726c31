"""Fixed members stand alone: whatever happens to one example, the others' bits stay.

The theorem about partitions asks this of the whole pipeline, so the whole pipeline is run on a
changed data set, and the exported members are compared bit by bit.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import auditor
from auditor.errors import DataError
from auditor.replay.graph_digest import member_axes
from auditor.replay.predict import Predictor
from tests.run import small

Data = dict[str, Any]

LEARNERS = {
    "naive-bayes": 'name = "naive-bayes"\nchunk = 4',
    "ridge": 'name = "ridge"\nchunk = 4',
    "logistic": 'name = "logistic"\nchunk = 4',
    "mlp": 'name = "mlp"\nhidden = [8]\nsteps = 5\nbatch = 8\nchunk = 4',
    "cnn": 'name = "cnn"\nchannels = [4]\nhidden = 8\nsteps = 6\nbatch = 16',
    "kernel-bayes": 'name = "kernel-bayes"\nchunk = 4',
    "nearest-neighbours": 'name = "nearest-neighbours"\nchunk = 4',
}
#: Learners with a slot for each example.
SLOTS = {"kernel-bayes", "nearest-neighbours"}


def rewritten(data: Data) -> Data:
    images, labels = data["xTrain"].copy(), data["yTrain"].copy()
    images[17], labels[17] = 16 - images[17], 8 - labels[17]
    return {**data, "xTrain": images, "yTrain": labels}


def with_other_columns(data: Data) -> Data:
    """Change one row of pixels, which is one block, in every image."""
    images = data["xTrain"].copy()
    images[:, :, 3] = 16 - images[:, :, 3]
    return {**data, "xTrain": images}


def malformed(data: Data) -> Data:
    images = data["xTrain"].astype(np.float64)
    images[17, 0, 3, 3] = np.nan
    return {**data, "xTrain": images}


def as_floats(data: Data) -> Data:
    return {**data, "xTrain": data["xTrain"].astype(np.float64)}


def deleted(data: Data) -> Data:
    keep = np.arange(len(data["yTrain"])) != 17
    return {**data, "xTrain": data["xTrain"][keep], "yTrain": data["yTrain"][keep]}


def inserted(data: Data) -> Data:
    image = data["xTest"][:1].transpose(0, 1, 3, 2)
    return {
        **data,
        "xTrain": np.insert(data["xTrain"], 40, image, axis=0),
        "yTrain": np.insert(data["yTrain"], 40, 7),
    }


def members(release: Path) -> list[dict[str, bytes]]:
    """Return every exported member's own parameters, padding members included."""
    size = auditor.verify(release, release.with_name("out.pub")).certificate.shard_size
    found = []
    for path in sorted((release / "members").glob("*.onnx")):
        model = onnx.load(path)
        axes = member_axes(model)
        own = {}
        for initializer in model.graph.initializer:
            if initializer.name in axes:
                array, axis = numpy_helper.to_array(initializer), axes[initializer.name]
                split = array.reshape(*array.shape[:axis], size, -1)  # as they were stacked
                own[initializer.name] = np.moveaxis(split, axis, 0)
        found += [{name: own[name][m].tobytes() for name in own} for m in range(size)]
    return found


def run(folder: Path, by: str, test: str, learner: str, data: Data) -> Path:
    extra = "[training]\nmasks = 2" if test != "none" and learner not in SLOTS else ""
    if learner in SLOTS and by == "content":
        extra = "[training]\ncapacity = 60"
    recipe = small.recipe(folder, by, test, learner=LEARNERS[learner], data=data, extra=extra)
    auditor.run(recipe, out=folder / "out", device="cpu", workers=0)
    return folder / "out"


def changed(before: Path, after: Path) -> int:
    pairs = list(zip(members(before), members(after), strict=True))
    assert len(pairs) >= 9
    return sum(one != two for one, two in pairs)


@pytest.mark.parametrize("learner", LEARNERS)
@pytest.mark.parametrize(
    ("by", "change", "touched"),
    [
        ("partition", rewritten, 1),
        ("content", rewritten, 2),
        ("content", deleted, 1),
        ("content", inserted, 1),
        ("grid", rewritten, 8),
        ("finite-aggregation", rewritten, 3),
        ("grid", with_other_columns, 5),
    ],
    ids=[
        *("index-rewritten", "content-rewritten", "content-deleted", "content-inserted"),
        *("grid-rewritten", "spread-rewritten", "grid-with-other-columns"),
    ],
)
def test_a_change_touches_no_more_members_than_it_costs(
    by: str, change: Callable[[Data], Data], touched: int, learner: str, tmp_path: Path
) -> None:
    test = "two-mask" if learner in {"ridge", "cnn"} and by not in small.ALONE else "none"
    data = small.digits()
    before = run(tmp_path / "before", by, test, learner, data)
    after = run(tmp_path / "after", by, test, learner, change(data))
    assert 1 <= changed(before, after) <= touched


def test_an_example_made_malformed_shifts_no_other(tmp_path: Path) -> None:
    data = small.digits()
    before = run(tmp_path / "before", "partition", "none", "naive-bayes", as_floats(data))
    after = run(tmp_path / "after", "partition", "none", "naive-bayes", malformed(data))
    assert changed(before, after) == 1


def test_a_hidden_pixel_changes_no_score(tmp_path: Path) -> None:
    data = small.digits()
    release = run(tmp_path / "out", "partition", "two-mask", "ridge", data)
    predictor: Predictor = auditor.load(release)
    masks = predictor._shower.masks
    assert masks is not None
    symbols = (data["xTest"][0].reshape(-1) >= 8).astype(np.uint8)
    for index, mask in enumerate(masks):
        other = symbols ^ (1 - mask)  # every hidden pixel changed
        rows = [predictor._shower.some(x, [index]) for x in (symbols, other)]
        assert rows[0].tobytes() == rows[1].tobytes()


def test_a_class_without_examples_is_refused_before_training(tmp_path: Path) -> None:
    data = small.digits()
    data["yTrain"][:] = 1
    recipe = small.recipe(tmp_path, "partition", "none", data=data)
    with pytest.raises(DataError, match="7"):
        auditor.run(recipe, out=tmp_path / "out", device="cpu", workers=0)
    assert not (tmp_path / "out.work").exists()
