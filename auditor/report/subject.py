"""The part of a verified certificate that words, tables and pictures are made from."""

# The names are those of ``auditor.verify.Verified``, whose docstrings say what they are.
# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from auditor.format.predicate import Threshold
from auditor.verify.challenge import Origin
from auditor.verify.verified import Claim


class Subject(Protocol):
    """What ``auditor.verify.Verified`` offers here. Only verification makes the real one."""

    @property
    def kind(self) -> str: ...
    @property
    def audit(self) -> Mapping[str, Any]: ...
    @property
    def claims(self) -> Sequence[Claim]: ...
    @property
    def summary(self) -> Mapping[str, Any]: ...
    @property
    def thresholds(self) -> Sequence[Threshold]: ...
    @property
    def checked(self) -> Sequence[str]: ...
    @property
    def not_checked(self) -> Sequence[str]: ...
    @property
    def challenge(self) -> Origin: ...
    @property
    def keyid(self) -> str: ...


def right(claim: Claim) -> bool:
    """Whether the vote gave the true label."""
    return claim.label is not None and claim.label == claim.true_label


def withstands(claim: Claim, budget: Mapping[str, int]) -> bool:
    """Whether the claim's label is the true one and survives ``budget``, which may be empty."""
    return right(claim) and (not budget or claim.certified(budget))
