"""All that a worker process needs, and the tasks it is asked for.

A ``Job`` is small and travels to the workers; a ``Bench`` is what one process builds from it once:
data, views, learner, ensemble. Every task writes one item into the work folder and returns the
item's SHA-256.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from auditor import learners
from auditor.format.members import FRONT_END, shard_name
from auditor.guarantee.claim import Rule
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.training.neighbours import votes_each
from auditor.learners.base import InputSpec, Learner
from auditor.learners.front_ends.table import Features, Given
from auditor.randomness import Stream, design_root
from auditor.replay import grid_noise
from auditor.replay.cast import Polls
from auditor.replay.ensemble import Ensemble, rows_at_once
from auditor.replay.views import (
    Shower,
    alphabet_size,
    blocks_of,
    channels_of,
    hiding,
    masks_for,
    pairwise,
)
from auditor.run import user_code
from auditor.run.members import MemberSets


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run, as its workers know it: the work ``folder``, and the recipe's own (``base``).

    Without ``base`` the recipe's own code, if it has any, was run in this process already.
    """

    folder: Path
    base: Path | None
    audit: Mapping[str, Any]
    draw_root: bytes
    device: str


class Bench:
    """One process's working place for a job."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.recipe: Mapping[str, Any] = job.audit["recipe"]
        self.members: int = job.audit["members"]
        self.classes = len(job.audit["dataset"]["classes"])
        self.alphabet = alphabet_size(self.recipe["alphabet"])
        self.design_root = design_root(self.recipe["designSeed"])
        if job.base is not None:
            user_code.run(self.recipe, job.base)

    @cached_property
    def rule(self) -> Rule:
        """The certified rule of this audit."""
        return rule_for(self.job.audit)

    @cached_property
    def masks(self) -> npt.NDArray[np.uint8] | None:
        """The certified views (views, d), 1 = visible, of a deterministic test side."""
        return masks_for(self.recipe, self.job.audit["dataset"]["shape"])

    @cached_property
    def blocks(self) -> npt.NDArray[np.uint8] | None:
        """What each block of a grid shows (blocks, d), 1 = in the block."""
        return blocks_of(self.recipe, self.job.audit["dataset"]["shape"])

    @cached_property
    def learner(self) -> Learner:
        """The recipe's learner."""
        own: int | None = self.recipe["training"].get("capacity")
        capacity = own or self.sets.capacity
        given = Given(artefact=user_code.kept_front_end(self.job.folder), features=self._features)
        return learners.build(self.recipe, self.spec, self.masks, capacity, given)

    def _features(self) -> Features:
        stream = Stream(self.design_root, "front-end")
        return Features(symbols=self.array("train-symbols"), stream=stream)

    @cached_property
    def spec(self) -> InputSpec:
        """The form of what members are shown."""
        return InputSpec(
            shape=tuple(self.job.audit["dataset"]["shape"]),
            symbols=self.alphabet,
            masked=hiding(self.recipe),
            classes=self.classes,
        )

    @cached_property
    def sets(self) -> MemberSets:
        """The members' training sets."""
        facts = json.loads((self.job.folder / "facts.json").read_bytes())
        return MemberSets(
            training=self.recipe["smoothing"]["training"],
            members=self.members,
            symbols=self.array("train-symbols"),
            labels=self.array("train-labels"),
            positions=self.array("train-positions"),
            slots=facts["slots"],
            names=facts["names"],
            slot_labels=facts["slotLabels"],
            alphabet=self.alphabet,
            added=grid_noise.sampler(self.recipe["smoothing"]["training"], self.recipe["alphabet"]),
            channels=channels_of(self.recipe, self.job.audit["dataset"]["shape"]),
            classes=self.classes,
            design_root=self.design_root,
            draw_root=self.job.draw_root,
            blocks=self.blocks,
        )

    @cached_property
    def shower(self) -> Shower:
        """The views of an input."""
        return Shower(
            test=self.recipe["smoothing"]["test"],
            channels=channels_of(self.recipe, self.job.audit["dataset"]["shape"]),
            alphabet=self.alphabet,
            draws=self.job.audit["draws"],
            masks=self.masks,
            added=grid_noise.sampler(self.recipe["smoothing"]["test"], self.recipe["alphabet"]),
            blocks=self.blocks,
        )

    @cached_property
    def ensemble(self) -> Ensemble:
        """The exported members, on the job's device."""
        return self.ensemble_on(self.job.device)

    def ensemble_on(self, device: str) -> Ensemble:
        """Return the exported members on a device."""
        release = self.job.folder / "release"
        front_end = release / FRONT_END
        return Ensemble(
            shards=[(release / shard_name(index)).read_bytes for index in range(self.shards)],
            front_end=front_end.read_bytes() if front_end.exists() else None,
            members=self.members,
            shard_size=self.learner.chunk,
            classes=self.classes,
            tau=Fraction(self.recipe["tau"]),
            device=device,
            each=votes_each(self.recipe),
            batch=rows_at_once(self.recipe),
            pairwise=pairwise(self.recipe),
        )

    @cached_property
    def polls(self) -> Polls:
        """The casting of votes."""
        return Polls(
            ensemble=self.ensemble,
            shower=self.shower,
            draw_root=self.job.draw_root,
            singly=self.rule.singly,
        )

    @property
    def shards(self) -> int:
        """How many member files there are."""
        return -(-self.members // self.learner.chunk)

    @cached_property
    def inputs(self) -> npt.NDArray[np.integer]:
        """Symbols (inputs, d) of the inputs to certify."""
        return self.array("input-symbols")

    def array(self, name: str) -> npt.NDArray[Any]:
        """Map an array of the job's data, read-only."""
        loaded: npt.NDArray[Any] = np.load(self.job.folder / f"{name}.npy", mmap_mode="r")
        return loaded
