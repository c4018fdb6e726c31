from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from auditor import recipe
from auditor.cli import extras
from auditor.cli.failures import guarded
from auditor.cli.main import app
from auditor.errors import RunError, SignatureError, UndecidedError

RUNNER = CliRunner()
COMMANDS = tuple(str(command.name) for command in app.registered_commands)


def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    program = "from auditor.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), **environment},
    )


def test_the_help_lists_every_command_and_the_exit_codes() -> None:
    result = RUNNER.invoke(app, ["--help"])
    assert result.exit_code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in result.stdout
    commands = result.stdout.partition("Commands:")[2]
    assert "..." not in commands, "no summary is cut off"
    assert "Exit codes: 0" in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself_with_an_example(name: str) -> None:
    result = RUNNER.invoke(app, [name, "--help"])
    assert result.exit_code == 0
    assert f"\n    audit {name} " in result.stdout or f"\n    audit {name}\n" in result.stdout
    assert "\b" not in result.stdout


def test_the_version() -> None:
    result = RUNNER.invoke(app, ["--version"])
    assert (result.exit_code, result.stdout.split()[0]) == (0, "audit")


@pytest.mark.parametrize("arguments", [["nonsense"], ["verify"], ["keygen", "k", "--type", "rsa"]])
def test_misuse_is_code_2_without_a_traceback(arguments: list[str]) -> None:
    result = RUNNER.invoke(app, arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr


def test_keygen_makes_a_secret_and_a_public_file(tmp_path: Path) -> None:
    private = tmp_path / "auditor.key"
    result = RUNNER.invoke(app, ["keygen", str(private), "--type", "ed25519"])
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert "BEGIN PUBLIC KEY" in (tmp_path / "auditor.pub").read_text()
    assert "BEGIN" not in result.stdout, "no key is printed"
    again = RUNNER.invoke(app, ["keygen", str(private)])
    assert again.exit_code == 2
    assert "not overwritten" in again.stderr


def test_keygen_into_a_folder_that_is_not_there(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["keygen", str(tmp_path / "no" / "auditor.key")])
    assert result.exit_code == 2
    assert "No such file" in result.stderr


def test_init_writes_a_recipe_that_loads(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    result = RUNNER.invoke(app, ["init", str(path)])
    assert result.exit_code == 0, result.output
    assert recipe.load(path).resolved["version"] == 1
    again = RUNNER.invoke(app, ["init", str(path)])
    assert again.exit_code == 2
    assert "not overwritten" in again.stderr


@pytest.mark.parametrize("name", ["check", "plan"])
def test_a_recipe_that_is_not_there(name: str, tmp_path: Path) -> None:
    result = RUNNER.invoke(app, [name, str(tmp_path / "no.toml")])
    assert result.exit_code == 2
    assert "no.toml" in result.stderr
    assert "Traceback" not in result.stderr


def test_check_reports_on_the_digits() -> None:
    result = RUNNER.invoke(app, ["check", "examples/digits/recipe.toml"])
    assert result.exit_code == 0, result.output
    assert "training" in result.stdout


def raising(error: BaseException) -> Callable[[], None]:
    def run() -> None:
        raise error

    return guarded(run)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (RunError("the disk is too small"), 2, "the disk is too small"),
        (SignatureError("no key signed it"), 1, "no key signed it"),
        (UndecidedError("missing"), 3, "missing"),
        (FileNotFoundError(2, "No such file or directory", "a/b"), 2, "a/b: No such file"),
        (ValueError("boom"), 70, "a bug of ours"),
        (SystemExit(0), 70, "a bug of ours"),
        (KeyboardInterrupt(), 130, "the same command continues"),
    ],
)
def test_failures_are_one_sentence_and_a_code(
    error: BaseException, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as stopped:
        raising(error)()
    assert stopped.value.exit_code == code
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert words in captured.err


def test_a_traceback_only_on_demand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUDIT_DEBUG", "1")
    with pytest.raises(typer.Exit):
        raising(ValueError("boom"))()
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(("command", "extra"), [("run", "run"), ("predict", "replay")])
def test_a_missing_extra_is_named(
    command: str, extra: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    target = ["--out", str(tmp_path / "o")] if command == "run" else ["x.png"]
    result = RUNNER.invoke(app, [command, str(tmp_path / "r"), *target])
    assert result.exit_code == 2
    assert f"pip install 'auditor[{extra}]'" in result.stderr


@pytest.mark.slow
def test_an_interrupted_run_says_how_to_go_on(tmp_path: Path) -> None:
    # A process that a shell put into the background was born deaf to Ctrl-C; this one listens.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from auditor.cli.main import main; main()"
    )
    arguments = ["run", "examples/digits/recipe.toml", "--out", str(tmp_path / "digits")]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments, "--progress", "json"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert process.stderr is not None
    for line in process.stderr:
        if '"training"' in line:
            break
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 130
    assert "the same command continues" in rest
    assert "Traceback" not in rest
