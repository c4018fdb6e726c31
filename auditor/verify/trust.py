"""Who is believed, and until when: ``trust.toml`` (schemas/trust.v1.json).

A key that was revoked signs nothing any more, whatever date a statement bears: from the day on
which a thief may have it, its clock is the thief's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from auditor.errors import UsageError
from auditor.format.keys import PublicKey
from auditor.verify.check import Check, check
from auditor.verify.settings import Settings, read
from auditor.verify.witness import TrustedTime

Role = Literal["auditor", "challenger"]
ROLES: Final = ("auditor", "challenger")
BEACONS: Final = ("quicknet",)
MAX_AGE: Final = 36_525

_KEYS: Final = ("version", "keys", "timestampers", "drand", "maximumAge", "revokedSerials")
_KEY: Final = ("name", "file", "pem", "keyid", "roles", "notBefore", "notAfter", "revoked")
_HOMES: Final = dict.fromkeys(_KEY[1:], "[keys]")


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedKey:
    """A key, what its holder may do, and when: from ``not_before`` to ``not_after`` inclusive.

    Times are YYYY-MM-DDThh:mm:ssZ; None: no limit, never revoked.
    """

    name: str
    key: PublicKey
    roles: tuple[str, ...]
    not_before: str | None
    not_after: str | None
    revoked: str | None

    def valid(self, at: str) -> bool:
        """Whether the key is not revoked and valid at a time."""
        return (
            self.revoked is None
            and (self.not_before is None or self.not_before <= at)
            and (self.not_after is None or at <= self.not_after)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """The keys, authorities and beacons that a relying party believes, and for how long.

    ``timestampers`` are (name, root certificate in PEM). ``maximum_age`` is in days. ``sha256`` is
    the digest (hex) of ``trust.toml``; the files that it names are not covered by it, unless they
    are pinned there by ``keyid`` or ``sha256``.
    """

    pinned: tuple[PinnedKey, ...]
    timestampers: tuple[tuple[str, bytes], ...]
    drand: tuple[str, ...]
    maximum_age: int | None
    revoked_serials: frozenset[str]
    sha256: str

    def keys(self, role: Role, *, at: str | None = None) -> tuple[PublicKey, ...]:
        """Return the keys with this role that are not revoked; with ``at``, those valid then."""
        return tuple(
            entry.key
            for entry in self.pinned
            if role in entry.roles and (entry.revoked is None if at is None else entry.valid(at))
        )

    def revoked(self, role: Role) -> tuple[PublicKey, ...]:
        """Return the revoked keys with this role: only to say why nothing of theirs counts."""
        return tuple(
            entry.key for entry in self.pinned if role in entry.roles and entry.revoked is not None
        )

    def named(self, keyid: str) -> PinnedKey | None:
        """Return the entry of a key."""
        return next((entry for entry in self.pinned if entry.key.keyid == keyid), None)


def parse(data: bytes, where: str, file: Callable[[str], bytes]) -> Trust:
    """Return the trust in ``trust.toml``; raise UsageError, naming file and key.

    ``file`` returns the bytes of a file that it names, relative to itself.
    """
    document = read(data, where, _HOMES).only(_KEYS, ("version",))
    if document.integer("version", low=1, high=2**31) != 1:
        raise document.refuse("version", "1")
    serials: tuple[str, ...] = ()
    if "revokedSerials" in document:
        serials = document.digests("revokedSerials", 32, empty=True)
    pinned = tuple(_key(item, file) for item in _tables(document, "keys"))
    stampers = tuple(_timestamper(item, file) for item in _tables(document, "timestampers"))
    _unique(where, "keys", [entry.name for entry in pinned])
    _unique(where, "timestampers", [name for name, _ in stampers])
    seen: dict[str, str] = {}
    for entry in pinned:
        other = seen.setdefault(entry.key.keyid, entry.name)
        if other != entry.name:
            raise UsageError(f"{where}: keys: {other!r} and {entry.name!r} are the same public key")
    return Trust(
        pinned=pinned,
        timestampers=stampers,
        drand=document.choices("drand", BEACONS, empty=True) if "drand" in document else (),
        maximum_age=(
            document.integer("maximumAge", low=1, high=MAX_AGE)
            if "maximumAge" in document
            else None
        ),
        revoked_serials=frozenset(serials),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def standing(
    trust: Trust,
    *,
    keyid: str,
    serial: str,
    created_at: str,
    time: TrustedTime | None,
    now: str,
) -> tuple[Check, ...]:
    """Return the checks of who signed when: validity, future, age, revocation of the serial.

    ``keyid`` signed; ``serial`` and ``created_at`` are the precommitment's, ``time`` is a trusted
    time on it, if there is one; ``now`` is the verifier's clock (all YYYY-MM-DDThh:mm:ssZ).

    Nothing shows when the certificate was signed, so its key must be valid *now*; and it must have
    been valid when the precommitment was made. The age counts from the trusted time, else from
    ``created_at``, which is the auditor's clock.
    """
    # Anybody can have an old precommitment stamped today, and a clock can be set back: the older
    # of the two dates is what nobody gains by.
    stamped = time is not None and time.at < created_at
    made = time.at if time is not None and stamped else created_at
    checks = [_validity(trust, keyid, made, now), _future(created_at, now)]
    if trust.maximum_age is not None:
        source = "the auditor's clock"
        if time is not None and stamped:
            source = f"stamped by {time.authority}"
        age = datetime.fromisoformat(now) - datetime.fromisoformat(made)
        checks.append(
            check(
                "AUD-AGE-002",
                holds=age <= timedelta(days=trust.maximum_age),
                expected=f"made within {trust.maximum_age} days before {now}",
                actual=f"made {made} ({source})",
                criterion=False,
            )
        )
    if trust.revoked_serials:
        found = serial in trust.revoked_serials
        checks.append(
            check(
                "AUD-REV-001",
                holds=not found,
                expected="a serial that is not revoked",
                actual=f"serial {serial}" + (", which is revoked" if found else ""),
                criterion=False,
            )
        )
    return tuple(checks)


def _validity(trust: Trust, keyid: str, made: str, now: str) -> Check:
    entry = trust.named(keyid)
    expected, actual = "a pinned auditor key that is not revoked", f"key {keyid[:16]}"
    holds = False
    # Verification under ``keys("auditor")`` ends with such a key; nothing else may pass here.
    if entry is not None and entry.revoked is None and "auditor" in entry.roles:
        first, last = entry.not_before, entry.not_after
        expected = f"valid from {first or 'the beginning'} to {last or 'no end'}"
        actual = f"key {entry.name!r}, precommitment made {made}, now {now}"
        holds = entry.valid(now) and (first is None or first <= made)
    return check("AUD-SIG-002", holds=holds, expected=expected, actual=actual, criterion=False)


def _future(created_at: str, now: str) -> Check:
    return check(
        "AUD-AGE-001",
        holds=created_at <= now,
        expected=f"not after {now}",
        actual=f"dated {created_at}",
        criterion=False,
    )


def _key(item: Settings, file: Callable[[str], bytes]) -> PinnedKey:
    item.only(_KEY, ("name", "roles"))
    name = item.text("name", limit=200)
    key = PublicKey.from_pem(_pem(item, file), f"{item.where}: {item.path}")
    if "keyid" in item and item.hexadecimal("keyid") != key.keyid:
        raise item.refuse("keyid", f"{key.keyid}, as the key has")
    entry = PinnedKey(
        name=name,
        key=key,
        roles=item.choices("roles", ROLES),
        not_before=item.time("notBefore", end=False) if "notBefore" in item else None,
        not_after=item.time("notAfter", end=True) if "notAfter" in item else None,
        revoked=item.time("revoked", end=False) if "revoked" in item else None,
    )
    if entry.not_before and entry.not_after and entry.not_before > entry.not_after:
        raise item.refuse("notAfter", f"a time after notBefore ({entry.not_before})")
    return entry


def _timestamper(item: Settings, file: Callable[[str], bytes]) -> tuple[str, bytes]:
    item.only(("name", "file", "pem", "sha256"), ("name",))
    data = _pem(item, file)
    if b"-----BEGIN CERTIFICATE-----" not in data:
        raise UsageError(f"{item.where}: {item.path}: expected a certificate in PEM")
    if "sha256" in item and item.hexadecimal("sha256") != (got := hashlib.sha256(data).hexdigest()):
        raise item.refuse("sha256", f"{got}, as the certificate file has")
    return item.text("name", limit=200), data


def _pem(item: Settings, file: Callable[[str], bytes]) -> bytes:
    if ("file" in item) == ("pem" in item):
        raise UsageError(f"{item.where}: {item.path}: expected one of file and pem")
    if "pem" in item:
        return item.text("pem", limit=65_536).encode("utf-8")
    return file(item.text("file"))


def _tables(document: Settings, key: str) -> tuple[Settings, ...]:
    return document.tables(key, empty=True) if key in document else ()


def _unique(where: str, key: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{where}: {key}: the name {name!r} stands twice")
