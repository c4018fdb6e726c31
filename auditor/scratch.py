"""What a signal must not tear: temporary folders are gone afterwards, whenever work is stopped."""

from __future__ import annotations

import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait until the block ends, also where it ends by an error."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set signals, and it alone is interrupted
        return
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: handler for number, handler in handlers.items() if callable(handler)}
    try:
        for number in before:
            signal.signal(number, note)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


@contextmanager
def folder(prefix: str) -> Iterator[Path]:
    """Yield a new folder; remove it with all that is in it when the block ends.

    Ctrl-C and SIGTERM wait while it is made and while it is removed: ``tempfile`` alone forgets a
    folder whose removal is interrupted. Between these its finalizer holds the folder.
    """
    with undisturbed():
        temporary = tempfile.TemporaryDirectory(prefix=prefix)
    try:
        yield Path(temporary.name)
    finally:
        with undisturbed():
            temporary.cleanup()
