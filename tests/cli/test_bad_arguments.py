"""Whatever a user mistypes, the answer is a sentence and exit code 2 or 3, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from auditor.cli.main import app

RUNNER = CliRunner()
COMMANDS = getattr(typer.main.get_command(app), "commands")  # noqa: B009 - typed as a command
BAD = (
    ["--no-such-option"],
    ["missing"] * 9,
    ["folder", "--key", "missing"],
    ["missing", "--format", "no-such-format"],
    ["missing", "--trust", "missing"],
    ["missing", "--key", "folder", "--input", "-1"],
    ["missing", "--key", "missing", "--input", "1", "-o", "folder/a/b/c"],
)


@pytest.mark.parametrize("command", sorted(COMMANDS))
@pytest.mark.parametrize("words", BAD, ids=" ".join)
def test_it_is_refused_in_a_sentence(
    command: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    done = RUNNER.invoke(app, [command, *words])
    assert done.exit_code in {2, 3}, done.output
    assert "Traceback" not in done.output
    assert done.stderr.strip() or done.stdout.startswith(("UNDECIDED", "NOT VERIFIED"))
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["folder"]
