"""Every error a person can meet, in one tree; the exit code is part of the type.

Codes (documented in ``schemas/README.md``): 1 = not certified, 2 = usage or configuration,
3 = undecided, 70 = a bug of ours. Messages name what, where, expected and got.
"""

from __future__ import annotations

from typing import ClassVar


class AuditorError(Exception):
    """Base of all errors raised on purpose."""

    exit_code: ClassVar[int] = 70


class VerificationError(AuditorError):
    """A certificate does not establish what it claims. The only error that leaves ``verify``."""

    exit_code = 1
    grade: ClassVar[str] = "verification"


class EnvelopeError(VerificationError):
    """Bytes that are not the expected DSSE envelope or strict JSON."""

    grade = "envelope"


class SignatureError(VerificationError):
    """No pinned key verifies the envelope."""

    grade = "signature"


class StatementError(VerificationError):
    """A statement of the wrong shape, type or range."""

    grade = "statement"


class InclusionError(VerificationError):
    """A leaf that is not in the signed tree."""

    grade = "inclusion"


class ClaimError(VerificationError):
    """Arithmetic that does not support a claim: votes, thresholds, totals."""

    grade = "claim"


class ReleaseError(VerificationError):
    """A release folder whose files are not the signed ones, or have unsafe names."""

    grade = "release"


class UndecidedError(VerificationError):
    """Nothing was refuted and nothing established: a missing file, an unknown version."""

    exit_code = 3
    grade = "undecided"


class UsageError(AuditorError):
    """A mistake in what we were asked to do."""

    exit_code = 2


class RecipeError(UsageError):
    """A recipe that cannot be run as written."""


class DataError(UsageError):
    """A data set that cannot be read as the recipe says."""


class RunError(UsageError):
    """A run that cannot start or continue."""
