"""The other end of a sandbox: what runs in the confined process.

It gives up what it could misuse before anything heavy is imported, and judges every graph by
:mod:`auditor.replay.graph_rules` before onnxruntime sees a byte of it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import resource
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from auditor.errors import ReleaseError, UsageError
from auditor.replay import wire
from auditor.replay.form import Form
from auditor.replay.wire import Head, Word

if TYPE_CHECKING:
    from auditor.replay.form import Floats, Scorer
    from auditor.replay.graph_rules import Seen

_IN: Final = 0
_FILES: Final = 64  # open at once; on a graphics card, whose drivers open many, four times that

#: What onnxruntime says of a graph that breaks its rules, whatever machine it is on.
_BROKEN: Final = frozenset({"InvalidArgument", "InvalidGraph", "InvalidProtobuf"})
#: What it says of rows on which a sound graph cannot be evaluated, such as an index out of range.
_FAILS: Final = frozenset({"InvalidArgument"})


def main(settings: str, listening: str) -> NoReturn:
    """Serve until the other end hangs up. ``settings`` is JSON: memory, seconds, device."""
    limits: Mapping[str, Any] = json.loads(settings)
    cuda = limits["device"] == "cuda"
    _end_with(int(listening))
    _confine(limits["memory"], cuda=cuda)
    out = os.dup(1)  # what a library prints must not be taken for an answer
    os.dup2(2, 1)
    server = _Server(out, limits)
    if not cuda:
        _limit(resource.RLIMIT_NPROC, 0)  # no process and no thread from here on
    server.serve()


def _end_with(listening: int) -> None:
    """Have the kernel send SIGIO, which ends a process, when the other end of a pipe closes."""
    fcntl.fcntl(listening, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(listening, fcntl.F_GETFL)
    fcntl.fcntl(listening, fcntl.F_SETFL, flags | os.O_ASYNC)


def _confine(memory: int, *, cuda: bool) -> None:
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, 4 * _FILES if cuda else _FILES)
    if not cuda:  # drivers reserve addresses by the terabyte
        _limit(resource.RLIMIT_AS, memory)
    with contextlib.suppress(OSError):  # where memory runs out, let it be this process that ends
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(what, (most, most))


class _Server:
    """The conversation, and the graphs that are loaded."""

    def __init__(self, out: int, limits: Mapping[str, Any]) -> None:
        self._out = out
        self._seconds: float = limits["seconds"]
        self._device: str = limits["device"]
        self._loaded: dict[int, tuple[Scorer, Form, int, str]] = {}
        self._seen: Seen = {}
        try:
            from auditor.replay import graph_rules, runtime
        except ImportError as error:
            self._last_words(f"cannot import {error.name}: pip install 'auditor[replay]'")
        self._rules, self._runtime = graph_rules, runtime

    def serve(self) -> NoReturn:
        """Answer one message after another."""
        self._say(Head(Word.DONE, 0))
        while True:
            head = Head.unpack(_receive(wire.HEAD))
            self._allow_time()
            try:
                self._answer(head)
            except ReleaseError as error:
                self._text(Word.REFUSED, str(error))
            except MemoryError:
                self._last_words("out of memory")
            except Exception as error:  # noqa: BLE001 - onnxruntime raises many unrelated types
                self._last_words(f"{type(error).__name__}: {error}")

    def _allow_time(self) -> None:
        """Bound the processor time of one answer, should nobody be left to watch the clock."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        most = math.ceil(used.ru_utime + used.ru_stime + self._seconds) + 1
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(resource.RLIMIT_CPU, (most, hard))

    def _answer(self, head: Head) -> None:
        match head.word:
            case Word.CHECK | Word.LOAD:
                self._judge(head)
            case Word.RUN:
                self._run(head)
            case Word.DROP:
                del self._loaded[head.number]
                self._say(Head(Word.DONE, head.number))
            case _:
                self._last_words(f"unexpected {head.word.name}")

    def _judge(self, head: Head) -> None:
        form, where, graph = wire.read_note(bytes(_receive(head.sizes[0])))
        model = bytes(_receive(head.sizes[1]))
        outputs = self._rules.check(model, where=where, form=form, graph=graph, seen=self._seen)
        if head.word is Word.LOAD:
            self._loaded[head.number] = (self._load(model, where), form, outputs, where)
        self._say(Head(Word.DONE, head.number, (outputs, 0, 0)))

    def _load(self, model: bytes, where: str) -> Callable[[Floats], Floats]:
        try:
            session = self._runtime.session(model, self._device)
        except UsageError as error:
            if type(error.__cause__).__name__ in _BROKEN:
                raise ReleaseError(f"{where}: {error}") from error
            raise
        return partial(self._runtime.run, session)

    def _run(self, head: Head) -> None:
        import numpy as np

        rows = np.empty(wire.shape(head.sizes), np.float32)
        _fill(rows.reshape(-1).view(np.uint8).data)
        scorer, form, outputs, where = self._loaded[head.number]
        try:
            results = np.ascontiguousarray(scorer(rows))
        except Exception as error:
            if type(error).__name__ in _FAILS:  # on these rows, wherever it is run
                raise ReleaseError(f"{where}: fails on rows that it was shown: {error}") from error
            raise
        expected = form.results(rows.shape[-2], outputs)
        if results.dtype != np.float32 or results.shape != expected:
            raise ReleaseError(
                f"{where}: {rows.shape[-2]} rows gave {results.dtype} of shape {results.shape}, "
                f"expected float32 of shape {expected}"
            )
        self._say(Head(Word.SCORES, head.number, wire.dims(results.shape)))
        _send(self._out, results.reshape(-1).view(np.uint8).data)

    def _say(self, head: Head) -> None:
        _send(self._out, memoryview(head.pack()))

    def _text(self, word: Word, text: str) -> None:
        data = text.encode("utf-8", "replace")[: wire.MAX_TEXT]
        self._say(Head(word, 0, (len(data), 0, 0)))
        _send(self._out, memoryview(data))

    def _last_words(self, text: str) -> NoReturn:
        self._text(Word.UNDECIDED, text)
        sys.exit(0)


def _receive(size: int) -> bytearray:
    data = bytearray(size)
    _fill(memoryview(data))
    return data


def _fill(into: memoryview) -> None:
    while into:
        count = os.readv(_IN, [into])
        if not count:
            sys.exit(0)  # nobody is left to answer to
        into = into[count:]


def _send(end: int, data: memoryview) -> None:
    while data:
        data = data[os.write(end, data) :]
