"""Worker processes: one thread each, tasks in any order, the same bytes whatever their number.

A worker process is asked for items by name and writes each atomically into the work folder, so
that a killed run loses at most the items under way.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from auditor.errors import RunError
from auditor.learners.alone import end_with

Result = TypeVar("Result")

#: Thread counts are read by the numeric libraries when they load, so before a worker starts.
_ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def _start(parent: int, initializer: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    end_with(parent)
    initializer(*arguments)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ignore Ctrl-C for a moment, and for good in the processes started meanwhile.

    A terminal sends it to all of them; the parent alone answers, and ends the others.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set signals, and it alone is interrupted
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _ready() -> None:
    """Do nothing: the first task of each process, which makes the pool start it."""


class Executor(Protocol):
    """Runs tasks on items."""

    def map(
        self, task: Callable[[int], Result], items: Sequence[int]
    ) -> Iterator[tuple[int, Result]]:
        """Yield (item, task(item)) as they finish."""


class _Inline:
    """Runs tasks in this process, one after another: for tests, notebooks and debuggers."""

    def map(
        self, task: Callable[[int], Result], items: Sequence[int]
    ) -> Iterator[tuple[int, Result]]:
        """Yield (item, task(item)) in order."""
        for item in items:
            yield item, task(item)


class _Pool:
    """A pool of worker processes that all hold the same state."""

    def __init__(self, pool: ProcessPoolExecutor, workers: int) -> None:
        self._pool = pool
        self._workers = workers

    def map(
        self, task: Callable[[int], Result], items: Sequence[int]
    ) -> Iterator[tuple[int, Result]]:
        """Yield (item, task(item)) as they finish.

        Raises RunError when a worker process dies (most often: no memory left).
        """
        waiting = list(reversed(items))
        running: dict[Future[Result], int] = {}
        try:
            while waiting or running:
                while waiting and len(running) < 2 * self._workers:
                    item = waiting.pop()
                    running[self._pool.submit(task, item)] = item
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    yield running.pop(future), future.result()
        except BrokenProcessPool as error:
            msg = (
                "a worker process was killed, most likely for lack of memory; what is finished is "
                f"kept: run the same command again, with fewer than {self._workers} workers"
            )
            raise RunError(msg) from error
        finally:
            for future in running:
                future.cancel()


@contextmanager
def executor(
    workers: int, initializer: Callable[..., None], arguments: tuple[Any, ...]
) -> Iterator[Executor]:
    """Start ``workers`` processes, each after ``initializer(*arguments)``; stop them at the end.

    With ``workers`` 0 this process does the work.
    """
    if workers == 0:
        initializer(*arguments)
        yield _Inline()
        return
    saved = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(os.getpid(), initializer, arguments),
    )
    with _uninterrupted():
        for _ in range(workers):
            pool.submit(_ready)
    try:
        yield _Pool(pool, workers)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list((pool._processes or {}).values()):  # noqa: SLF001 - no public way
            process.terminate()
        raise
    else:
        pool.shutdown()
    finally:
        for name, value in saved.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
