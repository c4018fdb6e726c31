"""Signals that end a command, whatever the process that runs the tests has made of them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def answered(number: signal.Signals) -> Iterator[None]:
    """Answer a signal as the command line does. A job in the background ignores SIGINT."""
    before = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(number, before)
