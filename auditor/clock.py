"""The one place that reads the clock for anything that is signed or judged."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from auditor.errors import UsageError


def now() -> str:
    """Return the time as statements spell it: YYYY-MM-DDThh:mm:ssZ.

    SOURCE_DATE_EPOCH, where it is set, is the clock. Raises UsageError when it is no time.
    """
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        return text(time.time() if fixed is None else int(fixed))
    except (ValueError, OverflowError, OSError) as error:
        msg = f"SOURCE_DATE_EPOCH: expected seconds since 1970, got {fixed!r}"
        raise UsageError(msg) from error


def machine() -> str:
    """Return the machine's time, by which dates are judged: no variable moves it."""
    return text(time.time())


def text(seconds: float) -> str:
    """Spell a time in seconds since 1970, rounded down to a whole one.

    >>> text(1692803367)
    '2023-08-23T15:09:27Z'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
