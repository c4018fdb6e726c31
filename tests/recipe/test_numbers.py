"""Exact numbers of a recipe."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.recipe.numbers import decimal_text, rational_text, weight


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000, places=9)
)
def test_a_decimal_keeps_its_value_and_has_one_spelling(value: Decimal) -> None:
    text = decimal_text(value)
    assert Decimal(text) == value
    assert decimal_text(text) == text
    assert "e" not in text.lower()


@given(st.fractions(-(10**20), 10**20, max_denominator=10**6))
def test_a_rational_keeps_its_value(value: Fraction) -> None:
    assert Fraction(rational_text(str(value))) == value


@pytest.mark.parametrize("text", ["1e99999", "1/0", "x", "9" * 61])
def test_absurd_numbers_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        rational_text(text)


def test_weights_are_written_over_the_smaller_denominator() -> None:
    assert weight("205/256", 2) == "205/256"
    assert weight("0.75", 2) == "192/256"
    assert weight("52481/65536", 2) == "52481/65536"
    assert weight("1", 10) == "1"
    assert weight("1/16", None) == "16/256"


@given(st.integers(1, 65535), st.integers(2, 40))
def test_a_weight_is_allowed_exactly_when_the_rest_can_be_shared(kept: int, symbols: int) -> None:
    shareable = (65536 - kept) % (symbols - 1) == 0
    likelier = kept * (symbols - 1) > 65536 - kept
    text = f"{kept}/65536"
    if shareable and likelier:
        assert Fraction(weight(text, symbols)) == Fraction(kept, 65536)
    else:
        with pytest.raises(ValueError, match="nearest"):
            weight(text, symbols)


@given(
    st.fractions(min_value=0, max_value=2, max_denominator=10**20),
    st.none() | st.integers(2, 256),
)
def test_the_nearest_weight_that_is_offered_is_allowed(
    value: Fraction, symbols: int | None
) -> None:
    try:
        weight(str(value), symbols)
    except ValueError as error:
        offered = re.search(r"nearest is (\S+)$", str(error))
        assert offered
        assert Fraction(weight(offered[1], symbols)) == Fraction(offered[1])
