"""Fixed members and their votes in one view, in words."""

from __future__ import annotations

from typing import Protocol


class _Voting(Protocol):
    """Fixed members and their votes in one view."""

    @property
    def voters(self) -> int: ...

    @property
    def each(self) -> int: ...


def at_least(least: int, rule: _Voting) -> str:
    """Say that so many voters are needed, and how many there are."""
    who = "members" if rule.each == 1 else "neighbours"
    return f"so at least {least} {who}; there are {rule.voters}"
