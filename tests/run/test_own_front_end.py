"""A front end of the recipe's own: listed first, certified with, and run by others if allowed."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

import auditor
from auditor.errors import RecipeError, ReleaseError, UsageError
from auditor.recipe import load
from auditor.run.plan import plan
from auditor.verify import verdict
from tests.learners.test_own_graph import graph, written
from tests.recheck import dishonest
from tests.recheck.made import Made
from tests.run import small


def recipe(folder: Path, test: str = "windows", sha256: str | None = None, extra: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    data = written(graph(size=40))
    (folder / "own.onnx").write_bytes(data)
    digest = sha256 or hashlib.sha256(data).hexdigest()
    front_end = f'{{ name = "onnx", path = "own.onnx", sha256 = "{digest}" }}'
    learner = f'name = "ridge"\nfrontEnd = {front_end}'
    return small.recipe(folder, "partition", test, learner=learner, extra=extra)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("own")
    more = '[[trusted]]\nname = "something else"\nsha256 = "' + "1" * 64 + '"'
    path = recipe(folder, extra=f"[training]\nmasks = 3\n{more}")
    auditor.run(path, out=folder / "release", device="cpu", workers=0)
    return Made(release=folder / "release", key=folder / "release.key", data=folder)


def test_it_is_listed_before_all_else_and_is_a_file_of_the_release(made: Made) -> None:
    data = (made.data / "own.onnx").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    verified = made.verify()
    expected = (("onnx:own.onnx", digest), ("something else", "1" * 64))
    assert verified.certificate.audit.trusted == expected
    assert (made.release / "frontend.onnx").read_bytes() == data
    lines = verdict.text(verified).splitlines()
    assert any(f"onnx:own.onnx (sha256 {digest})" in line for line in lines)
    assert verified.certificate.determinism == "bitwise"
    assert verified.certificate.summary.correct >= 8


def test_it_is_replayed_by_anybody_and_predicts(made: Made, tmp_path: Path) -> None:
    evidence = made.verify(replay="all").evidence
    assert evidence is not None
    verified = made.verify()
    predictor = auditor.load(made.release)
    inputs = np.load(made.data / "digits.npz")["xTest"]
    classes = verified.certificate.audit.classes
    for claim in verified.claims:
        wanted = None if claim.label is None else classes[claim.label]
        if wanted is not None:
            assert predictor.predict(inputs[claim.index]).label == wanted


def test_training_again_runs_it_only_when_its_digest_is_allowed(made: Made) -> None:
    [(_, digest), _] = made.verify().certificate.audit.trusted
    with pytest.raises(UsageError, match=f"front end of its own .own.onnx.*sha256:{digest}"):
        made.verify(retrain=1)
    with pytest.raises(UsageError, match="front end of its own"):
        made.verify(retrain=1, allow_code=[f"sha256:{'0' * 64}"])
    # The release's own copy is used: the file itself is not needed.
    (made.data / "own.onnx").rename(made.data / "away.onnx")
    try:
        evidence = made.verify(retrain=3, allow_code=[f"sha256:{digest}"]).evidence
    finally:
        (made.data / "away.onnx").rename(made.data / "own.onnx")
    assert evidence is not None
    assert evidence.bitwise == 3


def test_a_plan_measures_with_it(made: Made) -> None:
    found = plan(made.data / "recipe.toml", device="cpu", workers=0)
    assert (found.members, found.reachable) == (9, True)


def test_resolving_lists_it_once_and_refuses_another_of_its_name(tmp_path: Path) -> None:
    resolved = load(recipe(tmp_path / "a")).resolved
    digest = resolved["learner"]["frontEnd"]["sha256"]
    assert resolved["trusted"] == [{"name": "onnx:own.onnx", "sha256": digest}]
    for name, sha256 in (("onnx:own.onnx", "0" * 64), ("onnx:other.onnx", digest)):
        extra = f'[[trusted]]\nname = "{name}"\nsha256 = "{sha256}"'
        with pytest.raises(RecipeError, match="trusted: expected no name that begins with onnx:"):
            load(recipe(tmp_path / "b", extra=extra))


@pytest.mark.parametrize("change", ["missing", "other", "narrow"])
def test_a_run_that_cannot_have_it_does_not_begin(tmp_path: Path, change: str) -> None:
    path = recipe(tmp_path, sha256="0" * 64 if change == "other" else None)
    if change == "missing":
        (tmp_path / "own.onnx").unlink()
    if change == "narrow":
        path = recipe(tmp_path, "none")  # rows without the half that says what is hidden
    said = {
        "missing": "cannot read .*own.onnx",
        "other": "sha256: expected 0000",
        "narrow": "not a well-formed graph",
    }
    with pytest.raises(RecipeError, match=said[change]):
        auditor.run(path, out=tmp_path / "release", device="cpu", workers=0)
    assert not (tmp_path / "release").exists()


def test_a_release_with_another_front_end_than_the_trusted_one_is_refused(
    made: Made, tmp_path: Path
) -> None:
    """Also one that the auditor's own key signed, votes and all."""
    copy = tmp_path / "copy"
    shutil.copytree(made.release, copy)
    other = graph(size=40)
    other.graph.name = "another"
    dishonest.sign(copy, made.key, voting={"frontend.onnx": written(other)})
    with pytest.raises(ReleaseError, match=r"frontend.onnx: expected \w+, the trusted front end"):
        Made(release=copy, key=made.key, data=made.data).verify()
