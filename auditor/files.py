"""Files, opened safely and replaced whole: the verifying side's only contact with the disk.

Nothing here follows a symbolic link at the end of a name, reads a pipe or a device, or leaves a
half-written file under its final name.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from auditor.errors import ReleaseError, UndecidedError, UsageError

_CHUNK: Final = 2**20
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read(path: Path, *, limit: int) -> bytes:
    """Return a regular file's bytes, read once; raise for anything else, or more than ``limit``.

    UndecidedError when the file is missing or unreadable, ReleaseError when it is a link or a
    device or too large.
    """
    with _opened(path) as (descriptor, size):
        if size > limit:
            raise ReleaseError(f"{path}: {size} bytes, expected at most {limit}")
        parts, left = [], limit + 1
        while left and (part := os.read(descriptor, min(left, max(size, _CHUNK) + 1))):
            parts.append(part)
            left -= len(part)
    if not left:
        raise ReleaseError(f"{path}: grew beyond {limit} bytes while it was read")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def head(path: Path, *, limit: int) -> bytes:
    """Return a regular file's bytes, read once, or its first ``limit`` ones if there are more.

    For who knows how many there should be. UndecidedError when the file is missing or unreadable,
    ReleaseError when it is a link or a device.
    """
    with _opened(path) as (descriptor, size):
        parts, left = [], limit
        while left and (part := os.read(descriptor, min(left, max(size, _CHUNK)))):
            parts.append(part)
            left -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def sha256(path: Path, *, limit: int) -> str:
    """Return a regular file's SHA-256 in hex, in constant memory; raises as ``read`` does."""
    digest = hashlib.sha256()
    with _opened(path) as (descriptor, size):
        if size > limit:  # a file of holes costs its maker nothing
            raise ReleaseError(f"{path}: {size} bytes, expected at most {limit}")
        left = limit + 1
        while left and (part := os.read(descriptor, min(left, _CHUNK))):
            digest.update(part)
            left -= len(part)
    if not left:
        raise ReleaseError(f"{path}: grew beyond {limit} bytes while it was read")
    return digest.hexdigest()


def write_atomic(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Put ``data`` under ``path`` whole or not at all, and on the disk before returning.

    An OSError names ``path``; UsageError for a path that ends in no name, such as "." or "/".
    """
    if not path.name:
        raise UsageError(f"{path}: expected the name of a file to write")
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}.tmp")
    try:
        _write_new(temporary, data, mode)
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            error.filename, error.filename2 = str(path), None  # nobody asked for the other name
        raise
    _sync_folder(path.parent)


def create(path: Path, data: bytes, *, mode: int) -> None:
    """Create ``path`` with exactly this mode; raise UsageError if anything has that name."""
    try:
        _write_new(path, data, mode)
    except FileExistsError as error:
        raise UsageError(f"{path}: exists already, and is not overwritten") from error
    _sync_folder(path.parent)


def _write_new(path: Path, data: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # whatever the umask
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[int, int]]:
    """Yield (descriptor, size) of a regular file."""
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError as error:
        raise UndecidedError(f"{path}: missing") from error
    except OSError as error:
        if error.errno == errno.ELOOP:  # what O_NOFOLLOW says of a link
            raise ReleaseError(f"{path}: is a symbolic link, expected a regular file") from error
        raise UndecidedError(f"{path}: cannot be opened: {error.strerror}") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ReleaseError(f"{path}: not a regular file")
        yield descriptor, status.st_size
    except OSError as error:
        raise UndecidedError(f"{path}: cannot be read: {error.strerror}") from error
    finally:
        os.close(descriptor)
