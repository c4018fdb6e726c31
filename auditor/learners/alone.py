"""One piece of work in a process of its own, of which nothing is left but what it returns.

Code of a user's can leave anything behind: a default of PyTorch, a hook, a patched function, a
variable of a module that it imports, a generator. In a process of its own that is gone with it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Final, TypeVar

from auditor.errors import AuditorError, RunError
from auditor.learners.training_loop import UntrainableError

T = TypeVar("T")

#: What crosses as it is: a sentence that was meant for whoever called.
_SAID: Final = (AuditorError, UntrainableError)


def alone(work: Callable[[], T], *, fork: bool) -> T:
    """Return ``work()`` as a child process returned it.

    ``fork``: the child starts as a copy of this process, in milliseconds; else as a new
    interpreter, as CUDA needs it, and ``work`` must be picklable. What the child prints goes to
    stderr. Raises the AuditorError or UntrainableError that ``work`` raised; UntrainableError when
    it ended its process; RunError when something else killed it.
    """
    context: Any = multiprocessing.get_context("fork" if fork else "spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_serve, args=(sender, work, os.getpid()))
    sys.stdout.flush()
    child.start()
    sender.close()
    try:
        # A process that it left behind may hold the other end open: then there is no end of file.
        while not receiver.poll(1) and child.is_alive():
            pass
        if not receiver.poll():
            raise EOFError
        kind, value = receiver.recv()
    except EOFError:
        child.join()
        raise _ended(child.exitcode) from None
    finally:
        child.kill()
        child.join()
        receiver.close()
    if kind == "returned":
        returned: T = value
        return returned
    if kind == "said":
        raise value
    raise RuntimeError(value)


def end_with(parent: int) -> None:
    """End this process soon after its parent, even one that was killed without a word."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _serve(sender: Connection, work: Callable[[], object], parent: int) -> None:
    end_with(parent)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.dup2(2, 1)  # a verdict may be going to stdout
    sys.stdout = sys.stderr
    try:
        answer = ("returned", work())
    except _SAID as error:
        answer = ("said", type(error)(str(error)))
    except BaseException:  # noqa: BLE001 - whatever it is, it ends here
        answer = ("bug", traceback.format_exc())
    sender.send(answer)
    sender.close()
    sys.stderr.flush()
    os._exit(0)  # neither threads nor hooks of a user's keep it


def _ended(code: int | None) -> Exception:
    if code == -signal.SIGKILL:
        return RunError("a process that trains was killed: too little memory, most likely")
    how = f"exit code {code}" if code is None or code >= 0 else signal.Signals(-code).name
    return UntrainableError(f"it ended its process ({how})")
