"""What long work says while it goes on."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the course of a run or a check; never results, which exist only at its end."""

    def stage(self, name: str, total: int, unit: str) -> None:
        """Begin a stage of ``total`` units of work."""

    def advance(self, amount: int) -> None:
        """Report ``amount`` more units done in the current stage."""

    def message(self, text: str) -> None:
        """Say something in one line."""

    def done(self) -> None:
        """End the last stage."""


class Silent:
    """A Progress that says nothing."""

    def stage(self, name: str, total: int, unit: str) -> None:
        """Ignore the stage."""

    def advance(self, amount: int) -> None:
        """Ignore the amount."""

    def message(self, text: str) -> None:
        """Ignore the text."""

    def done(self) -> None:
        """Ignore the end."""
