"""The keyed streams against an independent ChaCha20 and against exact counts."""

from __future__ import annotations

import hashlib
import struct
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from auditor.randomness import Stream, derive, design_root, draw_root

_MASK = 0xFFFFFFFF


def _rotate(value: int, by: int) -> int:
    return ((value << by) | (value >> (32 - by))) & _MASK


def _quarter(s: list[int], a: int, b: int, c: int, d: int) -> None:
    for x, y, z, by in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & _MASK
        s[z] = _rotate(s[z] ^ s[x], by)


def chacha20_block(key: bytes, counter: int, nonce: bytes) -> bytes:
    """RFC 8439, section 2.3, written from its text."""
    start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574]
    start += [*struct.unpack("<8I", key), counter, *struct.unpack("<3I", nonce)]
    state = list(start)
    for _ in range(10):
        for column in range(4):
            _quarter(state, column, column + 4, column + 8, column + 12)
        _quarter(state, 0, 5, 10, 15)
        _quarter(state, 1, 6, 11, 12)
        _quarter(state, 2, 7, 8, 13)
        _quarter(state, 3, 4, 9, 14)
    return struct.pack("<16I", *((x + y) & _MASK for x, y in zip(state, start, strict=True)))


def test_the_oracle_is_rfc_8439_2_3_2() -> None:
    block = chacha20_block(bytes(range(32)), 1, bytes.fromhex("000000090000004a00000000"))
    assert block.hex().startswith("10f1e7e4d13b5915500fdd1fa32071c4")


def test_a_stream_is_the_chacha20_keystream_of_its_name() -> None:
    root = bytes(range(32))
    fields = (b"auditor/stream/v1", root, b"train-noise", (7).to_bytes(8, "big"), bytes(8))
    key = hashlib.sha256(b"".join(len(f).to_bytes(8, "big") + f for f in fields)).digest()
    expected = b"".join(chacha20_block(key, block, bytes(12)) for block in range(3))
    stream = Stream(root, "train-noise", 7)
    assert stream.take(1) + stream.take(100) + stream.take(91) == expected


def test_every_field_of_the_name_matters() -> None:
    names = [
        (bytes(32), "bag", 0, 0),
        (bytes(31) + b"\1", "bag", 0, 0),
        (bytes(32), "bag ", 0, 0),
        (bytes(32), "bag", 1, 0),
        (bytes(32), "bag", 0, 1),
    ]
    assert len({Stream(*name).take(16) for name in names}) == len(names)
    assert derive("a", b"bc") != derive("a", b"b", b"c") != derive("ab", b"c")
    assert len({design_root(""), draw_root(b""), draw_root(b"", b"x"), draw_root(b"x")}) == 4


@given(st.integers(1, 40))
def test_below_takes_the_top_bits_and_rejects(bound: int) -> None:
    bits = (bound - 1).bit_length()
    raw = Stream(bytes(32), "bag", bound).take(4000 if bits else 0)
    kept = [byte >> (8 - bits) for byte in raw]
    expected = [value for value in kept if value < bound][:200]
    stream = Stream(bytes(32), "bag", bound)
    drawn = [stream.below(bound) for _ in range(len(expected))]
    assert drawn == expected


def test_below_covers_a_large_range() -> None:
    stream = Stream(bytes(32), "bag")
    values = [stream.below(1000) for _ in range(20_000)]
    assert set(values) == set(range(1000))


def test_permutations_of_three_are_all_six_about_equally_often() -> None:
    seen = Counter(
        tuple(Stream(bytes(32), "partition", member).permutation(3)) for member in range(6000)
    )
    assert len(seen) == 6
    assert all(850 < count < 1150 for count in seen.values())
