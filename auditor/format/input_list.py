"""A list of inputs and their labels that a relying party keeps: it pins them without holding data.

One line for each input, in order: ``<64 hex>  <class name>``, the SHA-256 of its canonical tensor
(schemas/README.md, section 3) and the name of its true class. A release names inputs by salted
digests of just that SHA-256, so the list tells which input a claim is about.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from auditor.errors import UsageError
from auditor.format.audit import MAX_INPUTS
from auditor.format.examples import salted_digest

MAX_LIST: Final = 2**28
_MAX_NAME: Final = 200
_LINE: Final = re.compile(r"([0-9a-f]{64})  (.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputList:
    """The inputs in order: SHA-256 (hex) of the canonical tensor and the class name of each.

    An input may be listed again: what counts as one is decided by whoever made the list.
    ``sha256`` is the digest (hex) of the file.
    """

    entries: tuple[tuple[str, str], ...]
    sha256: str


def build(entries: Iterable[tuple[str, str]]) -> bytes:
    """Return the file that lists (digest, class name); raise UsageError for a name it cannot."""
    lines = []
    for digest, name in entries:
        line = f"{digest}  {name}"
        if not _is_name(name) or not _LINE.fullmatch(line):
            raise UsageError(
                f"class {name!r}: expected 1 to {_MAX_NAME} printable characters to list it"
            )
        lines.append(line + "\n")
    return "".join(lines).encode("utf-8")


def parse(data: bytes, where: str) -> InputList:
    """Return the list in a file; raise UsageError unless ``data`` is what ``build`` writes."""
    if len(data) > MAX_LIST:
        raise UsageError(f"{where}: {len(data)} bytes, expected at most {MAX_LIST}")
    try:
        text = data.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise UsageError(f"{where}: not UTF-8 at byte {error.start}") from error
    if not text.endswith("\n"):
        raise UsageError(f"{where}: expected lines '<64 hex>  <class name>', each with a line feed")
    entries = []
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        match = _LINE.fullmatch(line)
        if match is None or not _is_name(match.group(2)):
            raise UsageError(f"{where}, line {number}: expected '<64 hex>  <class name>'")
        if number > MAX_INPUTS:
            raise UsageError(f"{where}: more than {MAX_INPUTS} lines")
        entries.append((match.group(1), match.group(2)))
    return InputList(entries=tuple(entries), sha256=hashlib.sha256(data).hexdigest())


def difference(
    listed: InputList,
    leaves: Sequence[tuple[str, str, int | None]],
    classes: Sequence[str],
) -> str | None:
    """Return how a release's inputs differ from the list, in one sentence; None: not at all.

    ``leaves`` gives salt and tensor name (hex) and true label of each claim, in order. Each line is
    the input of exactly one claim and each claim has its line, at the same place.
    """
    if len(leaves) != len(listed.entries):
        return f"{len(leaves)} inputs, and {len(listed.entries)} are listed"
    for place, ((salt, tensor, label), (digest, name)) in enumerate(
        zip(leaves, listed.entries, strict=True)
    ):
        if salted_digest(bytes.fromhex(salt), bytes.fromhex(digest)) != tensor:
            return f"input {place} is not the one of line {place + 1} ({digest[:12]})"
        if label is None:
            return f"input {place} ({digest[:12]}) has no true label, and {name!r} is listed"
        if classes[label] != name:
            return (
                f"input {place} ({digest[:12]}) is labelled {classes[label]!r}, listed as {name!r}"
            )
    return None


def _is_name(name: str) -> bool:
    """Whether a name can stand at the end of a line and is read back as written."""
    return 1 <= len(name) <= _MAX_NAME and name.isprintable()
