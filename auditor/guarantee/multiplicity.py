"""How the failure probability alpha is shared: over inputs, over events, over class selection.

One confidence bound per input covers every budget at once, because the true vote probability is a
single number and a wrong claim at any budget needs that one bound to fail. The label is chosen on
the same votes; ``floor`` pays for that (docs/guarantee.md, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flint import fmpq

SELECTION: Final = fmpq(1, 1024)
"""Share of an input's alpha that pays for choosing the label on the counted votes."""

SCOPES: Final = ("simultaneous", "per-input")


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Levels of the one-sided tests for one input."""

    floor: fmpq
    """For "some class holds more than half", at the label's count."""
    event: fmpq
    """For each bounded event."""


def input_share(alpha: fmpq, scope: str, inputs: int) -> fmpq:
    """Return one input's share of alpha: alpha/inputs when all claims shall hold together.

    >>> str(input_share(fmpq(1, 1000), "simultaneous", 5))
    '1/5000'
    """
    if scope not in SCOPES or inputs < 1:
        message = f"scope {scope!r}, inputs {inputs}: expected one of {SCOPES} and at least 1 input"
        raise ValueError(message)
    return alpha / inputs if scope == "simultaneous" else alpha


def levels(share: fmpq, events: int) -> Levels:
    """Split one input's share between class selection and ``events`` bounded events."""
    return Levels(floor=share * SELECTION, event=share * (1 - SELECTION) / max(events, 1))
