"""The two ways in: a release folder's bytes, or one input's file. Top to bottom, as specified."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from auditor.errors import UndecidedError
from auditor.format import dsse, model_signing, single
from auditor.format.dsse import Envelope
from auditor.format.keys import PublicKey
from auditor.format.predicate import Certificate, Precommitment
from auditor.format.statement import Statement
from auditor.guarantee.claim import Rule
from auditor.verify import challenge, folder, scope, steps
from auditor.verify.challenge import Witnesses
from auditor.verify.verified import Claim, Verified

NEEDED: Final = (
    "precommit.dsse.json",
    "certificate.dsse.json",
    "claims.jsonl",
    "evidence.bin",
    "members.sha256",
    "recipe.toml",
)
BUNDLE: Final = "certificate.sigstore.json"
OPTIONAL: Final = (BUNDLE, model_signing.FILE, challenge.SIGNED, challenge.DRAND)
NO_WITNESSES: Final = Witnesses()


def release(
    files: Mapping[str, bytes],
    digests: Mapping[str, str],
    keys: Sequence[PublicKey],
    witnesses: Witnesses = NO_WITNESSES,
) -> Verified:
    """Return what a release folder establishes, or raise VerificationError.

    ``files`` holds the contents of the files in NEEDED, and of those in OPTIONAL that there are;
    ``digests`` the SHA-256 (hex) of every file in ``members/`` and of ``frontend.onnx``, by name;
    ``keys`` the pinned keys of auditors; ``witnesses`` what is brought to judge the challenge.
    """
    for name in NEEDED:
        if name not in files:
            raise UndecidedError(f"{name}: missing")
    first = dsse.parse(files["precommit.dsse.json"], "precommit.dsse.json")  # (1)
    second = dsse.parse(files["certificate.dsse.json"], "certificate.dsse.json")
    start = _Start(first, second, keys)  # (2) to (6)
    certificate = start.certificate
    leaves = steps.leaves(files["claims.jsonl"], certificate)  # (7)
    steps.inputs(leaves, certificate)  # (8)
    row = steps.evidence(files["evidence.bin"], certificate)  # (9)
    claims = tuple(steps.judged(leaf, row(leaf.index), start.rule) for leaf in leaves)  # (10)
    steps.summary(claims, certificate)  # (11)
    folder.recipe(files["recipe.toml"], certificate)  # (12)
    subject = start.statement.subject_sha256
    folder.member_files(files["members.sha256"], digests, subject, certificate)
    if BUNDLE in files:
        folder.bundle(files[BUNDLE], second)
    if model_signing.FILE in files:
        folder.model_signature(files[model_signing.FILE], keys, files["members.sha256"])
    found = challenge.parse(files.get(challenge.SIGNED), files.get(challenge.DRAND))
    return start.verified("release", claims, found, witnesses)  # (13)


def stated(
    precommitment: bytes, certificate: bytes, keys: Sequence[PublicKey]
) -> tuple[Certificate, str]:
    """Do steps 1 to 3 alone; return the certificate and the SHA-256 (hex) of members.sha256.

    What they say of sizes and files is the key holder's word, and enough to bound what is read.
    """
    first = dsse.parse(precommitment, "precommit.dsse.json")
    second = dsse.parse(certificate, "certificate.dsse.json")
    steps.signer(first, second, keys)
    _, predicate, statement = steps.statements(first, second)
    return predicate, statement.subject_sha256


def single_input(
    data: bytes, keys: Sequence[PublicKey], witnesses: Witnesses = NO_WITNESSES
) -> Verified:
    """Return what the file of one input establishes about it, or raise VerificationError."""
    parts = single.parse(data, "input file")  # (1)
    start = _Start(parts.precommitment, parts.certificate, keys)  # (2) to (6)
    leaf = steps.included(
        parts.leaf, parts.index, parts.size, parts.proof, start.certificate
    )  # (7)
    steps.true_label(leaf, start.certificate)  # (8)
    claim = steps.judged(leaf, parts.row, start.rule)  # (9), (10)
    found = challenge.Files(signed=parts.challenge, drand=parts.drand)
    return start.verified("input", (claim,), found, witnesses)  # (13)


class _Start:
    """Steps 2 to 6, the same for both: who signed what, and the rule that it defines."""

    __slots__ = ("certificate", "key", "payload", "precommitment", "rule", "statement")

    def __init__(
        self, precommitment: Envelope, certificate: Envelope, keys: Sequence[PublicKey]
    ) -> None:
        signers = steps.signer(precommitment, certificate, keys)  # (2)
        self.precommitment: Precommitment
        self.certificate: Certificate
        self.statement: Statement
        self.precommitment, self.certificate, self.statement = steps.statements(  # (3)
            precommitment, certificate
        )
        self.key = steps.commitment(precommitment, self.precommitment, self.certificate, signers)
        self.rule: Rule = steps.rule(self.certificate)  # (5)
        steps.thresholds(self.rule, self.certificate)  # (6)
        self.payload = certificate.payload

    def verified(
        self,
        kind: scope.Kind,
        claims: tuple[Claim, ...],
        found: challenge.Files,
        witnesses: Witnesses,
    ) -> Verified:
        """(13) Return the result, with what it does and does not rest on."""
        randomised = self.rule.randomised
        origin = challenge.judge(
            self.precommitment, self.certificate, found, witnesses, randomised=randomised
        )
        time = witnesses.time
        stamped = time is not None and time.digest == self.certificate.precommitment
        return Verified(
            kind=kind,
            precommitment=self.precommitment,
            certificate=self.certificate,
            statement=self.statement,
            digest=hashlib.sha256(self.payload).hexdigest(),
            keyid=self.key.keyid,
            randomised=randomised,
            members_drawn=self.rule.drawn,
            axes=tuple(self.rule.axes),
            challenge=origin,
            claims=claims,
            time=time if stamped else None,
            checked=scope.checked(kind),
            not_checked=scope.not_checked(kind, self.certificate, origin, randomised=randomised),
        )
