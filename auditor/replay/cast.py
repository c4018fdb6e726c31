"""Casting votes: which rows which member is shown, for the auditor and for a replay alike.

The vote of a member on an input is the exported member's answer to one view of it, and the noise of
that view comes from a stream that member and input name. So any part of a release's votes can be
cast again by itself: a ``Cell`` is the smallest. One member's vote on one input where members vote
singly; else the tally of all members on one view of one input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from auditor.guarantee.vote.draws import ABSTAINED
from auditor.randomness import Stream
from auditor.replay.ensemble import BATCH, Ensemble
from auditor.replay.views import Shower

Symbols = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Polls:
    """All that fixes the votes: members, views, and the root of their noise.

    Members that vote ``singly`` each see one view of an input: drawn ones their own, those of a
    grid their block. All others see all views, and their votes are counted together.
    """

    ensemble: Ensemble
    shower: Shower
    draw_root: bytes
    singly: bool

    @property
    def paired(self) -> bool:
        """Whether the members of a shard see rows of their own."""
        return self.singly and self.shower.test["method"] != "none"

    def tallies(self, inputs: Symbols, indices: Sequence[int]) -> npt.NDArray[np.uint16]:
        """Return fixed members' counts (inputs * views, classes + 1) on some inputs, in order.

        ``inputs`` (n, d) are the symbols of all inputs, ``indices`` those to vote on.
        """
        return self.ensemble.counts(self.rows(inputs, indices))

    def rows(self, inputs: Symbols, indices: Sequence[int]) -> npt.NDArray[np.float32]:
        """Return all views (inputs * views, width) that fixed members are shown of some inputs."""
        return np.concatenate(
            [self.shower.fixed(inputs[index], self._input_noise(index)) for index in indices]
        )

    def some_tallies(
        self, symbols: Symbols, index: int, views: Sequence[int]
    ) -> npt.NDArray[np.uint16]:
        """Return fixed members' counts (views, classes + 1) on chosen views of input ``index``."""
        if self.shower.masks is not None:
            rows = self.shower.some(symbols, views)
        else:
            rows = self.shower.fixed(symbols, self._input_noise(index))[list(views)]
        return self.ensemble.counts(rows)

    def votes(
        self, shard: int, inputs: Symbols, asked: Sequence[Sequence[int]]
    ) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
        """Yield (start, votes) of a shard's members, voting singly, ``BATCH`` places at a time.

        ``asked`` holds, for each member of the shard in order, the inputs that it votes on. The
        votes (members, places) are those on places start, start + 1, .. of the members' lists;
        past the end of a list they are abstentions.
        """
        places = max(map(len, asked), default=0)
        for start in range(0, places, BATCH):
            part = [list(own[start : start + BATCH]) for own in asked]
            yield start, self._part(shard, inputs, part)

    def _part(
        self, shard: int, inputs: Symbols, part: Sequence[list[int]]
    ) -> npt.NDArray[np.uint8]:
        width = max(map(len, part))
        if self.paired:
            rows = self._own_rows(shard, inputs, part, width)
            cast = self.ensemble.cast(shard, rows)
        elif self.shower.blocks is None and all(own == part[0] for own in part):
            return self.ensemble.cast(shard, self._shared_rows(inputs, part[0]))
        else:
            cast = np.full((len(part), width), ABSTAINED, np.uint8)
            for block, alike in groupby(range(len(part)), lambda own: self._block(shard, own)):
                members = list(alike)
                wanted = sorted({index for member in members for index in part[member]})
                if not wanted:
                    continue
                shared = self.ensemble.cast(shard, self._shared_rows(inputs, wanted, block))
                at = {index: place for place, index in enumerate(wanted)}
                for member in members:
                    chosen = [at[index] for index in part[member]]
                    cast[member, : len(chosen)] = shared[member, chosen]
        for member, own in enumerate(part):
            cast[member, len(own) :] = ABSTAINED
        return cast

    def _block(self, shard: int, offset: int) -> int | None:
        """Return the block that a member of a shard is shown, None where there are none."""
        if self.shower.blocks is None:
            return None
        member = shard * self.ensemble.shard_size + offset
        return member * len(self.shower.blocks) // self.ensemble.members

    def _shared_rows(
        self, inputs: Symbols, indices: list[int], block: int | None = None
    ) -> npt.NDArray[np.float32]:
        asked = inputs[indices]
        shown = self.shower.drawn(asked, ()) if block is None else self.shower.block(asked, block)
        return self.ensemble.features(shown)

    def _own_rows(
        self, shard: int, inputs: Symbols, part: Sequence[list[int]], width: int
    ) -> npt.NDArray[np.float32]:
        """Return the rows (members in a shard, width, ..), zero where a member is not asked."""
        size = self.ensemble.shard_size
        stacked: npt.NDArray[np.float32] | None = None
        for offset, own in enumerate(part):
            if not own:
                continue
            streams = [self._input_noise(index, shard * size + offset) for index in own]
            rows = self.ensemble.features(self.shower.drawn(inputs[own], streams))
            if stacked is None:
                stacked = np.zeros((size, width, rows.shape[1]), np.float32)
            stacked[offset, : len(own)] = rows
        assert stacked is not None  # noqa: S101 - some member is asked something
        return stacked

    def _input_noise(self, index: int, member: int = 0) -> Stream:
        return Stream(self.draw_root, "input-noise", member, index)
