"""What would waste hours, found early: a small disk, collapsed members, scores that move."""

from __future__ import annotations

import shutil

import numpy as np
import numpy.typing as npt

from auditor.errors import RunError
from auditor.guarantee.claim import Rule
from auditor.guarantee.vote.draws import ABSTAINED
from auditor.randomness import Stream
from auditor.replay.views import Rows
from auditor.run.job import Bench
from auditor.run.train import layout, member_range

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


def warnings(bench: Bench) -> tuple[str, ...]:
    """Say what is wrong with the first shard: its members collapsed, or its scores are unsteady.

    Warnings, never decisions: members that collapse are members, and are counted as they vote.
    """
    asked = _spread(len(bench.inputs))
    rows = _rows(bench, asked)
    cast = bench.ensemble.cast(0, rows) if bench.blocks is None else _by_block(bench, asked)
    found = (_collapse(bench, cast, asked), _unsteady(bench, rows))
    return tuple(text for text in found if text is not None)


def _collapse(bench: Bench, cast: npt.NDArray[np.uint8], asked: list[int]) -> str | None:
    """Say so if the members vote (members, inputs) as if they had learned nothing."""
    abstained = float((cast == ABSTAINED).mean())
    if abstained > 0.5:
        return f"members abstain on {abstained:.0%} of the first votes: did training diverge?"
    single = [_single_class(own) for own in cast]
    stuck = [label for label in single if label is not None]
    several = len(set(bench.array("input-labels")[asked].tolist())) > 1
    if several and len(stuck) > len(cast) / 2:
        names = bench.job.audit["dataset"]["classes"]
        return (
            f"{len(stuck)} of the first {len(cast)} members give every input one and the same "
            f"class (most often {names[max(set(stuck), key=stuck.count)]!r}): too little data a "
            "member, or too much noise?"
        )
    return None


def _unsteady(bench: Bench, rows: Rows) -> str | None:
    """Say so if scores move by more than tau with the batch, or between device and CPU.

    Somebody who replays the votes has another machine; a score that moves less than tau cannot
    turn one label into another there, only into an abstention.
    """
    usual = np.concatenate(list(bench.ensemble.scores(0, rows)), axis=1)
    other = bench.ensemble if bench.job.device == "cpu" else bench.ensemble_on("cpu")
    single = np.concatenate(list(other.scores(0, rows, batch=1)), axis=1)
    with np.errstate(invalid="ignore"):  # a failed member is NaN in both
        scale = np.maximum(1, np.maximum(np.abs(usual), np.abs(single)).max(-1, keepdims=True))
        moved = float(np.nanmax(np.append(np.abs(usual - single) / scale, 0.0)))
    tau = bench.ensemble.tau
    if 2 * moved <= tau:  # two scores may move towards each other
        return None
    return (
        f"scores move by {moved:.1e} with batch size and device, and two of them are told apart "
        f"from tau = {tau} on: votes near a tie may not be repeatable; raise tau"
    )


def _rows(bench: Bench, asked: list[int]) -> Rows:
    """Return one view of each input, as the first shard takes it, through the front end."""
    symbols = bench.inputs[asked]
    streams = [Stream(bytes(32), "input-noise", index=index) for index in asked]
    if bench.blocks is not None:
        shown = bench.shower.block(symbols, 0)
    elif bench.masks is None:
        shown = bench.shower.drawn(symbols, streams)
    else:
        shown = np.concatenate([bench.shower.some(row, [0]) for row in symbols])
    features = bench.ensemble.features(shown)
    if layout(bench) == "shared":
        return features
    return np.broadcast_to(features, (bench.learner.chunk, *features.shape))


def _by_block(bench: Bench, asked: list[int]) -> npt.NDArray[np.uint8]:
    """Return the votes (members, inputs) of the first shard, each member on its own block."""
    members = len(member_range(bench, 0))
    blocks = [cast for _, cast in bench.polls.votes(0, bench.inputs, [asked] * members)]
    return np.concatenate(blocks, axis=1)


def _spread(size: int) -> list[int]:
    count = min(_ASKED, size)
    return [position * size // count for position in range(count)]


def _single_class(cast: npt.NDArray[np.uint8]) -> int | None:
    labels = {int(label) for label in cast} - {ABSTAINED}
    return labels.pop() if len(labels) == 1 else None
