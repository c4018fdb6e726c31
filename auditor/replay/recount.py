"""A replay: sampled cells of a release's votes cast again by its members, and held against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import numpy as np
import numpy.typing as npt

from auditor.errors import ClaimError
from auditor.guarantee.claim import Rule
from auditor.guarantee.vote.draws import ABSTAINED
from auditor.progress import Progress
from auditor.replay.cast import Polls
from auditor.verify.evidence import Replayed, cell_size, difference

#: Inputs of fixed members that are voted on between two reports of progress.
_BLOCK: Final = 16


def recount(
    rule: Rule,
    polls: Polls,
    inputs: npt.NDArray[np.integer],
    *,
    evidence: bytes,
    cells: Sequence[int],
    progress: Progress,
) -> Replayed:
    """Cast ``cells`` again and return what came out.

    ``inputs`` (n, d) are the symbols of the release's inputs, ``evidence`` its evidence.bin,
    ``cells`` are in increasing order. Raises ClaimError, naming input and member or view, at the
    first vote that the members contradict.
    """
    size = cell_size(rule)
    others: dict[int, bytes] = {}
    progress.stage("casting votes again", len(cells), "cells")
    again = _singly if rule.singly else _together
    cast = again(rule, polls, inputs, cells)
    for done in cast:
        for cell, found in done:
            at = cell // rule.cells * rule.row_size + cell % rule.cells * size
            signed = evidence[at : at + size]
            match difference(rule, signed, found):
                case "contradiction":
                    raise ClaimError(_words(rule, cell, signed, found))
                case "near tie":
                    others[cell] = found
        progress.advance(len(done))
    return Replayed(cells=cells, others=others)


def _together(
    rule: Rule, polls: Polls, inputs: npt.NDArray[np.integer], cells: Sequence[int]
) -> Iterator[list[tuple[int, bytes]]]:
    """Yield (cell, tally) of some inputs at a time."""
    wanted = [
        (index, [cell % rule.cells for cell in own])
        for index, own in groupby(cells, key=lambda cell: cell // rule.cells)
    ]
    for start in range(0, len(wanted), _BLOCK):
        done = []
        for index, views in wanted[start : start + _BLOCK]:
            tallies = polls.some_tallies(inputs[index], index, views).astype("<u2")
            done += [
                (index * rule.cells + view, row.tobytes())
                for view, row in zip(views, tallies, strict=True)
            ]
        yield done


def _singly(
    rule: Rule, polls: Polls, inputs: npt.NDArray[np.integer], cells: Sequence[int]
) -> Iterator[list[tuple[int, bytes]]]:
    """Yield (cell, vote) of some votes of a shard at a time."""
    asked: list[list[int]] = [[] for _ in range(rule.members)]
    for cell in cells:
        index, member = divmod(cell, rule.cells)
        asked[member].append(index)
    size = polls.ensemble.shard_size
    for shard in range(len(polls.ensemble.shards)):
        own = asked[shard * size : (shard + 1) * size]
        for start, cast in polls.votes(shard, inputs, own):
            done = []
            for offset, listed in enumerate(own):
                member = shard * size + offset
                votes = cast[offset].tobytes()
                for place, index in enumerate(listed[start : start + len(votes)]):
                    done.append((index * rule.cells + member, votes[place : place + 1]))
            yield done


def _words(rule: Rule, cell: int, signed: bytes, found: bytes) -> str:
    index, place = divmod(cell, rule.cells)
    if rule.singly:
        return (
            f"input {index}, member {place}: expected the vote {_vote(signed)}, its ONNX file "
            f"votes {_vote(found)}"
        )
    return (
        f"input {index}, view {place}: expected the votes {_counts(signed)}, the ONNX members "
        f"give {_counts(found)} (by class, then abstentions)"
    )


def _vote(cell: bytes) -> str:
    return "abstained" if cell[0] == ABSTAINED else str(cell[0])


def _counts(cell: bytes) -> list[int]:
    counts: list[int] = np.frombuffer(cell, "<u2").tolist()
    return counts
