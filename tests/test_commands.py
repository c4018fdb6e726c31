"""Every audit command of README and docs is run as it stands there, in the order of its page.

Pages whose commands need more than files have tests of their own, and are named here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

from tests.run import small
from tests.test_docs import PAGES, ROOT, lines

#: Pages with tests of their own, and where those are.
ELSEWHERE = {
    "docs/own.md": "tests/test_own.py",
    "docs/ci.md": "tests/ci/test_pages.py",
    "docs/clients.md": "tests/clients",
    "docs/distribute.md": "tests/ci/test_pages.py",
}
#: Recipes for larger data than the tests have; their pages say what was run, and when.
LARGE = ("examples/mnist17/README.md", "examples/mnist10/README.md", "examples/cifar2/README.md")
#: A round of the beacon that is still to come: tests/witness/test_page.py has rounds of the past.
WAITING = re.compile(r"round\.json|--timestamper")

PAGE_NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]


def commands(name: str) -> list[str]:
    """Return the audit commands of a page, without remarks."""
    found = []
    for line in lines(ROOT / name):
        text = line.strip().removeprefix("$ ")
        if re.match(r"audit [a-z]+(?![\w:.-])", text):
            found.append(re.split(r"  +| +#", text)[0])
    return found


HERE = {
    name: commands(name)
    for name in PAGE_NAMES
    if name not in ELSEWHERE and name not in LARGE and commands(name)
}


class Reader:
    """A folder in which somebody follows a page, with the files that it takes for granted."""

    def __init__(self, folder: Path, digits: Path) -> None:
        self.folder, self.digits = folder, digits

    def has_digits(self) -> None:
        for name in ("digits", "digits.key", "digits.pub"):
            target = self.folder / "build" / name
            target.parent.mkdir(exist_ok=True)
            if (self.digits / name).is_dir():
                shutil.copytree(self.digits / name, target)
            else:
                shutil.copy(self.digits / name, target)

    def has_release(self, *, name: str = "release") -> None:
        shutil.copytree(self.digits / "digits", self.folder / name)
        shutil.copy(self.digits / "digits.pub", self.folder / "release.pub")
        shutil.copy(self.digits / "digits.key", self.folder / "release.key")

    def has_keys(self) -> None:
        for end in ("key", "pub"):  # one pair: beside the release, and as others know it
            for name in ("auditor", "release"):
                shutil.copy(self.digits / f"digits.{end}", self.folder / f"{name}.{end}")
        shutil.copy(self.digits / "challenger.key", self.folder)
        shutil.copy(self.digits / "challenger.pub", self.folder)

    def has_recipe_that_draws(self) -> None:
        shutil.copy(small.recipe(self.folder / "drawn", "bag", "none"), self.folder)
        shutil.copy(self.folder / "drawn/digits.npz", self.folder)

    def has_policy(self) -> None:
        shutil.copy(self.digits / "challenger.pub", self.folder)
        keys = (("us", "release.pub", "auditor"), ("they", "challenger.pub", "challenger"))
        self.folder.joinpath("trust.toml").write_text(
            "version = 1\n"
            + "".join(
                f'[[keys]]\nname = "{name}"\nfile = "{file}"\nroles = ["{role}"]\n'
                for name, file, role in keys
            )
        )
        self.folder.joinpath("release.toml").write_text(
            'version = 1\n[claim]\nalphaAtMost = "1/20"\n[challenge]\nkinds = ["signed"]\n'
        )
        if not (self.folder / "release.pub").exists():
            shutil.copy(self.digits / "digits.pub", self.folder / "release.pub")

    def has_image(self) -> None:
        Image.new("L", (8, 8), 3).save(self.folder / "image.png")

    def starts_over(self) -> None:
        """Put another recipe in the way of the release, one that draws and so can be challenged."""
        shutil.rmtree(self.folder / "release")
        self.has_keys()
        self.has_recipe_that_draws()


#: What has to be there before a command that begins so; each is brought once.
BEFORE: list[tuple[str, str, list[Callable[[Reader], None]]]] = [
    ("README.md", "audit predict", [Reader.has_image]),
    ("README.md", "audit precommit", [Reader.starts_over]),
    ("README.md", "audit gate", [Reader.has_policy]),
    ("README.md", "audit compare", [lambda r: r.has_release(name="old")]),
    ("README.md", "audit compare", [lambda r: r.has_release(name="new")]),
    ("docs/attack.md", "", [Reader.has_digits]),
    ("docs/cards.md", "", [Reader.has_digits]),
    ("docs/start.md", "", [Reader.has_digits]),
    ("docs/choosing.md", "", [Reader.has_recipe_that_draws]),
    ("docs/challenge.md", "", [Reader.has_recipe_that_draws, Reader.has_keys]),
    (
        "docs/challenge.md",
        "audit precommit recipe.toml --out release --drand",
        [Reader.starts_over],
    ),
    ("docs/gate.md", "", [Reader.has_digits, Reader.has_release, Reader.has_policy]),
    ("docs/gate.md", "audit compare", [lambda r: r.has_release(name="OLD")]),
    ("docs/gate.md", "audit compare", [lambda r: r.has_release(name="NEW")]),
    ("docs/verification.md", "", [Reader.has_release, Reader.has_keys, Reader.has_policy]),
]


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment in which ``audit`` is this checkout's."""
    place = tmp_path_factory.mktemp("bin")
    script = place / "audit"
    start = "from auditor.cli.main import main; main()"
    script.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{start}' \"$@\"\n")
    script.chmod(0o755)
    (place / "data").mkdir()
    path = f"{place}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "HOME": str(place), "PYTHONPATH": str(ROOT)}


def run(line: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def digits(audit: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what ``make demo`` makes, and a challenger's keys."""
    place = tmp_path_factory.mktemp("digits")
    recipe = ROOT / "examples/digits/recipe.toml"
    for line in (f"audit run {recipe} --out digits", "audit keygen challenger.key"):
        done = run(line, place, audit)
        assert done.returncode == 0, done.stderr
    return place


@pytest.mark.slow
@pytest.mark.parametrize("name", HERE)
def test_the_commands_of_a_page(
    name: str, digits: Path, audit: dict[str, str], tmp_path: Path
) -> None:
    reader = Reader(tmp_path, digits)
    waiting = [each for each in BEFORE if each[0] == name]
    for line in HERE[name]:
        for each in [each for each in waiting if line.startswith(each[1])]:
            waiting.remove(each)
            for bring in each[2]:
                bring(reader)
        if WAITING.search(line):
            continue
        if line.startswith("audit modelsign") and find_spec("model_signing") is None:
            done = run(line, tmp_path, audit)
            assert (done.returncode, "pip install 'auditor[modelsign]'" in done.stderr) == (2, True)
            continue
        # the seed that the page shortens is any
        done = run(line.replace("5f0c...", "5f0c" * 16), tmp_path, audit)
        said = f"{line}: {done.returncode} {done.stdout[-600:]} {done.stderr[-600:]}"
        assert done.returncode == 0, said
        assert "Traceback" not in done.stderr
    assert waiting == []


def test_every_page_with_commands_is_run_somewhere() -> None:
    with_commands = {name for name in PAGE_NAMES if commands(name)}
    assert with_commands == {*HERE, *ELSEWHERE, *LARGE} & with_commands
    assert sum(map(len, HERE.values())) > 45
    assert {name for name, _, _ in BEFORE} <= HERE.keys()
    for page, test in ELSEWHERE.items():
        assert (ROOT / test).exists(), page


def _waiting() -> Iterator[str]:
    return (line for found in HERE.values() for line in found if WAITING.search(line))


def test_few_commands_wait_for_a_round_that_is_to_come() -> None:
    assert len([*_waiting()]) == 2
