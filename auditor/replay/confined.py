"""A Python process that has nothing: no files, no settings, a bounded time for every answer.

It starts isolated (``python -I``) in an empty folder that is gone as soon as it is in it, with an
environment of a few fixed words, in a session of its own. It ends with this process, however this
one ends: it holds a pipe that nobody writes to, and the kernel tells it when the other end is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from auditor import scratch
from auditor.errors import UndecidedError

#: Read from here, so that the child runs this very code, wherever it is installed.
_ROOT: Final = Path(__file__).resolve().parents[2]

_START: Final = """
import sys
sys.path.insert(0, sys.argv[1])
from auditor.replay import sandbox_child
sandbox_child.main(*sys.argv[2:])
"""

#: Settings that libraries need to be found at all, and those of a graphics card.
_KEPT: Final = ("LD_LIBRARY_PATH",)
_KEPT_CUDA: Final = ("CUDA_VISIBLE_DEVICES", "CUDA_PATH", "CUDA_HOME")
_SET: Final = {
    "LC_ALL": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "CUDA_CACHE_DISABLE": "1",
}

_PIPE: Final = 2**20  # bytes in flight; the kernel's default of 64 KiB makes many small steps
_DEATH: Final = 1.0  # seconds that a child which closed its pipes may take to end by itself


class EndedError(Exception):
    """The process is gone; says how it ended."""


class Confined:
    """A confined process and the pipes to it. Raises UndecidedError when it cannot be started."""

    def __init__(self, settings: str, *, cuda: bool) -> None:
        kept = (*_KEPT, *(_KEPT_CUDA if cuda else ()))
        environment = {name: os.environ[name] for name in kept if name in os.environ} | _SET
        listening, held = os.pipe()
        command = [sys.executable, "-I", "-B", "-c", _START, str(_ROOT), settings, str(listening)]
        try:
            # The child is in the folder when it is removed. In one that is gone nothing can be made
            # or found, and nothing is left of it however both processes end.
            with scratch.folder("auditor-") as folder:
                child = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    cwd=folder,
                    env=environment,
                    pass_fds=(listening,),
                    start_new_session=True,
                    bufsize=0,
                )
        except OSError as error:
            os.close(held)
            raise UndecidedError(f"sandbox: cannot be started: {error.strerror}") from error
        finally:
            os.close(listening)
        assert child.stdin is not None  # noqa: S101 - both were asked for
        assert child.stdout is not None  # noqa: S101
        self._child = child
        self._to, self._from = child.stdin.fileno(), child.stdout.fileno()
        for end in (self._to, self._from):
            os.set_blocking(end, False)
            with contextlib.suppress(OSError, AttributeError):
                fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, _PIPE)
        self.close = weakref.finalize(self, _end, child, held)

    def send(self, parts: Sequence[bytes | memoryview], deadline: float) -> None:
        """Write all parts; raise TimeoutError at ``deadline`` (monotonic).

        Stops when nobody listens any more: what became of the process, :meth:`receive` finds out,
        after its last words.
        """
        for part in parts:
            left = memoryview(part)
            while left:
                try:
                    left = left[os.write(self._to, left) :]
                except BlockingIOError:
                    _wait(self._to, select.POLLOUT, deadline)
                except BrokenPipeError:
                    return

    def receive(self, into: memoryview, deadline: float) -> None:
        """Fill ``into``; raise TimeoutError at ``deadline``, EndedError if the process is gone."""
        while into:
            try:
                count = os.readv(self._from, [into])
            except BlockingIOError:
                _wait(self._from, select.POLLIN, deadline)
                continue
            if not count:
                raise EndedError(self._ending())
            into = into[count:]

    def _ending(self) -> str:
        """End the process and say how it had ended by itself, if it had."""
        late = time.monotonic() + _DEATH
        how = os.WEXITED | os.WNOWAIT | os.WNOHANG  # not reaped, so that its number stays its own
        while os.waitid(os.P_PID, self._child.pid, how) is None and time.monotonic() < late:
            time.sleep(0.005)
        self.close()
        code = self._child.returncode
        if code >= 0:
            return f"it ended with code {code}"
        return _SIGNALS.get(-code, f"it was ended by {signal.Signals(-code).name}")


_SIGNALS: Final[Mapping[int, str]] = {
    signal.SIGXCPU: "it used up its processor time",
    signal.SIGABRT: "it gave up (SIGABRT), most likely for lack of memory",
    signal.SIGKILL: "it was killed (SIGKILL), most likely for lack of memory",
}


def _wait(end: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(end, event)
    left = deadline - time.monotonic()
    if left <= 0 or not poll.poll(1000 * left):
        raise TimeoutError


def _end(child: subprocess.Popen[bytes], held: int) -> None:
    """Kill the process with all that it may have started, and leave nothing of it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()
    os.close(held)
