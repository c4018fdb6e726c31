"""Members of strangers, run where they can do no harm: in a confined process, by closed rules.

What is guaranteed: a file's bytes are read by nobody here but by that process, which judges them by
:mod:`auditor.replay.graph_rules` before it runs them, and every answer comes within a time and
memory limit. A rule that is broken is a ReleaseError. A process that ends, or lacks time or memory,
is an UndecidedError: nothing was refuted, and nothing established. What comes back are numbers.

What is not: a graph that breaks out of onnxruntime itself is held by the process's limits alone
(no new processes, no file written, this user's rights), and could answer for other members of the
same sandbox.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import numpy as np

from auditor.errors import ReleaseError, UndecidedError
from auditor.replay import wire
from auditor.replay.confined import Confined, EndedError
from auditor.replay.form import Floats, Form
from auditor.replay.wire import Head, Word

_START_SECONDS: Final = 60.0
_MAX_OUTPUTS: Final = 2**24
_NONSENSE: Final = "it answered what it was not asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one sandbox may use: ``memory`` in bytes of addresses, ``seconds`` for one answer.

    An answer is a graph judged and loaded, or one batch scored. On a graphics card the memory is
    not limited, since its drivers reserve addresses without end.
    """

    memory: int = 8 << 30
    seconds: float = 300.0


class Sandbox:
    """One confined process with the graphs that are loaded in it. Use it as a context manager.

    ``graph`` is the digest that every shard's graph must have (``certificate.graph``). The process
    starts with the first graph. After an answer that it fails to give it is ended, for good.
    """

    def __init__(
        self, *, graph: str | None = None, limits: Limits | None = None, device: str = "cpu"
    ) -> None:
        self._graph = graph
        self._limits = limits or Limits()
        self._device = device
        self._process: Confined | None = None
        self._ended: str | None = None
        self._numbers = 0
        self._dropped: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process and all that is loaded in it."""
        self._end("it was closed")

    def check(self, model: bytes, form: Form, where: str) -> None:
        """Judge a graph without loading it. Raises ReleaseError, UndecidedError."""
        self._judge(Word.CHECK, 0, model, form, where)

    def open(self, model: bytes, form: Form, where: str) -> Loaded:
        """Judge and load a graph: the opener for an ``Ensemble``.

        Raises ReleaseError for a graph that breaks a rule, UndecidedError.
        """
        self._numbers += 1
        outputs = self._judge(Word.LOAD, self._numbers, model, form, where)
        return Loaded(self, self._numbers, form, outputs, where)

    def run(self, number: int, rows: Floats, shape: tuple[int, ...], where: str) -> Floats:
        """Return the results, of ``shape``, of a loaded graph. Raises as ``open`` does."""
        given = np.ascontiguousarray(rows, np.float32)
        results = np.empty(shape, np.float32)
        ask = Head(Word.RUN, number, wire.dims(given.shape))
        with self._answering(where) as (process, deadline):
            process.send([ask.pack(), _bytes_of(given)], deadline)
            if _answer(process, deadline) != Head(Word.SCORES, number, wire.dims(shape)):
                raise EndedError(_NONSENSE)
            process.receive(_bytes_of(results), deadline)
        return results

    def drop(self, number: int) -> None:
        """Forget a loaded graph, with the next message."""
        self._dropped.append(number)

    def _judge(self, word: Word, number: int, model: bytes, form: Form, where: str) -> int:
        note = wire.note(form, where, None if form.members is None else self._graph)
        ask = Head(word, number, (len(note), len(model), 0))
        with self._answering(where) as (process, deadline):
            process.send([ask.pack(), note, model], deadline)
            answer = _answer(process, deadline)
            outputs = answer.sizes[0] if form.outputs is None else form.outputs
            if answer != Head(Word.DONE, number, (outputs, 0, 0)) or not outputs <= _MAX_OUTPUTS:
                raise EndedError(_NONSENSE)
        return outputs

    @contextlib.contextmanager
    def _answering(self, where: str) -> Iterator[tuple[Confined, float]]:
        """Give the process and the time by which it must have answered; turn failures to errors."""
        try:
            process = self._started()
            deadline = time.monotonic() + self._limits.seconds
            while self._dropped:
                process.send([Head(Word.DROP, self._dropped.pop()).pack()], deadline)
                _answer(process, deadline)
            yield process, deadline
        except ReleaseError:
            raise  # this was the answer
        except TimeoutError as error:
            reason = f"it took more than {self._limits.seconds:g} s"
            self._end(reason)
            raise UndecidedError(f"{where}: the sandbox gave no answer: {reason}") from error
        except EndedError as error:
            self._end(str(error))
            raise UndecidedError(f"{where}: the sandbox gave no answer: {error}") from error
        except BaseException:
            self._end("it was interrupted")  # in the middle of an answer
            raise

    def _started(self) -> Confined:
        if self._ended is not None:
            raise EndedError(self._ended)
        if self._process is None:
            settings = {
                "memory": self._limits.memory,
                "seconds": self._limits.seconds,
                "device": self._device,
            }
            self._process = Confined(json.dumps(settings), cuda=self._device == "cuda")
            _answer(self._process, time.monotonic() + _START_SECONDS)
        return self._process

    def _end(self, reason: str) -> None:
        if self._process is not None:
            self._process.close()
        self._process = None
        self._ended = self._ended or reason


class Loaded:
    """A graph that is loaded in a sandbox, until it is forgotten here."""

    __slots__ = ("_form", "_number", "_outputs", "_sandbox", "_where")

    def __init__(self, sandbox: Sandbox, number: int, form: Form, outputs: int, where: str) -> None:
        self._sandbox = sandbox
        self._number = number
        self._form = form
        self._outputs = outputs
        self._where = where

    def __call__(self, rows: Floats, /) -> Floats:
        """Return the results of one batch of rows. Raises ReleaseError, UndecidedError."""
        batch = rows.shape[-2]
        if rows.shape != self._form.rows(batch):
            msg = f"{self._where}: rows of shape {rows.shape}, expected {self._form.rows(batch)}"
            raise ValueError(msg)
        shape = self._form.results(batch, self._outputs)
        return self._sandbox.run(self._number, rows, shape, self._where)

    def __del__(self) -> None:
        self._sandbox.drop(self._number)


def _answer(process: Confined, deadline: float) -> Head:
    """Return the head of an answer, or raise what it says: ReleaseError, EndedError."""
    data = bytearray(wire.HEAD)
    process.receive(memoryview(data), deadline)
    try:
        head = Head.unpack(data)
    except ValueError as error:
        raise EndedError(_NONSENSE) from error
    if head.word not in {Word.REFUSED, Word.UNDECIDED}:
        return head
    text = bytearray(min(head.sizes[0], wire.MAX_TEXT))
    process.receive(memoryview(text), deadline)
    said = text.decode("utf-8", "replace")
    reason = "".join(letter if letter.isprintable() else "?" for letter in said)
    if head.word is Word.REFUSED:
        raise ReleaseError(reason)
    raise EndedError(reason)


def _bytes_of(array: Floats) -> memoryview:
    return array.reshape(-1).view(np.uint8).data
