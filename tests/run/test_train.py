"""The self-test that members stand alone finds members that do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from auditor.learners import TrainingSet
from auditor.progress import Silent
from auditor.run import stages, train
from auditor.run.workspace import Workspace

Fit = Callable[[Sequence[TrainingSet]], list[float]]


def alone(sets: Sequence[TrainingSet]) -> list[float]:
    return [float(one.symbols.sum()) for one in sets]


def by_place(sets: Sequence[TrainingSet]) -> list[float]:
    """Return what a batch of the members that have examples gives, if its kernel knows places."""
    places = np.cumsum([len(one.labels) > 0 for one in sets])
    return [value + place for value, place in zip(alone(sets), places.tolist(), strict=True)]


def by_companion(sets: Sequence[TrainingSet]) -> list[float]:
    """Return what a scale fitted to the whole shard gives."""
    return [value / (1 + float(sets[-1].labels.mean())) for value in alone(sets)]


def bench(members: int, fit: Fit) -> Any:  # noqa: ANN401 - what a Bench is asked for here
    def trained(sets: Sequence[TrainingSet], *_: object) -> list[dict[str, np.ndarray[Any, Any]]]:
        return [{"weight": np.array([value], np.float32)} for value in fit(sets)]

    def training_set(member: int) -> TrainingSet:
        symbols = np.arange(6).reshape(3, 2) + member
        return TrainingSet(symbols=symbols, labels=np.array([0, 1, 1]))

    return SimpleNamespace(
        members=members,
        shards=-(-members // 4),
        learner=SimpleNamespace(chunk=4, fit=trained),
        sets=SimpleNamespace(training_set=training_set, streams=lambda member: member),
        job=SimpleNamespace(device="cpu"),
    )


@pytest.mark.parametrize("members", [1, 2, 3, 4])
def test_members_that_stand_alone_are_found_to(members: int) -> None:
    assert train.stands_alone(bench(members, alone), 0)


@pytest.mark.parametrize("fit", [by_place, by_companion])
def test_members_that_lean_on_others_are_found_out(fit: Fit) -> None:
    assert not train.stands_alone(bench(4, fit), 0)


@pytest.mark.parametrize(("fit", "found"), [(alone, "bitwise"), (by_companion, "assumed")])
def test_a_full_shard_is_tested_not_a_single_member_at_the_end(
    fit: Fit, found: str, tmp_path: Path
) -> None:
    made = bench(5, fit)  # the second shard holds one member

    class Pool:
        def map(self, task: object, items: Sequence[int]) -> Iterator[tuple[int, bool]]:
            yield from ((item, train.stands_alone(made, item)) for item in items)

    workspace = Workspace(tmp_path / "out")
    workspace.open({})
    assert stages.self_test(workspace, Pool(), Silent()) == found  # type: ignore[arg-type]
    workspace.close()
