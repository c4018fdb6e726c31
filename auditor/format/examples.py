"""Canonical bytes of examples and inputs, and the digests that name them.

Symbols are given as bytes: one per symbol (or the dtype's little-endian width), row by row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from auditor.format import merkle
from auditor.format.strict_json import canonical

_EXAMPLE: Final = b"auditor/example/v1\x00"
_TENSOR: Final = b"auditor/tensor/v1\x00"
_INPUT: Final = b"auditor/input/v1\x00"


def example_bytes(
    symbols: bytes,
    *,
    shape: Sequence[int],
    dtype: str,
    label: int,
    id: str | None = None,  # noqa: A002 - the word on the wire
    group: str | None = None,
) -> bytes:
    """Return the canonical bytes of one training example.

    ``auditor/example/v1 NUL header NUL symbols``, the header being the canonical JSON of shape,
    dtype and label, with id and group where the data set has them. JSON holds no NUL byte, so the
    three parts cannot be shifted against each other.
    """
    header: dict[str, object] = {"shape": list(shape), "dtype": dtype, "label": label}
    if id is not None:
        header["id"] = id
    if group is not None:
        header["group"] = group
    return _EXAMPLE + canonical(header) + b"\x00" + symbols


def tensor_bytes(symbols: bytes, *, shape: Sequence[int], dtype: str) -> bytes:
    """Return the canonical bytes of one input: the same form without label, id and group."""
    header = {"shape": list(shape), "dtype": dtype}
    return _TENSOR + canonical(header) + b"\x00" + symbols


def dataset_root(examples: Iterable[bytes]) -> str:
    """Return the root (hex) of the tree over canonical example bytes, in data set order."""
    return merkle.Tree(examples).root.hex()


def salted_digest(salt: bytes, digest: bytes) -> str:
    """Return the digest (hex) by which a leaf names its input's source bytes or canonical tensor.

    ``digest`` is their SHA-256 (32 bytes), so that somebody who holds a list of digests and no data
    can still tell which inputs a release is about. The salt (16 bytes) keeps a reader of one leaf
    from testing guesses about other inputs.
    """
    return hashlib.sha256(_INPUT + salt + digest).hexdigest()
