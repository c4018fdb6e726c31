"""Work in a process of its own: what comes back, what does not, and when it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from auditor.errors import RecipeError, RunError
from auditor.learners.alone import alone
from auditor.learners.training_loop import UntrainableError

ROOT = Path(__file__).resolve().parents[2]
BOTH = pytest.mark.parametrize("fork", [True, pytest.param(False, marks=pytest.mark.slow)])


def squared(value: int) -> int:
    return value * value


def raises(kind: type[Exception]) -> None:
    raise kind("said")


@BOTH
def test_a_result_comes_back(fork: bool) -> None:
    assert alone(partial(squared, 12), fork=fork) == 144


@BOTH
@pytest.mark.parametrize("kind", [RecipeError, RunError, UntrainableError])
def test_a_sentence_comes_back_as_it_is(kind: type[Exception], fork: bool) -> None:
    with pytest.raises(kind, match=r"^said$"):
        alone(partial(raises, kind), fork=fork)


def test_a_bug_of_ours_is_one_with_its_traceback() -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError: said"):
        alone(partial(raises, ZeroDivisionError), fork=True)


@pytest.mark.parametrize(
    ("end", "kind", "words"),
    [
        (partial(os._exit, 0), UntrainableError, "exit code 0"),
        (partial(os._exit, 7), UntrainableError, "exit code 7"),
        (partial(os.abort), UntrainableError, "SIGABRT"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), RunError, "too little memory"),
    ],
)
def test_a_process_that_ends_without_a_word(
    end: partial[None], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        alone(end, fork=True)


def test_a_process_that_leaves_another_behind_is_not_waited_for(tmp_path: Path) -> None:
    left = tmp_path / "pid"

    def work() -> None:
        if (child := os.fork()) == 0:
            time.sleep(60)
        left.write_text(str(child))
        os._exit(3)

    with pytest.raises(UntrainableError, match="exit code 3"):
        alone(work, fork=True)
    os.kill(int(left.read_text()), signal.SIGKILL)  # still there: nobody waited for it to end


def test_nothing_of_it_stays_here() -> None:
    alone(partial(os.environ.__setitem__, "LEFT_BEHIND", "1"), fork=True)
    assert "LEFT_BEHIND" not in os.environ


def test_it_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    program = (
        "import os, pathlib, time\nfrom auditor.learners.alone import alone\n"
        f"def work():\n    pathlib.Path({str(path)!r}).write_text(str(os.getpid()))\n"
        "    time.sleep(300)\nalone(work, fork=True)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, "-c", program], env=environment)
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    child = int(path.read_text())
    while Path(f"/proc/{child}").exists() and "State:\tZ" not in _status(child):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _status(child: int) -> str:
    try:
        return Path(f"/proc/{child}/status").read_text()
    except OSError:
        return "State:\tZ"
