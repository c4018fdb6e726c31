"""Numbers of a recipe as exact text: decimals, rationals, noise weights. No float anywhere."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

#: Denominators of noise weights: a keep probability must be drawable from fair bits, exactly.
DENOMINATORS: Final = (256, 65536)
#: Longest number in characters; keeps "1e999999" from being written out.
MAX_DIGITS: Final = 60


def fraction(value: int | str | Decimal) -> Fraction:
    """Return the exact value of an integer, a decimal or "a/b".

    Raises ValueError for text that is no such number, or one of more than 60 digits.
    """
    if isinstance(value, Decimal) and (
        not value.is_finite() or abs(value.adjusted()) + len(value.as_tuple().digits) > MAX_DIGITS
    ):
        raise ValueError(f"{value} has too many digits")
    if len(str(value)) > MAX_DIGITS:
        raise ValueError(f"more than {MAX_DIGITS} digits")
    try:
        return Fraction(value)
    except ZeroDivisionError:
        raise ValueError("a denominator of 0") from None


def decimal_text(value: int | str | Decimal) -> str:
    """Return a decimal in plain notation without trailing zeros.

    >>> decimal_text("1.50"), decimal_text(Decimal("1E-3")), decimal_text(8)
    ('1.5', '0.001', '8')
    """
    fraction(value)
    plain = format(Decimal(value), "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain in {"-0", ""} else plain


def rational_text(value: int | str | Decimal) -> str:
    """Return a rational in lowest terms; a dyadic one keeps the denominator it was written with.

    >>> rational_text("16/256"), rational_text("2/6"), rational_text(Decimal("0.001"))
    ('16/256', '1/3', '1/1000')
    """
    exact = fraction(value)
    if isinstance(value, str) and value.endswith(tuple(f"/{d}" for d in DENOMINATORS)):
        return value
    return str(exact)


def weight(value: str, symbols: int | None) -> str:
    """Return a keep or show probability as "w/W", W = 2^8 or 2^16.

    ``symbols`` is the size K of the alphabet in which the rest, W - w, is shared equally by the
    K - 1 other symbols, each less likely than the kept one; None where the rest is a hidden symbol.
    Raises ValueError saying what is allowed, with the nearest allowed value.
    """
    exact = fraction(value)
    if exact == 1:
        return "1"
    others = 1 if symbols is None else symbols - 1
    for total in DENOMINATORS:
        kept = exact * total
        if kept.denominator == 1 and (total - kept.numerator) % others == 0:
            least = 1 if symbols is None else _least(total, others)
            if kept.numerator < least:
                break
            return f"{kept.numerator}/{total}"
    rule = "a fraction w/256 or w/65536 below 1"
    if symbols is None:
        rule += " and above 0"
    else:
        rule += f" and above 1/{symbols}"
        if others > 1:
            rule += f", the rest a multiple of {others} (one share for each other symbol)"
    raise ValueError(f"expected {rule}; the nearest is {_nearest(exact, others, symbols)}")


def _least(total: int, others: int) -> int:
    """Return the least keep weight above the weight of each other symbol."""
    # w > (W - w) / others
    return total // (others + 1) + 1


def _nearest(exact: Fraction, others: int, symbols: int | None) -> str:
    for total in DENOMINATORS:
        least = 1 if symbols is None else _least(total, others)
        share = max(1, round((1 - exact) * total / others))
        share = min(share, (total - least) // others)
        missed = abs(1 - Fraction(share * others, total) - exact)
        if share >= 1 and missed < min(Fraction(1, 300), exact / 10):
            return f"{total - share * others}/{total}"
    return f"{total - share * others}/{total}"
