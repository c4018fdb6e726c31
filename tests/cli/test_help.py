"""What help shows can be typed: examples parse, and shells complete what is begun."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from typer.testing import CliRunner

from auditor.cli.main import app

RUNNER: Final = CliRunner()
COMMANDS: Final[dict[str, Any]] = getattr(typer.main.get_command(app), "commands")  # noqa: B009 - typed as a command without any
SHELLS: Final = {
    "bash": lambda line: {"COMP_WORDS": line, "COMP_CWORD": str(len(re.split(" ", line)) - 1)},
    "zsh": lambda line: {"_TYPER_COMPLETE_ARGS": line},
    "fish": lambda line: {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
}


def examples(name: str) -> list[list[str]]:
    """Return the words of each example; several commands in a line are as many examples."""
    text = str(COMMANDS[name].help).partition("Example")[2]
    joined = re.sub(r"\n {4,}(?=-)", " ", text)
    parts = (part.strip() for line in joined.splitlines() for part in line.split(" && "))
    # What follows a pipe or a redirection is the shell's.
    return [shlex.split(re.split(r" [|>]| 2>", p)[0]) for p in parts if p.startswith("audit ")]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_examples_can_be_typed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They go through the real parser: names, values, and how many arguments there are."""
    monkeypatch.chdir(tmp_path)
    found = examples(name)
    assert name in {words[1] for words in found}
    for _, command, *words in found:
        # Only a folder of a name that is nobody's is looked for; here it is this one.
        real = [str(tmp_path) if word == "/data/releases" else word for word in words]
        COMMANDS[command].make_context(command, real)


def test_a_wrong_example_would_be_noticed() -> None:
    for words in (["a", "--kee", "b"], ["a", "b"], ["a", "--format", "xml"], ["--key", "b"]):
        with pytest.raises(Exception, match=r"(?i)no such|unexpected|invalid|is not|missing"):
            COMMANDS["show"].make_context("show", words)


def complete(shell: str, line: str) -> str:
    asked = {"_AUDIT_COMPLETE": f"complete_{shell}", **SHELLS[shell](line)}
    done = RUNNER.invoke(app, [], env=asked, prog_name="audit")
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("shell", sorted(SHELLS))
def test_a_shell_completes_commands_options_and_values(shell: str) -> None:
    said = complete(shell, "audit exp")
    assert "export" in said
    assert "extract" not in said
    said = complete(shell, "audit verify --tr")
    assert "--trust" in said
    assert "--key" not in said
    said = complete(shell, "audit export release --format p")
    assert "parquet" in said
    assert "csv" not in said


@pytest.mark.parametrize("shell", sorted(SHELLS))
def test_a_shell_is_given_a_script_that_asks_the_command(shell: str) -> None:
    done = RUNNER.invoke(app, [], env={"_AUDIT_COMPLETE": f"source_{shell}"}, prog_name="audit")
    assert done.exit_code == 0, done.output
    assert "_AUDIT_COMPLETE=complete_" in done.stdout
