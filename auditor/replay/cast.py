"""Casting votes: which rows which member is shown, for the auditor and for a replay alike.

The vote of a member on an input is the exported member's answer to one view of it, and the noise of
that view comes from a stream that member and input name. So any part of a release's votes can be
cast again by itself: a ``Cell`` is the smallest. One member's vote on one input where members are
drawn; the tally of all members on one view of one input where they are fixed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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

    ``drawn`` members each see their own view of an input, fixed ones all views.
    """

    ensemble: Ensemble
    shower: Shower
    draw_root: bytes
    drawn: bool

    @property
    def paired(self) -> bool:
        """Whether the members of a shard see rows of their own."""
        return self.drawn and self.shower.test["method"] != "none"

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
        """Yield (start, votes) of a shard's drawn members, ``BATCH`` places at a time.

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
        elif all(own == part[0] for own in part):
            return self.ensemble.cast(shard, self._shared_rows(inputs, part[0]))
        else:
            wanted = sorted({index for own in part for index in own})
            shared = self.ensemble.cast(shard, self._shared_rows(inputs, wanted))
            at = {index: place for place, index in enumerate(wanted)}
            cast = np.full((len(part), width), ABSTAINED, np.uint8)
            for member, own in enumerate(part):
                cast[member, : len(own)] = shared[member, [at[index] for index in own]]
        for member, own in enumerate(part):
            cast[member, len(own) :] = ABSTAINED
        return cast

    def _shared_rows(self, inputs: Symbols, indices: list[int]) -> npt.NDArray[np.float32]:
        return self.ensemble.features(self.shower.drawn(inputs[indices], ()))

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
