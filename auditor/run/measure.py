"""A short real measurement: one shard trained, its votes cast on a few inputs."""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass

import numpy as np

from auditor import files
from auditor.format.members import FRONT_END, shard_name
from auditor.randomness import Stream
from auditor.replay.ensemble import tally
from auditor.run import train, vote
from auditor.run.job import Bench

#: Inputs that a measurement of members that vote singly votes on.
_SAMPLE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Seconds and bytes of one worker process, scaled to the whole run."""

    training_seconds: float
    voting_seconds: float
    member_bytes: int
    process_bytes: int


def measure(bench: Bench) -> Measurement:
    """Train the first shard, vote on a few inputs, and scale both up to all of them."""
    release = bench.job.folder / "release"
    if bench.learner.front_end is not None:
        graph = bench.learner.front_end.SerializeToString(deterministic=True)
        files.write_atomic(release / FRONT_END, graph)
    begun = time.perf_counter()
    train.train_shard(bench, 0)
    shard_seconds = time.perf_counter() - begun
    voting = _singly(bench) if bench.rule.singly else _together(bench)
    shard_bytes = (release / shard_name(0)).stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    loaded = 0 if bench.rule.singly else (bench.shards - 1) * shard_bytes
    return Measurement(
        training_seconds=shard_seconds * bench.shards,
        voting_seconds=voting,
        member_bytes=shard_bytes * bench.shards,
        process_bytes=peak + loaded,
    )


def _together(bench: Bench) -> float:
    """Seconds to vote on all inputs: one block measured, its last part scaled by the shards."""
    size = min(vote.inputs_a_block(bench), len(bench.inputs))
    streams = [Stream(bench.job.draw_root, "input-noise", index=index) for index in range(size)]
    bench.ensemble.cast(0, bench.ensemble.features(bench.shower.fixed(bench.inputs[0], streams[0])))
    begun = time.perf_counter()
    rows = [bench.shower.fixed(bench.inputs[index], streams[index]) for index in range(size)]
    features = bench.ensemble.features(np.concatenate(rows))
    shown = time.perf_counter()
    tally(bench.ensemble.cast(0, features), bench.classes)
    done = time.perf_counter()
    block = (shown - begun) + (done - shown) * bench.shards
    return block * len(bench.inputs) / size


def _singly(bench: Bench) -> float:
    """Seconds to vote on all inputs: one shard on a sample of them, scaled."""
    count = min(_SAMPLE, len(bench.inputs))
    begun = time.perf_counter()
    vote.cast_singly(bench, 0, count)
    return (time.perf_counter() - begun) * bench.shards * len(bench.inputs) / count
