"""``members.sha256``: the signed list of the files that vote, as ``sha256sum -c`` reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from auditor.errors import ReleaseError

FRONT_END: Final = "frontend.onnx"
FOLDER: Final = "members"
MAX_LIST: Final = 16 * 2**20

# No name here can leave the folder, hide, or differ from another by case alone.
_NAME: Final = re.compile(r"members/[0-9]{6}\.onnx|frontend\.onnx")
_LINE: Final = re.compile(r"([0-9a-f]{64})  ([ -~]{1,255})")


def shard_name(shard: int) -> str:
    """Return the name of one shard of members.

    >>> shard_name(3)
    'members/000003.onnx'
    """
    return f"{FOLDER}/{shard:06d}.onnx"


def build(digests: Mapping[str, str]) -> bytes:
    """Return the list of {name: SHA-256 in hex}, sorted by the names' bytes."""
    for name in digests:
        check_name(name, "members.sha256")
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode("ascii")


def parse(data: bytes, where: str = "members.sha256") -> dict[str, str]:
    """Return {name: digest}; raise ReleaseError unless ``data`` is what ``build`` writes."""
    if len(data) > MAX_LIST:
        raise ReleaseError(f"{where}: {len(data)} bytes, expected at most {MAX_LIST}")
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        raise ReleaseError(f"{where}: not ASCII at byte {error.start}") from error
    digests: dict[str, str] = {}
    previous = ""
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise ReleaseError(f"{where}, line {number}: expected '<64 hex>  <name>'")
        digest, name = match.groups()
        check_name(name, f"{where}, line {number}")
        if name <= previous:
            raise ReleaseError(f"{where}, line {number}: {name} repeated or out of order")
        digests[name] = digest
        previous = name
    if not text.endswith("\n"):
        raise ReleaseError(f"{where}: the last line has no line feed")
    return digests


def check_name(name: str, where: str) -> str:
    """Return ``name`` if a release may hold a voting file of that name, else raise ReleaseError."""
    if not _NAME.fullmatch(name):
        raise ReleaseError(
            f"{where}: unsafe or unknown name {name[:80]!r}, "
            f"expected members/NNNNNN.onnx or {FRONT_END}"
        )
    return name
