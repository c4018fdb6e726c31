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

from auditor import scratch
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
        self._lock: int | None = None

    def open(self, identity: dict[str, str], *, replace: bool = False) -> bool:
        """Enter the folder for the run named by ``identity``; True when it continues one.

        Another run's folder is replaced when nothing in it is finished yet, or when the caller
        says so. Otherwise raises RunError, naming what differs.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        self._take()
        if not (self.root / _IDENTITY).exists() or not self.release.is_dir():
            self._begin(identity)  # never begun, or already published
            return False
        self._read_journal()
        other = self._difference(identity)
        if other is None:
            for torn in self.root.rglob(".*.tmp"):  # what a killed process was writing
                torn.unlink()
            return True
        if self._finished and not replace:
            self.close()
            msg = (
                f"{self.root}: an unfinished run with another {other} is in the way; finish it as "
                "it was, or start over with --overwrite"
            )
            raise RunError(msg)
        self._begin(identity)
        return False

    def _begin(self, identity: dict[str, str]) -> None:
        self.start_over()
        data = json.dumps(identity, indent=1, sort_keys=True).encode()
        write_atomic(self.root / _IDENTITY, data)

    def start_over(self) -> None:
        """Drop all that was made, the journal first, so that nothing of it can be taken up."""
        kept = {_LOCK, _IDENTITY}
        (self.root / _JOURNAL).unlink(missing_ok=True)
        for path in self.root.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name not in kept:
                path.unlink()
        (self.release / "members").mkdir(parents=True)
        (self.root / "votes").mkdir()
        self._finished.clear()

    def _difference(self, identity: dict[str, str]) -> str | None:
        """Name the first thing in which the folder's run is another one."""
        earlier = json.loads((self.root / _IDENTITY).read_bytes())
        return next((key for key, value in identity.items() if earlier.get(key) != value), None)

    def _take(self) -> None:
        """Hold the folder against a second run; the system lets go when this process ends."""
        lock = os.open(self.root / _LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            msg = f"{self.root}: another run is at work in this folder; wait for it or stop it"
            raise RunError(msg) from error
        self._lock = lock

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
                self._note(entry["item"], entry["sha256"])
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
        self._note(item, sha256)

    def _note(self, item: str, sha256: str) -> None:
        """Take ``item`` for finished; if it came out otherwise than before, no vote counts."""
        if self._finished.get(item, sha256) != sha256:
            self._finished = {
                name: digest
                for name, digest in self._finished.items()
                if not name.startswith("votes/")
            }
        self._finished[item] = sha256

    def close(self) -> None:
        """Let go of the folder; a later run may take it up."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def publish(self, *, replace: bool = False) -> None:
        """Make the finished release the output folder, then drop the work folder.

        What is there already is put aside whole before it is dropped. Raises RunError if it may
        not be replaced; then nothing is lost on either side.
        """
        there = os.path.lexists(self.out)
        if there and not replace:
            msg = (
                f"{self.out}: appeared during the run and is not overwritten; move it away and "
                "give the same command again"
            )
            raise RunError(msg)
        with scratch.undisturbed():
            if there:
                self.out.rename(self.root / f"replaced-{os.urandom(8).hex()}")
            self.release.rename(self.out)
            shutil.rmtree(self.root)
        self.close()
