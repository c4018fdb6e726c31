"""The extractor from drawn digits: what is drawn, what the network reads, how training goes on."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from auditor.learners import InputSpec
from auditor.learners.front_ends import own_graph
from auditor.learners.options import Options
from auditor.recipe import load
from auditor.replay import views

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "mnist10" / "drawn_digits"
SPEC = InputSpec(shape=(1, 28, 28), symbols=2, masked=True, classes=10)
MODULES = ("skeletons", "drawing", "network", "train")


@pytest.fixture(scope="module")
def own() -> Iterator[dict[str, Any]]:
    """The example's modules, which import each other as scripts do."""
    sys.path.insert(0, str(FOLDER))
    try:
        yield {name: import_module(name) for name in MODULES}
    finally:
        sys.path.remove(str(FOLDER))
        for name in MODULES:
            sys.modules.pop(name, None)


def front_end(data: bytes) -> Any:  # noqa: ANN401 - one of the learners' own classes
    table = {"name": "onnx", "path": "x.onnx", "sha256": hashlib.sha256(data).hexdigest()}
    return own_graph.build(Options(table, "learner.frontEnd"), SPEC, data)


def rows(ink: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    visible = (1 - hidden).reshape(len(ink), -1).astype(np.uint8)
    return views.masked(views.values(ink.reshape(len(ink), -1), 2), visible)


def test_skeletons_stay_near_their_box_and_every_digit_has_several(own: dict[str, Any]) -> None:
    skeletons = own["skeletons"].SKELETONS
    assert len(skeletons) == 10
    assert min(map(len, skeletons)) >= 4
    strokes = [stroke for ways in skeletons for way in ways for stroke in way]
    assert all(2 <= len(stroke) <= 12 for stroke in strokes)
    assert all(0 <= value <= 1 for stroke in strokes for point in stroke for value in point)


def test_drawings_are_seeded_and_look_as_the_convention_says(own: dict[str, Any]) -> None:
    draw = own["drawing"].draw
    images, digits = draw(300, (3, 1))
    again, same = draw(300, (3, 1))
    assert images.tobytes() == again.tobytes()
    assert digits.tolist() == same.tolist()
    assert draw(300, (3, 2))[0].tobytes() != images.tobytes()
    assert draw(128, (3, 1))[0].tobytes() == images[:128].tobytes()
    assert images.shape == (300, 28, 28)
    assert set(np.unique(images)) == {0, 1}
    assert set(digits.tolist()) == set(range(10))
    assert 20 < images.sum((1, 2)).min() < images.sum((1, 2)).max() < 400
    at = np.arange(28)
    for axis in (1, 2):
        mass = (images.sum(axis) * at).sum(1) / images.sum((1, 2))
        assert abs(mass - 13.5).max() < 1.5
        taken = images.any(axis)
        assert (27 - taken[:, ::-1].argmax(1) - taken.argmax(1)).max() <= 22


def test_the_graph_is_the_network_and_does_not_see_hidden_ink(own: dict[str, Any]) -> None:
    torch.manual_seed(0)
    net = own["network"].network()
    data = own["network"].graph(net).SerializeToString(deterministic=True)
    fixed = front_end(data)
    assert fixed.size == 128
    ink, _ = own["drawing"].draw(70, (4, 0))
    hidden = np.random.default_rng(0).integers(0, 2, ink.shape).astype(np.uint8)
    got = fixed.apply(rows(ink, hidden))
    planes = own["train"]._planes(torch.from_numpy(ink).float(), torch.from_numpy(hidden).bool())
    with torch.no_grad():
        wanted = 0.1 * net[:-1](planes).numpy()
    np.testing.assert_allclose(got, wanted, atol=1e-6)
    assert got.std() > 0
    other = np.where(hidden == 1, 1 - ink, ink).astype(np.uint8)
    assert fixed.apply(rows(other, hidden)).tobytes() == got.tobytes()


def test_holes_are_squares_of_the_sizes_asked_for(own: dict[str, Any]) -> None:
    random = torch.Generator().manual_seed(0)
    holes = own["train"]._hidden(500, 5, 7, random).numpy()
    covered = holes.sum((1, 2))
    assert covered.min() == 0  # neither hole is there
    assert covered.max() <= 2 * 49
    single = [hole for hole in holes if hole.any() and hole.any(0).sum() == hole.any(1).sum() <= 7]
    assert len(single) > 50
    for hole in single:
        side = hole.any(0).sum()
        if hole.sum() == side * side:
            assert side in (5, 6, 7)


def test_a_stopped_training_goes_on_with_the_same_bits(
    own: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = own["train"]
    plan = train.Plan(chapters=3, easy=1, images=256, steps=3, batch=16, tries=2)
    whole = train.train(plan)
    work = tmp_path / "unfinished"
    chapter = train._chapter

    def stopped(plan: object, state: Any) -> float:  # noqa: ANN401 - the example's own class
        if state.chapter == 2:
            raise KeyboardInterrupt
        return float(chapter(plan, state))

    with monkeypatch.context() as patched:
        patched.setattr(train, "_chapter", stopped)
        with pytest.raises(KeyboardInterrupt):
            train.train(plan, work)
    torch.manual_seed(99)
    resumed = train.train(plan, work)
    for one, two in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert one.detach().numpy().tobytes() == two.detach().numpy().tobytes()


@pytest.mark.slow
def test_a_short_training_learns_to_read_drawn_digits_with_holes(
    own: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same code, for a thirtieth of the steps; the committed file took all of them."""
    train = own["train"]
    monkeypatch.setattr(train, "_DECAY", 0.97)  # the running mean must forget as much sooner
    net = train.train(train.Plan(chapters=2, easy=1, images=6000, steps=150, tries=2))
    ink, digits = own["drawing"].draw(1000, (9, 9))
    hidden = train._hidden(1000, 6, 6, torch.Generator().manual_seed(1))
    with torch.no_grad():
        guessed = net(train._planes(torch.from_numpy(ink).float(), hidden)).argmax(1).numpy()
    assert (guessed == digits).mean() > 0.85


def test_the_committed_extractor_is_the_one_that_the_recipes_trust() -> None:
    for name in ("patch-5", "patch-3"):
        loaded = load(ROOT / "examples" / "mnist10" / f"{name}.toml")
        data = own_graph.read(loaded.resolved, loaded.base)
        assert data is not None
        assert len(data) < 2_500_000
        assert front_end(data).size == 128
        path = loaded.resolved["learner"]["frontEnd"]["path"]
        assert loaded.resolved["trusted"][0]["name"] == f"onnx:{path}"
