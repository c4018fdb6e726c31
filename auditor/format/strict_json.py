"""JSON with one reading: every parser that follows these rules sees the same value, or refuses.

Parsing refuses what readers are known to disagree about: duplicate keys, floats, NaN, integers of
2**53 and more, lone surrogates, byte order marks, deep nesting (schemas/README.md, section 1).
Producing gives the canonical bytes: keys sorted by code point, no white space, UTF-8.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Final, NoReturn

from auditor.errors import EnvelopeError

MAX_INTEGER: Final = 2**53 - 1
MAX_DEPTH: Final = 32
MAX_MARKS: Final = 2**20
"""Commas and opening brackets in one document, wherever they stand: what values cost in memory."""

_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,15}")
_QUOTE: Final = ord('"')
_OPENING: Final = b"[{"
_NEITHER_QUOTE_NOR_BRACKET: Final = bytes(set(range(256)) - set(b'"[]{}'))
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class _RefusedError(ValueError):
    """Carries the reason out of the json module's hooks."""


def parse(data: bytes, where: str, *, limit: int) -> dict[str, object]:
    """Return the object that ``data`` (at most ``limit`` bytes) spells, or raise EnvelopeError."""
    if len(data) > limit:
        raise EnvelopeError(f"{where}: {len(data)} bytes, expected at most {limit}")
    if data.startswith(_BYTE_ORDER_MARK):
        raise EnvelopeError(f"{where}: starts with a byte order mark, expected plain UTF-8")
    marks = sum(map(data.count, (b",", b"[", b"{")))
    if marks > MAX_MARKS:
        raise EnvelopeError(f"{where}: {marks} commas and opening brackets, at most {MAX_MARKS}")
    _check_depth(data, where)
    try:
        text = data.decode("utf-8", "strict")
        value = _DECODER.decode(text)
        if b"\\u" in data:
            _check_surrogates(value)
    except UnicodeDecodeError as error:
        raise EnvelopeError(f"{where}: not UTF-8 at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise EnvelopeError(f"{where}: not strict JSON: {error}") from error
    if not isinstance(value, dict):
        raise EnvelopeError(f"{where}: expected a JSON object, got {type(value).__name__}")
    return value


def canonical(value: object) -> bytes:
    """Return the canonical bytes of a value made of objects, arrays, strings, ints, bools, null.

    Raises ValueError for anything that ``parse`` would refuse: floats, large integers, keys that
    are not strings, lone surrogates.

    >>> canonical({"b": [1, None], "a": "é"}).decode()
    '{"a":"é","b":[1,null]}'
    """
    _check_producible(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "strict")


def _check_depth(data: bytes, where: str) -> None:
    """Refuse deep nesting before the parser recurses into it, in one pass over hostile bytes."""
    if data.count(b"{") + data.count(b"[") <= MAX_DEPTH:
        return
    unescaped = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    depth, in_string = 0, False
    for byte in unescaped.translate(None, _NEITHER_QUOTE_NOR_BRACKET):
        if byte == _QUOTE:
            in_string = not in_string
        elif not in_string:
            depth += 1 if byte in _OPENING else -1
            if depth > MAX_DEPTH:
                raise EnvelopeError(f"{where}: nested deeper than {MAX_DEPTH} levels")
            if depth < 0:
                return  # the parser refuses what closes more than it opened, and stops there


def _check_surrogates(value: object) -> None:
    """Raise UnicodeEncodeError (a ValueError) when an escape left half a character behind."""
    json.dumps(value, ensure_ascii=False).encode("utf-8", "strict")


def _check_producible(value: object) -> None:
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise ValueError(f"integer {value} is outside +-(2**53 - 1): write it as a string")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError(f"key {key!r} is not a string")  # noqa: TRY004 - one error type
            _check_producible(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _check_producible(item)
    else:
        raise ValueError(f"{type(value).__name__} has no canonical form")  # noqa: TRY004 - as above


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        counted = Counter(key for key, _ in pairs)
        repeated = next(key for key, count in counted.items() if count > 1)
        raise _RefusedError(f"key {repeated[:80]!r} appears twice in one object")
    return value


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text) or abs(int(text)) > MAX_INTEGER:
        raise _RefusedError(f"{text[:24]} is not an integer within +-(2**53 - 1)")
    return int(text)


def _no_float(text: str) -> NoReturn:
    raise _RefusedError(f"{text[:24]} is a float: numbers are integers or strings")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_no_float,
    parse_constant=_no_float,
)
