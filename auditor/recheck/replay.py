"""``--replay``: sampled votes cast again, in a sandbox, by the very files that vote."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from auditor.errors import UndecidedError
from auditor.guarantee.claim import Rule
from auditor.guarantee.training.neighbours import votes_each
from auditor.progress import Progress
from auditor.recheck.data import Brought
from auditor.replay import grid_noise
from auditor.replay.cast import Polls
from auditor.replay.ensemble import Ensemble, rows_at_once
from auditor.replay.form import Opener
from auditor.replay.recount import recount
from auditor.replay.shards import shards
from auditor.replay.views import Shower, alphabet_size, blocks_of, channels_of, masks_for, pairwise
from auditor.verify.evidence import Replayed
from auditor.verify.verified import Verified


def replay(
    verified: Verified,
    rule: Rule,
    brought: Brought,
    *,
    folder: Path,
    listing: bytes,
    evidence: bytes,
    cells: Sequence[int],
    opener: Opener | None,
    progress: Progress,
) -> Replayed:
    """Cast the ``cells`` of a verified release again and return what came out.

    ``opener`` loads the graphs. ``folder`` holds the members that ``listing`` (members.sha256)
    names; each file is read once and what is run is what was digested. Raises ClaimError for a
    vote that its member contradicts, ReleaseError for a graph that members may not be,
    UndecidedError when time or memory run out.
    """
    return recount(
        rule,
        polls_of(verified, rule, folder, listing, opener),
        brought.inputs.symbols,
        evidence=evidence,
        cells=cells,
        progress=progress,
    )


def polls_of(
    verified: Verified, rule: Rule, folder: Path, listing: bytes, opener: Opener | None
) -> Polls:
    """Return the casting of a release's votes, its sessions opened by ``opener``."""
    certificate = verified.certificate
    audit, recipe = certificate.audit, certificate.audit.recipe
    root = verified.challenge.root
    if root is None:
        raise UndecidedError("challenge: its file is missing, so no draw can be made again")
    found, front_end = shards(folder, listing)
    return Polls(
        ensemble=Ensemble(
            shards=found,
            front_end=front_end,
            members=audit.members,
            shard_size=certificate.shard_size,
            classes=len(audit.classes),
            tau=Fraction(str(recipe["tau"])),
            opener=opener,
            each=votes_each(recipe),
            batch=rows_at_once(recipe),
            pairwise=pairwise(recipe),
        ),
        shower=shower_of(recipe, audit.shape, audit.draws),
        draw_root=root,
        singly=rule.singly,
    )


def shower_of(recipe: Any, shape: tuple[int, ...], draws: int) -> Shower:  # noqa: ANN401
    """Return the views of inputs under a signed recipe."""
    return Shower(
        test=recipe["smoothing"]["test"],
        channels=channels_of(recipe, shape),
        alphabet=alphabet_size(recipe["alphabet"]),
        draws=draws,
        masks=masks_for(recipe, shape),
        added=grid_noise.sampler(recipe["smoothing"]["test"], recipe["alphabet"]),
        blocks=blocks_of(recipe, shape),
    )
