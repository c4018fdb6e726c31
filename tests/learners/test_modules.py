"""PyTorch modules as members: exported scores, user code, torchvision, refusals."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
import torch

from auditor.errors import RecipeError
from auditor.learners import TrainingSet, own_code
from auditor.learners.torchvision_models import _AveragePool
from auditor.replay import views

Fixture = Callable[..., Any]
Array = npt.NDArray[Any]
Digits = tuple[Array, Array]

NET = """
import torch

class Net(torch.nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.first = torch.nn.Linear(spec["width"], int(spec["units"]))
        self.norm = torch.nn.BatchNorm1d(int(spec["units"]))
        self.last = torch.nn.Linear(int(spec["units"]), spec["classes"])

    def forward(self, x):
        return self.last(torch.tanh(self.norm(self.first(x))))

def net(spec):
    return Net(spec)

def wrong_scores(spec):
    return torch.nn.Linear(spec["width"], 5)

def wrong_width(spec):
    return torch.nn.Linear(3, spec["classes"])

def not_a_module(spec):
    return 5

def raises(spec):
    return torch.nn.Linear(spec["width"], int(spec["no such key"]))

def raises_in_torch(spec):
    return torch.nn.Linear("wide", spec["classes"])

class Random(torch.nn.Linear):
    def forward(self, x):
        return super().forward(x) + torch.rand(x.shape[0], 2)

def random(spec):
    return Random(spec["width"], spec["classes"])
"""


@pytest.fixture
def user_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "user_code.py"
    path.write_text(NET)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("user_code", None)
    return path


def python(function: str, **more: Any) -> dict[str, Any]:
    return {"name": "python", "factory": f"python:user_code:{function}", "steps": 60, **more}


def test_exported_scores_are_the_trained_modules(
    user_code: Path, digits: Digits, make: Fixture, streams: Fixture, scores: Fixture
) -> None:
    symbols, labels = digits
    learner = make(python("net", units="12", learningRate="0.01"))
    examples = TrainingSet(symbols=symbols[:200], labels=labels[:200])
    (trained,) = learner.fit([examples], [streams(0)], "cpu")
    module = learner.make()
    module.load_state_dict(
        {**module.state_dict(), **{k: torch.tensor(v) for k, v in trained.items()}}
    )
    rows = views.values(symbols[200:], 2)
    with torch.no_grad():
        wanted = module.eval()(torch.from_numpy(rows)).numpy()
    got = scores(learner, [trained], rows)[0]
    np.testing.assert_allclose(got, wanted, atol=1e-5)
    assert (got.argmax(-1) == labels[200:]).mean() > 0.9
    assert any("running_var" in name for name in trained)  # its own statistics, in the member


@pytest.mark.parametrize(
    ("function", "named"),
    [
        ("wrong_scores", "expected scores of shape"),
        ("wrong_width", "cannot be used on inputs"),
        ("not_a_module", "torch.nn.Module"),
        ("random", "not allowed|differ"),
        ("absent", "expected the function absent in user_code"),
    ],
)
def test_refuses_user_code_that_is_no_classifier(
    user_code: Path, function: str, named: str, make: Fixture
) -> None:
    with pytest.raises(RecipeError, match=named):
        make(python(function)).graph(1, "shared")


@pytest.mark.parametrize(
    ("function", "kind"), [("raises", "KeyError"), ("raises_in_torch", "TypeError")]
)
def test_names_the_users_line_that_raised(
    user_code: Path, function: str, kind: str, make: Fixture
) -> None:
    """The user's own line, though the error arose inside PyTorch."""
    line = 1 + NET.splitlines().index(f"def {function}(spec):") + 1
    with pytest.raises(RecipeError) as caught:
        make(python(function)).graph(1, "shared")
    assert f"{user_code}, line {line} raised {kind}: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_source_of_user_code_is_named_by_its_digest(user_code: Path) -> None:
    digest = hashlib.sha256(user_code.read_bytes()).hexdigest()
    found = own_code.find({"learner": python("net")}, user_code.parent)
    assert found is not None
    assert found.trusted == {"name": "python:user_code", "sha256": digest}
    assert own_code.find({"learner": {"name": "ridge"}}, user_code.parent) is None
    for factory in ("python:no_such_package.m:f", "python:a b:f", "os:system", "python:../x:f"):
        with pytest.raises(RecipeError, match=r"learner.factory"):
            own_code.find({"learner": {"name": "python", "factory": factory}}, user_code.parent)


def test_what_runs_is_the_source_that_was_digested(user_code: Path) -> None:
    """Neither a compiled copy that says otherwise, nor the packages around it."""
    package = user_code.parent / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('ran')")
    (package / "inner.py").write_text("value = 1")
    found = own_code.find(
        {"learner": {"name": "python", "factory": "python:pack.inner:value"}}, user_code.parent
    )
    assert found is not None
    (package / "inner.py").write_text("value = 2")
    assert own_code.load(found).value == 1
    assert "pack" not in sys.modules
    sys.modules.pop("pack.inner")


def test_refuses_shards_of_several_and_unknown_models(make: Fixture) -> None:
    with pytest.raises(RecipeError, match=r"learner.chunk"):
        make({"name": "cnn", "chunk": 2})
    with pytest.raises(RecipeError, match=r"learner.model: expected a torchvision classifier"):
        make({"name": "torchvision", "model": "resnet1"})
    with pytest.raises(RecipeError, match=r"learner.channels"):
        make({"name": "cnn", "channels": [2, 2, 2, 2]})
    with pytest.raises(RecipeError, match=r"learner.name: expected one of"):
        make({"name": "forest"})


@pytest.mark.parametrize(("size", "cells"), [(7, 7), (1, 7), (13, 6), (5, 3)])
def test_average_pool_is_the_adaptive_one(size: int, cells: int) -> None:
    maps = torch.rand((2, 3, size, size + 1))
    wanted = torch.nn.functional.adaptive_avg_pool2d(maps, (cells, cells))
    torch.testing.assert_close(_AveragePool((size, size + 1), (cells, cells))(maps), wanted)


@pytest.mark.parametrize(
    "model",
    [
        "squeezenet1_1",
        pytest.param("resnet18", marks=pytest.mark.slow),
        pytest.param("mobilenet_v3_small", marks=pytest.mark.slow),
        pytest.param("alexnet", marks=pytest.mark.slow),
        pytest.param("densenet121", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("masked", [False, True])
def test_torchvision_models_are_members(  # noqa: PLR0917 - fixtures
    model: str,
    masked: bool,
    parts: list[TrainingSet],
    make: Fixture,
    streams: Fixture,
    scores: Fixture,
) -> None:
    pytest.importorskip("torchvision")
    learner = make({"name": "torchvision", "model": model, "steps": 2, "batch": 4}, masked=masked)
    trained = learner.fit(parts[:1], [streams(0)], "cpu")
    again = learner.fit([parts[1], parts[0]], [streams(1), streams(0)], "cpu")
    assert all(again[1][name].tobytes() == trained[0][name].tobytes() for name in trained[0])
    rows = views.values(parts[2].symbols, 2)
    if masked:
        rows = views.masked(rows, np.ones_like(parts[2].symbols))
    assert np.isfinite(scores(learner, trained, rows)).all()
    template = learner.graph(1, "shared")
    baked = [t for t in template.graph.initializer if onnx.numpy_helper.to_array(t).size > 1000]
    assert {t.name for t in baked} <= trained[0].keys()


def test_a_layer_that_cannot_be_trained_alike_twice_is_refused(
    make: Fixture, digits: Digits, streams: Fixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    symbols, labels = digits
    learner = make({"name": "cnn", "channels": [2], "hidden": 4, "steps": 1})

    def unlike(*_: object) -> None:
        place, value = torch.tensor([0]), torch.tensor([1.0])
        torch.zeros(3).put_(place, value, accumulate=False)

    monkeypatch.setattr(type(learner.train), "__call__", unlike)
    examples = TrainingSet(symbols=symbols[:20], labels=labels[:20])
    with pytest.raises(RecipeError, match="cnn: cannot be trained alike twice on cpu: put_"):
        learner.fit([examples], [streams(0)], "cpu")
