"""Where a fuzzer's decisions come from: Hypothesis, a coverage-guided fuzzer or a seeded generator.

Mutations ask for whole numbers and nothing else, so one set of them serves all three.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Choices(Protocol):
    """A source of decisions."""

    def below(self, bound: int) -> int:
        """Return a whole number from 0 to bound - 1."""


class Seeded:
    """Decisions of a seeded generator."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def below(self, bound: int) -> int:
        return self._random.randrange(bound)


class Drawn:
    """Decisions that Hypothesis makes, and makes smaller when something fails."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def below(self, bound: int) -> int:
        return self._data.draw(st.integers(0, bound - 1))


class Provided:
    """Decisions read from the bytes of a coverage-guided fuzzer."""

    def __init__(self, provider: Any) -> None:  # noqa: ANN401 - atheris has no types
        self._provider = provider

    def below(self, bound: int) -> int:
        number: int = self._provider.ConsumeIntInRange(0, bound - 1)
        return number

    def rest(self) -> bytes:
        """Return the bytes that are left."""
        left: bytes = self._provider.ConsumeBytes(self._provider.remaining_bytes())
        return left


def one(choices: Choices, items: Sequence[T]) -> T:
    return items[choices.below(len(items))]


def chance(choices: Choices, of: int) -> bool:
    """Return True once in so many."""
    return choices.below(of) == 0
