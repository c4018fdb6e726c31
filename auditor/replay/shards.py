"""The files that vote in a release folder, read when they are needed and held against the list."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from auditor import files
from auditor.errors import ReleaseError
from auditor.format import members

_MAX_SHARD = 1 << 31


@dataclass(frozen=True, slots=True)
class Shard:
    """Reads one file that votes; what is returned is what was digested."""

    path: Path
    sha256: str

    def __call__(self) -> bytes:
        """Return the file's bytes; raise ReleaseError when they are not the listed ones."""
        data = files.read(self.path, limit=_MAX_SHARD)
        found = hashlib.sha256(data).hexdigest()
        if found != self.sha256:
            msg = f"{self.path}: expected SHA-256 {self.sha256}, got {found}"
            raise ReleaseError(msg)
        return data


def shards(folder: Path, listing: bytes) -> tuple[list[Shard], bytes | None]:
    """Return the shards that ``listing`` (members.sha256) names, and the front end's bytes."""
    listed = members.parse(listing)
    front_end = listed.pop(members.FRONT_END, None)
    found = [Shard(folder / name, digest) for name, digest in listed.items()]
    if front_end is None:
        return found, None
    return found, Shard(folder / members.FRONT_END, front_end)()
