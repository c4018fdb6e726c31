"""Rounds of drand: the published ones hold, nothing else does."""

from __future__ import annotations

import hashlib
import json
import struct
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor import clock
from auditor.errors import (
    EnvelopeError,
    SignatureError,
    StatementError,
    UndecidedError,
    UsageError,
    VerificationError,
)
from auditor.format import strict_json
from auditor.format.challenge import parse_drand
from auditor.witness import drand
from auditor.witness.drand import CHAINS, QUICKNET
from tests.witness.rounds import ELSEWHERE, RANDOMNESS, SIGNATURES, version1, version2

ROUND = 1000


def spell(**changes: object) -> bytes:
    """Return ``challenge.drand.json`` of a published round with some fields changed."""
    value = {"chainHash": QUICKNET, "round": ROUND, "signature": SIGNATURES[ROUND], **changes}
    return json.dumps(value).encode()


@pytest.mark.parametrize("hash_", CHAINS)
def test_a_chain_hash_is_the_hash_of_what_the_table_says(hash_: str) -> None:
    chain = CHAINS[hash_]
    parts = (
        struct.pack(">Iq", chain.period, chain.genesis),
        bytes.fromhex(chain.key),
        bytes.fromhex(chain.seed),
        chain.name.encode(),
    )
    assert hashlib.sha256(b"".join(parts)).hexdigest() == hash_


@pytest.mark.parametrize("form", [version1, version2])
@pytest.mark.parametrize("round_", SIGNATURES)
def test_published_rounds_hold_in_both_versions_of_the_api(round_: int, form: object) -> None:
    assert callable(form)
    found = drand.beacon(form(round_), "round.json")
    assert (found.chain, found.round) == (QUICKNET, round_)
    expected = RANDOMNESS.get(round_)
    assert expected in {None, found.value}
    assert found.value == hashlib.sha256(bytes.fromhex(SIGNATURES[round_])).hexdigest()
    assert found.at == drand.time_of(round_)


@pytest.mark.parametrize("round_", SIGNATURES)
def test_another_implementation_agrees(round_: int) -> None:
    other = pytest.importorskip("drand_verify", reason="drand-verify has no wheel for this Python")
    value = other.verify_quicknet(round_, SIGNATURES[round_])
    assert value == drand.beacon(version2(round_), "round.json").value


def test_every_form_becomes_one_canonical_file() -> None:
    expected = strict_json.canonical(
        {"chainHash": QUICKNET, "round": ROUND, "signature": SIGNATURES[ROUND]}
    )
    for data in (version1(ROUND), version2(ROUND), spell(), expected + b"\n"):
        assert drand.canonical(data, "round.json") == expected + b"\n"
    assert parse_drand(drand.canonical(version1(ROUND), "x"), "x").round == ROUND


def test_another_round_is_refused() -> None:
    for round_ in (ROUND - 1, ROUND + 1, 1, 2**40, 2**32 + ROUND):
        with pytest.raises(VerificationError, match="round"):
            drand.beacon(spell(round=round_), "round.json")
    with pytest.raises(SignatureError, match="quicknet did not sign this as round 1001"):
        drand.beacon(spell(round=1001), "round.json")


def test_the_signature_of_another_round_is_refused() -> None:
    with pytest.raises(SignatureError, match="did not sign"):
        drand.beacon(spell(signature=SIGNATURES[1001]), "round.json")


def test_a_round_of_another_network_is_refused() -> None:
    with pytest.raises(SignatureError, match="quicknet did not sign this as round 38"):
        drand.beacon(json.dumps(ELSEWHERE).encode(), "round.json")


def test_an_unknown_chain_is_undecided() -> None:
    with pytest.raises(UndecidedError, match=r"expected a known drand chain \(quicknet 52db"):
        drand.beacon(spell(chainHash="8990e7a9" * 8), "round.json")


def test_a_chained_network_is_refused_by_name() -> None:
    value = {"round": 367, "randomness": "00" * 32, "signature": "00" * 96}
    data = json.dumps({**value, "previous_signature": "00" * 96}).encode()
    with pytest.raises(EnvelopeError, match="chained drand network"):
        drand.beacon(data, "round.json")


def test_randomness_that_is_not_the_hash_of_the_signature_is_refused() -> None:
    data = version1(ROUND).replace(RANDOMNESS[ROUND].encode(), b"00" * 32)
    assert data != version1(ROUND)
    with pytest.raises(EnvelopeError, match=r"randomness: expected the SHA-256 of the signature"):
        drand.beacon(data, "round.json")


def test_every_changed_bit_of_a_signature_is_refused() -> None:
    signature = bytes.fromhex(SIGNATURES[ROUND])
    for bit in range(8 * len(signature)):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((SignatureError, EnvelopeError)):
            drand.beacon(spell(signature=changed.hex()), "round.json")


INFINITY = "c0" + "00" * 47


@pytest.mark.parametrize(
    "signature",
    [
        INFINITY,
        "c0" + "00" * 46 + "01",  # points that the library reads as infinity as well
        "e0" + "00" * 47,
        "ff" * 48,
        "00" * 48,
        SIGNATURES[ROUND][:-2],
        SIGNATURES[ROUND] + "00",
        SIGNATURES[ROUND].upper(),
        "",
    ],
)
def test_odd_points_are_refused(signature: str) -> None:
    with pytest.raises((SignatureError, EnvelopeError)):
        drand.beacon(spell(signature=signature), "round.json")


def test_a_signature_of_another_size_is_refused_by_its_size() -> None:
    with pytest.raises(EnvelopeError, match="expected 48 bytes, got 96"):
        drand.beacon(spell(signature="00" * 96), "round.json")


def test_a_second_spelling_of_a_point_is_no_second_value(monkeypatch: pytest.MonkeyPatch) -> None:
    import py_arkworks_bls12381 as library

    points = library.G1Point
    honest = points.from_compressed_bytes(bytes.fromhex(SIGNATURES[ROUND]))

    class Lenient:
        """Reads every spelling as the honest point."""

        hash_to_curve = points.hash_to_curve

        @staticmethod
        def from_compressed_bytes(data: bytes) -> library.G1Point:
            return honest

    monkeypatch.setattr(library, "G1Point", Lenient)
    assert drand.beacon(spell(), "round.json").round == ROUND
    with pytest.raises(SignatureError):
        drand.beacon(spell(signature="ff" * 48), "round.json")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"round": 0}, EnvelopeError),
        ({"round": -1}, EnvelopeError),
        ({"round": True}, EnvelopeError),
        ({"round": "1000"}, EnvelopeError),
        ({"round": 2**53}, EnvelopeError),
        ({"round": 10**400}, EnvelopeError),
        ({"round": 2**53 - 1}, StatementError),
        ({"round": 1000.0}, EnvelopeError),
        ({"signature": None}, EnvelopeError),
        ({"chainHash": QUICKNET.upper()}, EnvelopeError),
        ({"more": 1}, EnvelopeError),
        ({"randomness": RANDOMNESS[ROUND]}, EnvelopeError),
    ],
)
def test_malformed_files_are_refused(
    changes: dict[str, object], error: type[VerificationError]
) -> None:
    with pytest.raises(error):
        drand.beacon(spell(**changes), "round.json")


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"round":1000}', b"{" * 99, b" " * 5000])
def test_what_is_no_round_is_refused(data: bytes) -> None:
    for function in (drand.beacon, drand.canonical):
        with pytest.raises(EnvelopeError, match=r"^round\.json"):
            function(data, "round.json")


def test_rounds_and_times_as_published() -> None:
    assert drand.time_of(1) == "2023-08-23T15:09:27Z"
    # https://www.ruby-toolbox.com/projects/drand
    assert drand.time_of(27_946_612) == "2026-04-20T00:00:00Z"
    assert drand.round_at("2026-04-20T12:30:45Z") == 27_961_627


def test_the_round_at_a_time_is_the_first_that_is_not_before_it() -> None:
    assert drand.round_at("1999-12-31T23:59:59Z") == 1
    genesis, period = CHAINS[QUICKNET].genesis, CHAINS[QUICKNET].period
    for seconds in (*range(genesis, genesis + 10), 1_776_643_200, 253_402_300_000):
        round_ = drand.round_at(clock.text(seconds))
        assert genesis + (round_ - 1) * period >= seconds
        assert genesis + (round_ - 2) * period < seconds
        assert drand.time_of(round_) >= clock.text(seconds)


def test_a_round_so_far_from_now_is_counted_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1776643200")
    assert drand.round_in(0) == 27_946_612
    assert drand.round_in(3600) == 27_946_612 + 1200
    assert drand.round_in(3601) == 27_946_612 + 1201
    with pytest.raises(UsageError, match="year 10000"):
        drand.round_in(9_999_999 * 86_400)


@pytest.mark.parametrize(
    "time", ["", "now", "2026-4-1T00:00:00Z", "2026-04-01T00:00:00+01:00", "2026-02-30T00:00:00Z"]
)
def test_a_time_in_other_words_is_a_usage_error(time: str) -> None:
    with pytest.raises(UsageError, match="YYYY-MM-DDThh:mm:ssZ"):
        drand.round_at(time)


@pytest.mark.parametrize("round_", [0, -1, 2**53, 10**40])
def test_a_round_without_a_time_is_refused(round_: int) -> None:
    with pytest.raises(StatementError, match="year 10000"):
        drand.time_of(round_)


def test_times_of_an_unknown_chain_are_undecided() -> None:
    with pytest.raises(UndecidedError):
        drand.time_of(1, "00" * 32)
    with pytest.raises(UndecidedError):
        drand.round_at("2026-04-20T00:00:00Z", "00" * 32)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "py_arkworks_bls12381", None)
    with pytest.raises(UsageError, match=r"pip install --upgrade 'auditor\[witness\]'"):
        drand.beacon(spell(), "round.json")


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_one_way(data: bytes) -> None:
    with pytest.raises(VerificationError):
        drand.beacon(data, "round.json")


@settings(max_examples=300)
@given(st.binary(min_size=48, max_size=48), st.integers(0, 2**53 - 1))
def test_any_point_for_any_round_is_refused(point: bytes, round_: int) -> None:
    for first in (point[0], point[0] & 0x1F | 0x80, point[0] & 0x1F | 0xA0):
        signature = bytes([first]) + point[1:]
        with pytest.raises(VerificationError):
            drand.beacon(spell(round=round_, signature=signature.hex()), "round.json")


@settings(max_examples=300)
@given(st.data())
def test_a_changed_file_is_refused_or_says_the_same(data: st.DataObject) -> None:
    honest = drand.canonical(spell(), "round.json")
    changed = bytearray(honest)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(changed) - 1))
        changed[place] = data.draw(st.integers(0, 255))
    try:
        found = drand.canonical(bytes(changed), "round.json")
    except VerificationError:
        return
    assert found == honest
