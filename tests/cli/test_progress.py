from __future__ import annotations

import io
import json

import pytest

from auditor.cli.progress import JsonLines, Lines, Live, Style, display
from auditor.progress import Progress, Silent


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def work(progress: Progress, clock: Clock) -> None:
    progress.stage("training", 100, "members")
    for _ in range(10):
        clock.now += 3.0
        progress.advance(10)
    progress.message("half way \x1b[2J there")
    progress.stage("voting", 5, "inputs")
    clock.now += 1.0
    progress.advance(5)
    progress.done()
    progress.done()


def test_plain_lines_for_logs() -> None:
    stream, clock = io.StringIO(), Clock()
    work(Lines(stream, clock), clock)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "training: 100 members"
    assert lines[1] == "  20 of 100 members, 3.33 members/s, 24 s left"
    assert "half way \\x1b[2J there" in lines
    assert "  100 of 100 members, 3.33 members/s, took 30 s" in lines
    assert lines[-1] == "  5 of 5 inputs, 5 inputs/s, took 1.0 s"
    assert len(lines) == 9, "every five seconds at most"


def test_json_lines_for_programs() -> None:
    stream, clock = io.StringIO(), Clock()
    work(JsonLines(stream, clock), clock)
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [event["event"] for event in events].count("end") == 2
    assert events[0]["total"] == 100
    assert events[-1]["stage"] == "voting"
    assert all(event["event"] in {"start", "progress", "message", "end"} for event in events)


def test_a_live_display_leaves_a_finished_bar_for_each_stage() -> None:
    stream = io.StringIO()
    work(Live(stream), Clock())
    shown = stream.getvalue()
    assert "training" in shown
    assert "voting" in shown
    assert "\x1b[2J" not in shown


def test_a_terminal_gets_the_live_display_and_a_file_plain_lines() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert isinstance(display(Style.AUTO, Terminal()), Live)
    assert isinstance(display(Style.AUTO, io.StringIO()), Lines)
    assert isinstance(display(Style.JSON, Terminal()), JsonLines)
    assert isinstance(display(Style.NONE, Terminal()), Silent)


@pytest.mark.parametrize("style", [Style.LIVE, Style.PLAIN, Style.JSON])
def test_ending_before_the_beginning_is_harmless(style: Style) -> None:
    progress = display(style, io.StringIO())
    progress.message("nothing to do")
    progress.done()
