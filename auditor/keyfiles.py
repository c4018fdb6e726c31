"""Key files: the private half readable by its owner alone, and never overwritten."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from auditor import files
from auditor.errors import UsageError, VerificationError
from auditor.format.keys import PrivateKey, PublicKey

_MAX_PEM: Final = 16_384


def save(key: PrivateKey, path: Path) -> Path:
    """Write ``path`` (mode 0600) and its public half ``path`` with suffix ``.pub``; return that.

    Raises UsageError if either exists.
    """
    public = path.with_suffix(".pub")
    if public == path or public.exists() or public.is_symlink():
        raise UsageError(f"{public}: exists already, and is not overwritten")
    files.create(path, key.to_pem(), mode=0o600)
    files.create(public, key.public.pem.encode("ascii"), mode=0o644)
    return public


def load_private(path: Path) -> PrivateKey:
    """Return the signing key in a PEM file; raise UsageError."""
    return PrivateKey.from_pem(_read(path), str(path))


def load_public(path: Path) -> PublicKey:
    """Return the public key in a PEM file; raise UsageError."""
    return PublicKey.from_pem(_read(path), str(path))


def _read(path: Path) -> bytes:
    # A person names this file on purpose: a link to it is as good as the file.
    try:
        return files.read(path.resolve(), limit=_MAX_PEM)
    except VerificationError as error:
        raise UsageError(str(error)) from error
    except RuntimeError as error:  # what Python 3.11 and 3.12 say of links in a circle
        raise UsageError(f"{path}: a link that leads back to itself") from error
