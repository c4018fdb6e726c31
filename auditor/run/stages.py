"""The long stages of a run, each made of items that are finished or not, never half."""

from __future__ import annotations

import hashlib
import json
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from auditor.files import write_atomic
from auditor.format.members import FRONT_END, shard_name
from auditor.progress import Progress
from auditor.run import tasks, vote
from auditor.run.executor import Executor
from auditor.run.job import Bench
from auditor.run.workspace import Workspace

_SELF_TEST = "selftest.json"
_COST = "cost.json"
_PLANNED = "planned.json"


@dataclass(slots=True)
class Cost:
    """Seconds by stage, over all sittings of a run; for the report, never signed."""

    workspace: Workspace
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        path = self.workspace.root / _COST
        if path.exists():
            self.seconds.update(json.loads(path.read_bytes()))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of a stage, also when it is interrupted."""
        begun = time.monotonic()
        try:
            yield
        finally:
            spent = self.seconds.get(name, 0.0) + time.monotonic() - begun
            self.seconds[name] = round(spent, 3)
            write_atomic(self.workspace.root / _COST, json.dumps(self.seconds).encode())

    def summary(self) -> dict[str, str]:
        """Return the cost in words: seconds a stage, and the largest process seen so far."""
        words = {name: f"{seconds:.1f} s" for name, seconds in self.seconds.items()}
        kilobytes = max(
            resource.getrusage(who).ru_maxrss
            for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        return {**words, "peak memory of one process": f"{kilobytes / 1024:.0f} MiB"}


def _say(workspace: Workspace, **numbers: int) -> None:
    """Leave word of how much there will be of something, for ``audit status`` alone."""
    path = workspace.root / _PLANNED
    said = json.loads(path.read_bytes()) if path.exists() else {}
    if said | numbers != said:
        write_atomic(path, json.dumps(said | numbers).encode())


def train(workspace: Workspace, bench: Bench, pool: Executor, progress: Progress) -> None:
    """Train and export all members that are not finished yet."""
    if bench.learner.front_end is not None:
        data = bench.learner.front_end.SerializeToString(deterministic=True)
        write_atomic(workspace.release / FRONT_END, data)
    progress.stage("training", bench.members, "members")
    shards = [f"release/{shard_name(shard)}" for shard in range(bench.shards)]
    size = bench.learner.chunk
    _say(workspace, files=len(shards), membersPerFile=size)

    def done(shard: int) -> None:
        progress.advance(min(size, bench.members - shard * size))

    _finish(workspace, shards, range(1), lambda missing: pool.map(tasks.train_shard, missing), done)
    [(_, warnings)] = pool.map(tasks.warnings, [0])
    for warning in warnings:  # said before the other members take their hours
        progress.message(f"warning: {warning}")
    rest = range(1, bench.shards)
    _finish(workspace, shards, rest, lambda missing: pool.map(tasks.train_shard, missing), done)


def self_test(workspace: Workspace, pool: Executor, progress: Progress) -> str:
    """Return "bitwise" if members were seen to keep their bits while other data changed."""
    path = workspace.root / _SELF_TEST
    if path.exists():
        return str(json.loads(path.read_bytes())["determinism"])
    progress.stage("retraining a shard with other data beside it", 1, "shard")
    # The first shard is full; the last may hold one member, which has nobody to lean on.
    [(_, alone)] = pool.map(tasks.stands_alone, [0])
    progress.advance(1)
    determinism = "bitwise" if alone else "assumed"
    write_atomic(path, json.dumps({"determinism": determinism}).encode())
    return determinism


def cast_votes(workspace: Workspace, bench: Bench, pool: Executor, progress: Progress) -> bytes:
    """Cast all votes that are not cast yet; return the evidence rows of all inputs."""
    total = vote.tasks(bench)
    progress.stage("voting", total, "blocks")
    _say(workspace, blocks=total)
    _finish(
        workspace,
        [vote.votes_name(task) for task in range(total)],
        range(total),
        lambda missing: pool.map(tasks.cast_votes, missing),
        lambda _: progress.advance(1),
    )
    return vote.evidence(bench)


def _finish(
    workspace: Workspace,
    items: Sequence[str],
    wanted: Sequence[int],
    work: Callable[[list[int]], Iterator[tuple[int, str]]],
    done: Callable[[int], None],
) -> None:
    """Have the unfinished ones of ``wanted`` made; each is recorded as soon as it is there."""
    missing = []
    for number in wanted:
        if workspace.finished(items[number]):
            done(number)
        else:
            missing.append(number)
    for number, digest in work(missing):
        workspace.record(items[number], digest)
        done(number)


def digests(bench: Bench) -> dict[str, str]:
    """Return the SHA-256 of every file that votes, by its name in the release."""
    names = [shard_name(shard) for shard in range(bench.shards)]
    if bench.learner.front_end is not None:
        names.append(FRONT_END)
    folder = bench.job.folder / "release"
    found = {}
    for name in names:
        with (folder / name).open("rb") as file:
            found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found
