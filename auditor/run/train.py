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
    """Whether members keep their bits while their companions' data change.

    Retrains a shard after its first member lost every example (so that whoever follows may move up)
    and every example of its last one was replaced, and compares the others bit for bit with what a
    first training gives. Of two members only the first is changed; of one, nothing.
    """
    members = member_range(bench, shard)
    sets = [bench.sets.training_set(member) for member in members]
    streams = [bench.sets.streams(member) for member in members]
    first = bench.learner.fit(sets, streams, bench.job.device)
    untouched = range(len(sets) > 1, len(sets) - (len(sets) > 2))
    if len(sets) > 1:
        one = sets[0]
        seen = None if one.visible is None else one.visible[:0]
        sets[0] = replace(one, symbols=one.symbols[:0], labels=one.labels[:0], visible=seen)
    if len(sets) > 2:
        last = sets[-1]
        flipped, one_label = last.symbols[::-1, ::-1], last.labels[:1].repeat(len(last.labels))
        sets[-1] = replace(last, symbols=flipped, labels=one_label)
    again = bench.learner.fit(sets, streams, bench.job.device)
    return all(
        first[place][name].tobytes() == again[place][name].tobytes()
        for place in untouched
        for name in first[place]
    )
