"""The deployed classifier: the very rule that is certified, run on a new input.

Where members or views are random the certified classifier is an ideal one, of which a finite vote
is a sample. Its prediction then carries its own failure probability: a label is given only if a
binomial test tells its chance from one half (bound ``top``), or from that of every rival (bound
``runner-up``), an abstention counting for all of them; otherwise the vote abstains. With drawn
members that probability is over the draw of the members, so it holds for inputs that were fixed
before the members existed: whoever chooses an input after seeing them can aim at their common
mistakes.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import fmpq

from auditor import files, release
from auditor.datasets.alphabet import outside, quantise
from auditor.errors import DataError
from auditor.exact.binomial import tail_at_most
from auditor.format import members
from auditor.format.dsse import MAX_ENVELOPE
from auditor.format.predicate import Certificate
from auditor.guarantee.claim import Rule
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.training.neighbours import votes_each
from auditor.guarantee.vote.draws import DrawsRule
from auditor.guarantee.vote.margin import MarginRule
from auditor.guarantee.vote.plurality import plurality
from auditor.guarantee.vote.run_off import RunOffRule
from auditor.guarantee.vote.touched import TouchedRule
from auditor.randomness import Stream
from auditor.replay import grid_noise
from auditor.replay.cast import Polls
from auditor.replay.ensemble import Ensemble, rows_at_once, tally
from auditor.replay.sandbox import Sandbox
from auditor.replay.shards import shards
from auditor.replay.views import Shower, alphabet_size, blocks_of, channels_of, masks_for, pairwise

Values = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The answer for one input: ``label`` is a class name, None when the vote abstains.

    ``alpha`` bounds the probability that a given label is not the certified classifier's; "0"
    where nothing is random. ``votes`` are draws, views or members by class name, for the reader.
    """

    label: str | None
    alpha: str
    votes: Mapping[str, int]


class Predictor:
    """The certified classifier of a release. Made by :func:`load`."""

    def __init__(self, folder: Path, certificate: Certificate, device: str) -> None:
        audit = certificate.audit
        self.classes = audit.classes
        self.shape = audit.shape
        self._recipe: Mapping[str, Any] = dict(audit.recipe)
        self._rule: Rule = rule_for(audit.to_dict())
        self._shower = Shower(
            test=self._recipe["smoothing"]["test"],
            channels=channels_of(self._recipe, audit.shape),
            alphabet=alphabet_size(self._recipe["alphabet"]),
            draws=audit.draws,
            masks=masks_for(self._recipe, audit.shape),
            added=grid_noise.sampler(self._recipe["smoothing"]["test"], self._recipe["alphabet"]),
            blocks=blocks_of(self._recipe, audit.shape),
        )
        listing = files.read(folder / "members.sha256", limit=members.MAX_LIST)
        listed, front_end = shards(folder, listing)
        self._ensemble = Ensemble(
            shards=listed,
            front_end=front_end,
            members=audit.members,
            shard_size=certificate.shard_size,
            classes=len(self.classes),
            tau=Fraction(self._recipe["tau"]),
            device=device,
            # A release may come from anybody. A graphics card is out of a sandbox's reach.
            opener=Sandbox(graph=certificate.graph).open if device == "cpu" else None,
            each=votes_each(self._recipe),
            batch=rows_at_once(self._recipe),
            pairwise=pairwise(self._recipe),
        )

    def predict(
        self,
        x: npt.ArrayLike,
        *,
        alpha: str = "1/1000",
        draws: int | None = None,
        root: bytes | None = None,
        columns: Sequence[str] = (),
    ) -> Prediction:
        """Classify one input, given as values of the data source (before the alphabet).

        ``x`` has the shape of the audited inputs, or that many numbers. ``alpha`` and ``draws``
        matter only where the vote is random; ``root`` (32 bytes) then fixes its randomness, which
        is fresh otherwise. ``columns`` names the features of a table, in the order of ``x``, where
        the alphabet has edges by column. Raises DataError for a wrong shape or a value without a
        symbol.
        """
        symbols = self._symbols(np.asarray(x), columns)
        if isinstance(self._rule, MarginRule):
            return self._deterministic(self._rule, symbols)
        if isinstance(self._rule, RunOffRule):
            return self._two_rounds(self._rule, symbols)
        if isinstance(self._rule, TouchedRule):
            return self._one_by_one(self._rule, symbols)
        fresh = root or secrets.token_bytes(32)
        runner_up = False
        if isinstance(self._rule, DrawsRule):
            cast = self._drawn(symbols, fresh)
            runner_up = bool(self._rule.selection)
        else:
            cast = self._noisy(symbols, fresh, draws)
        votes, abstained = cast[:-1], cast[-1]
        label = told_apart(votes, abstained, runner_up=runner_up, alpha=alpha)
        return Prediction(
            label=None if label is None else self.classes[label],
            alpha=alpha,
            votes=dict(zip(self.classes, votes, strict=True)),
        )

    def _symbols(self, x: Values, columns: Sequence[str]) -> npt.NDArray[Any]:
        expected = int(np.prod(self.shape))
        if x.size != expected or x.dtype.kind not in "uifb":
            raise DataError(
                f"input: expected {expected} numbers of shape {list(self.shape)}, got "
                f"{x.dtype} of shape {list(x.shape)}"
            )
        values = x.reshape(1, -1)
        alphabet = self._recipe["alphabet"]
        if outside(values, alphabet).any():
            raise DataError("input: expected values inside the alphabet, got one outside, or NaN")
        if alphabet.get("edgesByColumn") and len(columns) != expected:
            raise DataError(
                f"input: this alphabet has edges by column, so expected the names of {expected} "
                f"feature columns (predict(x, columns=[...])), got {len(columns)}"
            )
        symbols: npt.NDArray[Any] = quantise(values, alphabet, columns)[0]
        return symbols

    def _deterministic(self, rule: MarginRule, symbols: npt.NDArray[Any]) -> Prediction:
        won = dict.fromkeys(self.classes, 0)

        def tallies(indices: tuple[int, ...]) -> Sequence[Sequence[int]]:
            rows = self._shower.some(symbols, indices)
            counts: list[list[int]] = self._ensemble.counts(rows).tolist()
            for view in counts:
                won[self.classes[max(range(len(won)), key=view.__getitem__)]] += 1
            return counts

        label = rule.decide(tallies)
        name = None if label is None else self.classes[label]
        return Prediction(label=name, alpha="0", votes=won)

    def _two_rounds(self, rule: RunOffRule, symbols: npt.NDArray[Any]) -> Prediction:
        counts = self._ensemble.counts(self._shower.some(symbols, (0,)))[0]
        label = rule.decide(counts.astype("<u2").tobytes())
        name = None if label is None else self.classes[label]
        votes = dict(zip(self.classes, counts[: len(self.classes)].tolist(), strict=True))
        return Prediction(label=name, alpha="0", votes=votes)

    def _one_by_one(self, rule: TouchedRule, symbols: npt.NDArray[Any]) -> Prediction:
        polls = Polls(
            ensemble=self._ensemble, shower=self._shower, draw_root=bytes(32), singly=True
        )
        row = b"".join(
            votes.tobytes()
            for shard in range(len(self._ensemble.shards))
            for _, votes in polls.votes(shard, symbols[None], [range(1)] * self._size(shard))
        )
        label = rule.decide(row)
        votes = {name: row.count(own) for own, name in enumerate(self.classes)}
        name = None if label is None else self.classes[label]
        return Prediction(label=name, alpha="0", votes=votes)

    def _size(self, shard: int) -> int:
        """Return the number of members of a shard, padding left out."""
        size = self._ensemble.shard_size
        return min(size, self._ensemble.members - shard * size)

    def _noisy(self, symbols: npt.NDArray[Any], root: bytes, draws: int | None) -> list[int]:
        """Return how many noisy views say each class, and how many none."""
        rows = self._shower.fixed(symbols, Stream(root, "input-noise"), draws)
        labels = [_plurality(view) for view in self._ensemble.counts(rows).tolist()]
        return [labels.count(label) for label in (*range(len(self.classes)), None)]

    def _drawn(self, symbols: npt.NDArray[Any], root: bytes) -> list[int]:
        """Return how many members vote for each class, and how many abstain."""
        ensemble, size = self._ensemble, self._ensemble.shard_size
        total = np.zeros(len(self.classes) + 1, np.int64)
        for shard in range(len(ensemble.shards)):
            rows = self._shower.drawn(
                np.broadcast_to(symbols, (size, symbols.size)),
                [Stream(root, "input-noise", shard * size + offset) for offset in range(size)],
            )
            features = ensemble.features(rows)
            paired = self._shower.test["method"] != "none"
            cast = ensemble.cast(shard, features[:, None] if paired else features[:1])[:, 0]
            total += tally(cast[:, None], len(self.classes))[0]
        counts: list[int] = total.tolist()
        return counts


def told_apart(votes: Sequence[int], abstained: int, *, runner_up: bool, alpha: str) -> int | None:
    """Return the label of the classifier that these votes are a sample of, None if undecided.

    A label that is not that classifier's is returned with probability at most ``alpha``.

    >>> told_apart([60, 20], 20, runner_up=False, alpha="1/10")
    0
    >>> told_apart([30, 10], 60, runner_up=False, alpha="1/10")
    """
    label = max(range(len(votes)), key=votes.__getitem__)
    if runner_up:
        rivals = max(count for other, count in enumerate(votes) if other != label) + abstained
        share = len(votes)  # each label is tested against the rival that beats it
    else:
        rivals = sum(votes) - votes[label] + abstained
        share = 2  # at worst two labels have a chance of one half (docs/guarantee.md, section 4)
    level = fmpq(*Fraction(alpha).as_integer_ratio()) / share
    return label if tail_at_most(votes[label] + rivals, votes[label], fmpq(1, 2), level) else None


def _plurality(view: Sequence[int]) -> int | None:
    return plurality(view[:-1], view[-1])


def load(folder: Path | str, *, key: release.Key | None = None, device: str = "cpu") -> Predictor:
    """Return the certified classifier in a release folder.

    With ``key`` the release is verified first (VerificationError). Without, the folder is taken at
    its word: its files are only held against its own list. ``device`` is "cpu", where members run
    in a confined process of their own, or "cuda", where they run in this one.
    """
    place = Path(folder)
    if key is not None:
        return Predictor(place, release.verify(place, key).certificate, device)
    envelope = files.read(place / "certificate.dsse.json", limit=MAX_ENVELOPE)
    return Predictor(place, release.unverified_certificate(envelope), device)
