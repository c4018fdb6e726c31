"""Killed at any moment, a run continues and signs the same payload."""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import auditor
from auditor import keyfiles
from auditor.errors import RunError
from auditor.format.keys import PrivateKey
from auditor.run.workspace import Workspace
from tests.run import small

pytestmark = pytest.mark.slow

_RUN = """
import sys, auditor
recipe, out, key, workers = sys.argv[1:]
if __name__ == "__main__":
    auditor.run(recipe, out=out, key=key, device="cpu", workers=int(workers))
"""


def payload(release: Path) -> bytes:
    envelope = json.loads((release / "certificate.dsse.json").read_bytes())
    return base64.b64decode(envelope["payload"])


def start(recipe: Path, out: Path, key: Path, workers: int) -> subprocess.Popen[bytes]:
    script = recipe.with_name("again.py")
    script.write_text(_RUN)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    command = [sys.executable, str(script), str(recipe), str(out), str(key), str(workers)]
    with recipe.with_name("log").open("ab") as log:
        return subprocess.Popen(command, env=environment, stderr=log)


def has_finished(out: Path, items: int) -> bool:
    """Whether the run into ``out`` has begun and its journal tells of this many items."""
    work = out.with_name(f"{out.name}.work")
    try:
        lines = (work / "journal.jsonl").read_bytes().count(b"\n")
    except FileNotFoundError:  # not begun, or published between two looks
        lines = 0
    return (work / "identity.json").exists() and lines >= items


@pytest.mark.parametrize(
    ("training", "test"),
    [
        ("partition", "two-mask"),
        ("flip", "flip"),
        ("partition", "hide"),
        ("grid", "none"),
        pytest.param("gaussian", "gaussian", marks=pytest.mark.slow),
    ],
)
def test_kill_9_at_any_moment_changes_no_byte(training: str, test: str, tmp_path: Path) -> None:
    name = "ridge" if training in small.ON_A_GRID else "naive-bayes"
    recipe = small.recipe(tmp_path, training, test, learner=f'name = "{name}"\nchunk = 3')
    key = tmp_path / "signing.key"
    keyfiles.save(PrivateKey.generate(), key)
    whole = tmp_path / "whole"
    assert start(recipe, whole, key, 1).wait() == 0
    out, kills = tmp_path / "killed", 0
    # Killed once before anything is finished, then with one item finished, then with more.
    for finished in (0, 1, random.Random(training + test).randint(2, 3)):
        process = start(recipe, out, key, 2)
        while process.poll() is None and not has_finished(out, finished):
            time.sleep(0.002)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
        if out.exists():
            break
    if not out.exists():
        assert start(recipe, out, key, 2).wait() == 0, recipe.with_name("log").read_text()
    assert kills
    assert payload(out) == payload(whole)
    auditor.verify(out, key.with_suffix(".pub"))
    assert not out.with_name("killed.work").exists()


def test_nothing_drawn_for_another_precommitment_is_taken_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = small.recipe(tmp_path, "flip", "flip", learner='name = "naive-bayes"\nchunk = 40')
    out = tmp_path / "out"

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def run(epoch: str) -> None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        auditor.run(recipe, out=out, device="cpu", workers=0)

    with monkeypatch.context() as patched:
        patched.setattr(Workspace, "publish", killed)
        with pytest.raises(KeyboardInterrupt):
            run("1700000000")
    work = out.with_name("out.work")
    first = (work / "release" / "evidence.bin").read_bytes()
    (work / "release" / "precommit.dsse.json").unlink()
    run("1700000001")  # another time, another precommitment, other draws
    resumed = (out / "evidence.bin").read_bytes()
    out.rename(tmp_path / "resumed")
    run("1700000001")
    assert resumed == (out / "evidence.bin").read_bytes() != first


def test_a_finished_folder_is_refused_unless_told(tmp_path: Path) -> None:
    recipe = small.recipe(tmp_path, "partition", "none")
    out = tmp_path / "out"
    auditor.run(recipe, out=out, device="cpu", workers=0)
    before = payload(out)
    with pytest.raises(RunError, match="already exists"):
        auditor.run(recipe, out=out, device="cpu", workers=0)
    assert payload(out) == before
    auditor.run(recipe, out=out, device="cpu", workers=0, overwrite=True)
    assert auditor.verify(out, tmp_path / "out.pub").certificate.summary.inputs == 12
