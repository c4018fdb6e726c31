"""From a verified release to what a second look at its votes and members established."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from flint import fmpq

from auditor.errors import UsageError, VerificationError
from auditor.guarantee.smoothing import rule_for
from auditor.progress import Progress
from auditor.recheck.data import bring
from auditor.release import Files
from auditor.verify import evidence
from auditor.verify.evidence import Replayed, Retrained
from auditor.verify.sampling import sample
from auditor.verify.verified import Verified

Replay = int | Literal["all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked at again: ``replay`` cells and ``retrain`` members, 0 for none.

    ``secret`` (32 bytes) draws the samples, and must not have been known to whoever made the
    release; ``fresh`` says that it was drawn for this. Each sample's bound fails with probability
    at most ``delta``. ``data`` is the folder of the verifier's data. ``match`` and ``allow_code``
    are those of ``retrain``.
    """

    replay: Replay
    retrain: int
    secret: bytes
    fresh: bool
    delta: fmpq
    data: Path | None
    match: Literal["votes", "bitwise"]
    allow_code: Sequence[str]
    device: str


def recheck(
    verified: Verified, files: Files, folder: Path, wanted: Wanted, progress: Progress
) -> Verified:
    """Return ``verified`` with the evidence that was wanted.

    ``files`` are those of the release ``folder`` that it was verified from. Raises
    VerificationError for what is refuted or cannot be decided, UsageError for what the caller can
    mend.
    """
    rule = rule_for(verified.certificate.audit.to_dict())
    of = rule.cells * len(verified.claims)
    cells = sample(
        wanted.secret,
        verified.digest,
        "cells",
        of,
        of if wanted.replay == "all" else _at_most(wanted.replay, of, "--replay", "cells"),
    )
    retrain = _at_most(wanted.retrain, rule.members, "--retrain", "members")
    members = sample(wanted.secret, verified.digest, "members", rule.members, retrain)
    brought = bring(verified, files.contents["recipe.toml"], wanted.data, progress)
    listing, votes = files.contents["members.sha256"], files.contents["evidence.bin"]
    from auditor.replay.sandbox import Sandbox

    replayed: Replayed | None = None
    retrained: Retrained | None = None
    with (
        _with_seed(wanted.secret),
        Sandbox(graph=verified.certificate.graph, device=wanted.device) as sandbox,
    ):
        if cells:
            from auditor.recheck.replay import replay

            replayed = replay(
                verified,
                rule,
                brought,
                folder=folder,
                listing=listing,
                evidence=votes,
                cells=cells,
                opener=sandbox.open,
                progress=progress,
            )
        if members:
            from auditor.recheck.retrain import retrain as train_again

            retrained = train_again(
                verified,
                brought,
                folder=folder,
                listing=listing,
                members=members,
                match=wanted.match,
                allowed=wanted.allow_code,
                device=wanted.device,
                opener=sandbox.open,
                progress=progress,
            )
    progress.done()
    return evidence.assess(
        verified,
        rule,
        votes,
        secret=wanted.secret,
        fresh=wanted.fresh,
        delta=wanted.delta,
        replayed=replayed,
        retrained=retrained,
    )


@contextlib.contextmanager
def _with_seed(secret: bytes) -> Iterator[None]:
    """Name the seed in whatever is refuted or undecided: trying again with another proves less."""
    try:
        yield
    except VerificationError as error:
        raise type(error)(f"{error} (sample seed {secret.hex()})") from error


def _at_most(number: int, of: int, option: str, what: str) -> int:
    if not 0 <= number <= of:
        raise UsageError(
            f"{option}: expected at most {of}, the {what} of this release, got {number}"
        )
    return number
