"""How far a run is, read from its folder; nothing is written, and nothing is verified."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal

from auditor.errors import UsageError
from auditor.verify.challenge import DRAND, SIGNED

State = Literal["finished", "running", "stopped", "awaiting-challenge"]

_MOST: Final = 2**28


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a run stands. ``files`` of members and ``blocks`` of votes are finished for good.

    ``trained``: the members in those files; ``planned``: how many files and blocks there will be,
    as far as the run has said.
    ``members``, ``inputs`` and ``awaited`` are what the precommitment says; None where there is
    none yet, and for a challenge that nobody has to give.
    """

    state: State
    stage: str
    files: int
    blocks: int
    members: int | None
    trained: int | None
    planned: Mapping[str, int]
    inputs: int | None
    awaited: str | None
    seconds: Mapping[str, float]


def status(out: Path) -> Status:
    """Return the state of the run that writes, or has written, ``out``.

    Raises UsageError where there is neither a release nor an unfinished run.
    """
    work = out.with_name(out.name + ".work")
    if (work / "identity.json").is_file() and (work / "release").is_dir():
        return _unfinished(work)
    if (out / "certificate.dsse.json").is_file():
        audit, _ = _committed(out)
        return Status(
            state="finished",
            stage="finished",
            files=sum(1 for _ in (out / "members").glob("*.onnx")),
            blocks=0,
            **_sizes(audit),
            trained=None if audit is None else _sizes(audit)["members"],
            planned={},
            awaited=None,
            seconds={},
        )
    raise UsageError(f"{out}: expected a release folder or {work.name} beside it, got neither")


def _unfinished(work: Path) -> Status:
    audit, awaited = _committed(work / "release")
    done = _journal(work / "journal.jsonl")
    given = any((work / "release" / name).exists() for name in (SIGNED, DRAND))
    waits = awaited is not None and not given
    planned = _planned(work / "planned.json")
    sizes = _sizes(audit)
    return Status(
        state="running" if _held(work / "lock") else "awaiting-challenge" if waits else "stopped",
        stage=_stage(work, committed=audit is not None, waits=waits),
        files=len(done["members"]),
        blocks=len(done["votes"]),
        **sizes,
        trained=_trained(done["members"], sizes["members"], planned),
        planned={name: planned[name] for name in ("files", "blocks") if name in planned},
        awaited=awaited if waits else None,
        seconds=_seconds(work / "cost.json"),
    )


def _stage(work: Path, *, committed: bool, waits: bool) -> str:
    if not committed:
        return "preparing"
    if waits:
        return "precommitted"
    if (work / "release" / "certificate.dsse.json").exists():
        return "publishing"
    return "voting" if (work / "selftest.json").exists() else "training"


def _sizes(audit: Mapping[str, Any] | None) -> dict[str, Any]:
    if audit is None:
        return {"members": None, "inputs": None}
    return {"members": int(audit["members"]), "inputs": int(audit["inputs"]["size"])}


def _committed(folder: Path) -> tuple[Mapping[str, Any] | None, str | None]:
    """Return the audit and the kind of challenge of a precommitment, as it says."""
    envelope = _json(folder / "precommit.dsse.json")
    try:
        payload = base64.b64decode(envelope["payload"], validate=True)
        predicate = json.loads(payload)["predicate"]
        audit, challenge = predicate["audit"], predicate["challenge"]
        kind = None if challenge is None else str(challenge["kind"])
        _sizes(audit)
    except (ValueError, LookupError, TypeError, RecursionError):
        return None, None
    return audit, kind


def _journal(path: Path) -> Mapping[str, set[str]]:
    """Return the names of finished items by the folder that they are in; a torn line is none."""
    done: dict[str, set[str]] = {"members": set(), "votes": set()}
    if path.is_file() and path.stat().st_size <= _MOST:
        for line in path.read_bytes().splitlines():
            try:
                item = PurePosixPath(json.loads(line)["item"])
            except (ValueError, LookupError, TypeError, RecursionError):
                continue
            done.setdefault(item.parent.name, set()).add(item.stem)
    return done


def _planned(path: Path) -> Mapping[str, int]:
    found = _json(path)
    if not isinstance(found, dict):
        return {}
    return {str(name): n for name, n in found.items() if isinstance(n, int)}


def _trained(done: set[str], members: int | None, planned: Mapping[str, int]) -> int | None:
    """Count the members in finished files: all files hold as many, but for the last one."""
    size = planned.get("membersPerFile")
    if members is None or size is None:
        return None
    starts = [int(name) * size for name in done if re.fullmatch("[0-9]{6,9}", name)]
    return sum(max(0, min(size, members - start)) for start in starts)


def _seconds(path: Path) -> Mapping[str, float]:
    found = _json(path)
    if not isinstance(found, dict):
        return {}
    return {str(k): float(v) for k, v in found.items() if isinstance(v, int | float)}


def _json(path: Path) -> Any:  # noqa: ANN401 - JSON of any form
    try:
        return json.loads(path.read_bytes()) if path.stat().st_size <= _MOST else None
    except (OSError, ValueError, RecursionError):
        return None


def _held(path: Path) -> bool:
    """Whether a process holds the folder."""
    try:
        lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
