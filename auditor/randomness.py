"""Keyed streams of fair bits: the same bytes for the same name, on every machine.

A stream is the ChaCha20 keystream (RFC 8439, section 2.4) from block 0 with an all-zero nonce. Its
key is the SHA-256 of everything that names it, each field with its length in front, so two
different names never share a key. A member's randomness depends on its name alone: workers, order,
chunking and resumption change no byte.
"""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

_ZERO_COUNTER_AND_NONCE: Final = bytes(16)


def derive(label: str, *fields: bytes) -> bytes:
    """Return the SHA-256 (32 bytes) of a label and fields, each with a 64-bit length in front."""
    digest = hashlib.sha256()
    for field in (label.encode("ascii"), *fields):
        digest.update(len(field).to_bytes(8, "big"))
        digest.update(field)
    return digest.digest()


def design_root(seed: str) -> bytes:
    """Root of everything that is part of the classifier: partitions, views, fixed members."""
    return derive("auditor/design/v1", seed.encode())


def draw_root(precommitment: bytes, challenge: bytes = b"") -> bytes:
    """Root of the randomness that alpha is about.

    ``precommitment`` is the SHA-256 (32 bytes) of the precommitment's payload; ``challenge`` is
    the challenge value, empty when the auditor was not challenged.
    """
    return derive("auditor/draw/v1", precommitment, challenge)


class Stream:
    """The keystream named by (root, purpose, member, index).

    >>> Stream(bytes(32), "partition").take(4) == Stream(bytes(32), "partition").take(4)
    True
    """

    __slots__ = ("_cipher",)

    def __init__(self, root: bytes, purpose: str, member: int = 0, index: int = 0) -> None:
        key = derive(
            "auditor/stream/v1",
            root,
            purpose.encode("ascii"),
            member.to_bytes(8, "big"),
            index.to_bytes(8, "big"),
        )
        algorithm = algorithms.ChaCha20(key, _ZERO_COUNTER_AND_NONCE)
        self._cipher = Cipher(algorithm, mode=None).encryptor()

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes."""
        return self._cipher.update(bytes(size))

    def below(self, bound: int) -> int:
        """Return the next integer, exactly uniform on 0 .. bound-1, by rejection.

        Requires bound >= 1.
        """
        bits = (bound - 1).bit_length()
        size = (bits + 7) // 8
        while True:
            value = int.from_bytes(self.take(size), "big") >> (8 * size - bits)
            if value < bound:
                return value

    def permutation(self, size: int) -> list[int]:
        """Return an exactly uniform permutation of 0 .. size-1 (Fisher and Yates).

        >>> sorted(Stream(bytes(32), "partition").permutation(5))
        [0, 1, 2, 3, 4]
        """
        order = list(range(size))
        for last in range(size - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order
