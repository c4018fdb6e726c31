"""Typed reading of parsed JSON: one line per field, and every error names the field's path."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from auditor.errors import StatementError, VerificationError
from auditor.format.strict_json import MAX_INTEGER

_HEX: Final = re.compile(r"[0-9a-f]*")
_MAX_TEXT: Final = 65_536
_SHOWN: Final = 80


class Fields:
    """One JSON object and its path, for example ``predicate.batch``."""

    __slots__ = ("_error", "value", "where")

    def __init__(
        self, value: object, where: str, error: type[VerificationError] = StatementError
    ) -> None:
        if not isinstance(value, dict):
            raise error(f"{where}: expected an object, got {_kind(value)}")
        self.value: dict[str, object] = value
        self.where = where
        self._error = error

    def only(self, required: Iterable[str], optional: Iterable[str] = ()) -> Fields:
        """Refuse missing and unknown keys; return self, so that it chains."""
        required = frozenset(required)
        missing = required - self.value.keys()
        if missing:
            raise self._error(f"{self.where}: missing {sorted(missing)}")
        unknown = self.value.keys() - required - frozenset(optional)
        if unknown:
            shown = [name[:_SHOWN] for name in sorted(unknown)[:5]]
            raise self._error(f"{self.where}: unknown {shown}")
        return self

    def raw(self, key: str) -> object:
        """Return the value, whatever its type."""
        try:
            return self.value[key]
        except KeyError:
            raise self._error(f"{self.where}: missing {key!r}") from None

    def integer(self, key: str, *, low: int = 0, high: int = MAX_INTEGER) -> int:
        """Return an integer within [low, high]; true and false are not integers."""
        value = self.raw(key)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._error(f"{self._at(key)}: expected an integer, got {_kind(value)}")
        if not low <= value <= high:
            raise self._error(f"{self._at(key)}: expected {low} to {high}, got {value}")
        return value

    def optional_integer(self, key: str, *, low: int = 0, high: int = MAX_INTEGER) -> int | None:
        """Return an integer or None; the key itself must be there."""
        return None if self.raw(key) is None else self.integer(key, low=low, high=high)

    def text(self, key: str, *, limit: int = _MAX_TEXT) -> str:
        """Return a string of at most ``limit`` characters."""
        value = self.raw(key)
        if not isinstance(value, str):
            raise self._error(f"{self._at(key)}: expected a string, got {_kind(value)}")
        if len(value) > limit:
            raise self._error(f"{self._at(key)}: {len(value)} characters, at most {limit}")
        return value

    def hexadecimal(self, key: str, digits: int = 64) -> str:
        """Return exactly ``digits`` lower-case hexadecimal digits."""
        value = self.text(key)
        if len(value) != digits or not _HEX.fullmatch(value):
            raise self._error(f"{self._at(key)}: expected {digits} lower-case hex digits")
        return value

    def choice(self, key: str, allowed: Iterable[str]) -> str:
        """Return one of the allowed strings."""
        value, allowed = self.text(key), tuple(allowed)
        if value not in allowed:
            raise self._error(f"{self._at(key)}: expected one of {allowed}, got {value[:_SHOWN]!r}")
        return value

    def section(self, key: str) -> Fields:
        """Return the object under ``key``."""
        return Fields(self.raw(key), f"{self._at(key)}", self._error)

    def array(self, key: str, *, limit: int) -> list[object]:
        """Return the array under ``key``, of at most ``limit`` items."""
        value: object = self.raw(key)
        if not isinstance(value, list):
            raise self._error(f"{self._at(key)}: expected an array, got {_kind(value)}")
        if len(value) > limit:
            raise self._error(f"{self._at(key)}: {len(value)} items, expected at most {limit}")
        return value

    def sections(self, key: str, *, limit: int) -> tuple[Fields, ...]:
        """Return the array of objects under ``key``."""
        items = self.array(key, limit=limit)
        return tuple(
            Fields(item, f"{self._at(key)}[{i}]", self._error) for i, item in enumerate(items)
        )

    def texts(self, key: str, *, limit: int) -> tuple[str, ...]:
        """Return the array of strings under ``key``."""
        items = self.array(key, limit=limit)
        names = tuple(item for item in items if isinstance(item, str) and len(item) <= _MAX_TEXT)
        if len(names) != len(items):
            raise self._error(f"{self._at(key)}: expected strings of at most {_MAX_TEXT}")
        return names

    def integers(self, key: str, *, limit: int, low: int = 0) -> tuple[int, ...]:
        """Return the array of integers (at least ``low``) under ``key``."""
        items = self.array(key, limit=limit)
        numbers = tuple(
            item
            for item in items
            if isinstance(item, int) and not isinstance(item, bool) and item >= low
        )
        if len(numbers) != len(items):
            raise self._error(f"{self._at(key)}: expected integers of at least {low}")
        return numbers

    def counts(self, key: str, *, limit: int = 16, low: int = 1) -> dict[str, int]:
        """Return an object of integers (at least ``low``), such as {"trainExamples": 65}."""
        inner = self.section(key)
        if len(inner.value) > limit:
            raise self._error(f"{inner.where}: {len(inner.value)} keys, expected at most {limit}")
        return {name: inner.integer(name, low=low) for name in inner.value}

    def _at(self, key: str) -> str:
        """Return the path of a field; whoever chose its name may have chosen anything."""
        plain = len(key) <= _SHOWN and key.isascii() and key.isidentifier()
        return f"{self.where}.{key}" if plain else f"{self.where}[{key[:_SHOWN]!r}]"


def _kind(value: object) -> str:
    names = {
        dict: "an object",
        list: "an array",
        str: "a string",
        bool: "a boolean",
        int: "a number",
    }
    return names.get(type(value), "null")
