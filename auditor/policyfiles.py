"""``trust.toml`` and ``release.toml`` on disk, and the files that they name, relative to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from auditor import files
from auditor.errors import UsageError, VerificationError
from auditor.format.input_list import MAX_LIST, InputList
from auditor.format.input_list import parse as parse_list
from auditor.verify import policy, trust
from auditor.verify.policy import Policy
from auditor.verify.settings import MAX_BYTES
from auditor.verify.trust import Trust


def load_trust(path: Path) -> Trust:
    """Return who is believed; raise UsageError, in one sentence that names file and key."""
    return trust.parse(_read(path, MAX_BYTES), str(path), _beside(path, MAX_BYTES))


def load_policy(path: Path) -> Policy:
    """Return what is demanded; raise UsageError, in one sentence that names file and key."""
    return policy.parse(_read(path, MAX_BYTES), str(path), _beside(path, MAX_LIST))


def load_inputs(path: Path) -> InputList:
    """Return a list of inputs; raise UsageError."""
    return parse_list(_read(path, MAX_LIST), str(path))


def _beside(path: Path, limit: int) -> Callable[[str], bytes]:
    """Return the reader of the files that ``path`` names."""
    return lambda name: _read(path.parent / name, limit)


def _read(path: Path, limit: int) -> bytes:
    # A person names these files on purpose: a link to one is as good as the file.
    try:
        return files.read(path.resolve(), limit=limit)
    except VerificationError as error:
        raise UsageError(str(error)) from error
    except (RuntimeError, ValueError) as error:  # links in a circle (before 3.13); a NUL in a name
        raise UsageError(f"{path}: not the name of a file: {error}") from error
