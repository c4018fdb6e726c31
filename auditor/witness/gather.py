"""From the files beside a precommitment to what its witnesses established."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from auditor.errors import AuditorError
from auditor.format.dsse import Envelope
from auditor.format.keys import PublicKey
from auditor.verify.challenge import DRAND, Witnesses

Root = tuple[str, bytes]
"""The name of a time-stamping authority and its root certificate (PEM)."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """Whom a relying party believes about draws: challengers, authorities for time, beacons."""

    challengers: tuple[PublicKey, ...] = ()
    timestampers: tuple[Root, ...] = ()
    beacons: tuple[str, ...] = ("quicknet",)


def gather(
    precommitment: Envelope, round_file: bytes | None, response: bytes | None, pinned: Pinned
) -> Witnesses:
    """Return the witnesses to judge a challenge with: nothing that is wrong here is an error.

    ``round_file`` and ``response`` are the bytes of ``challenge.drand.json`` and of the time stamp
    on the precommitment. What does not verify is left out and its reason kept.
    """
    beacon, time = None, None
    why: list[str] = []
    if round_file is not None and not pinned.beacons:
        why.append("no beacon is pinned")
    elif round_file is not None:
        from auditor.witness import drand

        beacon = _unless_wrong(lambda: drand.beacon(round_file, DRAND), why)
    if response is None:
        why.append("the precommitment has no time stamp (precommit.tsr)")
    elif not pinned.timestampers:
        why.append("no time-stamping authority is pinned")
    else:
        from auditor.witness import rfc3161

        digest = hashlib.sha256(precommitment.payload).hexdigest()
        time = _unless_wrong(
            lambda: rfc3161.trusted_time(response, digest, pinned.timestampers), why
        )
    return Witnesses(keys=pinned.challengers, time=time, beacon=beacon, why=tuple(why))


def _unless_wrong(find: Callable[[], Found], why: list[str]) -> Found | None:
    try:
        return find()
    except AuditorError as error:
        why.append(str(error))
        return None
