"""What gets installed, and that the papers around the code are true of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import auditor
from auditor.cli.main import app
from tests import honest, registry
from tests.run import small

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PAPERS = ("README.md", "CHANGELOG.md", "SECURITY.md", "CONTRIBUTING.md", "docs/decisions/README.md")
PAGES = tuple(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").glob("*.md")))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9_-]", requirement, maxsplit=1)[0] for requirement in requirements}


def test_the_default_install_is_the_verifier() -> None:
    wanted = {"cryptography", "jsonschema", "python-flint", "typer"}
    assert names(PROJECT["dependencies"]) == wanted


def test_only_one_onnxruntime_on_any_machine() -> None:
    runtimes = [line for line in PROJECT["optional-dependencies"]["run"] if "onnxruntime" in line]
    assert len(runtimes) == 2
    assert all(";" in line for line in runtimes), "each with the machines that it is for"


@pytest.mark.parametrize("paper", PAPERS + PAGES)
def test_links_in_the_papers_lead_somewhere(paper: str) -> None:
    text = (ROOT / paper).read_text()
    links = re.findall(r"\]\(([^)#]+)\)", text)
    for link in links:
        if not link.startswith("https://"):
            assert ((ROOT / paper).parent / link).exists(), link


def test_every_decision_is_listed() -> None:
    listed = (ROOT / "docs/decisions/README.md").read_text()
    pages = sorted(path.name for path in (ROOT / "docs/decisions").glob("0*.md"))
    assert [page for page in pages if page in listed] == pages
    assert len({page[:4] for page in pages}) == len(pages), "numbers are not reused"


def test_commands_and_targets_in_the_readme_exist() -> None:
    text = (ROOT / "README.md").read_text()
    commands = {command.name for command in app.registered_commands}
    assert set(re.findall(r"^audit (\w+)", text, re.MULTILINE)) <= commands
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", text, re.MULTILINE):
        assert f"\n{target}:" in makefile


def test_continuous_integration_runs_the_same_targets_everywhere() -> None:
    local = set(re.findall(r"^make ([\w-]+)", (ROOT / ".ci/run").read_text(), re.MULTILINE))
    hosted = (ROOT / ".github/workflows/ci.yml").read_text()
    assert local == set(re.findall(r"run: make ([\w-]+)", hosted))
    assert not re.search(r"uses: \S+@(v?\d+|main|master)$", hosted, re.MULTILINE), "pin versions"


@pytest.mark.slow
def test_a_fresh_default_install_is_small_and_verifies(tmp_path: Path) -> None:
    """Fewer than 25 packages, none of them an array library, and it is enough to verify."""
    programs = registry.environment(tmp_path / "venv", str(ROOT))
    listed = subprocess.run(
        [programs / "python", "-m", "pip", "list", "--format", "json"],
        check=True,
        capture_output=True,
        text=True,
    )
    installed = {package["name"].lower() for package in json.loads(listed.stdout)}
    assert len(installed) < 25, sorted(installed)
    assert not installed & {"numpy", "scipy", "torch", "onnx", "onnxruntime", "scikit-learn"}

    release = honest.build("two-mask").write(tmp_path / "release")
    public = tmp_path / "a.pub"
    public.write_text(honest.P256.public.pem)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [programs / "audit", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )

    verified = run("verify", str(release), "--key", str(public))
    assert (verified.returncode, verified.stdout[:9]) == (0, "VERIFIED "), verified.stderr
    assert run("init", "recipe.toml").returncode == 0, "schemas are in the wheel"
    assert run("checker").returncode == 0, "the modules of the page are in the wheel"
    needy = run("run", "recipe.toml", "--out", "release-2")
    assert needy.returncode == 2
    assert "pip install 'auditor[run]'" in needy.stderr


@pytest.mark.slow
def test_the_replay_extra_is_enough_to_cast_votes_again(tmp_path: Path) -> None:
    """Without torch; what is missing for another source of data is named."""
    programs = registry.environment(tmp_path / "venv", f"{ROOT}[replay]")
    recipe = small.recipe(tmp_path / "run", "flip", "flip")
    auditor.run(recipe, out=tmp_path / "run" / "release", workers=0, device="cpu")

    def verify(*arguments: str) -> subprocess.CompletedProcess[str]:
        release = str(tmp_path / "run" / "release")
        return subprocess.run(
            [programs / "audit", "verify", release, "--key", f"{release}.pub", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )

    done = verify("--replay", "all", "--data", str(tmp_path / "run"))
    assert done.returncode == 0, done.stderr
    assert "replay       1440 of 1440 cells" in done.stdout
    needy = verify("--retrain", "1", "--data", str(tmp_path / "run"))
    assert needy.returncode == 2
    assert "pip install 'auditor[run]'" in needy.stderr


@pytest.mark.slow
def test_the_interpreter_is_found_by_running_it(tmp_path: Path) -> None:
    """A name on the PATH that only prints an error, as version managers leave, is passed over."""
    broken, old = tmp_path / "broken", tmp_path / "old"
    broken.write_text("#!/bin/sh\nexit 127\n")
    old.write_text('#!/bin/sh\ncase "$2" in *print*) echo 3.9;; *) exit 1;; esac\n')
    broken.chmod(0o755)
    old.chmod(0o755)

    def find(*candidates: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(ROOT / "scripts/find-python")],
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": "/usr/bin:/bin", "PYTHON": " ".join(map(str, candidates))},
        )

    found = find(broken, old, sys.executable)
    assert (found.returncode, found.stdout.strip()) == (0, sys.executable)
    none = find(broken, old)
    assert none.returncode == 1
    assert "Python 3.11 or later" in none.stderr
    assert "is Python 3.9" in none.stderr
