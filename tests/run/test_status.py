"""``audit status``: a run at every stage says where it is, and reading changes nothing."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

import auditor
from auditor.cli.main import app
from auditor.errors import UsageError
from auditor.run import vote
from auditor.run.status import status
from tests.run import small

RUNNER = CliRunner()


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_run_that_waits_and_one_that_is_finished(tmp_path: Path) -> None:
    recipe, out = small.recipe(tmp_path, "flip", "flip"), tmp_path / "release"
    key = tmp_path / "challenger"
    assert RUNNER.invoke(app, ["keygen", str(key.with_suffix(".key"))]).exit_code == 0
    arguments = ["precommit", str(recipe), "--out", str(out), "--challenger", f"{key}.pub"]
    done = RUNNER.invoke(app, arguments)
    assert done.exit_code == 0, done.output
    before = files(tmp_path)
    waiting = status(out)
    assert (waiting.state, waiting.stage, waiting.awaited) == (
        "awaiting-challenge",
        "precommitted",
        "signed",
    )
    assert "--challenge FILE" in RUNNER.invoke(app, ["status", str(out)]).stdout
    assert files(tmp_path) == before


def test_a_run_by_its_journal(tmp_path: Path) -> None:
    out = tmp_path / "release"
    made = RUNNER.invoke(
        app, ["run", str(small.recipe(tmp_path, "partition", "none")), "--out", str(out)]
    )
    assert made.exit_code == 0, made.output
    done = status(out)
    assert (done.state, done.members, done.awaited) == ("finished", 9, None)
    assert done.files == len(list((out / "members").iterdir()))
    assert "audit verify" in RUNNER.invoke(app, ["status", str(out)]).stdout
    # The same folder as if the process had been killed in the middle of training.
    work = tmp_path / "other.work"
    (work / "release" / "members").mkdir(parents=True)
    (work / "identity.json").write_text("{}")
    (work / "lock").touch()
    assert (status(tmp_path / "other").stage, status(tmp_path / "other").members) == (
        "preparing",
        None,
    )
    committed = (out / "precommit.dsse.json").read_bytes()
    (work / "release" / "precommit.dsse.json").write_bytes(committed)
    lines = ['{"item": "release/members/000000.onnx"}', '{"item": "votes/000000.bin"}', '{"ite']
    (work / "journal.jsonl").write_text("\n".join(lines))
    (work / "cost.json").write_text('{"training": 3.5}')
    found = status(tmp_path / "other")
    assert (found.state, found.stage, found.files, found.blocks) == ("stopped", "training", 1, 1)
    assert found.seconds == {"training": 3.5}
    assert (found.trained, found.planned) == (None, {})
    (work / "planned.json").write_text('{"files": 2, "membersPerFile": 5}')
    found = status(tmp_path / "other")
    assert (found.trained, found.planned) == (5, {"files": 2})
    said = RUNNER.invoke(app, ["status", str(tmp_path / "other")]).stdout
    assert "members  5 trained of 9\n" in said
    assert "files    1 of 2 finished\n" in said
    # An item that a resumed run made again is in the journal twice; the last file is shorter.
    again = [*lines[:2], lines[0], '{"item": "release/members/000001.onnx"}']
    (work / "journal.jsonl").write_text("\n".join(again))
    found = status(tmp_path / "other")
    assert (found.files, found.blocks, found.trained) == (2, 1, 9)
    (work / "selftest.json").touch()
    assert status(tmp_path / "other").stage == "voting"
    lock = os.open(work / "lock", os.O_WRONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert status(tmp_path / "other").state == "running"
    os.close(lock)
    assert status(tmp_path / "other").state == "stopped"
    as_json = RUNNER.invoke(app, ["status", str(tmp_path / "other"), "--format", "json"])
    assert json.loads(as_json.stdout)["state"] == "stopped"


@pytest.mark.parametrize("damage", [b"", b"[", b"[1]", b'{"payload": "x"}', b'{"payload": 3}'])
def test_damage_is_no_crash(tmp_path: Path, damage: bytes) -> None:
    work = tmp_path / "r.work"
    (work / "release").mkdir(parents=True)
    names = ("identity.json", "journal.jsonl", "cost.json", "planned.json")
    for name in (*names, "release/precommit.dsse.json"):
        (work / name).write_bytes(damage)
    found = status(tmp_path / "r")
    assert (found.state, found.members) == ("stopped", None)


def test_nothing_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"expected a release folder or x\.work beside it"):
        status(tmp_path / "x")
    done = RUNNER.invoke(app, ["status", str(tmp_path / "x")])
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)


def test_a_killed_run_has_said_how_much_there_will_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, out = small.recipe(tmp_path, "partition", "none"), tmp_path / "release"

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(vote, "evidence", killed)
    with pytest.raises(KeyboardInterrupt):
        auditor.run(recipe, out=out, workers=0, device="cpu")
    found = status(out)
    assert (found.state, found.stage, found.members, found.trained) == ("stopped", "voting", 9, 9)
    assert found.planned == {"files": found.files, "blocks": found.blocks}
    monkeypatch.undo()
    auditor.run(recipe, out=out, workers=0, device="cpu")
    assert (status(out).state, status(out).trained) == ("finished", 9)
