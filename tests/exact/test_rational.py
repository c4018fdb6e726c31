"""Rationals are strict text; rounding goes the named way."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from auditor.exact import rational


@pytest.mark.parametrize(
    ("text", "expected"),
    [("205/256", (205, 256)), ("16/256", (1, 16)), ("0", (0, 1)), ("1", (1, 1)), ("0/7", (0, 1))],
)
def test_fractions_are_read(text: str, expected: tuple[int, int]) -> None:
    assert rational.parse(text) == fmpq(*expected)


REFUSED = {
    "a float": 0.5,
    "an integer": 1,
    "a boolean": True,
    "nothing": None,
    "bytes": b"1/2",
    "empty": "",
    "a sign": "-1/2",
    "a plus": "+1/2",
    "a decimal": "0.5",
    "an exponent": "1e3",
    "a leading zero": "01/2",
    "a leading zero below": "1/02",
    "zero below": "1/0",
    "spaces": " 1/2",
    "an inner space": "1 /2",
    "a line end": "1/2\n",
    "an underscore": "1_0/3",
    "two slashes": "1/2/3",
    "nothing below": "1/",
    "Arabic digits": "\u0661/\u0662",
    "full-width digits": "\uff11/\uff12",
    "too long": "1" * 129,
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_everything_else_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="expected a fraction"):
        rational.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("-0.25", (-1, 4)), ("3", (3, 1)), ("1.50", (3, 2)), ("7/8", (7, 8))]
)
def test_numbers_may_be_decimal(text: str, expected: tuple[int, int]) -> None:
    assert rational.parse_number(text) == fmpq(*expected)


@pytest.mark.parametrize("text", ["1.", ".5", "1e3", "--1", "nan", "inf", "0x1", "", None, 1.5])
def test_odd_numbers_are_refused(text: object) -> None:
    with pytest.raises(ValueError, match="expected a fraction"):
        rational.parse_number(text)


@given(st.fractions(min_value=-3, max_value=3), st.integers(0, 70))
def test_rounding_up_is_tight(value: Fraction, bits: int) -> None:
    exact = fmpq(value.numerator, value.denominator)
    up = rational.round_up(exact, bits)
    assert exact <= up < exact + fmpq(1, 1 << bits)
    assert (up * (1 << bits)).q == 1


@given(st.fractions(min_value=0, max_value=1))
def test_text_round_trips(value: Fraction) -> None:
    exact = fmpq(value.numerator, value.denominator)
    if len(str(exact)) <= 128:
        assert rational.parse(str(exact)) == exact


@given(
    st.fractions(min_value=0, max_value=1, max_denominator=10**6),
    st.one_of(st.integers(0, 40), st.integers(200, 900)),
)
def test_powers_are_exact_or_a_hair_below(value: Fraction, exponent: int) -> None:
    exact = fmpq(value.numerator, value.denominator)
    power = rational.power_down(exact, exponent)
    assert 0 <= exact**exponent - power <= fmpq(1, 1 << 240)
    if exponent <= 40:
        assert power == exact**exponent


def test_endless_powers_take_no_time() -> None:
    assert rational.power_down(fmpq(1), 1 << 40) == 1
    assert rational.power_down(fmpq(0), 1 << 40) == 0
    assert 0 < rational.power_down(fmpq((1 << 40) - 1, 1 << 40), 1 << 40) < fmpq(37, 100)
