"""Every sensible product of a training side and a test side, run to a verified release."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import auditor
from auditor.errors import DataError, RecipeError
from auditor.guarantee.smoothing import views_for
from auditor.guarantee.threat import Budget
from tests.run import small

SENSIBLE = [
    (training, test)
    for training in small.TRAINING
    for test in small.TEST
    if (training, test) != ("none", "none")
    and not (training in small.DRAWN and test in small.FAMILIES)
    and (training not in {"content", *small.ALONE} or test == "none")
    # an author flips features, and ranks neighbours, over finite alphabets only
    and not (small.FINITE & {training, test} and small.ON_A_GRID & {training, test})
]


@pytest.mark.parametrize(("training", "test"), SENSIBLE, ids=lambda side: side)
def test_a_product_runs_verifies_and_predicts_what_it_claims(
    training: str, test: str, tmp_path: Path
) -> None:
    # noisy and mostly hidden: members have to learn from what they will be shown
    both = training in small.ON_A_GRID and test == "hide"
    recipe = small.recipe(tmp_path, training, test, extra="[training]\nmasks = 8" if both else "")
    out = tmp_path / "out"
    result = auditor.run(recipe, out=out, device="cpu", workers=0)
    verified = auditor.verify(out, tmp_path / "out.pub")
    assert verified == result.verified
    summary = verified.certificate.summary
    assert summary.inputs == 12
    assert summary.inputs - summary.correct - summary.abstained <= 2, "wrong answers are rare"
    least = 6 if verified.randomised else 9  # where draws are random, abstentions are chance
    assert summary.correct >= least
    assert any(count for budget, count in summary.certified if Budget.of(budget).amounts)
    single = tmp_path / "input.cert.json"
    single.write_bytes(auditor.extract(out, 3))
    [claim] = auditor.verify(single, tmp_path / "out.pub").claims
    assert claim == verified.claims[3]
    predictor = auditor.load(out, key=tmp_path / "out.pub")
    answers = [predictor.predict(image, root=bytes(32)).label for image in small.digits()["xTest"]]
    classes = verified.certificate.audit.classes
    names = [None if claim.label is None else classes[claim.label] for claim in verified.claims]
    if verified.randomised:
        told = [(a, n) for a, n in zip(answers, names, strict=True) if a and n]
        assert len(told) >= 6, "an answer may be an abstention, on either side"
        assert all(answer == name for answer, name in told)
    else:
        assert answers == names


@pytest.mark.parametrize("unit", ["pixel", "channel"])
@pytest.mark.parametrize("test", ["windows", "joint", "ablation"])
def test_a_patch_of_a_colour_picture_repaints_all_channels(
    test: str, unit: str, tmp_path: Path
) -> None:
    data = small.digits()
    for key in ("xTrain", "xTest"):
        data[key] = np.concatenate([data[key], 16 - data[key], data[key]], axis=1)
    recipe = small.recipe(tmp_path, "partition", test, data=data)
    text = recipe.read_text().replace('unit = "pixel"', f'unit = "{unit}"')
    recipe.write_text(text)
    out = tmp_path / "out"
    verified = auditor.run(recipe, out=out, device="cpu", workers=0).verified
    audit = verified.certificate.audit
    masks = np.frombuffer(b"".join(views_for(audit.recipe, audit.shape)), np.uint8)
    hidden = 1 - masks.reshape(-1, 3, 64)
    patched = np.asarray(hidden.all(1))
    torn = np.asarray(hidden.any(1)) & ~patched
    assert torn.any() == (test == "joint" and unit == "channel"), "only pixel groups tear channels"
    for top, left in np.ndindex(6, 6):
        square = np.zeros((8, 8), bool)
        square[top : top + 3, left : left + 3] = True
        whole = patched[:, square.ravel()].all(1)
        assert whole.any(), "some view shows nothing of the patch, in any channel"
    predictor = auditor.load(out)
    classes = audit.classes
    names = [None if claim.label is None else classes[claim.label] for claim in verified.claims]
    assert [predictor.predict(image).label for image in data["xTest"]] == names


@pytest.mark.parametrize(
    ("training", "test"),
    [(a, b) for a in sorted(small.DRAWN) for b in small.FAMILIES],
)
def test_a_drawn_member_never_votes_twice(training: str, test: str, tmp_path: Path) -> None:
    recipe = small.recipe(tmp_path, training, test)
    with pytest.raises(RecipeError, match="vote twice"):
        auditor.run(recipe, out=tmp_path / "out", device="cpu", workers=0)


def test_a_table_with_edges_by_column_needs_the_names_of_its_columns(tmp_path: Path) -> None:
    names = list(small.COLUMNS)
    recipe = small.table(tmp_path, "edges = [1]\nedgesByColumn = { w1 = [2] }", by="content")
    auditor.run(recipe, out=tmp_path / "out", device="cpu", workers=0)
    predictor = auditor.load(tmp_path / "out", key=tmp_path / "out.pub")
    assert predictor.predict([1, 0, 0, 0], columns=names).label == "yes"
    assert predictor.predict([0, 3, 3, 1], columns=names).label == "no"
    with pytest.raises(DataError, match="expected the names of 4 feature columns"):
        predictor.predict([1, 0, 0, 0])
