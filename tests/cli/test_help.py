"""What help shows can be typed: examples name real commands and options; shells complete."""

from __future__ import annotations

import re
import shlex

import pytest
import typer
from typer.testing import CliRunner

from auditor.cli.main import app

RUNNER = CliRunner()
COMMANDS = getattr(typer.main.get_command(app), "commands")  # noqa: B009 - typed as a command


def examples(command: str) -> list[list[str]]:
    text = str(COMMANDS[command].help).partition("Example")[2]
    joined = re.sub(r"\n {4,}(?=-)", " ", text)
    lines = [line.strip() for line in joined.splitlines() if line.strip().startswith("audit ")]
    return [shlex.split(re.split(r" [|>]| 2>", line)[0]) for line in lines]


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_examples_can_be_typed(command: str) -> None:
    found = examples(command)
    assert found, "no example"
    for _, name, *words in found:
        known = {option for each in COMMANDS[name].params for option in each.opts}
        asked = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert asked <= known, f"{name}: {asked - known}"


def test_bash_completes_commands() -> None:
    asked = {"_AUDIT_COMPLETE": "complete_bash", "COMP_WORDS": "audit exp", "COMP_CWORD": "1"}
    done = RUNNER.invoke(app, [], env=asked, prog_name="audit")
    assert done.stdout.split() == ["export"]
