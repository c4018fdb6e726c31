"""Votes of the exported members on the inputs, as evidence rows.

Members that vote together (fixed ones on views): one block of inputs at a time, all members, all
certified views; a row holds class counts a view. Members that vote singly (drawn ones, and fixed
ones of which a change touches several): one shard at a time, all inputs, each member one view of
each input; a row holds one byte a member.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from auditor.files import write_atomic
from auditor.replay.ensemble import BATCH
from auditor.run.job import Bench
from auditor.run.train import member_range

#: View rows that one block of inputs should come to, so that a block is worth a task.
_ROWS_A_BLOCK = 16 * BATCH


def inputs_a_block(bench: Bench) -> int:
    """How many inputs a task of members that vote together covers; never depends on workers."""
    return max(1, _ROWS_A_BLOCK // bench.shower.views)


def tasks(bench: Bench) -> int:
    """How many voting tasks there are."""
    if bench.rule.singly:
        return bench.shards
    return -(-len(bench.inputs) // inputs_a_block(bench))


def vote(bench: Bench, task: int) -> str:
    """Cast and write one task's votes; return the SHA-256 of the file."""
    singly = bench.rule.singly
    data = cast_singly(bench, task, len(bench.inputs)) if singly else _together(bench, task)
    write_atomic(bench.job.folder / votes_name(task), data)
    return hashlib.sha256(data).hexdigest()


def votes_name(task: int) -> str:
    """Name a voting task's file inside the work folder."""
    return f"votes/{task:06d}.bin"


def _together(bench: Bench, task: int) -> bytes:
    size = inputs_a_block(bench)
    chosen = range(task * size, min((task + 1) * size, len(bench.inputs)))
    return bench.polls.tallies(bench.inputs, chosen).astype("<u2").tobytes()


def cast_singly(bench: Bench, shard: int, inputs: int) -> bytes:
    """Return a shard's votes (members, inputs) on the first ``inputs``, one byte each."""
    asked = [range(inputs)] * len(member_range(bench, shard))
    blocks = [cast for _, cast in bench.polls.votes(shard, bench.inputs, asked)]
    return np.concatenate(blocks, axis=1).tobytes()


def evidence(bench: Bench) -> bytes:
    """Join all tasks' votes into evidence rows, one an input, in input order."""
    files = [bench.job.folder / votes_name(task) for task in range(tasks(bench))]
    if not bench.rule.singly:
        return b"".join(path.read_bytes() for path in files)
    return _by_input(files, len(bench.inputs))


def _by_input(files: Sequence[Path], inputs: int) -> bytes:
    shards = [np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, inputs) for path in files]
    return np.concatenate(shards).T.tobytes()
