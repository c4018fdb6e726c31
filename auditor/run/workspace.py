"""The work folder of a run: what is finished in it, and nothing half-written.

Guarantee: an item counts as finished only if a journal line with its SHA-256 was synced to disk
after the item itself was renamed into place, and its bytes still match. Everything in the folder
can be made again from recipe, data and precommitment, so losing an item costs time and nothing
else. The finished ``release`` inside it becomes the output folder by one rename.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import IO

from auditor.errors import RunError
from auditor.files import write_atomic

_JOURNAL = "journal.jsonl"
_IDENTITY = "identity.json"
_LOCK = "lock"


class Workspace:
    """The folder ``<out>.work`` beside the output folder."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.root = out.with_name(out.name + ".work")
        self.release = self.root / "release"
        self._finished: dict[str, str] = {}
        self._lock: IO[bytes] | None = None

    def open(self, identity: dict[str, str]) -> bool:
        """Enter the folder for the run named by ``identity``; True when it continues one.

        Raises RunError when the folder belongs to another run, naming what differs.
        """
        path = self.root / _IDENTITY
        if not path.exists():
            if self.root.exists():
                shutil.rmtree(self.root)  # it never got as far as an identity: nothing is in it
            (self.release / "members").mkdir(parents=True)
            (self.root / "votes").mkdir()
            self._take()
            write_atomic(path, json.dumps(identity, indent=1, sort_keys=True).encode())
            return False
        self._take()
        earlier = json.loads(path.read_bytes())
        for key, value in identity.items():
            if earlier.get(key) != value:
                msg = (
                    f"{self.root}: an unfinished run with another {key} is in the way: expected "
                    f"{value}, got {earlier.get(key)}; finish it as it was, or start over with "
                    "--overwrite"
                )
                raise RunError(msg)
        for torn in self.root.rglob(".*.tmp"):  # what a killed process was writing
            torn.unlink()
        self._read_journal()
        return True

    def _take(self) -> None:
        """Hold the folder against a second run; the system lets go when this process ends."""
        self._lock = (self.root / _LOCK).open("wb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            msg = f"{self.root}: another run is at work in this folder; wait for it or stop it"
            raise RunError(msg) from error

    def _read_journal(self) -> None:
        path = self.root / _JOURNAL
        if not path.exists():
            return
        data = path.read_bytes()
        if not data.endswith(b"\n"):  # a torn last line is no line; end it before the next one
            with path.open("ab") as file:
                file.write(b"\n")
        for line in data.split(b"\n"):
            try:
                entry = json.loads(line)
                self._finished[entry["item"]] = entry["sha256"]
            except (ValueError, KeyError, TypeError):
                continue

    def finished(self, item: str) -> bool:
        """Whether ``item`` (a path below the folder) is complete and unchanged."""
        path = self.root / item
        if item not in self._finished or not path.is_file():
            return False
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest == self._finished[item]

    def record(self, item: str, sha256: str) -> None:
        """Note that ``item`` is complete; survives a crash once this returns."""
        line = json.dumps({"item": item, "sha256": sha256}) + "\n"
        with (self.root / _JOURNAL).open("a", encoding="ascii") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._finished[item] = sha256

    def publish(self) -> None:
        """Make the finished release the output folder, then drop the work folder."""
        if self.out.exists():
            shutil.rmtree(self.out)
        self.release.rename(self.out)
        shutil.rmtree(self.root)

    def discard(self) -> None:
        """Remove the work folder and all in it."""
        shutil.rmtree(self.root, ignore_errors=True)
