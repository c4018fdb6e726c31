"""Where the draws came from: the verifier's own judgement, never a word of the certificate.

A draw that the auditor could repeat until it pleased bounds nothing. What excludes that is a
challenge which the precommitment waits for and nobody could foretell when it was made. Whatever is
missing, late, about another precommitment or by somebody who is not pinned leaves
``self-derived``: no error, and no promise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from auditor.errors import ReleaseError, SignatureError
from auditor.format import challenge as form
from auditor.format import dsse, statement
from auditor.format.challenge import Challenge, Count, Drand, DrandRound, Signed
from auditor.format.dsse import Envelope
from auditor.format.keys import PublicKey
from auditor.format.predicate import Certificate, Precommitment
from auditor.randomness import draw_root
from auditor.verify.witness import Beacon, TrustedTime

Kind = Literal["not-needed", "self-derived", "signed", "drand"]

_GRINDING: Final = "self-derived: grinding not excluded"
SIGNED: Final = "challenge.dsse.json"
DRAND: Final = "challenge.drand.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnesses:
    """What a relying party brings to judge a challenge; nothing of it comes from the auditor.

    ``keys`` are the pinned challengers. ``time`` is about the precommitment and ``beacon`` about
    the round, each verified by the shell under a pinned root, or None with ``why`` not.
    """

    keys: Sequence[PublicKey] = ()
    time: TrustedTime | None = None
    beacon: Beacon | None = None
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the draws came from.

    ``reason`` says why the kind is what it is. ``root`` is what every draw of this certificate is
    derived from; None when the challenge that it cites is not at hand. ``count`` is the
    challenger's count of runs, where a pinned challenger counts.
    """

    kind: Kind
    reason: str
    root: bytes | None = field(repr=False)
    count: Count | None = None

    @property
    def text(self) -> str:
        """The judgement in one line."""
        match self.kind:
            case "not-needed":
                return "not needed: deterministic"
            case "self-derived":
                return f"{_GRINDING} ({self.reason})"
            case _:
                return f"{self.kind}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The challenge that lies with a certificate, as parsed: at most one of the two."""

    signed: Envelope | None = None
    drand: DrandRound | None = None

    @property
    def digest(self) -> str | None:
        """What a certificate cites: SHA-256 (hex) of the payload, or of the round's file."""
        if self.signed is not None:
            return hashlib.sha256(self.signed.payload).hexdigest()
        if self.drand is not None:
            return hashlib.sha256(self.drand.to_bytes()).hexdigest()
        return None

    def answer(self) -> Challenge | None:
        """Return the signed challenge, whoever signed it; raise EnvelopeError, StatementError."""
        if self.signed is None:
            return None
        parsed = statement.parse(
            self.signed.payload,
            "challenge",
            predicate_type=statement.CHALLENGE,
            subject=form.SUBJECT,
        )
        return Challenge.from_statement(parsed)

    def value(self) -> bytes | None:
        """Return the challenge value; raises as ``answer`` does."""
        answer = self.answer()
        if answer is not None:
            return bytes.fromhex(answer.value)
        return None if self.drand is None else self.drand.value


def parse(signed: bytes | None, drand: bytes | None) -> Files:
    """Return the challenge in the files of a release; raise EnvelopeError."""
    return Files(
        signed=None if signed is None else dsse.parse(signed, SIGNED),
        drand=None if drand is None else form.parse_drand(drand, DRAND),
    )


def judge(
    precommitment: Precommitment,
    certificate: Certificate,
    files: Files,
    witnesses: Witnesses,
    *,
    randomised: bool,
) -> Origin:
    """(13) Return where the draws came from.

    Raises ReleaseError when a challenge is at hand that the certificate does not cite, and
    EnvelopeError or StatementError when it is malformed: such a folder is not the signed one.
    """
    cited = certificate.challenge
    if files.signed is not None and files.drand is not None:
        raise ReleaseError(f"{SIGNED}, {DRAND}: expected one challenge, got two")
    if files.digest not in {None, cited}:
        raise ReleaseError(f"challenge: expected {cited or 'none'}, got {files.digest}")
    about = bytes.fromhex(certificate.precommitment)
    value = files.value()
    root = draw_root(about, value or b"") if cited is None or value is not None else None
    if not randomised:
        return Origin(kind="not-needed", reason="nothing is drawn", root=root)
    kind: Kind = "self-derived"
    count = None
    try:
        if isinstance(precommitment.challenge, Signed):
            reason, count = _signed(precommitment, certificate, files, witnesses)
            kind = "signed"
        elif isinstance(precommitment.challenge, Drand):
            reason = _drand(precommitment.challenge, certificate, files.drand, witnesses)
            kind = "drand"
        else:
            reason = "the precommitment waits for no challenge"
    except _NotMetError as error:
        reason = str(error)
    return Origin(kind=kind, reason=reason, root=root, count=count)


class _NotMetError(Exception):
    """Why a challenge proves nothing."""


def _signed(
    precommitment: Precommitment,
    certificate: Certificate,
    files: Files,
    witnesses: Witnesses,
) -> tuple[str, Count | None]:
    """Return who challenged, and how often they did, or raise _NotMetError."""
    answer = files.answer()
    if files.signed is None or answer is None:
        raise _NotMetError(_missing(certificate, SIGNED))
    wanted = precommitment.challenge
    named = wanted.keyid if isinstance(wanted, Signed) else None
    # Whoever commits cannot challenge: a key pinned for both would let it choose its own draws.
    keys = [
        key
        for key in witnesses.keys
        if named in {None, key.keyid} and key.keyid != precommitment.keyid
    ]
    if not keys:
        whom = "no challenger is" if named is None else f"the challenger {named[:16]} is not"
        raise _NotMetError(f"{whom} pinned")
    try:
        signers = dsse.verify(files.signed, keys, SIGNED)
    except SignatureError:
        raise _NotMetError("no pinned challenger signed the challenge") from None
    signer = next((key for key in signers if key.keyid == answer.keyid), None)
    if signer is None:
        raise _NotMetError(f"the challenge names key {answer.keyid[:16]}, which did not sign it")
    if answer.precommitment != certificate.precommitment:
        raise _NotMetError("the challenge is about another precommitment")
    if answer.created_at < precommitment.created_at:
        raise _NotMetError("the challenge is older than the precommitment")
    by = f"by {signer.keyid[:16]} at {answer.created_at}"
    if len(keys) == 1:
        return by, answer.count
    # Each of them may have counted one, and the auditor shows one count.
    return f"{by}, one of {len(keys)} whom the auditor could have asked", None


def _drand(
    wanted: Drand, certificate: Certificate, found: DrandRound | None, witnesses: Witnesses
) -> str:
    """Return what the beacon and the time prove, or raise _NotMetError."""
    if found is None:
        raise _NotMetError(_missing(certificate, DRAND))
    if (found.chain_hash, found.round) != (wanted.chain_hash, wanted.round):
        raise _NotMetError(f"the precommitment waits for round {wanted.round}, not {found.round}")
    beacon, time = witnesses.beacon, witnesses.time
    if beacon is None or time is None:
        what = "the round" if beacon is None else "the time of the precommitment"
        raise _NotMetError("; ".join(witnesses.why) or f"{what} was not verified")
    value = found.value.hex()
    if (beacon.chain, beacon.round, beacon.value) != (found.chain_hash, found.round, value):
        raise _NotMetError("the verified round is another one")
    if time.digest != certificate.precommitment:
        raise _NotMetError("the time stamp is about another precommitment")
    if not time.at < beacon.at:
        raise _NotMetError(
            f"the round came out at {beacon.at}, and the precommitment is stamped {time.at} only"
        )
    return f"round {beacon.round} of {beacon.at}; committed by {time.at}, says {time.authority}"


def _missing(certificate: Certificate, name: str) -> str:
    if certificate.challenge is None:
        return "the precommitment waits for a challenge, and the certificate cites none"
    return f"{name} is missing"
