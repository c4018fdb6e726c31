"""The work folder: only what is whole counts, and only for the same run."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from auditor.errors import RunError
from auditor.run.workspace import Workspace
from tests.signals import answered

IDENTITY = {"recipe": "a", "key": "b"}


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with closing(Workspace(tmp_path / "out")) as opened:
        assert not opened.open(IDENTITY)
        yield opened


def finish(workspace: Workspace, item: str, data: bytes) -> None:
    (workspace.root / item).write_bytes(data)
    workspace.record(item, hashlib.sha256(data).hexdigest())


def reopened(workspace: Workspace) -> Workspace:
    workspace.close()
    again = Workspace(workspace.out)
    assert again.open(IDENTITY)
    again.close()  # what is finished can still be asked
    return again


def test_a_recorded_item_is_finished_also_for_the_next_process(
    workspace: Workspace, tmp_path: Path
) -> None:
    finish(workspace, "votes/000000.bin", b"votes")
    assert workspace.finished("votes/000000.bin")
    assert reopened(workspace).finished("votes/000000.bin")


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"vote"),
        lambda path: path.write_bytes(b"Votes"),
        lambda path: path.unlink(),
    ],
    ids=["truncated", "changed", "gone"],
)
def test_a_damaged_item_is_not_finished(
    workspace: Workspace, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    finish(workspace, "votes/000000.bin", b"votes")
    damage(workspace.root / "votes/000000.bin")
    assert not reopened(workspace).finished("votes/000000.bin")


def test_an_item_without_a_journal_line_is_not_finished(
    workspace: Workspace, tmp_path: Path
) -> None:
    (workspace.root / "votes/000000.bin").write_bytes(b"votes")
    assert not reopened(workspace).finished("votes/000000.bin")


def test_a_torn_journal_line_costs_itself_only(workspace: Workspace) -> None:
    finish(workspace, "votes/000000.bin", b"zero")
    finish(workspace, "votes/000001.bin", b"one")
    journal = workspace.root / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-7])
    again = reopened(workspace)
    assert again.finished("votes/000000.bin")
    assert not again.finished("votes/000001.bin")
    finish(again, "votes/000002.bin", b"two")
    last = reopened(again)
    assert last.finished("votes/000000.bin")
    assert last.finished("votes/000002.bin")


def test_what_was_being_written_is_swept_away(workspace: Workspace) -> None:
    torn = workspace.release / "members" / ".000000.onnx.0123.tmp"
    torn.write_bytes(b"half")
    reopened(workspace)
    assert not torn.exists()


def test_another_run_is_refused_and_named(workspace: Workspace, tmp_path: Path) -> None:
    finish(workspace, "votes/000000.bin", b"votes")
    workspace.close()
    with pytest.raises(RunError, match="another recipe is in the way"):
        Workspace(tmp_path / "out").open({**IDENTITY, "recipe": "c"})


def test_two_runs_never_share_a_folder(workspace: Workspace) -> None:
    with pytest.raises(RunError, match="another run is at work"):
        Workspace(workspace.out).open(IDENTITY)


def test_publishing_leaves_the_release_and_nothing_else(
    workspace: Workspace, tmp_path: Path
) -> None:
    (workspace.release / "recipe.toml").write_bytes(b"version = 1")
    workspace.publish()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    assert (tmp_path / "out" / "recipe.toml").read_bytes() == b"version = 1"


def test_what_appeared_in_its_place_is_not_deleted_unasked(workspace: Workspace) -> None:
    workspace.out.mkdir()
    (workspace.out / "precious").write_bytes(b"mine")
    with pytest.raises(RunError, match="appeared during the run"):
        workspace.publish()
    assert (workspace.out / "precious").read_bytes() == b"mine"
    assert workspace.release.is_dir()
    workspace.publish(replace=True)
    assert not (workspace.out / "precious").exists()
    assert not workspace.root.exists()


def test_what_a_published_run_left_behind_is_no_unfinished_run(workspace: Workspace) -> None:
    finish(workspace, "votes/000000.bin", b"votes")
    workspace.close()
    workspace.release.rename(workspace.out)  # and killed before it could tidy up
    with closing(Workspace(workspace.out)) as again:
        assert not again.open(IDENTITY)
        assert not again.finished("votes/000000.bin")
        assert (again.release / "members").is_dir()


def test_votes_of_members_that_came_out_otherwise_do_not_count(workspace: Workspace) -> None:
    finish(workspace, "release/members/000000.onnx", b"first")
    finish(workspace, "votes/000000.bin", b"votes")
    finish(workspace, "release/members/000000.onnx", b"first")
    assert workspace.finished("votes/000000.bin")
    finish(workspace, "release/members/000000.onnx", b"other")
    assert not workspace.finished("votes/000000.bin")
    again = reopened(workspace)
    assert again.finished("release/members/000000.onnx")
    assert not again.finished("votes/000000.bin")


def test_a_folder_without_identity_holds_nothing_and_starts_over(tmp_path: Path) -> None:
    (tmp_path / "out.work" / "release").mkdir(parents=True)
    with closing(Workspace(tmp_path / "out")) as workspace:
        assert not workspace.open(IDENTITY)


def test_another_run_gives_way_if_it_finished_nothing_or_is_to_be_replaced(
    workspace: Workspace,
) -> None:
    workspace.close()
    other = {**IDENTITY, "recipe": "c"}
    with closing(Workspace(workspace.out)) as second:
        assert not second.open(other)
        finish(second, "votes/000000.bin", b"votes")
    with closing(Workspace(workspace.out)) as third:
        assert not third.open(IDENTITY, replace=True)
        assert not third.finished("votes/000000.bin")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_until_the_release_stands_whole(
    workspace: Workspace, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not between the old one's going and the new one's coming, nor while the rest is dropped."""
    workspace.out.mkdir()
    (workspace.release / "certificate.dsse.json").write_text("new")
    rename = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        signal.raise_signal(number)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with answered(number), pytest.raises(KeyboardInterrupt):
        workspace.publish(replace=True)
    assert (workspace.out / "certificate.dsse.json").read_text() == "new"
    assert [*workspace.out.parent.iterdir()] == [workspace.out]
