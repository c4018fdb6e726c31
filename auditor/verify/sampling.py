"""Which cells and members are looked at again: drawn from the verifier's own secret.

Whoever made the files must not know the sample, so the secret is fresh and drawn after the files
were hashed; who publishes it afterwards lets everybody repeat the very same check.
"""

from __future__ import annotations

from auditor.randomness import Stream, derive


def sample(secret: bytes, certificate: str, purpose: str, of: int, size: int) -> tuple[int, ...]:
    """Return ``size`` of 0 .. of-1, every set of that size being as likely, in increasing order.

    ``certificate`` is the SHA-256 (hex) of the certificate's payload, ``purpose`` says what is
    sampled; both name the stream (schemas/README.md, section 9). Requires 0 <= size <= of.

    >>> sample(bytes(32), "00" * 32, "members", 10, 10) == tuple(range(10))
    True
    >>> len(sample(bytes(32), "00" * 32, "cells", 10**9, 1000))
    1000
    """
    root = derive("auditor/sample/v1", secret, bytes.fromhex(certificate))
    stream = Stream(root, purpose)
    left_out = 2 * size > of  # then the others are fewer
    chosen: set[int] = set()
    # Floyd's algorithm (Bentley and Floyd 1987): one draw a place, no list of all places.
    for last in range(of - (of - size if left_out else size), of):
        place = stream.below(last + 1)
        chosen.add(last if place in chosen else place)
    if left_out:
        return tuple(place for place in range(of) if place not in chosen)
    return tuple(sorted(chosen))
