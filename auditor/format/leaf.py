"""One claim: a line of ``claims.jsonl``, a leaf of the signed tree."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from auditor.format.audit import MAX_BUDGETS, MAX_CLASSES, MAX_INPUTS
from auditor.format.fields import Fields
from auditor.format.strict_json import canonical, parse

MAX_LEAF: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Names an input: salted digests of its source bytes and of its canonical tensor, in hex."""

    salt: str
    source: str
    tensor: str

    def to_dict(self) -> dict[str, object]:
        """Return the JSON object."""
        return {"salt": self.salt, "source": self.source, "tensor": self.tensor}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """Parsed, not verified. ``label`` None: the vote abstained. ``frontier`` (): no claim."""

    index: int
    input: Input
    true_label: int | None
    label: int | None
    row: str
    statistics: Mapping[str, object]
    frontier: tuple[Mapping[str, int], ...]

    def to_bytes(self) -> bytes:
        """Return the canonical bytes, without a line feed: what the tree hashes."""
        return canonical(
            {
                "index": self.index,
                "input": self.input.to_dict(),
                "trueLabel": self.true_label,
                "label": self.label,
                "evidence": {"row": self.row, **self.statistics},
                "frontier": [dict(budget) for budget in self.frontier],
            }
        )

    def input_entry(self) -> bytes:
        """Return this input's leaf of the committed input tree."""
        return input_entry(self.index, self.input, self.true_label)


def input_entry(index: int, name: Input, true_label: int | None) -> bytes:
    """Return the canonical bytes of one declared input: committed before the first draw."""
    return canonical({"index": index, "input": name.to_dict(), "trueLabel": true_label})


def row_digest(row: bytes) -> str:
    """Return the digest (hex) by which a leaf names its row of ``evidence.bin``."""
    return hashlib.sha256(row).hexdigest()


def parse_leaf(line: bytes, where: str) -> Leaf:
    """Return the leaf that ``line`` spells; raise EnvelopeError or StatementError."""
    fields = Fields(parse(line, where, limit=MAX_LEAF), where).only(
        ("index", "input", "trueLabel", "label", "evidence", "frontier")
    )
    name = fields.section("input").only(("salt", "source", "tensor"))
    evidence = fields.section("evidence")
    statistics = {key: item for key, item in evidence.value.items() if key != "row"}
    return Leaf(
        index=fields.integer("index", high=MAX_INPUTS),
        input=Input(
            salt=name.hexadecimal("salt", 32),
            source=name.hexadecimal("source"),
            tensor=name.hexadecimal("tensor"),
        ),
        true_label=fields.optional_integer("trueLabel", high=MAX_CLASSES - 1),
        label=fields.optional_integer("label", high=MAX_CLASSES - 1),
        row=evidence.hexadecimal("row"),
        statistics=statistics,
        frontier=_frontier(fields),
    )


def join(leaves: Sequence[bytes]) -> bytes:
    """Return the text of ``claims.jsonl``: one line feed after each leaf."""
    return b"".join(leaf + b"\n" for leaf in leaves)


def split(data: bytes) -> list[bytes]:
    """Return the lines of ``claims.jsonl``; a missing last line feed shows as a last empty line."""
    lines = data.split(b"\n")
    return lines[:-1] if not lines[-1] else [*lines, b""]


def _frontier(fields: Fields) -> tuple[Mapping[str, int], ...]:
    items = fields.array("frontier", limit=MAX_BUDGETS)
    return tuple(
        Fields({"budget": item}, f"{fields.where}.frontier[{i}]").counts("budget")
        for i, item in enumerate(items)
    )
