"""Temporary folders are gone however and whenever their block is stopped."""

from __future__ import annotations

import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor import scratch
from tests.signals import answered

SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make temporary folders in one place, and answer signals as the command line does."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with answered(signal.SIGINT), answered(signal.SIGTERM):
        yield tmp_path


def fill(folder: Path) -> None:
    (folder / "members").mkdir()
    for name in range(3):
        (folder / "members" / f"{name}.onnx").write_bytes(b"graph")


def test_a_folder_is_removed_with_all_that_is_in_it(place: Path) -> None:
    with scratch.folder("audit-") as folder:
        assert (folder.parent, folder.name.startswith("audit-")) == (place, True)
        fill(folder)
    assert [*place.iterdir()] == []


def test_a_folder_is_removed_when_its_block_fails(place: Path) -> None:
    def fail() -> None:
        with scratch.folder("audit-") as folder:
            fill(folder)
            raise ValueError("of the block")

    with pytest.raises(ValueError, match="of the block"):
        fail()
    assert [*place.iterdir()] == []


@SIGNALS
def test_a_signal_in_the_block_ends_it_at_once(place: Path, number: signal.Signals) -> None:
    def work() -> None:
        with scratch.folder("audit-") as folder:
            fill(folder)
            signal.raise_signal(number)
            pytest.fail("the block went on")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert [*place.iterdir()] == []


@SIGNALS
def test_a_signal_waits_until_a_folder_is_removed(
    place: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = shutil.rmtree

    def interrupted(*args: object, **options: object) -> None:
        signal.raise_signal(number)
        signal.raise_signal(number)  # someone who does not like to wait
        remove(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt), scratch.folder("audit-") as folder:
        fill(folder)
    assert [*place.iterdir()] == []
    assert signal.getsignal(number) is signal.default_int_handler


@SIGNALS
def test_a_signal_is_not_lost_where_the_removal_fails(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        signal.raise_signal(number)
        raise PermissionError("of the disk")

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", failing)
        with pytest.raises(KeyboardInterrupt), scratch.folder("audit-") as folder:
            fill(folder)


@SIGNALS
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_signal_waits_until_a_folder_is_made(
    place: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = tempfile.mkdtemp

    def interrupted(*args: object, **options: object) -> str:
        made = make(*args, **options)  # type: ignore[call-overload]
        signal.raise_signal(number)
        return str(made)

    monkeypatch.setattr(tempfile, "mkdtemp", interrupted)
    with pytest.raises(KeyboardInterrupt), scratch.folder("audit-"):
        pytest.fail("the block began")
    assert [*place.iterdir()] == []


def test_a_signal_that_is_ignored_stays_ignored(place: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with scratch.folder("audit-"):
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert [*place.iterdir()] == []


def test_another_thread_has_folders_too(place: Path) -> None:
    made: list[Path] = []

    def work() -> None:
        with scratch.folder("audit-") as folder:
            made.append(folder)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert (len(made), [*place.iterdir()]) == (1, [])
