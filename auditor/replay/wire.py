"""What the two ends of a sandbox say to each other: a head of fixed size, then what it announces.

Numbers are little endian; nothing is unpickled. The receiver decides how much it reads: a head that
announces anything else than what was asked for ends the conversation.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any, Final

from auditor.replay.form import Form

_HEAD: Final = struct.Struct("<II3Q")
HEAD: Final = _HEAD.size
MAX_TEXT: Final = 2000


class Word(IntEnum):
    """What a message is; ``sizes`` of its head are in brackets."""

    CHECK = 1  # [bytes of the note, bytes of the graph]: judge a graph
    LOAD = 2  # the same, and keep it ready under the head's number
    RUN = 3  # [dimensions of the rows, 0 first if two]: float32 rows for a loaded graph
    DROP = 4  # []: forget a loaded graph
    DONE = 5  # [outputs for one row]: yes
    SCORES = 6  # [dimensions, 0 first if two]: float32 results
    REFUSED = 7  # [bytes of the reason]: the graph breaks a rule
    UNDECIDED = 8  # the same: something is lacking here, and the sandbox ends


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a message: what it is, which loaded graph it is about, sizes of what follows."""

    word: Word
    number: int
    sizes: tuple[int, int, int] = (0, 0, 0)

    def pack(self) -> bytes:
        """Return the head's bytes."""
        return _HEAD.pack(self.word, self.number, *self.sizes)

    @classmethod
    def unpack(cls, data: bytes | bytearray) -> Head:
        """Return the head in ``HEAD`` bytes; raise ValueError for an unknown word."""
        word, number, *sizes = _HEAD.unpack(data)
        return cls(Word(word), number, (sizes[0], sizes[1], sizes[2]))


def dims(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return a shape of two or three dimensions as sizes.

    >>> dims((256, 10)), shape((0, 256, 10))
    ((0, 256, 10), (256, 10))
    """
    *first, batch, last = shape
    return (first[0] if first else 0, batch, last)


def shape(sizes: tuple[int, int, int]) -> tuple[int, ...]:
    """Return the shape that ``dims`` made sizes of."""
    return sizes if sizes[0] else sizes[1:]


def note(form: Form, where: str, graph: str | None) -> bytes:
    """Return what CHECK and LOAD say of a graph: its form, file name and digest."""
    return json.dumps({"form": asdict(form), "where": where, "graph": graph}).encode()


def read_note(data: bytes) -> tuple[Form, str, str | None]:
    """Return what ``note`` was given."""
    said: Mapping[str, Any] = json.loads(data)
    return Form(**said["form"]), said["where"], said["graph"]
