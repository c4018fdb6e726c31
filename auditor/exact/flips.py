"""Changed coordinates under flip noise, and how likely each of their types is.

A coordinate of an alphabet with K symbols is kept with probability ``keep`` and otherwise replaced
by one of the K - 1 other symbols, uniformly. A change of R such coordinates turns the law P of the
noisy value into Q. Unchanged coordinates have the same law under both and drop out, so nothing here
depends on the dimension. On the changed ones Q/P depends only on

    e = #(coordinates showing the old symbol) - #(coordinates showing the new one),

namely (other/keep)**e, and the mass of the type e is a coefficient of
(keep z**2 + (K-2) other z + other)**R (docs/guarantee.md, section 3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from flint import fmpq, fmpz, fmpz_poly

MAX_CHANGED: Final = 4096


class Group(Protocol):
    """Changed coordinates whose types a bound sums; exchanging P and Q reverses their order."""

    @property
    def types(self) -> int:
        """Most likelihood-ratio values there can be."""

    @property
    def bits(self) -> int:
        """About how long a mass is."""

    @property
    def scale(self) -> fmpz:
        """What the masses sum to."""

    @property
    def ordered(self) -> bool:
        """Whether the types come in increasing order of Q/P."""

    def masses(self) -> tuple[fmpz, ...]:
        """Return the P mass of each type, none zero; in reverse they are the Q masses."""

    def ratios(self) -> list[int]:
        """Return Q/P of each type, times one number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipGroup:
    """``changed`` coordinates with the same alphabet and the same noise.

    Raises ValueError unless symbols >= 2, 1/symbols < keep < 1 and 0 <= changed <= MAX_CHANGED.
    With keep = 1/symbols the noise erases everything; below, it prefers wrong symbols: neither
    has a use, so both are refused.
    """

    symbols: int
    keep: fmpq
    changed: int

    def __post_init__(self) -> None:
        if self.symbols < 2:
            message = f"symbols: expected at least 2, got {self.symbols}"
            raise ValueError(message)
        if not (self.keep < 1 and self.keep * self.symbols > 1):
            message = f"keep: expected 1/{self.symbols} < keep < 1, got {self.keep}"
            raise ValueError(message)
        if not 0 <= self.changed <= MAX_CHANGED:
            message = f"changed: expected 0 .. {MAX_CHANGED}, got {self.changed}"
            raise ValueError(message)

    @property
    def types(self) -> int:
        """Number of likelihood-ratio values."""
        return self.changed + 1 if self.symbols == 2 else 2 * self.changed + 1

    @property
    def bits(self) -> int:
        """About how long a mass is."""
        return self.changed * (int(self.keep.q) * (self.symbols - 1)).bit_length()

    @property
    def scale(self) -> fmpz:
        """What the masses sum to."""
        return (self.keep.q * (self.symbols - 1)) ** self.changed

    @property
    def ordered(self) -> bool:
        """Return True: by decreasing e, Q/P increases."""
        return True

    @property
    def weights(self) -> tuple[fmpz, fmpz]:
        """Integer weights of keeping a symbol and of each other one."""
        return self.keep.p * (self.symbols - 1), self.keep.q - self.keep.p

    def polynomial(self) -> fmpz_poly:
        """Return the P masses as coefficients, that of type e at the power changed + e."""
        keep, other = self.weights
        return fmpz_poly([other, (self.symbols - 2) * other, keep]) ** self.changed

    def masses(self) -> tuple[fmpz, ...]:
        """Return the P mass of each type by decreasing e; in reverse they are the Q masses."""
        mass, changed = self.polynomial(), self.changed
        return tuple(mass[changed + e] for e in range(changed, -changed - 1, -self._step))

    def ratios(self) -> list[int]:
        """Return Q/P of each type by decreasing e, times one number: (other keep)**changed."""
        return powers(self, self.changed, self._step)

    @property
    def _step(self) -> int:
        return 2 if self.symbols == 2 else 1


def powers(group: FlipGroup, most: int, step: int = 1) -> list[int]:
    """Return (other/keep)**e of a group's noise for e from ``most`` down, times one number."""
    keep, other = map(int, group.weights)
    return [other ** (most + e) * keep ** (most - e) for e in range(most, -most - 1, -step)]


def merge_flips(groups: Iterable[FlipGroup]) -> tuple[FlipGroup, ...]:
    """Join flips with the same noise and drop empty ones, in a canonical order."""
    changed: dict[tuple[int, fmpq], int] = {}
    for group in groups:
        key = (group.symbols, group.keep)
        changed[key] = changed.get(key, 0) + group.changed
    ordered = sorted(changed.items(), key=lambda item: (item[0][0], item[0][1]))
    return tuple(
        FlipGroup(symbols=symbols, keep=keep, changed=count)
        for (symbols, keep), count in ordered
        if count
    )
