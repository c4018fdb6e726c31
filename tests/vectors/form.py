"""What a vector is, and the list that the themes write them into (tests/vectors/README.md)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from auditor.format import b64
from tests.honest import P256, Honest

FOLDER: Final = Path(__file__).parent
SCHEMA: Final = "urn:auditor:vector:v1"
COMMON: Final = frozenset({"schema", "comment", "publicKeys", "expect"})
OPTIONAL: Final = frozenset({"challengers", "origin"})
INPUT: Final = 1
"""The input whose file a vector is, and the leaf that is lied about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """A single-input file (``file``) or a folder (``files``, ``digests``), and what to expect.

    ``keys`` and ``challengers`` are pinned (PEM); ``origin`` is the kind of challenge on success.
    """

    expect: str
    file: bytes | None = None
    files: Mapping[str, bytes] | None = None
    digests: Mapping[str, str] | None = None
    keys: tuple[str, ...] = (P256.public.pem,)
    challengers: tuple[str, ...] = ()
    origin: str | None = None

    def to_json(self, comment: str) -> bytes:
        value: dict[str, object] = {
            "schema": SCHEMA,
            "comment": comment,
            "publicKeys": list(self.keys),
            "expect": self.expect,
        }
        if self.challengers:
            value["challengers"] = list(self.challengers)
        if self.origin is not None:
            value["origin"] = self.origin
        if self.file is not None:
            value["file"] = b64.encode(self.file)
        else:
            assert self.files is not None
            value["files"] = {name: b64.encode(data) for name, data in self.files.items()}
            value["digests"] = dict(self.digests or {})
        return json.dumps(value, indent=1, sort_keys=True).encode() + b"\n"


Make = Callable[[], Vector]
VECTORS: Final[dict[str, tuple[str, Make]]] = {}


def add(name: str, comment: str, make: Make) -> None:
    """List a vector under its name, which is a file name."""
    assert name not in VECTORS, name
    assert comment.endswith((".", "!", "?")), name
    VECTORS[name] = (comment, make)


def vector(make: Make) -> Make:
    """List the vector that a function makes, under its name and with its docstring."""
    assert make.__doc__
    add(make.__name__.replace("_", "-"), " ".join(make.__doc__.split()), make)
    return make


def single(expect: str, made: Honest, index: int = INPUT, **changes: object) -> Vector:
    """Return the file of one input, with these parts of the container replaced."""
    value = {**container(made, index), **changes}
    return Vector(expect=expect, file=json.dumps(value).encode(), keys=(made.key.public.pem,))


def container(made: Honest, index: int = INPUT) -> dict[str, Any]:
    return json.loads(made.single(index))  # type: ignore[no-any-return]


def folder(
    expect: str,
    made: Honest,
    files: Mapping[str, bytes | None] | None = None,
    digests: Mapping[str, str | None] | None = None,
) -> Vector:
    """Return the release folder, with these files and digests of members replaced (None: gone)."""
    contents = {**made.contents, **(files or {})}
    present = {**made.digests, **(digests or {})}
    return Vector(
        expect=expect,
        files={name: data for name, data in contents.items() if data is not None},
        digests={name: value for name, value in present.items() if value is not None},
        keys=(made.key.public.pem,),
    )
