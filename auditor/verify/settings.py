"""Strict reading of ``trust.toml`` and ``release.toml``: one line a key, one sentence a mistake.

No number passes through a float: a decimal keeps the digits that it was written with. Every error
is a UsageError that names file, key, what is allowed and what was got.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeVar

from auditor.errors import UsageError
from auditor.guarantee.threat import Budget

MAX_BYTES: Final = 2**20
_MAX_ITEMS: Final = 4096

_HEX: Final = re.compile(r"[0-9a-f]*")
_DECIMAL: Final = re.compile(r"[01](?:\.[0-9]{1,18})?")
_RATIONAL: Final = re.compile(r"([1-9][0-9]{0,17})/([1-9][0-9]{0,17})")
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)?"
)

Item = TypeVar("Item")


def read(data: bytes, where: str, homes: Mapping[str, str]) -> Settings:
    """Return the document in a TOML file; ``homes`` says in which table a misplaced key belongs."""
    if len(data) > MAX_BYTES:
        raise UsageError(f"{where}: {len(data)} bytes, expected at most {MAX_BYTES}")
    try:
        document = tomllib.loads(data.decode("utf-8"), parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise UsageError(f"{where}: expected UTF-8 text, got byte {error.start} not") from None
    except (tomllib.TOMLDecodeError, RecursionError, ArithmeticError, ValueError) as error:
        raise UsageError(f"{where}: not valid TOML: {error}") from None
    return Settings(document, where, "", homes)


class Settings:
    """One table of a TOML file, and its path, for example ``keys[0]``."""

    __slots__ = ("_homes", "path", "value", "where")

    def __init__(
        self, value: Mapping[str, object], where: str, path: str, homes: Mapping[str, str]
    ) -> None:
        self.value = value
        self.where = where
        self.path = path
        self._homes = homes

    def __contains__(self, key: str) -> bool:
        return key in self.value

    def only(self, allowed: Sequence[str], required: Sequence[str] = ()) -> Settings:
        """Refuse unknown and missing keys, and a table without any; return self."""
        for key in self.value:
            if key not in allowed:
                raise UsageError(
                    f"{self._at(key)}: unknown key{self._guess(key, allowed)}. "
                    f"Allowed here: {', '.join(allowed)}"
                )
        for key in required:
            if key not in self.value:
                raise UsageError(f"{self._at(key)}: missing")
        if self.path and not self.value:
            raise UsageError(f"{self.where}: {self.path}: expected at least one key, got none")
        return self

    def text(self, key: str, *, limit: int = 1024) -> str:
        """Return a text of 1 to ``limit`` characters."""
        value = self.value.get(key)
        if not isinstance(value, str) or not 1 <= len(value) <= limit:
            raise self.refuse(key, f"text of 1 to {limit} characters")
        return value

    def hexadecimal(self, key: str, digits: int = 64) -> str:
        """Return exactly ``digits`` lower-case hexadecimal digits."""
        value = self.value.get(key)
        if not isinstance(value, str) or len(value) != digits or not _HEX.fullmatch(value):
            raise self.refuse(key, f"{digits} lower-case hexadecimal digits")
        return value

    def integer(self, key: str, *, low: int, high: int) -> int:
        """Return a whole number within [low, high]; true and false are none."""
        value = self.value.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.refuse(key, f"a whole number from {low} to {high}")
        return value

    def choice(self, key: str, allowed: Sequence[str]) -> str:
        """Return one of the allowed texts."""
        value = self.value.get(key)
        if not isinstance(value, str) or value not in allowed:
            raise self._not_one_of(key, value, allowed)
        return value

    def choices(self, key: str, allowed: Sequence[str], *, empty: bool = False) -> tuple[str, ...]:
        """Return a list of the allowed texts, none twice; ``empty``: whether there may be none."""
        items = self._items(key, empty=empty)
        for item in items:
            if not isinstance(item, str) or item not in allowed:
                raise self._not_one_of(key, item, allowed)
        return self._once(key, tuple(str(item) for item in items))

    def digests(self, key: str, digits: int = 64, *, empty: bool = False) -> tuple[str, ...]:
        """Return a list of hexadecimal texts, none twice; ``empty``: whether there may be none."""
        items = self._items(key, empty=empty)
        read = [
            Settings({key: item}, self.where, self.path, self._homes).hexadecimal(key, digits)
            for item in items
        ]
        return self._once(key, tuple(read))

    def share(self, key: str, *, zero: bool, one: bool) -> Fraction:
        """Return a number from 0 to 1, exactly; ``zero`` and ``one``: whether those are allowed.

        Written as a number (0.75) or as text ("0.75", "3/4").
        """
        expected = (
            f"a number {'from' if zero else 'above'} 0 {'to' if one else 'and below'} 1, "
            'such as 0.75 or "3/4"'
        )
        value = share(self.value.get(key))
        if value is None or (value == 0 and not zero) or (value == 1 and not one):
            raise self.refuse(key, expected)
        return value

    def time(self, key: str, *, end: bool) -> str:
        """Return a time as YYYY-MM-DDThh:mm:ssZ; of a date alone its first second, or its last."""
        try:
            match = _TIME.fullmatch(_time_text(self.value.get(key)) or "")
            if match is None:
                raise ValueError
            date.fromisoformat(match.group(1))
        except (ValueError, OverflowError):
            raise self.refuse(key, "YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ (UTC)") from None
        return match.group(1) + (match.group(2) or ("T23:59:59Z" if end else "T00:00:00Z"))

    def budget(self, key: str) -> Budget:
        """Return a budget; an empty one means that nothing is changed."""
        where = f"{self.where}: {self._path(key)}"
        read = Budget.from_json(self.table(key).value, where)
        read.check_partial(where)  # or it would say nothing, and demand nothing
        return read

    def budgets(self, key: str) -> tuple[Budget, ...]:
        """Return a list of at least one budget, none twice."""
        items = self._items(key)
        read = [
            Settings({key: item}, self.where, self.path, self._homes).budget(key) for item in items
        ]
        if len(set(read)) != len(read):
            raise self.refuse(key, "no budget twice")
        return tuple(read)

    def table(self, key: str) -> Settings:
        """Return the table at ``key``."""
        value = self.value.get(key)
        if not isinstance(value, Mapping):
            raise self.refuse(key, "a table")
        return Settings(value, self.where, self._path(key), self._homes)

    def tables(self, key: str, *, empty: bool = False) -> tuple[Settings, ...]:
        """Return the list of tables at ``key``; ``empty``: whether there may be none."""
        items = self._items(key, empty=empty)
        tables = []
        for place, item in enumerate(items):
            if not isinstance(item, Mapping):
                raise self.refuse(key, "a list of tables")
            path = f"{self._path(key)}[{place}]"
            tables.append(Settings(item, self.where, path, self._homes))
        return tuple(tables)

    def refuse(self, key: str, expected: str) -> UsageError:
        """Return the error for a value that ``key`` does not allow."""
        return UsageError(
            f"{self._at(key)}: expected {expected}, got {_shown(self.value.get(key))}"
        )

    def _items(self, key: str, *, empty: bool = False) -> list[object]:
        value = self.value.get(key)
        low = 0 if empty else 1
        if not isinstance(value, list) or not low <= len(value) <= _MAX_ITEMS:
            raise self.refuse(key, f"a list of {low} to {_MAX_ITEMS} entries")
        return value

    def _once(self, key: str, items: tuple[Item, ...]) -> tuple[Item, ...]:
        if len(set(items)) != len(items):
            raise self.refuse(key, "no entry twice")
        return items

    def _not_one_of(self, key: str, value: object, allowed: Sequence[str]) -> UsageError:
        listed = " or ".join(f'"{item}"' for item in allowed)
        guess = _closest(value, allowed) if isinstance(value, str) else ""
        return UsageError(f"{self._at(key)}: expected {listed}{guess}, got {_shown(value)}")

    def _guess(self, key: str, allowed: Sequence[str]) -> str:
        guess = _closest(key, allowed)
        if not guess and key in self._homes and self._homes[key] != self.path:
            guess = f" (it belongs under [{self._homes[key]}])"
        return guess

    def _path(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _at(self, key: str) -> str:
        return f"{self.where}: {self._path(key)}"


def share(value: object) -> Fraction | None:
    """Return the number from 0 to 1 that a value states exactly; None if it states none.

    >>> share("3/4"), share("0.02"), share(Decimal("1e-3")), share("1.5")
    (Fraction(3, 4), Fraction(1, 50), Fraction(1, 1000), None)
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    number: Fraction | None = None
    if isinstance(value, int):
        number = Fraction(value)
    elif isinstance(value, Decimal):
        if value.is_finite() and len(value.as_tuple().digits) + abs(value.adjusted()) <= 60:
            number = Fraction(value)
    elif match := _RATIONAL.fullmatch(value):
        number = Fraction(int(match.group(1)), int(match.group(2)))
    elif _DECIMAL.fullmatch(value):
        number = Fraction(value)
    return number if number is not None and 0 <= number <= 1 else None


def _time_text(value: object) -> str | None:
    """Return what TOML's own dates and times say, as text; None where that is no one time."""
    if isinstance(value, datetime):
        if value.tzinfo is None or value.microsecond:
            return None
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str) else None


def _closest(word: str, allowed: Collection[str]) -> str:
    close = difflib.get_close_matches(word, allowed, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return f"a table with {', '.join(map(str, value)) or 'no keys'}"
    if isinstance(value, Decimal | date):
        return str(value)
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 100 else text[:97] + "..."
