"""A round of a drand beacon: 32 bytes that nobody knew before its time, and nobody chose.

A drand network signs the number of every round with one key that is shared out among its members,
so a round has one possible signature, and its value is the SHA-256 of that signature. The networks
that are known here are a closed table. A chain hash is the SHA-256 of period, genesis, public key,
genesis seed and name (``Info.Hash`` in ``common/chain/info.go`` of drand/drand), so an entry whose
figures were wrong would have another name; a test recomputes it.

Signature scheme of quicknet, ``bls-unchained-g1-rfc9380``: BLS over BLS12-381 with signatures in
G1, message SHA-256(round as 8 bytes, big endian), hashed to the curve by RFC 9380.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from auditor import clock
from auditor.errors import EnvelopeError, SignatureError, StatementError, UndecidedError, UsageError
from auditor.format import strict_json
from auditor.format.challenge import MAX_DRAND, DrandRound, drand_from_json
from auditor.format.fields import Fields
from auditor.verify.witness import Beacon
from auditor.witness.foreign import contained, missing

QUICKNET: Final = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"

_SUITE: Final = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
_SIGNATURE_SIZE: Final = 48
_YEAR_10000: Final = 253_402_300_800  # times are text with four digits for the year


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A drand network: public key (a compressed point of G2, hex), and when round 1 came out.

    ``genesis`` is in seconds since 1970, ``period`` the seconds between rounds. ``seed`` (hex) is
    used for nothing but the chain hash.
    """

    name: str
    key: str
    genesis: int
    period: int
    seed: str


# Figures as published in https://docs.drand.love/blog/2023/10/16/quicknet-is-live
CHAINS: Final[Mapping[str, Chain]] = {
    QUICKNET: Chain(
        name="quicknet",
        key=(
            "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c"
            "8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb"
            "5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
        ),
        genesis=1_692_803_367,
        period=3,
        seed="f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e",
    )
}


def beacon(data: bytes, where: str) -> Beacon:
    """Return the round in ``data``, which the network named by it signed.

    ``data`` is our ``challenge.drand.json``, or what the HTTP API of drand answers for a round of
    quicknet (version 1 with ``randomness``, version 2 without). The value is the SHA-256 of the
    signature; ``at`` is the time of the round, before which nobody knew it unless a threshold of
    the network's members conspired.

    Raises EnvelopeError for a malformed file, SignatureError for another round's or a changed
    signature, StatementError for a round beyond the year 9999, UndecidedError for a network that
    is not in the table, and UsageError where the extra ``witness`` is not installed.
    """
    found = _verified(data, where)
    return Beacon(
        chain=found.chain_hash,
        round=found.round,
        value=hashlib.sha256(bytes.fromhex(found.signature)).hexdigest(),
        at=time_of(found.round, found.chain_hash),
    )


def canonical(data: bytes, where: str) -> bytes:
    """Return ``challenge.drand.json`` for a round in any form that ``beacon`` accepts.

    The round is verified first; raises as ``beacon`` does.
    """
    return _verified(data, where).to_bytes()


def time_of(round_: int, chain: str = QUICKNET) -> str:
    """Return when a round came out or will: genesis + (round - 1) * period.

    Raises StatementError when it has no time in four-digit years, UndecidedError for another chain.

    >>> time_of(1), time_of(27946612)
    ('2023-08-23T15:09:27Z', '2026-04-20T00:00:00Z')
    """
    known = _chain(chain, "round")
    seconds = known.genesis + (round_ - 1) * known.period
    if round_ < 1 or seconds >= _YEAR_10000:
        raise StatementError(f"round: expected 1 to the last before the year 10000, got {round_}")
    return clock.text(seconds)


def round_at(time: str, chain: str = QUICKNET) -> int:
    """Return the first round at or after a time (YYYY-MM-DDThh:mm:ssZ); 1 before the first.

    Raises UsageError for another spelling, UndecidedError for another chain.

    >>> round_at("2026-04-20T00:00:00Z"), round_at("2026-04-20T00:00:01Z")
    (27946612, 27946613)
    """
    return _round_at(_seconds(time), chain)


def round_in(seconds: int, chain: str = QUICKNET) -> int:
    """Return the first round that is ``seconds`` or more after now (``auditor.clock``).

    Raises UsageError when it would be after the year 9999.
    """
    moment = _seconds(clock.now()) + seconds
    if moment >= _YEAR_10000 - _chain(chain, "round").period:
        raise UsageError(f"expected a time before the year 10000, got {seconds} seconds from now")
    return _round_at(moment, chain)


def _seconds(time: str) -> int:
    try:
        seconds = int(datetime.strptime(time, "%Y-%m-%dT%H:%M:%S%z").timestamp())
        if clock.text(seconds) != time:  # strptime also takes 2026-4-1 and other zones
            raise ValueError(time)
    except ValueError as error:
        raise UsageError(f"expected a time as YYYY-MM-DDThh:mm:ssZ, got {time[:40]!r}") from error
    return seconds


def _round_at(seconds: int, chain: str) -> int:
    known = _chain(chain, "round")
    periods, rest = divmod(seconds - known.genesis, known.period)
    return max(1, periods + 1 + (rest > 0))


def _chain(chain: str, where: str) -> Chain:
    known = CHAINS.get(chain)
    if known is None:
        names = ", ".join(f"{each.name} {hash_[:16]}" for hash_, each in CHAINS.items())
        raise UndecidedError(f"{where}: expected a known drand chain ({names}), got {chain[:16]}")
    return known


def _verified(data: bytes, where: str) -> DrandRound:
    found = _parse(data, where)
    known = _chain(found.chain_hash, where)
    time_of(found.round, found.chain_hash)
    signature = bytes.fromhex(found.signature)
    if len(signature) != _SIGNATURE_SIZE:
        raise EnvelopeError(
            f"{where}.signature: expected {_SIGNATURE_SIZE} bytes, got {len(signature)}"
        )
    if not _signed(bytes.fromhex(known.key), found.round, signature, where):
        raise SignatureError(f"{where}: {known.name} did not sign this as round {found.round}")
    return found


def _parse(data: bytes, where: str) -> DrandRound:
    """Return the round that a file of ours or an answer of drand's HTTP API spells."""
    value = strict_json.parse(data, where, limit=MAX_DRAND)
    if "chainHash" in value:
        return drand_from_json(value, where)
    fields = Fields(value, where, EnvelopeError)
    if "previous_signature" in value:
        raise EnvelopeError(
            f"{where}: a round of a chained drand network, expected one of quicknet"
        )
    fields.only(("round", "signature"), ("randomness",))
    named = {"chainHash": QUICKNET, "round": value["round"], "signature": value["signature"]}
    found = drand_from_json(named, where)
    if "randomness" in value:
        expected = hashlib.sha256(bytes.fromhex(found.signature)).hexdigest()
        if fields.hexadecimal("randomness") != expected:
            raise EnvelopeError(f"{where}.randomness: expected the SHA-256 of the signature")
    return found


def _signed(key: bytes, round_: int, signature: bytes, where: str) -> bool:
    """Say whether e(signature, g2) = e(H(round), key): RFC 9380 and BLS, by the library."""
    try:
        from py_arkworks_bls12381 import GT, G1Point, G2Point
    except ImportError as error:
        raise missing("py-arkworks-bls12381") from error
    message = hashlib.sha256(round_.to_bytes(8, "big")).digest()
    with contained(f"{where}.signature"):
        point = G1Point.from_compressed_bytes(signature)
        # The library reads some points from several spellings. The value is a hash of the spelling,
        # so a second one would be a second value for the auditor to choose from.
        if bytes(point.to_compressed_bytes()) != signature:
            return False
        hashed = G1Point.hash_to_curve(message, _SUITE)
        pairs = [point, -hashed], [G2Point(), G2Point.from_compressed_bytes(key)]
        return bool(GT.pairing_check(*pairs))
