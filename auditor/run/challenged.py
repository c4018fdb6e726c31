"""The precommitment of a run, and the challenge that its draws wait for.

Whatever was drawn was drawn for one precommitment and one challenge: both are written before the
first draw, and neither is replaced while anything that came from it is left.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from auditor import files
from auditor.errors import RunError, VerificationError
from auditor.files import write_atomic
from auditor.format import challenge as form
from auditor.format import dsse, statement
from auditor.format.audit import Audit
from auditor.format.challenge import Awaited, Drand, Signed
from auditor.format.dsse import MAX_ENVELOPE
from auditor.format.keys import PrivateKey
from auditor.format.predicate import Precommitment
from auditor.randomness import draw_root
from auditor.release import TIME
from auditor.run import commit
from auditor.run.workspace import Workspace
from auditor.verify import challenge as judging

PRECOMMITMENT = "precommit.dsse.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A signed precommitment: its payload's SHA-256 (hex), its time, and what it waits for."""

    digest: str
    created_at: str
    awaited: Awaited


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the draws of a run come from; ``cited`` names the challenge in the certificate."""

    cited: str | None
    draw_root: bytes


def precommitment(
    workspace: Workspace, audit: Audit, key: PrivateKey, wanted: Awaited | None = None
) -> Committed:
    """Return the signed precommitment, made once a run and before anything else.

    ``wanted`` is the challenge that a new one shall wait for. The draws come from it, so what was
    drawn for a precommitment that is gone goes with it.
    """
    path = workspace.release / PRECOMMITMENT
    if not path.exists():
        workspace.start_over()
        write_atomic(path, commit.precommit(audit, key, wanted))
    payload = dsse.parse(path.read_bytes(), str(path)).payload
    parsed = statement.parse(
        payload, str(path), predicate_type=statement.PRECOMMITMENT, subject="recipe.toml"
    )
    found = Precommitment.from_dict(parsed.predicate)
    if found.audit.to_dict() != audit.to_dict():
        msg = f"{path}: expected the precommitment to this audit, got another; use --overwrite"
        raise RunError(msg)
    return Committed(
        digest=hashlib.sha256(payload).hexdigest(),
        created_at=found.created_at,
        awaited=found.challenge,
    )


def answer(
    workspace: Workspace, committed: Committed, given: Path | None, time: Path | None
) -> Answered:
    """Return where this run's draws come from, with the challenge put into the release.

    ``given`` is the file of a challenge, ``time`` that of a time stamp on the precommitment.
    Raises RunError when the precommitment waits for another one, or for none.
    """
    about = bytes.fromhex(committed.digest)
    if time is not None:
        write_atomic(workspace.release / TIME, _read(time, 2**16))
    if committed.awaited is None:
        if given is not None:
            msg = (
                f"{given}: this run's precommitment waits for no challenge; audit precommit makes "
                "one that does (and none is needed where nothing is drawn)"
            )
            raise RunError(msg)
        return Answered(cited=None, draw_root=draw_root(about))
    name = judging.DRAND if isinstance(committed.awaited, Drand) else judging.SIGNED
    place = workspace.release / name
    if given is not None:
        data = _accepted(committed, committed.awaited, given)
        if place.exists() and place.read_bytes() != data:
            msg = (
                f"{given}: another challenge was answered already ({place}), and drawing again is "
                "what challenges exclude"
            )
            raise RunError(msg)
        write_atomic(place, data)
    if not place.exists():
        msg = f"this run waits for {words(committed.awaited)}: give it with --challenge FILE"
        raise RunError(msg)
    found = _parsed(place.read_bytes(), committed.awaited)
    return Answered(cited=found.digest, draw_root=draw_root(about, found.value() or b""))


def words(awaited: Signed | Drand) -> str:
    """Say what a precommitment waits for."""
    if isinstance(awaited, Drand):
        return f"round {awaited.round} of the drand chain {awaited.chain_hash[:16]}"
    whom = "a challenger" if awaited.keyid is None else f"the challenger {awaited.keyid}"
    return f"a challenge signed by {whom}"


def _accepted(committed: Committed, awaited: Signed | Drand, given: Path) -> bytes:
    """Return the bytes of a challenge that fits, as the release keeps them."""
    try:
        data = files.read(given, limit=MAX_ENVELOPE)
        if isinstance(awaited, Drand):
            from auditor.witness import drand

            canonical: bytes = drand.canonical(data, str(given))
            found_round = form.parse_drand(canonical, str(given))
            if (found_round.chain_hash, found_round.round) != (awaited.chain_hash, awaited.round):
                msg = f"{given}: expected {words(awaited)}, got round {found_round.round}"
                raise RunError(msg)
            return canonical
        found = _parsed(data, awaited).answer()
    except VerificationError as error:
        raise RunError(str(error)) from error
    assert found is not None  # noqa: S101 - a signed one was parsed
    if found.precommitment != committed.digest:
        msg = (
            f"{given}: expected a challenge to the precommitment {committed.digest}, got one to "
            f"{found.precommitment}"
        )
        raise RunError(msg)
    if awaited.keyid not in {None, found.keyid}:
        msg = f"{given}: expected {words(awaited)}, got one by {found.keyid}"
        raise RunError(msg)
    if found.created_at < committed.created_at:
        msg = (
            f"{given}: made at {found.created_at}, before the precommitment at "
            f"{committed.created_at}: one of the two clocks is wrong, and no verifier will count it"
        )
        raise RunError(msg)
    return data


def _parsed(data: bytes, awaited: Signed | Drand) -> judging.Files:
    drand = isinstance(awaited, Drand)
    return judging.parse(None if drand else data, data if drand else None)


def _read(path: Path, limit: int) -> bytes:
    try:
        return files.read(path, limit=limit)
    except VerificationError as error:
        raise RunError(str(error)) from error
