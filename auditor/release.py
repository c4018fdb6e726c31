"""A release folder on disk: each file read once, safely, and handed to ``verify`` as bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from auditor import files, keyfiles
from auditor.errors import ReleaseError, UndecidedError, UsageError
from auditor.format import dsse, members, merkle, model_signing, single, statement
from auditor.format.challenge import MAX_DRAND
from auditor.format.dsse import MAX_ENVELOPE
from auditor.format.keys import PublicKey
from auditor.format.leaf import MAX_LEAF, split
from auditor.format.predicate import Certificate
from auditor.verify import challenge
from auditor.verify.checking import (
    BUNDLE,
    NEEDED,
    OPTIONAL,
    release,
    single_input,
    stated,
)
from auditor.verify.verified import Verified
from auditor.witness.gather import Pinned, gather

Key = Path | str | PublicKey

TIME: Final = "precommit.tsr"
NOBODY: Final = Pinned()
NO_SIZES: Final[Mapping[str, int]] = {}

_LIMITS: Final = {
    "precommit.dsse.json": MAX_ENVELOPE,
    "certificate.dsse.json": MAX_ENVELOPE,
    BUNDLE: 2 * MAX_ENVELOPE,
    model_signing.FILE: model_signing.MAX_FILE,
    "claims.jsonl": 2**30,
    "evidence.bin": 2**32,
    "members.sha256": members.MAX_LIST,
    "recipe.toml": 2**20,
    challenge.SIGNED: MAX_ENVELOPE,
    challenge.DRAND: MAX_DRAND,
    TIME: 2**16,
}
_ENVELOPES: Final = ("precommit.dsse.json", "certificate.dsse.json")
_MAX_SHARDS: Final = 1_000_000
_MAX_SHARD: Final = 2**31  # protobuf's own limit, so no ONNX file is longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """A folder's files: contents of the small ones, SHA-256 (hex) of the members."""

    contents: Mapping[str, bytes]
    digests: Mapping[str, str]


def read(folder: Path, keys: Sequence[PublicKey]) -> Files:
    """Return the files of a release folder whose statements a pinned key signed; else unverified.

    Missing ones are left out, for ``verify`` to name. Raises ReleaseError for links, devices,
    oversized files, strange names in ``members/`` and files there that are not in the signed list;
    EnvelopeError, SignatureError, StatementError and UndecidedError of steps 1 to 3 before anything
    but the two statements is read. So a stranger's folder costs nothing, and nobody can add to a
    signed one what takes long to read: files are read as far as the signed sizes say, and digests
    of members taken up to the first that is not the signed one.
    """
    contents = {name: _content(folder, name) for name in _ENVELOPES}
    first, second = (contents[name] for name in _ENVELOPES)
    sizes, subject = NO_SIZES, None
    if first is not None and second is not None:
        certificate, subject = stated(first, second, keys)
        sizes = _signed_sizes(certificate)
    for name in (*NEEDED, *OPTIONAL, TIME):
        if name not in contents:
            contents[name] = _content(folder, name, sizes)
    return Files(
        contents={name: data for name, data in contents.items() if data is not None},
        digests=_member_digests(folder, contents["members.sha256"], subject),
    )


def verify(path: Path | str, key: Key | Sequence[Key], witnesses: Pinned = NOBODY) -> Verified:
    """Verify a release folder or a single-input file under one or more pinned keys.

    ``witnesses`` are believed about draws; without them randomised ones are ``self-derived``.
    Returns what was established, or raises VerificationError. UsageError for an unusable key.
    """
    path = Path(path)
    pinned = public_keys(key)
    if _is_folder(path):
        return verify_files(read(path, pinned), pinned, witnesses)
    data = files.read(path, limit=single.MAX_FILE)
    parts = single.parse(data, "input file")
    drand = None if parts.drand is None else parts.drand.to_bytes()
    return single_input(data, pinned, gather(parts.precommitment, drand, parts.time, witnesses))


def verify_files(found: Files, keys: Sequence[PublicKey], witnesses: Pinned = NOBODY) -> Verified:
    """Verify the files of a folder, as ``read`` returned them."""
    contents = found.contents
    committed = contents.get("precommit.dsse.json")
    if committed is None:
        return release(contents, found.digests, keys)  # which says so
    envelope = dsse.parse(committed, "precommit.dsse.json")
    gathered = gather(envelope, contents.get(challenge.DRAND), contents.get(TIME), witnesses)
    return release(contents, found.digests, keys, gathered)


def public_keys(keys: Key | Sequence[Key]) -> list[PublicKey]:
    """Return public keys, read from the PEM files among them; UsageError for an unusable one."""
    listed = [keys] if isinstance(keys, Path | str | PublicKey) else list(keys)
    return [k if isinstance(k, PublicKey) else keyfiles.load_public(Path(k)) for k in listed]


def extract(path: Path | str, index: int) -> bytes:
    """Return the single-input file of input ``index``; the folder's claims must fit its root.

    Needs no key: whoever receives the file verifies it.
    """
    folder = Path(path)
    parts = {name: files.read(folder / name, limit=_LIMITS[name]) for name in _ENVELOPES}
    certificate = unverified_certificate(parts["certificate.dsse.json"])
    for name, size in _signed_sizes(certificate).items():
        parts[name] = files.head(folder / name, limit=min(size + 1, _LIMITS[name]))
    leaves = split(parts["claims.jsonl"])
    if not 0 <= index < certificate.batch_size:
        raise UsageError(f"input {index}: expected 0 to {certificate.batch_size - 1}")
    tree = merkle.Tree(leaves)
    if tree.size != certificate.batch_size or tree.root.hex() != certificate.batch_root:
        raise ReleaseError("claims.jsonl: not the claims that certificate.dsse.json signs")
    start = index * certificate.row_size
    return single.build(
        certificate=parts["certificate.dsse.json"],
        precommitment=parts["precommit.dsse.json"],
        leaf=leaves[index],
        row=parts["evidence.bin"][start : start + certificate.row_size],
        index=index,
        size=tree.size,
        proof=tree.proof(index),
        challenge=_content(folder, challenge.SIGNED),
        drand=_content(folder, challenge.DRAND),
        time=_content(folder, TIME),
    )


def unverified_certificate(data: bytes) -> Certificate:
    """Return what a certificate's envelope says; who signed it, if anybody, was not looked at."""
    envelope = dsse.parse(data, "certificate.dsse.json")
    parsed = statement.parse(
        envelope.payload,
        "certificate",
        predicate_type=statement.CERTIFICATE,
        subject="members.sha256",
    )
    return Certificate.from_dict(parsed.predicate)


def _signed_sizes(certificate: Certificate) -> dict[str, int]:
    """Return how many bytes files have, or may have, as signed."""
    return {
        "claims.jsonl": certificate.batch_size * (MAX_LEAF + 1),
        "evidence.bin": certificate.row_size * certificate.evidence_size,
    }


def _content(folder: Path, name: str, sizes: Mapping[str, int] = NO_SIZES) -> bytes | None:
    path, limit = folder / name, _LIMITS[name]
    try:
        if sizes.get(name, limit) < limit:
            # one byte more shows that there are too many, and which step is to say so
            return files.head(path, limit=sizes[name] + 1)
        return files.read(path, limit=limit)
    except UndecidedError:
        if os.path.lexists(path):
            raise
        return None


def _member_digests(folder: Path, listing: bytes | None, subject: str | None) -> dict[str, str]:
    """Return SHA-256 (hex) by name, as far as ``verify`` looks: up to the first wrong one.

    None at all unless ``listing`` is the signed list, which ``verify`` checks first.
    """
    names = _member_names(folder)
    if listing is None or hashlib.sha256(listing).hexdigest() != subject:
        return {}
    listed = members.parse(listing)
    for name in names:
        if name not in listed:
            raise ReleaseError(f"{name}: not in members.sha256")
    digests: dict[str, str] = {}
    for name in names:
        digests[name] = files.sha256(folder / name, limit=_MAX_SHARD)
        if digests[name] != listed[name]:
            break
    return digests


def _member_names(folder: Path) -> list[str]:
    """Return the names of all files that could vote; a link or a folder among them is refused."""
    place = folder / members.FOLDER
    if place.is_symlink():
        raise ReleaseError(f"{place}: is a symbolic link, expected a folder")
    names = []
    if os.path.lexists(folder / members.FRONT_END):
        names.append(members.FRONT_END)
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                names.append(members.check_name(f"{members.FOLDER}/{entry.name}", str(folder)))
                if len(names) > _MAX_SHARDS:
                    raise ReleaseError(f"{place}: more than {_MAX_SHARDS} files")
    except FileNotFoundError:
        pass  # every member is missing then, and is named
    except OSError as error:
        raise UndecidedError(f"{place}: cannot be listed: {error.strerror}") from error
    return sorted(names)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False  # reading it as a file says why not
