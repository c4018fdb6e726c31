"""Whatever a user mistypes, the answer is a sentence and exit code 2 or 3, never a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import typer

from auditor.cli.main import app

# Built once: typer's own runner builds it anew for each of these thousands of command lines.
ROOT: Final[Any] = typer.main.get_command(app)
COMMANDS: Final[dict[str, Any]] = ROOT.commands
# No option takes these: nothing, a negative and a huge number, no number, noise, a folder.
VALUES: Final = ("", "-1", "9" * 40, "nan", "noise", "folder")
# With these in place of its arguments, a command has something to do and does it.
FINE: Final = {
    *(("init", "missing"), ("keygen", "missing"), ("doctor", "folder"), ("methods", "")),
    ("checker", ""),
}
ARGUMENTS: Final = ("noise", "folder", "empty", "missing")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    (tmp_path / "noise").write_bytes(bytes(range(255, 0, -1)))
    return tmp_path


def lines(name: str) -> Iterator[list[str]]:
    """Yield command lines of which at least one word is wrong."""
    yield ["--no-such-option"]
    yield ["missing"] * 9
    options = [each for each in COMMANDS[name].params if each.param_type_name == "option"]
    places = sum(each.param_type_name == "argument" for each in COMMANDS[name].params)
    needed = [word for each in options if each.required for word in (each.opts[0], "missing/x")]
    for argument in ARGUMENTS if places else ("",):
        usual = [*[argument] * places, *needed]
        if (name, argument) not in FINE:
            yield usual
        for option in options:
            if option.is_flag:
                continue
            # elsewhere the arguments are wrong already; here only what cannot be written is
            fine = (name, argument) in FINE and "--out" in option.opts
            for value in ("", "folder") if fine else VALUES:
                yield [*usual, option.opts[0], value]


def test_the_list_reaches_every_option_that_takes_a_value() -> None:
    for name, command in COMMANDS.items():
        words = {word for line in lines(name) for word in line}
        for each in command.params:
            if each.param_type_name == "option" and not each.is_flag:
                assert each.opts[0] in words


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_it_is_refused_in_a_sentence(
    name: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(place.rglob("*"))
    for words in lines(name):
        with pytest.raises(SystemExit) as stopped:
            ROOT.main([name, *words], prog_name="audit")
        out, err = capsys.readouterr()
        assert stopped.value.code in {2, 3}, (words, out, err)
        assert "Traceback" not in out + err
        assert sentences(out, err) == 1, (words, out, err)
        assert sorted(place.rglob("*")) == before, words


def sentences(out: str, err: str) -> int:
    """Count the sentences of a refusal: usage has its own form, and a verdict goes to stdout."""
    if err.startswith("Usage: "):
        return err.count("\nError: ")
    return len((err or out).splitlines())
