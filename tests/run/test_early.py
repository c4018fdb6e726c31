"""What is found before it wastes hours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pytest

import auditor
from auditor.errors import RunError
from auditor.replay.ensemble import BATCH, Ensemble
from auditor.replay.views import Rows
from tests.run import small

Scores = npt.NDArray[np.float32]


class Listener:
    """A Progress that remembers what was said, and at which stage."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.stages: list[str] = []

    def stage(self, name: str, total: int, unit: str) -> None:
        self.stages.append(name)

    def advance(self, amount: int) -> None:
        assert amount > 0

    def message(self, text: str) -> None:
        self.said.append(text)

    def done(self) -> None:
        self.stages.append("done")


def run(folder: Path, training: str, test: str, **options: object) -> Listener:
    listener = Listener()
    recipe = small.recipe(folder, training, test, **options)  # type: ignore[arg-type]
    auditor.run(recipe, out=folder / "out", device="cpu", workers=0, progress=listener)
    return listener


def test_healthy_members_are_not_warned_about(tmp_path: Path) -> None:
    listener = run(tmp_path, "partition", "none")
    assert not [text for text in listener.said if "warning" in text]
    assert listener.stages[-1] == "done"
    assert not any("certified" in text for text in listener.said)


def test_members_that_know_one_class_only_are_warned_about(tmp_path: Path) -> None:
    data = small.digits()
    data["yTrain"] = np.where(np.arange(len(data["yTrain"])) < 2, data["yTrain"], 1)
    listener = run(tmp_path, "partition", "none", data=data)
    [warning] = [text for text in listener.said if "warning" in text]
    assert "give every input one and the same class (most often '1')" in warning


def test_a_full_disk_is_found_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(free=-(1 << 40))
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(RunError, match=r"need 0.0 GB, and -1099.5 GB are free"):
        run(tmp_path, "partition", "none")
    assert not (tmp_path / "out").exists()


def test_a_claim_that_no_vote_could_reach_is_refused_with_what_it_needs(tmp_path: Path) -> None:
    recipe = small.recipe(tmp_path, "flip", "flip")
    text = recipe.read_text().replace("members = 120", "members = 5")
    recipe.write_text(text)
    with pytest.raises(RunError, match="no declared budget above zero can be certified") as caught:
        auditor.run(recipe, out=tmp_path / "out", device="cpu", workers=0)
    assert "needs" in str(caught.value)
    assert not (tmp_path / "out.work").exists()


def test_a_plan_measures_and_says_what_can_be_reached(tmp_path: Path) -> None:
    plan = auditor.plan(small.recipe(tmp_path, "flip", "flip"), device="cpu", workers=0)
    assert plan.members == 120
    assert plan.randomised
    assert plan.training_seconds > 0
    assert plan.voting_seconds > 0
    assert plan.disk_bytes > 120 * 12
    assert plan.memory_bytes > 50_000_000
    assert plan.reachable
    [beyond] = [need for need in plan.requirements if not need.reachable]
    assert beyond.budget.to_json() == {"trainFeatures": 1, "inputFeatures": 1}
    assert "120" in beyond.reason
    assert sorted(path.name for path in tmp_path.iterdir()) == ["digits.npz", "recipe.toml"]


def test_scores_that_move_more_than_tau_are_warned_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Ensemble.scores

    def loose(ensemble: Ensemble, shard: int, rows: Rows, batch: int = BATCH) -> Iterator[Scores]:
        for part in real(ensemble, shard, rows, batch):
            yield part + np.float32(batch * 2.0**-17 if batch == 1 else 0)

    monkeypatch.setattr(Ensemble, "scores", loose)
    listener = run(tmp_path, "partition", "none", learner='name = "ridge"')
    assert not [text for text in listener.said if "warning" in text]  # 2 * 2^-17 is not above tau
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('tau = "1/131072"\n' + recipe.read_text())
    again = Listener()
    auditor.run(recipe, out=tmp_path / "two", device="cpu", workers=0, progress=again)
    [warning] = [text for text in again.said if "warning" in text]
    assert "raise tau" in warning
