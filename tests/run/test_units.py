"""Groups, labels alone and features alone, from the recipe to what a second party finds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from sklearn.datasets import load_digits

import auditor
from auditor.errors import RecipeError, UndecidedError
from auditor.format.members import FRONT_END
from auditor.verify import verdict
from tests.run import small
from tests.run.test_counterfactual import Data, changed, members

CENTROIDS: Final = 'name = "ridge"\nchunk = 4\nfrontEnd = { name = "centroids", count = 12 }'
BAYES: Final = 'name = "naive-bayes"\nchunk = 4'
LABELS: Final = 'threat = "labels"'
FEATURES: Final = 'threat = "features"'
BY_CLASS: Final = 'method = "partition"\nparts = 9\nby = "class"'
BY_GROUP: Final = 'method = "partition"\nparts = 5\nby = "group"'
BAG: Final = 'method = "bag"\nsize = 2'


def written(folder: Path, case: tuple[str, str, str], data: Data, *, test: str = "none") -> Path:
    """Write a recipe like those of small.py, with another training side (of ``case``)."""
    training, top, learner = case
    kind = "bag" if "bag" in training else "partition"
    path = small.recipe(folder, kind, test, learner=learner, top=top, data=data)
    text = path.read_text().replace(small.TRAINING[kind], training)
    if 'unit = "group"' in top:
        text = text.replace('path = "digits.npz"', 'path = "digits.npz"\ngroup = "form"')
    path.write_text(text)
    return path


def made(folder: Path, case: tuple[str, str, str], data: Data, *, test: str = "none") -> Path:
    recipe = written(folder, case, data, test=test)
    auditor.run(recipe, out=folder / "out", device="cpu", workers=0)
    return folder / "out"


def grouped() -> Data:
    """The digits 1 and 7 with the forms that they stood on, as an array."""
    data = small.digits()
    bunch = load_digits()
    chosen = np.flatnonzero(np.isin(bunch.target, (1, 7)))
    chosen = chosen[np.arange(len(chosen)) % 6 != 0]
    return {**data, "form": chosen // 130}


def without(data: Data, form: int) -> Data:
    keep = data["form"] != form
    return {**data, **{key: data[key][keep] for key in ("xTrain", "yTrain", "form")}}


def relabelled(data: Data, place: int = 17) -> Data:
    labels = data["yTrain"].copy()
    labels[place] = 8 - labels[place]
    return {**data, "yTrain": labels}


def rewritten(data: Data, place: int = 17) -> Data:
    images = data["xTrain"].copy()
    images[place] = 16 - images[place]
    return {**data, "xTrain": images}


def malformed(data: Data, place: int = 17) -> Data:
    images = data["xTrain"].astype(np.float64)
    images[place, 0, 3, 3] = np.nan
    return {**data, "xTrain": images}


CASES: Final = {
    "parts by group": (BY_GROUP, 'unit = "group"', BAYES),
    "bags of groups": (BAG, 'unit = "group"', BAYES),
    "labels alone": (small.TRAINING["partition"], LABELS, CENTROIDS),
    "features alone": (BY_CLASS, FEATURES, BAYES),
    "labels alone, bags": (small.TRAINING["bag"], LABELS, CENTROIDS),
}


@pytest.mark.parametrize("name", CASES)
def test_a_second_party_finds_the_same(name: str, tmp_path: Path) -> None:
    release = made(tmp_path, CASES[name], grouped())
    verified = auditor.verify(
        release, tmp_path / "out.pub", replay="all", retrain=3, data=tmp_path, match="bitwise"
    )
    assert verified.evidence is not None
    assert verified.evidence.votes is not None
    assert verified.evidence.votes.found == 0
    assert verified.evidence.bitwise == 3
    summary = verified.certificate.summary
    assert summary.correct >= 9
    assert any(count for budget, count in summary.certified if budget)
    audit = verified.certificate.audit
    said = verdict.text(verified)
    if audit.unit == "group":
        assert audit.groups == 14
        assert "in 14 groups, attacked by group" in said
    else:
        assert audit.groups is None
        assert "are trusted: nobody changed them" in said
    predictor = auditor.load(release, key=tmp_path / "out.pub")
    answers = [predictor.predict(x, root=bytes(32)).label for x in small.digits()["xTest"]]
    labels = [None if c.label is None else audit.classes[c.label] for c in verified.claims]
    if "bags" not in name:
        assert answers == labels
    else:
        assert sum(a == b for a, b in zip(answers, labels, strict=True)) >= 9


def test_another_number_of_groups_is_another_data_set(tmp_path: Path) -> None:
    release = made(tmp_path, CASES["bags of groups"], grouped())
    other = grouped()
    other["form"][0] = 99
    np.savez(tmp_path / "digits.npz", **other)
    with pytest.raises(UndecidedError, match="another data set"):
        auditor.verify(release, tmp_path / "out.pub", retrain=1, data=tmp_path)


def test_a_group_that_is_gone_touches_one_member(tmp_path: Path) -> None:
    before = made(tmp_path / "before", CASES["parts by group"], grouped())
    after = made(tmp_path / "after", CASES["parts by group"], without(grouped(), 3))
    assert changed_of(before, after) == 1


def test_relabelling_touches_one_member_and_no_byte_of_the_front_end(tmp_path: Path) -> None:
    before = made(tmp_path / "before", CASES["labels alone"], grouped())
    after = made(tmp_path / "after", CASES["labels alone"], relabelled(grouped()))
    assert (before / FRONT_END).read_bytes() == (after / FRONT_END).read_bytes()
    assert changed(before, after) == 1
    elsewhere = made(tmp_path / "elsewhere", CASES["labels alone"], rewritten(grouped()))
    # what the threat trusts does decide the front end: this is why it is refused elsewhere
    assert (before / FRONT_END).read_bytes() != (elsewhere / FRONT_END).read_bytes()


@pytest.mark.parametrize("change", [rewritten, malformed])
def test_features_touch_one_member_where_labels_decide_the_parts(
    change: Callable[[Data], Data], tmp_path: Path
) -> None:
    plain = {**grouped(), "xTrain": grouped()["xTrain"].astype(np.float64)}
    before = made(tmp_path / "before", CASES["features alone"], plain)
    after = made(tmp_path / "after", CASES["features alone"], change(plain))
    assert changed(before, after) == 1
    other = made(tmp_path / "labels", CASES["features alone"], relabelled(plain, 0))
    assert changed(before, other) > 1


def test_a_front_end_sees_masked_inputs(tmp_path: Path) -> None:
    release = made(tmp_path, CASES["labels alone"], grouped(), test="two-mask")
    verified = auditor.verify(release, tmp_path / "out.pub", replay="all", data=tmp_path)
    assert verified.certificate.summary.correct >= 9
    predictor = auditor.load(release)
    masks = predictor._shower.masks
    assert masks is not None
    symbols = (small.digits()["xTest"][0].reshape(-1) >= 8).astype(np.uint8)
    for index, mask in enumerate(masks):
        rows = [predictor._shower.some(x, [index]) for x in (symbols, symbols ^ (1 - mask))]
        assert rows[0].tobytes() == rows[1].tobytes()


@pytest.mark.parametrize(
    ("training", "top", "learner", "reason"),
    [
        (small.TRAINING["partition"], "", CENTROIDS, "threat 'labels'"),
        (small.TRAINING["partition"], FEATURES, CENTROIDS, "threat 'labels'"),
        (BY_CLASS, "", BAYES, "threat 'features'"),
        (BY_CLASS, LABELS, BAYES, "threat"),
        (small.TRAINING["flip"], LABELS, BAYES, "noise on the labels alone"),
    ],
)
def test_a_recipe_is_refused_before_the_data_is_read(
    training: str, top: str, learner: str, reason: str, tmp_path: Path
) -> None:
    recipe = written(tmp_path, (training, top, learner), small.digits())
    (tmp_path / "digits.npz").unlink()
    with pytest.raises(RecipeError, match=reason):
        auditor.run(recipe, out=tmp_path / "out", device="cpu", workers=0)


def changed_of(before: Path, after: Path) -> int:
    pairs = zip(members(before), members(after), strict=True)
    return sum(one != two for one, two in pairs)
