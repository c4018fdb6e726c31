"""The classifiers that are attacked: the ensemble of the recipe, and one plain model beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from auditor import scratch
from auditor.datasets import Dataset
from auditor.files import write_atomic
from auditor.format.members import FRONT_END
from auditor.recipe import Recipe
from auditor.run import tasks, user_code, vote
from auditor.run.arrays import write_arrays
from auditor.run.executor import executor
from auditor.run.job import Bench, Job

Labels = list[int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What a classifier says of inputs: rows of votes, and labels (None: it abstains)."""

    rows: list[bytes]
    labels: Labels


@dataclass(frozen=True, kw_only=True)
class Factory:
    """Trains a classifier on other data than the audited, and asks it.

    ``front_end`` holds the bytes of the recipe's own graph, None where it has none.
    """

    recipe: Recipe
    audit: dict[str, Any]
    draw_root: bytes
    front_end: bytes | None

    def polled(self, train: Dataset, inputs: Dataset) -> Polled:
        """Train on ``train``, and return the votes and the label of each input."""
        with self._bench(train, inputs) as (bench, job):
            if bench.learner.front_end is not None:
                data = bench.learner.front_end.SerializeToString(deterministic=True)
                write_atomic(job.folder / "release" / FRONT_END, data)
            # In this process: a recipe's own code was allowed here, and nowhere else.
            with executor(0, tasks.start, (job,)) as pool:
                for _ in pool.map(tasks.train_shard, range(bench.shards)):
                    pass
                for _ in pool.map(tasks.cast_votes, range(vote.tasks(bench))):
                    pass
            rows = vote.evidence(bench)
            size = bench.rule.row_size
            cut = [rows[place : place + size] for place in range(0, len(rows), size)]
            return Polled(rows=cut, labels=[bench.rule.judge(row).label for row in cut])

    def parts(self, train: Dataset, inputs: Dataset) -> list[int]:
        """Return the part of each training example."""
        with self._bench(train, inputs) as (bench, _):
            part_of = [0] * len(train)
            for part, examples in enumerate(bench.sets.parts()):
                for example in examples:
                    part_of[example] = part
            return part_of

    def plain(self) -> Factory:
        """Return the factory of one model with the same learner, trained on everything."""
        recipe = plain_recipe(self.recipe.resolved)
        audit = {**self.audit, "recipe": recipe, "members": 1, "draws": 0}
        return replace(self, recipe=replace(self.recipe, resolved=recipe), audit=audit)

    @contextmanager
    def _bench(self, train: Dataset, inputs: Dataset) -> Iterator[tuple[Bench, Job]]:
        with scratch.folder("audit-attack-") as folder:
            (folder / "release" / "members").mkdir(parents=True)
            (folder / "votes").mkdir()
            write_arrays(folder, self.recipe, train, inputs)
            if self.front_end is not None:
                user_code.keep_front_end(self.front_end, folder)
            job = Job(
                folder=folder,
                base=None,
                audit=self.audit,
                draw_root=self.draw_root,
                device="cpu",
            )
            yield Bench(job), job


def plain_recipe(resolved: dict[str, Any]) -> dict[str, Any]:
    """Return a recipe of one member that sees every example, and inputs as they are."""
    return {
        **resolved,
        "members": 1,
        "smoothing": {
            "training": {"method": "partition", "parts": 1, "by": "index"},
            "test": {"method": "none"},
        },
        "training": {**resolved["training"], "masks": 0},
        "unit": "example",
        "claim": {**resolved["claim"], "alpha": "0", "budgets": [{}]},
    }
