"""Training and exporting one shard of members, and the test that members stand alone."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from auditor.files import write_atomic
from auditor.format.members import shard_name
from auditor.learners import export
from auditor.learners.base import Layout, Parameters
from auditor.run.job import Bench


def layout(bench: Bench) -> Layout:
    """Say whether all members of a shard see the same rows, or each its own noisy draw."""
    noisy = bench.recipe["smoothing"]["test"]["method"] != "none"
    return "paired" if bench.sets.drawn and noisy else "shared"


def member_range(bench: Bench, shard: int) -> range:
    """Return the members of a shard."""
    size = bench.learner.chunk
    return range(shard * size, min((shard + 1) * size, bench.members))


def fit(bench: Bench, shard: int) -> list[Parameters]:
    """Train the members of one shard."""
    members = member_range(bench, shard)
    return bench.learner.fit(
        [bench.sets.training_set(member) for member in members],
        [bench.sets.streams(member) for member in members],
        bench.job.device,
    )


def train_shard(bench: Bench, shard: int) -> str:
    """Train and export one shard; return the SHA-256 of its file."""
    size = bench.learner.chunk
    template = bench.learner.graph(size, layout(bench))
    data = export.fill(template, fit(bench, shard))
    write_atomic(bench.job.folder / "release" / shard_name(shard), data)
    return hashlib.sha256(data).hexdigest()


def stands_alone(bench: Bench, shard: int) -> bool:
    """Whether members keep their bits while somebody else's data changes.

    Retrains a shard after every example of its last member was replaced, and compares the other
    members (all of them, if the shard holds a single one: then nothing is replaced) bit for bit
    with what a first training gives.
    """
    members = member_range(bench, shard)
    sets = [bench.sets.training_set(member) for member in members]
    streams = [bench.sets.streams(member) for member in members]
    first = bench.learner.fit(sets, streams, bench.job.device)
    compared = len(members)
    if compared > 1:
        compared -= 1
        last = sets[-1]
        flipped, one_label = last.symbols[::-1, ::-1], last.labels[:1].repeat(len(last.labels))
        sets[-1] = replace(last, symbols=flipped, labels=one_label)
    again = bench.learner.fit(sets, streams, bench.job.device)
    return all(
        one[name].tobytes() == two[name].tobytes()
        for one, two in zip(first[:compared], again[:compared], strict=True)
        for name in one
    )
