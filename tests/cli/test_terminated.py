"""SIGTERM, as from a cancelled job or a stopping container: nothing is left; a run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.run import small

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "from auditor.cli.main import main; main()"


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stop(process: subprocess.Popen[str], when: Callable[[], bool]) -> tuple[int, str]:
    """Terminate a process once something is so; return its exit code and what it complained of."""
    deadline = time.monotonic() + 120
    with process:
        try:
            while not _is_so(when):
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline
                time.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    return process.returncode, said


def _is_so(when: Callable[[], bool]) -> bool:
    try:
        return when()
    except FileNotFoundError:  # a folder went while it was being listed
        return False


@pytest.mark.slow
def test_a_run_that_is_terminated_goes_on(tmp_path: Path) -> None:
    small.recipe(tmp_path, "flip", "flip", learner='name = "mlp"\nhidden = [16]\nsteps = 40')
    words = ("run", "recipe.toml", "--out", "out", "--device", "cpu", "--workers", "1")
    process = start(tmp_path, *words)
    code, said = stop(process, lambda: any(tmp_path.rglob("release/members/*.onnx")))
    assert (code, "the same command continues the run" in said) == (130, True), said
    assert not (tmp_path / "out").exists()
    again = start(tmp_path, *words)
    _, told = again.communicate(timeout=300)
    assert again.returncode == 0, told
    assert (tmp_path / "out/certificate.dsse.json").exists()


@pytest.mark.slow
def test_an_attack_that_is_terminated_leaves_nothing(tmp_path: Path) -> None:
    # Members that take a second each: otherwise an attack has ended before it can be stopped.
    small.recipe(tmp_path, "partition", "none", learner='name = "mlp"\nhidden = [16]\nsteps = 1000')
    first = start(
        tmp_path, "run", "recipe.toml", "--out", "out", "--device", "cpu", "--workers", "1"
    )
    told = first.communicate()
    assert first.returncode == 0, told
    words = ("attack", "out", "--key", "out.pub", "--budget", "trainExamples=1", "--data", ".")
    process = start(tmp_path, *words)
    temporary = tmp_path / "tmp"
    code, said = stop(process, lambda: any(temporary.glob("audit-attack-*/release/members/*")))
    assert code == 130, said
    assert [*temporary.glob("audit-attack-*")] == []
