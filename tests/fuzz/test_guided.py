"""A short coverage-guided run of each target; long ones are for people (``make fuzz``)."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.guided import TARGETS

ROOT = Path(__file__).parents[2]
RUNS = {
    "parser": 30_000,
    "strangers_input": 6_000,
    "strangers_folder": 4_000,
    "liars_release": 1_000,
}


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="needs pip install atheris")
@pytest.mark.parametrize("target", TARGETS)
def test_so_many_runs_find_nothing(target: str, tmp_path: Path) -> None:
    options = [f"-runs={RUNS[target]}", "-seed=1", f"-artifact_prefix={tmp_path}/"]
    command = [sys.executable, "-m", "tests.fuzz.guided", target, *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    found = re.search(r"number_of_executed_units: ([0-9]+)", done.stderr)
    assert found is not None
    assert int(found[1]) >= RUNS[target]
