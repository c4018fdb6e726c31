"""``model.sig`` for those who verify models with OpenSSF's ``model_signing``.

Made by that library, over ``members/`` alone, and handed out only if the verifier accepts it beside
the certificate. Nothing here is needed to verify: ``auditor/verify/folder.py`` reads the file.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from auditor import files, keyfiles, release, scratch
from auditor.errors import UsageError
from auditor.format import members, model_signing
from auditor.format.keys import PublicKey
from auditor.verify import folder


def sign(path: Path, key: Path, auditors: Sequence[PublicKey] = ()) -> Path:
    """Write ``model.sig`` into a release, and return where it is.

    The release must verify under one of ``auditors``, or without them under the public half of
    ``key`` (a P-256 private key, PEM). The library hashes every file in ``members/``, ignoring
    none; what it signed is compared with ``members.sha256`` before anything is written.

    Raises VerificationError for a release that does not verify, UsageError for a key that the
    format does not know, a ``model.sig`` that is there already, and a missing library.
    """
    private = keyfiles.load_private(key)
    if private.public.algorithm != "p256":
        raise UsageError(f"{key}: an Ed25519 key, expected P-256: model_signing knows no other")
    out = path / model_signing.FILE
    if os.path.lexists(out):
        raise UsageError(f"{out}: exists already, and is not overwritten")
    release.verify(path, list(auditors) or private.public)
    data = _signature(path / members.FOLDER, key)
    listing = files.read(path / "members.sha256", limit=members.MAX_LIST)
    folder.model_signature(data, [private.public], listing)
    files.create(out, data, mode=0o644)
    return out


def _signature(place: Path, key: Path) -> bytes:
    """Return what the library writes about a folder; nothing in it is left out as git's own."""
    try:
        from model_signing import hashing, signing  # noqa: PLC0415 - optional
    except ImportError as error:
        raise UsageError(
            f"audit modelsign needs a package that is not installed ({error.name}): "
            "pip install 'auditor[modelsign]'"
        ) from error
    everything = hashing.Config().set_ignored_paths(paths=(), ignore_git_paths=False)
    config = signing.Config().use_elliptic_key_signer(private_key=key)
    config.set_hashing_config(everything)
    with scratch.folder("auditor-") as temporary:
        out = temporary / model_signing.FILE
        config.sign(place, out)
        return files.read(out, limit=model_signing.MAX_FILE)
