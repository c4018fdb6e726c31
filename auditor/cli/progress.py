"""What a run shows while it works: a live display, plain lines, or JSON lines, all on stderr.

None of them is told a result: certified accuracy exists only at the end of a run.
"""

from __future__ import annotations

import json
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO

from auditor.cli.screen import safe

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from auditor.progress import Progress


class Style(StrEnum):
    """How to show progress; ``auto`` is live on a terminal and plain elsewhere."""

    AUTO = "auto"
    LIVE = "live"
    PLAIN = "plain"
    JSON = "json"
    NONE = "none"


def display(style: Style, stream: TextIO | None = None) -> Progress:
    """Return the display for a style, writing to ``stream`` (stderr unless given)."""
    stream = stream or sys.stderr
    if style is Style.AUTO:
        style = Style.LIVE if stream.isatty() else Style.PLAIN
    if style is Style.NONE:
        from auditor.progress import Silent

        return Silent()
    if style is Style.LIVE:
        return Live(stream)
    return JsonLines(stream) if style is Style.JSON else Lines(stream)


class Course(ABC):
    """One stage's count, time and rate; the base of the displays that print lines."""

    #: Seconds between two reports of one stage.
    every = 2.0

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._name, self._unit = "", ""
        self._total = self._finished = 0
        self._began = self._reported = clock()

    def stage(self, name: str, total: int, unit: str) -> None:
        """End the stage before and begin this one."""
        self.done()
        self._name, self._total, self._unit, self._finished = name, total, unit, 0
        self._began = self._reported = self._clock()
        self._report("start")

    def advance(self, amount: int) -> None:
        """Count, and report every now and then."""
        self._finished += amount
        now = self._clock()
        if now - self._reported >= self.every and self._finished < self._total:
            self._reported = now
            self._report("progress")

    def done(self) -> None:
        """End the stage; does nothing when there is none."""
        if self._name:
            self._report("end")
            self._name = ""

    @abstractmethod
    def message(self, text: str) -> None:
        """Write one line."""

    @abstractmethod
    def _report(self, event: str) -> None:
        """Write what happened: the start, progress or end of the stage."""

    def _spent(self) -> float:
        return max(self._clock() - self._began, 0.0)

    def _rate(self) -> float | None:
        spent = self._spent()
        return self._finished / spent if self._finished and spent > 0 else None

    def _left(self) -> float | None:
        rate = self._rate()
        return None if rate is None else max(self._total - self._finished, 0) / rate

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


class Lines(Course):
    """Plain lines, for logs."""

    every = 5.0

    def message(self, text: str) -> None:
        """Write the text."""
        self._write(safe(text))

    def _report(self, event: str) -> None:
        if event == "start":
            amount = f": {self._total:,} {self._unit}" if self._total > 1 else ""
            self._write(f"{safe(self._name)}{amount}")
            return
        if self._total <= 1:
            self._write(f"  took {duration(self._spent())}")
            return
        line = f"  {self._finished:,} of {self._total:,} {self._unit}"
        rate, left = self._rate(), self._left()
        if rate is not None:
            line += f", {_figure(rate)} {self._unit}/s"
        if event == "progress" and left is not None:
            line += f", {duration(left)} left"
        elif event == "end":
            line += f", took {duration(self._spent())}"
        self._write(line)


class JsonLines(Course):
    """One JSON object a line, for programs."""

    every = 1.0

    def message(self, text: str) -> None:
        """Write a message event."""
        self._write(json.dumps({"event": "message", "text": text}))

    def _report(self, event: str) -> None:
        rate, left = self._rate(), self._left()
        record = {
            "event": event,
            "stage": self._name,
            "done": self._finished,
            "total": self._total,
            "unit": self._unit,
            "seconds": round(self._spent(), 3),
            "perSecond": None if rate is None else round(rate, 3),
            "secondsLeft": None if left is None else round(left, 1),
        }
        self._write(json.dumps(record))


class Live:
    """A bar for each stage, with count, rate and time left."""

    def __init__(self, stream: TextIO) -> None:
        from rich import progress
        from rich.console import Console

        self._bars: RichProgress = progress.Progress(
            progress.TextColumn("{task.description:<28}", markup=False),
            progress.BarColumn(bar_width=24),
            progress.TextColumn(
                "{task.completed:>7,.0f} of {task.total:,.0f} {task.fields[unit]}", markup=False
            ),
            progress.TextColumn("{task.fields[rate]}", markup=False),
            progress.TimeRemainingColumn(elapsed_when_finished=True),
            console=Console(file=stream),
        )
        self._task: TaskID | None = None

    def stage(self, name: str, total: int, unit: str) -> None:
        """Begin a bar below the finished ones."""
        self._finish()
        self._bars.start()
        self._task = self._bars.add_task(safe(name), total=total, unit=unit, rate="")

    def advance(self, amount: int) -> None:
        """Move the bar."""
        if self._task is None:
            return
        self._bars.advance(self._task, amount)
        speed = self._bars.tasks[self._task].speed
        self._bars.update(self._task, rate=f"{_figure(speed)}/s" if speed else "")

    def message(self, text: str) -> None:
        """Print a line above the bars."""
        self._bars.console.print(safe(text), markup=False, highlight=False)

    def done(self) -> None:
        """Leave the finished bars on the screen."""
        self._finish()
        self._bars.stop()

    def _finish(self) -> None:
        if self._task is not None:
            self._bars.stop_task(self._task)
            self._task = None


def duration(seconds: float) -> str:
    """Return a length of time as people say it.

    >>> duration(0.42), duration(75), duration(7384)
    ('0.4 s', '1 min 15 s', '2 h 03 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _figure(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"
