from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor.cli.main import app
from auditor.format.keys import PrivateKey
from tests import honest

RUNNER = CliRunner()


@pytest.fixture
def release(tmp_path: Path) -> Path:
    (tmp_path / "a.pub").write_text(honest.P256.public.pem)
    return honest.build("two-mask", inputs=6).write(tmp_path / "release")


def key(release: Path) -> str:
    return str(release.with_name("a.pub"))


def test_a_good_release_is_verified_on_stdout_with_code_0(release: Path) -> None:
    result = RUNNER.invoke(app, ["verify", str(release), "--key", key(release)])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("VERIFIED ")
    assert "not checked" in result.stdout
    assert result.stderr == ""


def test_a_changed_claim_is_a_verdict_on_stdout_with_code_1(release: Path) -> None:
    claims = release / "claims.jsonl"
    claims.write_bytes(claims.read_bytes().replace(b'"index":0', b'"index":1', 1))
    result = RUNNER.invoke(app, ["verify", str(release), "--key", key(release)])
    assert result.exit_code == 1
    assert result.stdout.startswith("NOT VERIFIED")
    assert "Traceback" not in result.output


def test_another_key_is_code_1(release: Path) -> None:
    other = release.with_name("b.pub")
    other.write_text(PrivateKey.generate().public.pem)
    result = RUNNER.invoke(app, ["verify", str(release), "--key", str(other)])
    assert (result.exit_code, result.stdout[:12]) == (1, "NOT VERIFIED")


def test_any_of_several_keys_will_do(release: Path) -> None:
    other = release.with_name("b.pub")
    other.write_text(PrivateKey.generate("ed25519").public.pem)
    keys = ["--key", str(other), "--key", key(release)]
    assert RUNNER.invoke(app, ["verify", str(release), *keys]).exit_code == 0


def test_a_missing_file_is_undecided_with_code_3(release: Path) -> None:
    (release / "evidence.bin").unlink()
    result = RUNNER.invoke(app, ["verify", str(release), "--key", key(release)])
    assert (result.exit_code, result.stdout[:9]) == (3, "UNDECIDED")


def test_nothing_there_is_undecided_with_code_3(release: Path) -> None:
    result = RUNNER.invoke(app, ["verify", str(release / "no"), "--key", key(release)])
    assert (result.exit_code, result.stdout[:9]) == (3, "UNDECIDED")


def test_an_unusable_key_is_a_usage_error_without_a_verdict(release: Path) -> None:
    result = RUNNER.invoke(app, ["verify", str(release), "--key", str(release / "claims.jsonl")])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("audit: ")


@pytest.mark.parametrize(("damage", "code"), [(False, 0), (True, 1)])
def test_json_is_one_object_on_stdout_in_every_case(release: Path, damage: bool, code: int) -> None:
    if damage:
        (release / "evidence.bin").write_bytes(b"")
    arguments = ["verify", str(release), "--key", key(release), "--format", "json"]
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == code
    assert json.loads(result.stdout)["exitCode"] == code


def test_json_also_for_a_usage_error(release: Path) -> None:
    arguments = ["verify", str(release), "--key", str(release / "no.pub"), "--format", "json"]
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == 2
    assert json.loads(result.stdout)["exitCode"] == 2


def test_names_from_a_certificate_cannot_move_the_cursor(tmp_path: Path) -> None:
    hostile = honest.build("partition", classes=["0", "\x1b[2J1\u034f"])
    (tmp_path / "a.pub").write_text(honest.P256.public.pem)
    path = tmp_path / "one.cert.json"
    for index in range(5):
        path.write_bytes(hostile.single(index))
        result = RUNNER.invoke(
            app, ["verify", str(path), "--key", str(tmp_path / "a.pub")], color=True
        )
        assert result.exit_code == 0, result.output
        assert "\x1b[2J" not in result.stdout
        assert "\u034f" not in result.stdout


def test_colour_only_where_it_is_wanted(release: Path) -> None:
    arguments = ["verify", str(release), "--key", key(release)]
    assert "\x1b[" in RUNNER.invoke(app, arguments, color=True).stdout
    assert "\x1b[" not in RUNNER.invoke(app, arguments).stdout
    quiet = RUNNER.invoke(app, arguments, color=True, env={"NO_COLOR": "1"})
    assert "\x1b[" not in quiet.stdout


def test_extract_then_verify_one_input(release: Path, tmp_path: Path) -> None:
    out = tmp_path / "input-3.cert.json"
    result = RUNNER.invoke(app, ["extract", str(release), "--input", "3", "-o", str(out)])
    assert result.exit_code == 0, result.output
    checked = RUNNER.invoke(app, ["verify", str(out), "--key", key(release)])
    assert checked.exit_code == 0, checked.output
    assert "input 3" in checked.stdout
    again = RUNNER.invoke(app, ["extract", str(release), "--input", "3", "-o", str(out)])
    assert again.exit_code == 2, "an existing file is not overwritten"


def test_extract_of_an_input_that_is_not_there(release: Path, tmp_path: Path) -> None:
    result = RUNNER.invoke(
        app, ["extract", str(release), "--input", "6", "-o", str(tmp_path / "x.json")]
    )
    assert result.exit_code == 2
    assert "0 to 5" in result.stderr


def test_the_command_needs_no_array_library(release: Path) -> None:
    """The real process, with torch, onnx, numpy and scipy refused by name."""
    program = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        banned = {'torch', 'onnx', 'onnxruntime', 'numpy', 'scipy', 'sklearn', 'PIL'}\n"
        "        if name.partition('.')[0] in banned:\n"
        "            raise ImportError(name + ' is refused')\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "from auditor.cli.main import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "verify", str(release), "--key", key(release)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert (done.returncode, done.stdout[:9], done.stderr) == (0, "VERIFIED ", "")
