"""Mutations of bytes and of JSON, deep inside and with text that no JSON library would write."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.fuzz.choices import Choices, chance, one

# What formats are made of: parsers tend to fail at these rather than at random bytes.
TOKENS: Final = (
    *(b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\", b"\n", b"\r\n", b"\x00", b" ", b"="),
    *(b"null", b"true", b"1.0", b"-0", b"1e9", b"NaN", b"\\u0000", b"\\ud800", b"\xef\xbb\xbf"),
    *(b"\xff", b"\xc0\xaf", b"../", b"-----BEGIN PUBLIC KEY-----", b"  ", b"A" * 64, b"0" * 64),
)
TEXTS: Final = (
    *("", "0", "1", "1/2", "2/4", "1/1000", "0/1", "1/0", "205/256", "256/256", "0" * 64, "0" * 32),
    *("none", "flip", "hide", "views", "two-mask", "bag", "bag-flip", "partition", "index"),
    *("group", "top", "neighbours", "nearest-neighbours", "gaussian", "uniform", "inputSquares"),
    *("ablation", "block", "columns", "rows"),
    *("runner-up", "simultaneous", "per-input", "trainExamples", "inputFeatures", "total", "x\ny"),
    *("2026-11-23T10:00:00Z", "2026-02-30T10:00:00Z", "\u0661", "\u202e", "A" * 64, "pixel"),
)
NUMBERS: Final = (0, 1, -1, 2, 3, 7, 100, 255, 256, 65_535, 65_536, 2**31, 2**53 - 1)
RAW: Final = (
    *("1.0", "1e5", "-0", "NaN", "Infinity", "01", "9007199254740992", "9" * 400, '"\\ud800"'),
    *("[" * 40 + "]" * 40, "tru", "'a'", '"\\x41"', "[1,]", "", "//"),
)


@dataclass(frozen=True, slots=True)
class Raw:
    """Text that is written as it is."""

    text: str


class Pairs(list[tuple[str, Any]]):
    """An object as a list of pairs: a key may be there twice."""


def changed_bytes(choices: Choices, data: bytes, others: Sequence[bytes] = ()) -> bytes:
    """Return the bytes after one mutation; ``others`` are files to splice with."""
    start = choices.below(len(data) + 1)
    length = min(1 << choices.below(10), len(data) - start)
    match choices.below(8):
        case 0 if data:
            place = min(start, len(data) - 1)
            flipped = data[place] ^ 1 << choices.below(8)
            return data[:place] + bytes([flipped]) + data[place + 1 :]
        case 1:
            return data[:start]
        case 2:
            return data[:start] + data[start + length :]
        case 3:
            return data[: start + length] + data[start:]
        case 4 if others:
            other = one(choices, others)
            return data[:start] + other[choices.below(len(other) + 1) :]
        case 5 if data:
            place = min(start, len(data) - 1)
            return data[:place] + bytes([choices.below(256)]) + data[place + 1 :]
        case _:
            return data[:start] + one(choices, TOKENS) + data[start:]


def parsed(data: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON with its objects as pairs."""
    return json.loads(data, object_pairs_hook=Pairs)


def written(value: object) -> bytes:
    """Return the text of JSON, raw parts as they are."""
    match value:
        case Raw():
            return value.text.encode("utf-8", "surrogatepass")
        case Pairs():
            items = (json.dumps(key).encode() + b":" + written(item) for key, item in value)
            return b"{" + b",".join(items) + b"}"
        case list():
            return b"[" + b",".join(map(written, value)) + b"]"
        case _:
            return json.dumps(value).encode()


def places(value: object, path: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
    """Return the path of every value inside, as positions."""
    if isinstance(value, Pairs):
        inner: list[Any] = [item for _, item in value]
    elif isinstance(value, list):
        inner = value
    else:
        return []
    found = []
    for place, item in enumerate(inner):
        found += [(*path, place), *places(item, (*path, place))]
    return found


def at(value: Any, path: Sequence[int]) -> Any:  # noqa: ANN401 - any JSON
    for place in path:
        value = value[place][1] if isinstance(value, Pairs) else value[place]
    return value


def changed_json(choices: Choices, value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a copy of JSON after one mutation, at any depth."""
    value = copy(value)
    everywhere = places(value)
    if not everywhere:
        return _other(choices, value)
    path = one(choices, everywhere)
    parent, place = at(value, path[:-1]), path[-1]
    key = parent[place][0] if isinstance(parent, Pairs) else None
    match choices.below(8):
        case 0:
            del parent[place]
        case 1:
            parent.insert(choices.below(len(parent) + 1), parent[place])
        case 2 if key is not None:
            parent[place] = (one(choices, (*TEXTS, key + "x", key[:-1])), parent[place][1])
        case 3:
            new: Any = one(choices, (1, [], "x", None))
            parent.append((one(choices, TEXTS), new) if key is not None else new)
        case 4:
            _put(parent, place, copy(at(value, one(choices, everywhere))))
        case 5:
            other = choices.below(len(parent))
            parent[place], parent[other] = parent[other], parent[place]
        case _:
            _put(parent, place, _other(choices, at(value, path)))
    return value


def _put(parent: Any, place: int, item: object) -> None:  # noqa: ANN401 - any JSON
    parent[place] = (parent[place][0], item) if isinstance(parent, Pairs) else item


def copy(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a copy of JSON, objects and arrays being new ones."""
    if isinstance(value, Pairs):
        return Pairs((key, copy(item)) for key, item in value)
    return [copy(item) for item in value] if isinstance(value, list) else value


def plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON as Python reads it; of a key that is there twice, the last."""
    if isinstance(value, Pairs):
        return {key: plain(item) for key, item in value}
    return [plain(item) for item in value] if isinstance(value, list) else value


def get(value: Any, *path: str) -> Any:  # noqa: ANN401 - any JSON
    """Return what is under these keys, None where nothing is."""
    for key in path:
        if not isinstance(value, Pairs):
            return None
        value = next((item for name, item in value if name == key), None)
    return value


def put(value: Any, *path: str, item: object) -> None:  # noqa: ANN401 - any JSON
    """Put an item under these keys, if they are there."""
    inner = get(value, *path[:-1])
    if isinstance(inner, Pairs):
        for place, (name, _) in enumerate(inner):
            if name == path[-1]:
                inner[place] = (name, item)


def _other(choices: Choices, value: object) -> object:
    """Return something near a value, or something of another type."""
    if isinstance(value, int) and not isinstance(value, bool) and not chance(choices, 3):
        return value + one(choices, (-2, -1, 1, 2, 100))
    if isinstance(value, str) and value and not chance(choices, 3):
        place = choices.below(len(value))
        return (
            value[:place] + one(choices, ("", "0", "1", "a", "F", "\n", "é")) + value[place + 1 :]
        )
    pools: tuple[Sequence[object], ...] = (
        TEXTS,
        NUMBERS,
        (None, True, False, [], Pairs(), [[]], Pairs([("trainExamples", 1)])),
        tuple(map(Raw, RAW)),
    )
    return one(choices, one(choices, pools))
