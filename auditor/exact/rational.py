"""Rationals from strict text, and rounding to dyadic numbers in a named direction.

Every probability on the wire is text such as ``205/256``: no float is ever parsed, so what was
signed is exactly what is computed with.
"""

from __future__ import annotations

import re
from typing import Final

from flint import fmpq, fmpz

_MAX_LENGTH: Final = 128
_EXACT_BITS: Final = 4096
_FIXED_BITS: Final = 256
_FRACTION: Final = re.compile(r"(0|[1-9][0-9]*)(?:/([1-9][0-9]*))?")
_DECIMAL: Final = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?")


def parse(text: object) -> fmpq:
    """Return the non-negative rational written ``a`` or ``a/b`` in plain digits.

    ``a/b`` need not be in lowest terms. Signs, spaces, leading zeros, decimal points, a zero
    denominator and text longer than 128 characters raise ValueError.

    >>> str(parse("205/256")), str(parse("16/256")), str(parse("1"))
    ('205/256', '1/16', '1')
    """
    if not isinstance(text, str) or len(text) > _MAX_LENGTH:
        message = f"expected a fraction such as '205/256', got {_shown(text)}"
        raise ValueError(message)
    match = _FRACTION.fullmatch(text)
    if match is None or not text.isascii():
        message = f"expected a fraction such as '205/256', got {_shown(text)}"
        raise ValueError(message)
    return fmpq(int(match[1]), int(match[2] or "1"))


def parse_number(text: object) -> fmpq:
    """Return the rational written as a fraction (see :func:`parse`) or a plain decimal.

    >>> str(parse_number("-0.25")), str(parse_number("1/256"))
    ('-1/4', '1/256')
    """
    if isinstance(text, str) and text.isascii() and len(text) <= _MAX_LENGTH:
        match = _DECIMAL.fullmatch(text)
        if match is not None:
            digits = match[3] or ""
            value = fmpq(int(match[2] + digits), fmpz(10) ** len(digits))
            return -value if match[1] else value
        if text.startswith("-"):
            return -parse(text[1:])
    return parse(text)


def round_up(value: fmpq, bits: int) -> fmpq:
    """Return the least a/2**bits that is at least ``value``.

    >>> str(round_up(fmpq(1, 3), 2)), str(round_up(fmpq(3, 4), 2))
    ('1/2', '3/4')
    """
    scale = fmpz(1) << bits
    return fmpq(-((-value.p * scale) // value.q), scale)


def power_down(value: fmpq, exponent: int) -> fmpq:
    """Return ``value**exponent`` or, where that is too long to be quick, a little less.

    Exact up to 4096 bits; beyond, squared and multiplied in fixed point with 256 bits, rounding
    down at every step. Requires 0 <= value <= 1 and exponent >= 0.

    >>> str(power_down(fmpq(3, 4), 2)), power_down(fmpq(1, 2), 2**40) == 0
    ('9/16', True)
    """
    if int(value.q).bit_length() * exponent <= _EXACT_BITS:
        return value**exponent
    base = int((value.p << _FIXED_BITS) // value.q)
    power = 1 << _FIXED_BITS
    for bit in f"{exponent:b}":
        power = (power * power) >> _FIXED_BITS
        if bit == "1":
            power = (power * base) >> _FIXED_BITS
    return fmpq(power, fmpz(1) << _FIXED_BITS)


def _shown(text: object) -> str:
    shown = repr(text)
    return shown if len(shown) <= 60 else shown[:57] + "..."
