"""What a relying party does that challenges an auditor: answer one precommitment with 32 bytes.

The value is the hash of a signature that the challenger's key alone can make, so nobody can
foretell it, and there is one for each precommitment however often it is asked for: an auditor
cannot ask again for a better one. Whoever commits again can; a ledger counts that.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from auditor import clock, files, keyfiles
from auditor.errors import SignatureError, UsageError
from auditor.format import dsse, statement
from auditor.format.challenge import Challenge, Count, Signed
from auditor.format.dsse import MAX_ENVELOPE
from auditor.format.keys import PrivateKey, PublicKey
from auditor.format.predicate import Precommitment
from auditor.randomness import derive

_WHERE: Final = "precommitment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A signed challenge (``envelope``: the bytes of challenge.dsse.json) and what it is about."""

    envelope: bytes
    challenge: Challenge
    precommitment: Precommitment


def challenge(
    precommitment: Path | str,
    *,
    key: Path | str,
    auditors: Sequence[Path | str | PublicKey] = (),
    ledger: Path | None = None,
) -> Answer:
    """Return the challenge of ``key`` (a PEM private key) to a precommitment's file.

    One of the ``auditors`` (public keys) must have signed it, where any are given. A ``ledger`` is
    a file to which every challenge is added and from which they are counted; it needs
    ``auditors``, as a count of what strangers sent would count nothing. Raises UsageError when the
    precommitment does not wait for this challenger, VerificationError when it is malformed or
    signed by somebody else.
    """
    if ledger is not None and not auditors:
        msg = "a ledger needs the auditor's public key: anybody could make it count otherwise"
        raise UsageError(msg)
    signing = keyfiles.load_private(Path(key))
    envelope = dsse.parse(files.read(Path(precommitment), limit=MAX_ENVELOPE), _WHERE)
    signers: tuple[PublicKey, ...] = ()
    if auditors:
        pinned = [
            a if isinstance(a, PublicKey) else keyfiles.load_public(Path(a)) for a in auditors
        ]
        signers = dsse.verify(envelope, pinned, str(precommitment))
    parsed = statement.parse(
        envelope.payload, _WHERE, predicate_type=statement.PRECOMMITMENT, subject="recipe.toml"
    )
    found = Precommitment.from_dict(parsed.predicate)
    if auditors and found.keyid not in {signer.keyid for signer in signers}:
        raise SignatureError(f"{_WHERE}: names key {found.keyid}, which did not sign it")
    created_at = clock.now()
    _refuse(found, signing, created_at)
    digest = hashlib.sha256(envelope.payload).hexdigest()
    answer = Challenge(
        precommitment=digest,
        value=_value(signing, digest),
        created_at=created_at,
        keyid=signing.public.keyid,
        count=None,
    )
    if ledger is not None:
        answer = _counted(ledger, answer, found)
    return Answer(
        envelope=dsse.sign(answer.to_statement().to_payload(), signing),
        challenge=answer,
        precommitment=found,
    )


def _value(key: PrivateKey, digest: str) -> str:
    # Both schemes are deterministic (RFC 6979, RFC 8032), and nobody sees this signature.
    secret = key.sign(b"auditor/challenge/v1 " + bytes.fromhex(digest))
    return derive("auditor/challenge/v1", secret).hex()


def _refuse(found: Precommitment, key: PrivateKey, created_at: str) -> None:
    """Raise UsageError when a challenge by this key would prove nothing."""
    own = key.public.keyid
    if not isinstance(found.challenge, Signed):
        waits = "no challenge" if found.challenge is None else "a round of a beacon"
        raise UsageError(f"{_WHERE}: waits for {waits}, expected a signed challenge")
    if found.challenge.keyid not in {None, own}:
        raise UsageError(
            f"{_WHERE}: waits for the challenger {found.challenge.keyid}, this key is {own}"
        )
    if found.keyid == own:
        raise UsageError(f"{_WHERE}: made with this very key; nobody can challenge himself")
    if created_at < found.created_at:
        raise UsageError(
            f"{_WHERE}: made at {found.created_at}, and it is {created_at} here: one of the two "
            "clocks is wrong, and no verifier would count the challenge"
        )


def _counted(ledger: Path, answer: Challenge, found: Precommitment) -> Challenge:
    """Return the challenge with its count, after the ledger holds it for good.

    A precommitment that was answered before gets the answer of then.
    """
    audit = found.audit
    entry: dict[str, Any] = {
        "precommitment": answer.precommitment,
        "auditor": found.keyid,
        "dataset": audit.dataset_root,
        "createdAt": answer.created_at,
    }
    with _locked(ledger) as descriptor:
        entries = _entries(descriptor, ledger)
        before = next((e for e in entries if e["precommitment"] == answer.precommitment), None)
        if before is None:
            own = [e for e in entries if e["auditor"] == entry["auditor"]]
            same = [e for e in own if e["dataset"] == entry["dataset"]]
            entry |= {"ofKey": 1 + len(own), "ofData": 1 + len(same)}
            os.write(descriptor, json.dumps(entry, sort_keys=True).encode() + b"\n")
            os.fsync(descriptor)
            before = entry
    return Challenge(
        precommitment=answer.precommitment,
        value=answer.value,
        created_at=before["createdAt"],
        keyid=answer.keyid,
        count=Count(of_key=before["ofKey"], of_data=before["ofData"]),
    )


@contextmanager
def _locked(ledger: Path) -> Iterator[int]:
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    descriptor = os.open(ledger, flags, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _entries(descriptor: int, ledger: Path) -> list[dict[str, Any]]:
    """Return the ledger's entries; UsageError when a line is none: a count must not be guessed."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    with os.fdopen(os.dup(descriptor), "rb") as file:
        data = file.read()
    wanted = {"precommitment", "auditor", "dataset", "createdAt", "ofKey", "ofData"}
    entries = []
    for number, line in enumerate(data.splitlines(), 1):
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict) or set(entry) != wanted:
            raise UsageError(f"{ledger}, line {number}: not an entry of a ledger of challenges")
        entries.append(entry)
    if data and not data.endswith(b"\n"):
        raise UsageError(f"{ledger}: the last line is torn; mend it by hand")
    return entries
