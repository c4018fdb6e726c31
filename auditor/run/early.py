"""What would waste hours, found in the first minutes: too small a disk, members that collapsed."""

from __future__ import annotations

import shutil

import numpy as np
import numpy.typing as npt

from auditor.errors import RunError
from auditor.guarantee.claim import Rule
from auditor.randomness import Stream
from auditor.replay.ensemble import ABSTAINED
from auditor.run import vote
from auditor.run.job import Bench
from auditor.run.train import layout

#: Inputs that the first shard is asked about.
_ASKED = 32


def refuse_unreachable(rule: Rule) -> None:
    """Raise RunError when no budget above zero can be certified, whatever the votes."""
    wanted = [need for need in rule.requirements() if need.budget.amounts]
    if wanted and not any(need.reachable for need in wanted):
        reasons = "; ".join(need.reason for need in wanted)
        msg = f"no declared budget above zero can be certified, whatever the votes: {reasons}"
        raise RunError(msg)


def refuse_small_disk(bench: Bench) -> None:
    """Raise RunError when members and evidence will not fit on the disk of the work folder."""
    template = bench.learner.graph(bench.learner.chunk, layout(bench))
    evidence = bench.rule.row_size * len(bench.inputs)
    needed = template.ByteSize() * bench.shards + 2 * evidence
    free = shutil.disk_usage(bench.job.folder).free
    done = sum(path.stat().st_size for path in bench.job.folder.rglob("*") if path.is_file())
    if needed > free + done:
        msg = (
            f"{bench.job.folder}: members and votes need {needed / 1e9:.1f} GB, "
            f"and {free / 1e9:.1f} GB are free"
        )
        raise RunError(msg)


def collapse(bench: Bench) -> str | None:
    """Say what is wrong with the first shard, if its members vote as if they learned nothing.

    A warning, never a decision: members that collapse are members, and are counted as they vote.
    """
    cast = _votes(bench)
    abstained = float((cast == ABSTAINED).mean())
    if abstained > 0.5:
        return f"members abstain on {abstained:.0%} of the first votes: did training diverge?"
    names = bench.job.audit["dataset"]["classes"]
    single = [_single_class(own) for own in cast]
    stuck = [label for label in single if label is not None]
    if len(names) > 1 and len(stuck) > len(cast) / 2 and _labels_differ(bench):
        return (
            f"{len(stuck)} of the first {len(cast)} members give every input one and the same "
            f"class (most often {names[max(set(stuck), key=stuck.count)]!r}): too little data a "
            "member, or too much noise?"
        )
    return None


def _votes(bench: Bench) -> npt.NDArray[np.uint8]:
    """Votes (members of the first shard, views) on a few inputs, evenly spread."""
    if bench.sets.drawn:
        count = min(_ASKED, len(bench.inputs))
        data = vote.cast_drawn(bench, 0, count)
        return np.frombuffer(data, np.uint8).reshape(-1, count)
    chosen = _spread(len(bench.inputs))
    rows = [
        bench.shower.fixed(bench.inputs[index], Stream(bytes(32), "input-noise"), 1)[:1]
        for index in chosen
    ]
    return bench.ensemble.cast(0, bench.ensemble.features(np.concatenate(rows)))


def _spread(size: int) -> list[int]:
    count = min(_ASKED, size)
    return [position * size // count for position in range(count)]


def _single_class(cast: npt.NDArray[np.uint8]) -> int | None:
    labels = {int(label) for label in cast} - {ABSTAINED}
    return labels.pop() if len(labels) == 1 else None


def _labels_differ(bench: Bench) -> bool:
    """Whether the inputs asked about truly are of several classes, as far as the data set says."""
    true_labels = bench.array("input-labels")
    count = min(_ASKED, len(true_labels))
    asked = list(range(count)) if bench.sets.drawn else _spread(len(true_labels))
    return len(set(true_labels[asked].tolist())) > 1
