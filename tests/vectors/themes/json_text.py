"""JSON with one reading: whatever parsers are known to disagree about is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from tests.vectors.forging import BASE, forged
from tests.vectors.form import Vector, add, container, single, vector
from tests.vectors.themes.envelopes import edited, payload, signed, with_certificate

FILE: Final = BASE.single(1)
DIGITS: Final = b"9" * 4301  # Python itself gives up at 4301
Change = Callable[[bytes], bytes]


def _file(expect: str, change: Change) -> Vector:
    return Vector(expect=expect, file=_really(change)(FILE))


def _really(change: Change) -> Change:
    """Return the change, which must be one."""

    def checked(data: bytes) -> bytes:
        after = change(data)
        assert after != data
        return after

    return checked


def _index(text: bytes) -> Change:
    """Return the change of the container's ``"index":1`` to other text."""
    return lambda data: data.replace(b'"index":1', b'"index":' + text)


def _ignored(text: bytes) -> Change:
    """Return the change that gives an envelope an unknown field, which is parsed and ignored."""
    return lambda data: data.replace(b'"certificate":{', b'"certificate":{"unknown":' + text + b",")


def _nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


SAME: dict[str, tuple[str, Change]] = {
    "white-space-in-container": (
        "White space between tokens says nothing.",
        lambda data: json.dumps(json.loads(data), indent="\t").replace("\n", "\r\n").encode(),
    ),
    "keys-in-another-order": (
        "The order of keys says nothing.",
        lambda data: json.dumps(dict(reversed(json.loads(data).items()))).encode(),
    ),
    "escaped-letters": (
        "An escaped letter is that letter, in keys and in values.",
        lambda data: data.replace(b'"mediaType":"a', b'"medi\\u0061Type":"\\u0061'),
    ),
    "escaped-surrogate-pair": (
        "Both halves of a pair are one character.",
        _ignored(b'"\\ud83d\\ude00"'),
    ),
    "nested-32-deep": (
        "As deep as nesting may go: the container, an envelope and 30 arrays.",
        _ignored(_nested(30)),
    ),
    "brackets-in-text": (
        "Brackets in text are not nesting, whatever is escaped before them.",
        _ignored(b'"' + b'[{\\\\\\"' * 40 + b'"'),
    ),
    "largest-integer": (
        "2^53 - 1, the largest integer that every reader keeps.",
        _ignored(b"[9007199254740991,-9007199254740991]"),
    ),
}
CONTAINER: dict[str, tuple[str, Change]] = {
    "trailing-bytes": ("Something after the JSON document.", lambda data: data + b"{}"),
    "trailing-zero-byte": ("A zero byte after the document.", lambda data: data + b"\x00"),
    "byte-order-mark": ("A byte order mark in front.", lambda data: b"\xef\xbb\xbf" + data),
    "utf-16": ("UTF-16, with its byte order mark.", lambda data: data.decode().encode("utf-16")),
    "utf-16-without-mark": (
        "UTF-16 that some parsers detect by its zero bytes.",
        lambda data: data.decode().encode("utf-16-le"),
    ),
    "utf-32": ("UTF-32.", lambda data: data.decode().encode("utf-32-be")),
    "overlong-utf-8": ("A slash in two bytes.", _ignored(b'"\xc0\xaf"')),
    "utf-8-surrogate": ("Half a surrogate pair as UTF-8 bytes.", _ignored(b'"\xed\xa0\x80"')),
    "latin-1": ("A byte that begins no UTF-8 character.", _ignored(b'"\xe9"')),
    "empty-file": ("No bytes.", lambda data: b""),
    "white-space-only": ("No document.", lambda data: b" \n"),
    "top-level-array": ("An array around the container.", lambda data: b"[" + data + b"]"),
    "top-level-text": ("A string instead of an object.", lambda data: json.dumps("{}").encode()),
    "top-level-null": ("Null instead of an object.", lambda data: b"null"),
    "two-documents": ("Two documents, one a line.", lambda data: data + data),
    "repeated-key": (
        "Parsers disagree about which of two equal keys counts.",
        lambda data: b'{"leaf":"",' + data[1:],
    ),
    "repeated-key-escaped": (
        "The same key, spelt with an escape.",
        lambda data: b'{"le\\u0061f":"",' + data[1:],
    ),
    "repeated-key-deep-inside": (
        "A repeated key in a field that is ignored.",
        _ignored(b'[{"a":{"b":1,"b":1}}]'),
    ),
    "float-index": ("1.0 is no integer here.", _index(b"1.0")),
    "exponent": ("1e0 is no integer here.", _index(b"1e0")),
    "infinite-exponent": ("1e999, which some read as infinity.", _index(b"1e999")),
    "not-a-number": ("NaN is no JSON.", _ignored(b"NaN")),
    "infinity": ("Infinity is no JSON.", _ignored(b"-Infinity")),
    "minus-zero": ("-0, which is an integer to some and a float to others.", _ignored(b"-0")),
    "leading-zero": ("01 is no JSON.", _index(b"01")),
    "plus-sign": ("+1 is no JSON.", _index(b"+1")),
    "hexadecimal-number": ("0x1 is no JSON.", _index(b"0x1")),
    "arabic-digit": ("A digit of another script.", _index("\u0661".encode())),
    "integer-beyond-2-53": (
        "2^53, which doubles cannot tell from 2^53 + 1.",
        _ignored(b"9007199254740992"),
    ),
    "integer-of-4301-digits": ("More digits than some parsers read.", _ignored(DIGITS)),
    "nested-33-deep": ("One level too deep.", _ignored(_nested(31))),
    "nested-10000-deep": (
        "Nesting that runs other parsers out of stack.",
        _ignored(_nested(10000)),
    ),
    "nesting-never-closed": ("Opening brackets alone.", lambda data: b'{"a":' + b"[" * 10000),
    "half-a-surrogate-pair": ("A character that no encoding can write.", _ignored(b'"\\ud800"')),
    "surrogates-exchanged": ("The second half first.", _ignored(b'"\\ude00\\ud83d"')),
    "half-a-surrogate-pair-in-a-key": ("The same in a key.", _ignored(b'{"\\uDFFF":1}')),
    "unknown-escape": ("A backslash before a letter that needs none.", _ignored(b'"\\x41"')),
    "raw-line-feed-in-text": ("A control character in text has to be escaped.", _ignored(b'"\n"')),
    "raw-zero-byte-in-text": ("So does a zero byte.", _ignored(b'"\x00"')),
    "single-quotes": ("Text in single quotes.", _ignored(b"'a'")),
    "key-without-quotes": ("A key without quotes.", _ignored(b"{a:1}")),
    "comment": ("JSON has no comments.", _ignored(b"1/* one */")),
    "trailing-comma": ("A comma before the end of an array.", _ignored(b"[1,]")),
    "missing-comma": ("Two values with no comma between.", _ignored(b"[1 1]")),
    "no-break-space": (
        "White space that JSON does not know.",
        lambda data: "\u00a0".encode() + data,
    ),
    "form-feed": ("A form feed is no white space either.", lambda data: data + b"\x0c"),
    "true-in-capitals": ("True with a capital.", _ignored(b"True")),
    "unfinished": ("The file without its last bracket.", lambda data: data.rstrip()[:-1]),
}
SIGNED: dict[str, tuple[str, Change]] = {
    "signed-repeated-key": (
        "A repeated key inside the signed payload.",
        lambda data: b'{"_type":"",' + data[1:],
    ),
    "signed-repeated-key-escaped": (
        "The same, spelt with an escape.",
        lambda data: b'{"_t\\u0079pe":"",' + data[1:],
    ),
    "signed-float": (
        "A float inside the signed payload.",
        lambda data: data.replace(b'"dropped":0', b'"dropped":0.0'),
    ),
    "signed-nan": (
        "NaN inside the signed payload.",
        lambda data: data.replace(b'"dropped":0', b'"dropped":NaN'),
    ),
    "signed-integer-beyond-2-53": (
        "2^53 inside the signed payload.",
        lambda data: data.replace(b'"dropped":0', b'"dropped":9007199254740992'),
    ),
    "signed-byte-order-mark": ("A signed byte order mark.", lambda data: b"\xef\xbb\xbf" + data),
    "signed-utf-16": ("A payload in UTF-16.", lambda data: data.decode().encode("utf-16")),
    "signed-half-a-surrogate-pair": (
        "Half a surrogate pair in a field that is ignored.",
        lambda data: b'{"note":"\\ud800",' + data[1:],
    ),
    "signed-nesting": (
        "Deep nesting in a field that is ignored.",
        lambda data: b'{"note":' + _nested(100) + b"," + data[1:],
    ),
    "signed-trailing-bytes": ("Two payloads, both signed.", lambda data: data + data),
    "signed-array": ("A list of one statement.", lambda data: b"[" + data + b"]"),
    "signed-text": ("A payload that is no JSON.", lambda data: b"hello world"),
}
LEAVES: dict[str, tuple[str, Change]] = {
    "leaf-repeated-key": (
        "A leaf, signed, with a repeated key.",
        lambda data: b'{"label":1,' + data[1:],
    ),
    "leaf-float": (
        "A leaf, signed, whose index is a float.",
        lambda data: data.replace(b'"index":1', b'"index":1.0'),
    ),
    "leaf-byte-order-mark": (
        "A leaf, signed, with a byte order mark.",
        lambda data: b"\xef\xbb\xbf" + data,
    ),
    "leaf-array": ("A leaf, signed, that is an array.", lambda data: b"[" + data + b"]"),
    "leaf-empty": ("A leaf, signed, of no bytes.", lambda data: b""),
}
for _name, (_comment, _change) in SAME.items():
    add(_name, _comment, lambda change=_change: _file("success", change))  # type: ignore[misc]
for _name, (_comment, _change) in CONTAINER.items():
    add(_name, _comment, lambda change=_change: _file("envelope", change))  # type: ignore[misc]
for _name, (_comment, _change) in SIGNED.items():
    add(
        _name,
        _comment,
        lambda change=_change: single("envelope", forged(payloads=(None, _really(change)))),  # type: ignore[misc]
    )
for _name, (_comment, _change) in LEAVES.items():
    add(
        _name,
        _comment,
        lambda change=_change: single("envelope", forged(line=_really(change))),  # type: ignore[misc]
    )


@vector
def payload_with_white_space() -> Vector:
    """Signed bytes are verified as they came: no canonical form is asked of them."""

    def loose(data: bytes) -> bytes:
        return json.dumps(json.loads(data), indent=2).encode()

    return single("success", forged(payloads=(loose, loose)))


@vector
def leaf_with_white_space() -> Vector:
    """Neither of a leaf: what is hashed is the line."""
    return single("success", forged(line=_really(lambda data: data.replace(b":", b" : "))))


@vector
def re_encoded_payload() -> Vector:
    """A re-encoding of signed JSON is not what was signed."""
    loose = json.dumps(json.loads(payload())).encode()
    envelope = {**signed(loose), "signatures": container(BASE)["certificate"]["signatures"]}
    return with_certificate("signature", envelope)


@vector
def unknown_fields_of_great_size() -> Vector:
    """An ignored field may be long: limits are on the whole."""
    return edited("success", lambda envelope: envelope.update(note="a" * 70_000))
