from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import EnvelopeError
from auditor.format.strict_json import MAX_INTEGER, MAX_MARKS, canonical, parse

REFUSED = {
    "empty": b"",
    "a list": b"[]",
    "a number": b"1",
    "trailing text": b"{} {}",
    "a float": b'{"a":1.0}',
    "an exponent": b'{"a":1e2}',
    "an infinite exponent": b'{"a":1e999}',
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":-Infinity}',
    "2**53": b'{"a":9007199254740992}',
    "minus zero": b'{"a":-0}',
    "4300 digits": b'{"a":' + b"9" * 4300 + b"}",
    "5000 digits": b'{"a":' + b"9" * 5000 + b"}",
    "a repeated key": b'{"a":1,"a":1}',
    "a repeated key, spelt differently": b'{"a":1,"\\u0061":1}',
    "a repeated key, deep inside": b'{"b":[{"a":1,"a":2}]}',
    "a lone surrogate": b'{"a":"\\ud800"}',
    "a lone surrogate in a key": b'{"\\udc00":1}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "an overlong encoding": b'{"a":"\xc0\xaf"}',
    "a raw control character": b'{"a":"\x01"}',
    "deep nesting": b'{"a":' * 33 + b"1" + b"}" * 33,
    "very deep nesting": b'{"a":' + b"[" * 100_000,
    "a comment": b"{/**/}",
    "single quotes": b"{'a':1}",
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_refused(data: bytes) -> None:
    with pytest.raises(EnvelopeError, match=r"^here"):
        parse(data, "here", limit=10**6)


def test_limits_are_reached() -> None:
    assert parse(b'{"a":%d}' % MAX_INTEGER, "", limit=100) == {"a": MAX_INTEGER}
    assert parse(b'{"a":%d}' % -MAX_INTEGER, "", limit=100) == {"a": -MAX_INTEGER}
    parse(b'{"a":' * 32 + b"1" + b"}" * 32, "", limit=1000)
    brackets_in_text = b'{"a":"' + b"[{\\\\" * 40 + b'"}'
    parse(brackets_in_text, "", limit=1000)
    assert parse(b'{"a":"\\ud83d\\ude00"}', "", limit=100) == {"a": "\U0001f600"}
    with pytest.raises(EnvelopeError, match="at most 6"):
        parse(b'{"a":1}', "", limit=6)


HOSTILE = {
    # time square in the size, for a scanner that starts again at every quote, or counts every key
    "quotes that nothing closes": b"[" * 33 + b'"' + b'\\"' * 2**20,
    "many keys, the last twice": b'{%s,"":0,"":0}' % b",".join(b'"%d":0' % i for i in range(2**18)),
    "backslashes outside strings": b"[" * 32 + b'\\"' * 2**20 + b"[",
    "closing brackets first": b"]" * 2**20 + b"[" * 2**20,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_are_refused_in_one_pass(data: bytes) -> None:
    with pytest.raises(EnvelopeError, match=r"^here.{,200}$"):
        parse(data, "here", limit=2**23)


def test_the_key_that_is_repeated_is_named_in_short() -> None:
    with pytest.raises(EnvelopeError, match=r"^.{,200}$"):
        parse(b'{"%b":1,"%b":1}' % ((b"k" * 10_000,) * 2), "here", limit=10**6)


def test_values_are_counted_before_they_cost_memory() -> None:
    """80 MiB of empty arrays took 2 GiB to parse."""
    most = b'{"a":[%s1]}' % (b"1," * (MAX_MARKS - 2))
    assert len(parse(most, "", limit=2**22)["a"]) == MAX_MARKS - 1  # type: ignore[arg-type]
    for more in (b"1,", b"[],", b"{},"):
        with pytest.raises(EnvelopeError, match="commas and opening brackets, at most 1048576"):
            parse(b'{"a":[%s1]}' % (more * (MAX_MARKS - 1)), "", limit=2**22)


@given(st.lists(st.sampled_from(["[", "]", "{", "}", '"', "\\", "\\\\", '\\"', "a"]), max_size=60))
def test_depth_is_counted_outside_strings_only(pieces: list[str]) -> None:
    text = json.dumps("".join(pieces))
    nested = b'{"a":' + b"[" * 31 + text.encode() + b"]" * 31 + b"}"
    parse(nested, "", limit=10**4)
    with pytest.raises(EnvelopeError, match="nested deeper"):
        parse(b'{"b":' + text.encode() + b',"a":' + b"[" * 32 + b"]" * 32 + b"}", "", limit=10**4)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_canonical_bytes_parse_to_the_same_value(value: dict[str, object]) -> None:
    assert parse(canonical(value), "", limit=10**6) == value
    assert canonical(json.loads(canonical(value))) == canonical(value)


@pytest.mark.parametrize("value", [0.5, {"a": 2**53}, {1: 2}, b"x", {"a": {1, 2}}, "\ud800"])
def test_what_has_no_canonical_form(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical(value)


@given(st.binary(max_size=200))
def test_any_bytes_give_an_object_or_an_envelope_error(data: bytes) -> None:
    with contextlib.suppress(EnvelopeError):
        assert isinstance(parse(data, "", limit=100), dict)
