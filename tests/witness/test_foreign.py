"""Whatever a library does is a refusal; what is ours, and Ctrl-C, passes through."""

from __future__ import annotations

import warnings

import pytest

from auditor.errors import EnvelopeError, SignatureError, UsageError
from auditor.witness.foreign import contained


class PanicException(BaseException):
    """What a panic in Rust code looks like from Python."""


@pytest.mark.parametrize(
    "error", [ValueError("no\nsuch\tpoint"), RecursionError(), OSError(75), PanicException("index")]
)
def test_anything_from_a_library_is_a_refusal(error: BaseException) -> None:
    expected = rf"^file: malformed \({type(error).__name__}"
    with pytest.raises(EnvelopeError, match=expected), contained("file"):
        raise error


def test_the_message_is_one_short_line() -> None:
    with pytest.raises(EnvelopeError) as caught, contained("file"):
        raise ValueError("a\nb " * 1000)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_library_does_not_warn_about_bytes_of_others() -> None:
    with contained("file"):
        warnings.warn("odd bytes", UserWarning, stacklevel=1)  # an error in this test suite


@pytest.mark.parametrize("error", [SignatureError("x"), UsageError("x"), KeyboardInterrupt()])
def test_our_own_errors_and_interrupts_pass(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, contained("file"):
        raise error
    assert caught.value is error
