"""The members of a release, asked for their votes.

This is where a vote is counted: scores of an exported graph become a class or an abstention here,
and class counts are summed here, for the auditor, the predictor and a replaying verifier alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from auditor.format.members import FRONT_END, shard_name
from auditor.guarantee.vote.draws import ABSTAINED
from auditor.replay import runtime
from auditor.replay.form import Form, Opener, Scorer
from auditor.replay.views import Rows

#: Rows given to a graph at once. Part of the audit: other batch shapes can change last bits.
BATCH = 256

#: Sessions are kept loaded up to this many bytes of graphs, per process.
_KEPT_BYTES = 1 << 30


def votes(scores: npt.NDArray[np.float32], tau: float) -> npt.NDArray[np.uint8]:
    """Turn scores (..., classes) into votes (...): the best class, or ``ABSTAINED``.

    A member decides when no score is NaN, its best two are finite and the best leads by at least
    tau * max(1, |best|, |second|); the smaller class wins an exact tie when tau is 0.
    """
    high = scores[..., 0]
    low = np.full(high.shape, -np.inf, np.float32)
    best = np.zeros(high.shape, np.uint8)
    for label in range(1, scores.shape[-1]):
        score = scores[..., label]
        best[score > high] = label
        low = np.maximum(low, np.minimum(score, high))
        high = np.maximum(high, score)  # NaN wins every maximum, so it reaches the test below
    with np.errstate(invalid="ignore"):
        gap = high.astype(np.float64) - low  # exact for float32 scores of like size
        scale = np.maximum(1.0, np.maximum(np.abs(low), np.abs(high)).astype(np.float64))
        undecided = ~((gap >= tau * scale) & np.isfinite(gap))
    best[undecided] = ABSTAINED
    return best


def tally(cast: npt.NDArray[np.uint8], classes: int) -> npt.NDArray[np.uint16]:
    """Count votes (members, batch) into (batch, classes + 1): a class each, then abstentions."""
    counts = [(cast == label).sum(0) for label in range(classes)]
    counts.append((cast == ABSTAINED).sum(0))
    return np.stack(counts, -1).astype(np.uint16)


def ballots(scores: npt.NDArray[np.float32], each: int) -> npt.NDArray[np.uint16]:
    """Turn scores (members, batch, classes) into counts (batch, classes + 1) of all their votes.

    A member that gives ``each`` votes scores a class ``classes * votes - class``
    (:mod:`auditor.learners.nearest_neighbours`). What it does not give, and all of a member whose
    scores say anything else, are abstentions.

    >>> ballots(np.array([[[6, -1], [2, 3], [np.nan, np.nan]]], np.float32), 3).tolist()
    [[3, 0, 0], [1, 2, 0], [0, 0, 3]]
    """
    classes = scores.shape[-1]
    given = (scores.astype(np.float64) + np.arange(classes)) / classes
    with np.errstate(invalid="ignore"):
        sound = ((given >= 0) & (given <= each) & (given == np.floor(given))).all(-1)
        sound &= given.sum(-1) <= each
    votes = np.where(sound[..., None], given, 0).astype(np.int64)
    missing = each - votes.sum(-1, keepdims=True)
    counts: npt.NDArray[np.uint16] = np.concatenate([votes, missing], -1).sum(0).astype(np.uint16)
    return counts


def finals(scores: npt.NDArray[np.float32], tau: float) -> npt.NDArray[np.uint8]:
    """Turn scores (..., classes) into votes (pairs, ...) between every two classes, in order.

    Each as if those two were all there are: 0 for the smaller class, 1, or ``ABSTAINED``.
    """
    pairs = combinations(range(scores.shape[-1]), 2)
    return np.stack([votes(scores[..., list(pair)], tau) for pair in pairs])


def rows_at_once(recipe: Mapping[str, Any]) -> int:
    """Return how many rows members score at once: one where the recipe's own code made them.

    All views of an input would be in one batch, and a module that looks across it (a norm over the
    first axis is enough) would show every view what the others hide.
    """
    return 1 if recipe["learner"]["name"] == "python" else BATCH


@dataclass(slots=True, kw_only=True)
class Ensemble:
    """Shards of exported members, in member order, behind an optional front end.

    ``shards`` are callables that return a shard's bytes (so a large ensemble need not be held in
    memory); the last shard may hold padding beyond ``members``, which never votes. ``opener``
    loads graphs; without one they run in this process, on ``device``, as if they could be trusted.
    A fixed member gives ``each`` votes: 1, or one for each neighbour that it asks.
    With ``pairwise``, counts have a second part: the votes between every two classes.
    ``batch`` rows are scored at once: one for members whose graph may mix them.
    """

    shards: Sequence[Callable[[], bytes]]
    front_end: bytes | None
    members: int
    shard_size: int
    classes: int
    tau: Fraction
    device: str = "cpu"
    opener: Opener | None = None
    each: int = 1
    pairwise: bool = False
    batch: int = BATCH
    _sessions: dict[int, Scorer] = field(default_factory=dict)
    _front: Scorer | None = None
    _loaded_bytes: int = 0

    def features(self, rows: Rows) -> Rows:
        """Pass view rows (batch, width) through the front end, if there is one."""
        if self.front_end is None:
            return rows
        if self._front is None:
            form = Form(width=rows.shape[-1], members=None, outputs=None)
            self._front = self._open(self.front_end, form, FRONT_END)
        parts = [self._front(rows[start : start + BATCH]) for start in range(0, len(rows), BATCH)]
        return np.concatenate(parts)

    def cast(self, shard: int, rows: Rows) -> npt.NDArray[np.uint8]:
        """Return the votes (members in the shard, batch) of one shard.

        ``rows`` is (batch, width) when all members see the same rows, or (members in a shard,
        batch, width) when each sees its own; front ends are already applied.
        """
        tau = float(self.tau)
        return np.concatenate([votes(part, tau) for part in self.scores(shard, rows)], axis=1)

    def finals(self, shard: int, rows: Rows) -> npt.NDArray[np.uint8]:
        """Return the votes (pairs, members in the shard, batch) of one shard between classes."""
        tau = float(self.tau)
        return np.concatenate([finals(part, tau) for part in self.scores(shard, rows)], axis=2)

    def scores(
        self, shard: int, rows: Rows, batch: int | None = None
    ) -> Iterator[npt.NDArray[np.float32]]:
        """Yield the scores (members in the shard, part, classes) of ``rows``, part by part."""
        loaded, batch = self._session(shard, rows), batch or self.batch
        count = min(self.shard_size, self.members - shard * self.shard_size)
        axis = rows.ndim - 2
        for start in range(0, rows.shape[axis], batch):
            part = rows[start : start + batch] if axis == 0 else rows[:, start : start + batch]
            yield loaded(part)[:count]

    def counts(self, rows: Rows) -> npt.NDArray[np.uint16]:
        """Return the counts (batch, classes + 1) of all members on shared view rows.

        With ``pairwise``, three more for every two classes: votes for either, and for neither.
        """
        features = self.features(rows)
        pairs = self.classes * (self.classes - 1) // 2 if self.pairwise else 0
        total = np.zeros((len(rows), self.classes + 1 + 3 * pairs), np.uint16)
        for shard in range(len(self.shards)):
            done = 0
            for part in self.scores(shard, features):
                total[done : done + part.shape[1]] += self._tallies(part)
                done += part.shape[1]
        return total

    def _tallies(self, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
        """Count what scores (members, batch, classes) say, as :meth:`counts` returns it."""
        if self.each > 1:
            return ballots(scores, self.each)
        tau = float(self.tau)
        counts = tally(votes(scores, tau), self.classes)
        if not self.pairwise:
            return counts
        return np.concatenate([counts, *(tally(own, 2) for own in finals(scores, tau))], -1)

    def _session(self, shard: int, rows: Rows) -> Scorer:
        if shard in self._sessions:
            return self._sessions[shard]
        data = self.shards[shard]()
        form = Form(
            width=rows.shape[-1],
            members=self.shard_size,
            outputs=self.classes,
            paired=rows.ndim == 3,
        )
        loaded = self._open(data, form, shard_name(shard))
        if self._loaded_bytes + len(data) <= _KEPT_BYTES:
            self._sessions[shard] = loaded
            self._loaded_bytes += len(data)
        return loaded

    def _open(self, model: bytes, form: Form, where: str) -> Scorer:
        if self.opener is not None:
            return self.opener(model, form, where)
        return partial(runtime.run, runtime.session(model, self.device))
