"""Votes of the exported members on the inputs, as evidence rows.

Fixed members: one block of inputs at a time, all members, all certified views; a row holds class
counts a view. Drawn members: one shard at a time, all inputs, each member one view of its own of
each input; a row holds one byte a member.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from auditor.files import write_atomic
from auditor.randomness import Stream
from auditor.replay.ensemble import BATCH
from auditor.run.job import Bench
from auditor.run.train import layout, member_range

#: View rows that one block of inputs should come to, so that a block is worth a task.
_ROWS_A_BLOCK = 16 * BATCH


def inputs_a_block(bench: Bench) -> int:
    """How many inputs one voting task of fixed members covers; never depends on workers."""
    return max(1, _ROWS_A_BLOCK // bench.shower.views)


def tasks(bench: Bench) -> int:
    """How many voting tasks there are."""
    if bench.sets.drawn:
        return bench.shards
    return -(-len(bench.inputs) // inputs_a_block(bench))


def vote(bench: Bench, task: int) -> str:
    """Cast and write one task's votes; return the SHA-256 of the file."""
    drawn = bench.sets.drawn
    data = cast_drawn(bench, task, len(bench.inputs)) if drawn else _fixed(bench, task)
    write_atomic(bench.job.folder / votes_name(task), data)
    return hashlib.sha256(data).hexdigest()


def votes_name(task: int) -> str:
    """Name a voting task's file inside the work folder."""
    return f"votes/{task:06d}.bin"


def _fixed(bench: Bench, task: int) -> bytes:
    size = inputs_a_block(bench)
    chosen = range(task * size, min((task + 1) * size, len(bench.inputs)))
    rows = np.concatenate(
        [
            bench.shower.fixed(
                bench.inputs[index], Stream(bench.job.draw_root, "input-noise", index=index)
            )
            for index in chosen
        ]
    )
    return bench.ensemble.counts(rows).astype("<u2").tobytes()


def cast_drawn(bench: Bench, shard: int, inputs: int) -> bytes:
    """Return a shard's votes (members, inputs) on the first ``inputs``, one byte each."""
    members = member_range(bench, shard)
    blocks = []
    for start in range(0, inputs, BATCH):
        symbols = bench.inputs[start : min(start + BATCH, inputs)]
        if layout(bench) == "shared":
            rows = bench.ensemble.features(bench.shower.drawn(symbols, ()))
        else:
            rows = np.stack(
                [
                    bench.ensemble.features(
                        bench.shower.drawn(
                            symbols, _input_streams(bench, member, start, len(symbols))
                        )
                    )
                    for member in members
                ]
            )
            padding = bench.learner.chunk - len(members)
            rows = np.pad(rows, ((0, padding), (0, 0), (0, 0)))
        blocks.append(bench.ensemble.cast(shard, rows))
    return np.concatenate(blocks, axis=1).tobytes()


def _input_streams(bench: Bench, member: int, start: int, count: int) -> list[Stream]:
    return [
        Stream(bench.job.draw_root, "input-noise", member, index)
        for index in range(start, start + count)
    ]


def evidence(bench: Bench) -> bytes:
    """Join all tasks' votes into evidence rows, one an input, in input order."""
    files = [bench.job.folder / votes_name(task) for task in range(tasks(bench))]
    if not bench.sets.drawn:
        return b"".join(path.read_bytes() for path in files)
    return _by_input(files, len(bench.inputs))


def _by_input(files: Sequence[Path], inputs: int) -> bytes:
    shards = [np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, inputs) for path in files]
    return np.concatenate(shards).T.tobytes()
