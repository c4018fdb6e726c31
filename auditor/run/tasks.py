"""The tasks of a worker process, as functions that an executor can send by name."""

from __future__ import annotations

from auditor.run import early, train, vote
from auditor.run import measure as measuring
from auditor.run.job import Bench, Job
from auditor.run.measure import Measurement

_benches: list[Bench] = []


def start(job: Job) -> None:
    """Prepare this process for ``job``; called once, before any task."""
    import torch

    torch.set_num_threads(1)
    _benches[:] = [Bench(job)]


def train_shard(shard: int) -> str:
    """Train and export one shard; return the SHA-256 of its file."""
    return train.train_shard(_benches[0], shard)


def warnings(_: int) -> tuple[str, ...]:
    """Say what is wrong with the members of the first shard, if anything is."""
    return early.warnings(_benches[0])


def cast_votes(task: int) -> str:
    """Cast one task's votes; return the SHA-256 of their file."""
    return vote.vote(_benches[0], task)


def stands_alone(shard: int) -> bool:
    """Whether the members of a shard keep their bits while other data changes."""
    return train.stands_alone(_benches[0], shard)


def measure(_: int) -> Measurement:
    """Measure a small part of the run."""
    return measuring.measure(_benches[0])
