"""Libraries of others, kept at arm's length: whatever they do with hostile bytes is a refusal."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from auditor.errors import AuditorError, EnvelopeError, UsageError

_LONGEST: Final = 200


@contextmanager
def contained(where: str) -> Iterator[None]:
    """Let nothing but our own errors out: all others become an EnvelopeError about ``where``.

    A panic in Rust code reaches Python as a BaseException that is no Exception, and is caught too.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # whoever sent the bytes does not write to our screen
            yield
    except (AuditorError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        said = " ".join(str(error).split())[:_LONGEST]
        raise EnvelopeError(f"{where}: malformed ({type(error).__name__}: {said})") from error


def missing(package: str, why: str = "is not installed") -> UsageError:
    """Return the error that says which extra brings a package."""
    return UsageError(f"{package} {why}: pip install --upgrade 'auditor[witness]'")
