"""Text of strangers, made visible letter by letter."""

from __future__ import annotations

from typing import Final

# What prints as nothing though Python calls it printable: Default_Ignorable_Code_Point of Unicode
# 17 (DerivedCoreProperties.txt), less what ``str.isprintable`` refuses already.
_NOTHING: Final = frozenset(
    (
        *(0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    )
)


def visible(text: str, kept: str = "") -> str:
    r"""Return text with each letter that cannot be seen written as an escape, but those ``kept``.

    So it neither moves a cursor, nor turns the direction of what follows, nor begins another line,
    nor looks like a text that it is not.

    >>> visible("1\u034f\x1b[2J\n")
    '1\\u034f\\x1b[2J\\n'
    """
    return "".join(
        char
        if (char.isprintable() and ord(char) not in _NOTHING) or char in kept
        else char.encode("unicode_escape").decode("ascii")
        for char in text
    )
