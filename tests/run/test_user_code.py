"""A user's own model: trained, certified, and named as what the guarantee assumes untouched."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

import auditor
from auditor.errors import RecipeError, RunError
from auditor.run.workspace import Workspace
from tests.run import small

_SOURCE = """
import torch

def model(spec):
    torch_hidden = int(spec["units"])
    return torch.nn.Sequential(
        torch.nn.Linear(spec["width"], torch_hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(torch_hidden, spec["classes"]),
    )
"""

#: Scores that change sign with the first row of the batch in which a certain pixel is white.
_MIXING = """
import torch

class Mixing(torch.nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.scores = torch.nn.Linear(width, classes)

    def forward(self, x):
        return self.scores(x) * x[:, 19:20].amax(0, keepdim=True)

def model(spec):
    return Mixing(spec["width"], spec["classes"])
"""


def recipe(folder: Path, module: str, extra: str = "", source: str = _SOURCE) -> Path:
    (folder / f"{module}.py").write_text(source)
    learner = (
        f'name = "python"\nfactory = "python:{module}:model"\nunits = "8"\nsteps = 30\nbatch = 16'
    )
    return small.recipe(folder, "partition", "none", learner=learner, extra=extra)


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_factory_beside_the_recipe_is_used_and_listed(workers: int, tmp_path: Path) -> None:
    module = f"own_model_{workers}"
    out = tmp_path / "out"
    auditor.run(recipe(tmp_path, module), out=out, device="cpu", workers=workers)
    verified = auditor.verify(out, tmp_path / "out.pub")
    digest = hashlib.sha256(_SOURCE.encode()).hexdigest()
    assert verified.certificate.audit.trusted == ((f"python:{module}", digest),)
    assert verified.certificate.determinism == "bitwise"
    assert verified.certificate.summary.correct >= 9


def test_a_module_that_looks_across_its_batch_sees_one_row(tmp_path: Path) -> None:
    """Or else it would show all views of an input what some of them hide."""
    out = tmp_path / "out"
    path = recipe(tmp_path, "own_mixing", source=_MIXING)
    auditor.run(path, out=out, device="cpu", workers=0)
    verified = auditor.verify(out, tmp_path / "out.pub", replay="all", data=tmp_path)
    assert verified.evidence is not None
    predictor = auditor.load(out)
    rows = np.load(tmp_path / "digits.npz")["xTest"]
    classes = verified.certificate.audit.classes
    labels = [None if claim.label is None else classes[claim.label] for claim in verified.claims]
    assert len(set(labels)) > 1
    assert [predictor.predict(row).label for row in rows[: len(labels)]] == labels
    assert len(set(rows[: len(labels), 0, 2, 3] > 7)) == 2  # that pixel does differ


def test_an_unfinished_run_with_other_code_is_not_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = recipe(tmp_path, "own_model_4")
    out = tmp_path / "out"

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Workspace, "publish", killed)
        with pytest.raises(KeyboardInterrupt):
            auditor.run(path, out=out, device="cpu", workers=0)
    (tmp_path / "own_model_4.py").write_text(_SOURCE + "# changed\n")
    with pytest.raises(RunError, match="another audit is in the way"):
        auditor.run(path, out=out, device="cpu", workers=0)
    result = auditor.run(path, out=out, device="cpu", workers=0, overwrite=True)
    assert not result.resumed


def test_other_code_than_the_recipe_trusts_is_refused(tmp_path: Path) -> None:
    extra = f'[[trusted]]\nname = "python:own_model_2"\nsha256 = "{"0" * 64}"'
    path = recipe(tmp_path, "own_model_2", extra)
    with pytest.raises(RecipeError, match="python:own_model_2: expected SHA-256 0000"):
        auditor.run(path, out=tmp_path / "out", device="cpu", workers=0)


def test_a_factory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = recipe(tmp_path, "own_model_3")
    (tmp_path / "own_model_3.py").unlink()
    with pytest.raises(
        RecipeError, match="expected a source file of the module own_model_3, found none"
    ):
        auditor.run(path, out=tmp_path / "out", device="cpu", workers=0)
