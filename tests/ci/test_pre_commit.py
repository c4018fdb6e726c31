"""The hook for pre-commit: what it looks at, what it says, and the real pre-commit running it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

from auditor.cli.failures import guarded
from auditor.cli.hook import hook
from auditor.format.keys import PrivateKey
from auditor.release import TIME
from auditor.verify.checking import NEEDED, OPTIONAL
from tests import gates, honest
from tests.ci import composite, repository

APP: Final = typer.Typer(pretty_exceptions_enable=False)
APP.command()(guarded(hook))
[HOOK] = YAML(typ="safe", pure=True).load((composite.ROOT / ".pre-commit-hooks.yaml").read_text())
WANTED: Final = re.compile(HOOK["files"])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    repository.BUILT.write(tmp_path / "models/digits")
    (tmp_path / "auditor.pub").write_text(honest.P256.public.pem)
    (tmp_path / "trust.toml").write_bytes(gates.document(repository.TRUST))
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(APP, ["--key", "auditor.pub", *arguments])


@pytest.mark.parametrize("prefix", ["", "models/digits/"])
def test_the_hook_is_run_for_every_file_that_a_release_may_hold(prefix: str) -> None:
    voting = ["members/000000.onnx", "members/anything", "frontend.onnx"]
    for name in (*NEEDED, *OPTIONAL, TIME, *voting, "input-17.cert.json"):
        assert WANTED.search(prefix + name), name
    for name in ("report.html", "manifest.json", "README.md", "xclaims.jsonl", "members/x/y"):
        assert not WANTED.search(prefix + name), name


def test_releases_and_single_inputs_are_verified_once_each(folder: Path) -> None:
    (folder / "one.cert.json").write_bytes(repository.BUILT.single(1))
    names = ["certificate.dsse.json", "members/000000.onnx", "claims.jsonl"]
    done = run("one.cert.json", *(f"models/digits/{name}" for name in names))
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["VERIFIED", "VERIFIED"]
    assert [line.split()[2] for line in lines] == ["models/digits", "one.cert.json"]


def test_a_release_in_the_working_folder_itself(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder / "models/digits")
    done = CliRunner().invoke(APP, ["--key", "../../auditor.pub", "members/000001.onnx"])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("VERIFIED")


def test_a_changed_member_fails_the_commit(folder: Path) -> None:
    (folder / "models/digits/members/000000.onnx").write_bytes(b"x")
    done = run("models/digits/members/000000.onnx")
    assert done.exit_code == 1
    assert "models/digits\nNOT VERIFIED" in done.stdout


def test_a_missing_file_fails_the_commit_as_undecided(folder: Path) -> None:
    (folder / "models/digits/evidence.bin").unlink()
    done = run("models/digits/claims.jsonl")
    assert done.exit_code == 3
    assert "UNDECIDED" in done.stdout


def test_what_does_not_verify_weighs_more_than_what_is_undecided(folder: Path) -> None:
    (folder / "models/digits/evidence.bin").unlink()
    (folder / "bad.cert.json").write_bytes(b"{}")
    (folder / "other.cert.json").write_bytes(repository.BUILT.single(0))
    done = run("models/digits/claims.jsonl", "bad.cert.json", "other.cert.json")
    assert done.exit_code == 1
    assert {"UNDECIDED", "VERIFIED"} <= set(done.stdout.split())


def test_files_that_are_named_alike_and_belong_to_no_release_are_no_business_of_it(
    folder: Path,
) -> None:
    (folder / "recipe.toml").write_text("")
    done = run("recipe.toml")
    assert (done.exit_code, done.stdout) == (0, "")


def test_a_trust_file_serves_too_with_its_dates(folder: Path) -> None:
    name = "models/digits/claims.jsonl"
    done = CliRunner().invoke(APP, ["--trust", "trust.toml", name])
    assert done.exit_code == 0, done.output
    key = {**repository.TRUST["keys"][0], "notAfter": "2021-01-01"}
    (folder / "trust.toml").write_bytes(gates.document({"version": 1, "keys": [key]}))
    done = CliRunner().invoke(APP, ["--trust", "trust.toml", name])
    assert done.exit_code == 1
    assert "AUD-SIG-002" in done.stdout


@pytest.mark.parametrize(
    "arguments", [[], ["--key", "auditor.pub", "--trust", "trust.toml"], ["--key", "no.pub", "x"]]
)
def test_without_a_key_to_trust_nothing_passes(folder: Path, arguments: list[str]) -> None:
    done = CliRunner().invoke(APP, [*arguments, "models/digits/claims.jsonl"])
    assert done.exit_code == 2
    assert done.stdout == ""


# --- the real thing -------------------------------------------------------------------------------


def hooks(folder: Path) -> Path:
    """Return a repository that offers the hook: what this checkout would be, committed."""
    folder.mkdir()
    for name in ("auditor", "schemas"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(composite.ROOT / name, folder / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(composite.ROOT / name, folder / name)
    repository.git(folder, "init", "--quiet")
    repository.commit(folder, "hooks")
    return folder


@pytest.mark.slow
def test_pre_commit_installs_and_runs_it(tmp_path: Path) -> None:
    """In a repository with a module of its own named like one that the hook imports."""
    if find_spec("pre_commit") is None:
        pytest.skip("pre-commit is not installed")
    offered = hooks(tmp_path / "hooks")
    work = repository.origin(tmp_path / "work")
    config: dict[str, Any] = {
        "repo": offered.as_uri(),
        "rev": repository.git(offered, "rev-parse", "HEAD"),
        "hooks": [{"id": "audit-verify", "args": ["--key", "auditor.pub"]}],
    }
    with (work / ".pre-commit-config.yaml").open("w") as file:
        YAML(typ="safe", pure=True).dump({"repos": [config]}, file)
    repository.write(work, {"auditor/cli/hook.py": b"raise SystemExit(0)\n"})
    repository.BUILT.write(work / "model")
    repository.git(work, "add", "--all")

    def commit() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--verbose"],
            cwd=work,
            capture_output=True,
            text=True,
            check=False,
            env={
                **{name: value for name, value in os.environ.items() if "GIT_" not in name},
                "PRE_COMMIT_HOME": str(tmp_path / "home"),
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": "protocol.file.allow",
                "GIT_CONFIG_VALUE_0": "always",
            },
        )

    done = commit()
    if "No matching distribution" in done.stdout or "Connection" in done.stdout:
        pytest.skip("no registry answers, so the hook cannot be installed")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^VERIFIED  [0-9a-f]{64}  model$", done.stdout, re.MULTILINE)
    (work / "model/members/000001.onnx").write_bytes(b"x")
    repository.git(work, "add", "--all")
    done = commit()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "NOT VERIFIED" in done.stdout
    (work / "auditor.pub").write_text(PrivateKey.generate().public.pem)
    repository.git(work, "add", "--all")
    assert "no signature by a pinned key" in commit().stdout
