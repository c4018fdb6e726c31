"""Everything that a relying party can check of a release, in one call."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from auditor import clock, release
from auditor.errors import SignatureError, UndecidedError, UsageError
from auditor.exact import rational
from auditor.format.keys import PublicKey
from auditor.progress import Progress, Silent
from auditor.release import Files, Key
from auditor.verify.trust import BEACONS, Trust, standing
from auditor.verify.verified import Verified
from auditor.witness.gather import Pinned

DELTA: Final = "1/1000"
_SECRET: Final = 32


def verify(
    path: Path | str,
    *,
    keys: Key | Sequence[Key] = (),
    challengers: Key | Sequence[Key] = (),
    timestampers: Sequence[tuple[str, bytes]] = (),
    trust: Trust | None = None,
    replay: int | Literal["all"] | None = None,
    retrain: int | None = None,
    data: Path | str | None = None,
    delta: str = DELTA,
    sample_seed: bytes | None = None,
    match: Literal["votes", "bitwise"] = "votes",
    allow_code: Sequence[str] = (),
    device: str = "cpu",
    now: str | None = None,
    progress: Progress | None = None,
) -> Verified:
    """Verify a release or a single-input file, and look at votes and members again if asked to.

    ``keys`` are the auditors that are pinned, ``challengers`` the keys whose challenges count,
    ``timestampers`` the roots (name, PEM) whose time stamps do; ``trust`` has them all, and the
    beacons (its dates, but those of challengers at ``now``, are what ``timely`` judges).

    ``replay`` casts so many cells of votes again, or "all"; ``retrain`` trains so many members
    again; both need the ``data`` folder unless the source ships with a library, and the packages of
    the extras ``replay`` and ``run``. ``delta`` bounds the chance that more is wrong than a sample
    lets one say; ``sample_seed`` (32 bytes, fresh otherwise) repeats a sample. Raises
    VerificationError for what does not verify, UsageError for what the caller can mend.
    """
    pinned, witnesses = _believed(keys, challengers, timestampers, trust, now)
    if not replay and not retrain:
        return release.verify(path, pinned, witnesses)
    folder = Path(path)
    if not folder.is_dir():
        raise UsageError(f"{path}: votes and members are looked at again in a release folder only")
    return _examined(
        folder,
        pinned,
        witnesses,
        replay=replay,
        retrain=retrain,
        data=data,
        delta=delta,
        sample_seed=sample_seed,
        match=match,
        allow_code=allow_code,
        device=device,
        progress=progress,
    )[0]


def opened(
    folder: Path,
    *,
    keys: Key | Sequence[Key] = (),
    trust: Trust | None = None,
    replay: int | Literal["all"] | None = None,
    retrain: int | None = None,
    data: Path | None = None,
    progress: Progress | None = None,
) -> tuple[Verified, Files]:
    """Verify a release folder, dates included, and return its files beside the outcome.

    Each was read once, so what the caller looks at is what was verified. Raises as ``verify`` does.
    """
    pinned, witnesses = _believed(keys, (), (), trust, None)
    if not folder.is_dir():
        if folder.exists():
            raise UsageError(f"{folder}: expected a release folder")
        raise UndecidedError(f"{folder}: missing")
    verified, files = _examined(
        folder, pinned, witnesses, replay=replay, retrain=retrain, data=data, progress=progress
    )
    if trust is not None:
        timely(verified, trust, clock.machine())
    return verified, files


def _examined(
    folder: Path,
    pinned: Sequence[PublicKey],
    witnesses: Pinned,
    *,
    replay: int | Literal["all"] | None,
    retrain: int | None,
    data: Path | str | None,
    delta: str = DELTA,
    sample_seed: bytes | None = None,
    match: Literal["votes", "bitwise"] = "votes",
    allow_code: Sequence[str] = (),
    device: str = "cpu",
    progress: Progress | None,
) -> tuple[Verified, Files]:
    """Verify a folder, look at votes and members again if asked to, and return what was read."""
    try:
        level = rational.parse(delta)
    except ValueError:
        level = rational.parse("0")
    if not 0 < level < 1:
        raise UsageError(f"delta: expected a fraction such as 1/1000, got {delta!r}")
    if sample_seed is not None and len(sample_seed) != _SECRET:
        raise UsageError(f"sample seed: expected {_SECRET} bytes, got {len(sample_seed)}")
    files = release.read(folder, pinned)
    verified = release.verify_files(files, pinned, witnesses)
    if not replay and not retrain:
        return verified, files
    from auditor.recheck.recheck import Wanted, recheck

    wanted = Wanted(
        replay=replay or 0,
        retrain=retrain or 0,
        # Drawn after every file was hashed: whoever made them did not know it.
        secret=sample_seed or secrets.token_bytes(_SECRET),
        fresh=sample_seed is None,
        delta=level,
        data=None if data is None else Path(data),
        match=match,
        allow_code=allow_code,
        device=device,
    )
    return recheck(verified, files, folder, wanted, progress or Silent()), files


def _believed(
    keys: Key | Sequence[Key],
    challengers: Key | Sequence[Key],
    timestampers: Sequence[tuple[str, bytes]],
    trust: Trust | None,
    now: str | None,
) -> tuple[list[PublicKey], Pinned]:
    """Return whose signatures count, and who is believed about draws."""
    beacons: Sequence[str] = BEACONS
    if trust is not None:
        at = clock.machine() if now is None else now
        keys, challengers = trust.keys("auditor"), trust.keys("challenger", at=at)
        timestampers, beacons = trust.timestampers, trust.drand
    witnesses = Pinned(
        challengers=tuple(release.public_keys(challengers)),
        timestampers=tuple(timestampers),
        beacons=tuple(beacons),
    )
    return release.public_keys(keys), witnesses


def timely(verified: Verified, trust: Trust, now: str) -> None:
    """Raise SignatureError unless ``trust`` believes the signer, and the date, at ``now``."""
    for check in standing(
        trust,
        keyid=verified.keyid,
        serial=verified.precommitment.serial,
        created_at=verified.precommitment.created_at,
        time=verified.time,
        now=now,
    ):
        if check.result != "pass":
            raise SignatureError(f"{check.id}: expected {check.expected}, got {check.actual}")
