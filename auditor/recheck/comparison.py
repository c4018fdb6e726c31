"""A release's members beside the ones that training gives here: their bits, and their votes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from auditor.errors import ClaimError
from auditor.format.members import FRONT_END, parse, shard_name
from auditor.guarantee.training.neighbours import votes_each
from auditor.learners import export
from auditor.learners.base import Parameters
from auditor.replay.cast import Polls
from auditor.replay.ensemble import Ensemble, rows_at_once
from auditor.replay.form import Form, Opener
from auditor.replay.graph_digest import graph_digest, member_axes
from auditor.replay.shards import Shard
from auditor.replay.views import pairwise
from auditor.run.job import Bench
from auditor.run.train import layout
from auditor.verify.verified import Verified

#: Inputs that a differing member is asked about at once.
_BLOCK = 16


class Comparison:
    """A release's members beside the ones that training gives here."""

    def __init__(
        self,
        bench: Bench,
        verified: Verified,
        files: Sequence[Shard],
        opener: Opener | None,
    ) -> None:
        self._bench = bench
        self._files = files
        self._opener = opener
        self._graph = verified.certificate.graph
        self._size = verified.certificate.shard_size
        self._template = bench.learner.graph(self._size, layout(bench))
        self._axes = member_axes(self._template)
        self._shipped = lru_cache(maxsize=4)(self._parsed)
        self._trained: dict[int, Parameters] = {}

    def check_graphs(self, listing: bytes) -> None:
        """Raise ClaimError unless graph and front end are the ones that this recipe makes here."""
        graph = graph_digest(self._template.SerializeToString(deterministic=True))
        front = self._bench.learner.front_end
        made = "none"
        if front is not None:
            made = hashlib.sha256(front.SerializeToString(deterministic=True)).hexdigest()
        listed = parse(listing).get(FRONT_END, "none")
        for what, expected, got in (
            ("size of a shard", str(self._bench.learner.chunk), str(self._size)),
            ("graph of the members", graph, self._graph),
            ("front end", made, listed),
        ):
            if expected != got:
                raise ClaimError(
                    f"{what}: expected {expected}, as this recipe makes it here, got {got}: other "
                    "members than the recipe's, or other versions of the libraries"
                )

    def same_bits(self, member: int) -> bool:
        """Whether training gives the parameters in the member's file, bit for bit."""
        shard, slot = divmod(member, self._size)
        shipped = self._shipped(shard)
        return all(
            _slice(shipped[name], array, self._axes[name], self._size, slot).tobytes()
            == np.ascontiguousarray(array, "<f4").tobytes()
            for name, array in self._parameters(member).items()
        )

    def same_votes(self, member: int) -> bool:
        """Whether the member votes as its file does, on every view of every input."""
        shard, slot = divmod(member, self._size)
        template = self._template
        alone = [_zeros(self._parameters(member))] * slot + [self._parameters(member)]
        ours = self._polls(shard, lambda: export.fill(template, alone), None)
        theirs = self._polls(shard, self._files[shard], self._opener)
        pairs = zip(self._votes(ours, member), self._votes(theirs, member), strict=True)
        return all(np.array_equal(a, b) for a, b in pairs)

    def _votes(self, polls: Polls, member: int) -> Iterator[npt.NDArray[np.unsignedinteger]]:
        """Yield the member's votes on all inputs, some at a time."""
        shard, slot = divmod(member, self._size)
        inputs = self._bench.inputs
        if polls.singly:
            count = min(self._size, self._bench.members - shard * self._size)
            asked = [range(len(inputs)) if own == slot else range(0) for own in range(count)]
            for _, cast in polls.votes(shard, inputs, asked):
                yield cast[slot]
            return
        for start in range(0, len(inputs), _BLOCK):
            rows = polls.rows(inputs, range(start, min(start + _BLOCK, len(inputs))))
            if polls.ensemble.each > 1:  # the one member of its kind
                yield polls.ensemble.counts(rows)
                continue
            features = polls.ensemble.features(rows)
            yield polls.ensemble.cast(shard, features)[slot]
            if polls.ensemble.pairwise:
                yield polls.ensemble.finals(shard, features)[:, slot]

    def _polls(self, shard: int, source: Callable[[], bytes], opener: Opener | None) -> Polls:
        front = self._bench.learner.front_end
        ensemble = Ensemble(
            shards=[source] * (shard + 1),  # a member's noise goes by its number
            front_end=None if front is None else front.SerializeToString(deterministic=True),
            members=self._bench.members,
            shard_size=self._size,
            classes=self._bench.classes,
            tau=Fraction(self._bench.recipe["tau"]),
            opener=opener,
            each=votes_each(self._bench.recipe),
            batch=rows_at_once(self._bench.recipe),
            pairwise=pairwise(self._bench.recipe),
        )
        return Polls(
            ensemble=ensemble,
            shower=self._bench.shower,
            draw_root=self._bench.job.draw_root,
            singly=self._bench.rule.singly,
        )

    def _parameters(self, member: int) -> Parameters:
        if member not in self._trained:
            sets, learner = self._bench.sets, self._bench.learner
            self._trained = {
                member: learner.fit(
                    [sets.training_set(member)], [sets.streams(member)], self._bench.job.device
                )[0]
            }
        return self._trained[member]

    def _parsed(self, shard: int) -> dict[str, npt.NDArray[np.float32]]:
        data = self._files[shard]()
        if self._opener is not None:
            # What is parsed here was parsed, and judged by the rules of members, in a sandbox.
            self._opener(data, self._form, shard_name(shard))
        model = onnx.load_from_string(data)
        return {
            initializer.name: numpy_helper.to_array(initializer)
            for initializer in model.graph.initializer
            if initializer.name in self._axes
        }

    @property
    def _form(self) -> Form:
        rows = self._template.graph.input[0].type.tensor_type.shape.dim
        return Form(
            width=rows[-1].dim_value,
            members=self._size,
            outputs=self._bench.classes,
            paired=len(rows) == 3,
        )


def _slice(
    stacked: npt.NDArray[np.float32],
    like: npt.NDArray[np.float32],
    axis: int,
    members: int,
    slot: int,
) -> npt.NDArray[np.float32]:
    """Return one member's array out of a shard's, undoing ``export.fill``."""
    shape = list(like.shape)
    shape.insert(axis, members)
    return np.ascontiguousarray(np.take(stacked.reshape(shape), slot, axis), "<f4")


def _zeros(parameters: Parameters) -> Parameters:
    return {name: np.zeros_like(array) for name, array in parameters.items()}
