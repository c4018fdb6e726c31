"""Step 12 of verification, for a folder: it holds the signed files, no more and no fewer.

Numbered as in ``schemas/README.md``, section 8.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from auditor.errors import ReleaseError, UndecidedError, VerificationError
from auditor.format import dsse, members, model_signing, sigstore
from auditor.format.dsse import Envelope
from auditor.format.keys import PublicKey
from auditor.format.predicate import Certificate
from auditor.verify import names


def recipe(data: bytes, certificate: Certificate) -> None:
    """(12, folder) Check that ``recipe.toml`` is the file that the audit names."""
    digest = hashlib.sha256(data).hexdigest()
    if digest != certificate.audit.recipe_file:
        raise ReleaseError(f"recipe.toml: expected {certificate.audit.recipe_file}, got {digest}")


def member_files(
    listing: bytes, digests: Mapping[str, str], subject: str, certificate: Certificate
) -> None:
    """(12, folder) Check that the members are the signed ones, none missing and none added."""
    digest = hashlib.sha256(listing).hexdigest()
    if digest != subject:
        raise ReleaseError(f"members.sha256: expected {subject}, got {digest}")
    listed = members.parse(listing)
    shards = -(-certificate.member_count // certificate.shard_size)
    voting = listed.keys() - {members.FRONT_END}
    # Shards are counted before they are named: the signed count alone must not cost memory.
    if len(voting) != shards or voting != {members.shard_name(i) for i in range(shards)}:
        raise ReleaseError(f"members.sha256: expected {shards} shards, numbered from 000000")
    own = names.own_front_end(certificate.audit.recipe)
    if own is not None and listed.get(members.FRONT_END) != own[1]:
        raise ReleaseError(
            f"members.sha256: {members.FRONT_END}: expected {own[1]}, the trusted front end, got "
            f"{listed.get(members.FRONT_END, 'no such file')}"
        )
    for name in sorted(digests.keys() - listed.keys()):
        raise ReleaseError(f"{name}: not in members.sha256")
    for name, signed in listed.items():
        if name not in digests:
            raise UndecidedError(f"{name}: missing")
        if digests[name] != signed:
            raise ReleaseError(f"{name}: expected {signed}, got {digests[name]}")


def bundle(data: bytes, envelope: Envelope) -> None:
    """(12, folder) Check that the Sigstore bundle wraps the very envelope that was verified."""
    if sigstore.unwrap(data, "certificate.sigstore.json") != envelope:
        raise ReleaseError("certificate.sigstore.json: wraps another envelope")


def model_signature(data: bytes, keys: Sequence[PublicKey], listing: bytes) -> None:
    """(12, folder) Check that ``model.sig``, by a pinned key, lists exactly the member files.

    ``listing`` is ``members.sha256``; names in ``model.sig`` are relative to ``members/``. The
    file is optional, and whatever is wrong with it is a ReleaseError: the certificate stands
    without it, but a folder whose two signatures disagree is not the signed one.
    """
    where = model_signing.FILE
    try:
        envelope = sigstore.unwrap(data, where)
        dsse.verify(envelope, keys, where)
        signed = model_signing.parse(envelope.payload, f"{where}.payload")
    except VerificationError as error:
        raise ReleaseError(str(error)) from error
    voting = {
        name.removeprefix(f"{members.FOLDER}/"): digest
        for name, digest in members.parse(listing).items()
        if name != members.FRONT_END
    }
    for name in sorted(voting.keys() | signed.keys()):
        if signed.get(name) != voting.get(name):
            raise ReleaseError(
                f"{where}: {name[:80]!r}: expected {voting.get(name, 'no such file')}, as in "
                f"members.sha256, got {signed.get(name, 'no such file')}"
            )
