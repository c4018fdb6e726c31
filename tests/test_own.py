"""The walks of docs/own.md: every recipe and every command of the page, on a small part of data."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_breast_cancer, load_digits

from auditor.recipe import file

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "own.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in PAGE.split("\n## ")[1:]}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [body for found, body in FENCE.findall(PAGE) if found == kind]


def recipes() -> dict[str, dict[str, Any]]:
    """Return the page's recipes by file name, those that extend another whole."""
    found: dict[str, dict[str, Any]] = {}
    for body in blocks("toml"):
        words = body.partition("\n")[0].removeprefix("# ").split()
        base = found[words[2]] if len(words) == 3 else {}
        found[words[0]] = _over(base, tomllib.loads(body))
    return found


def _over(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return ``base`` with the tables of ``own`` in place of its own, smoothing side by side."""
    sides = {**base.get("smoothing", {}), **own.get("smoothing", {})}
    return {**base, **own, "smoothing": sides}


def write(value: dict[str, Any], prefix: str = "") -> str:
    """Write TOML: what a user's editor does."""
    lines = [f"{k} = {_literal(v)}" for k, v in value.items() if not isinstance(v, dict)]
    for key, table in value.items():
        if isinstance(table, dict):
            lines += [f"[{prefix}{key}]", write(table, f"{prefix}{key}.")]
    return "\n".join(lines)


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return str(value)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a reader of the page, and data in its data folder: real, few, of its form."""
    place = tmp_path_factory.mktemp("own")
    bunch = load_digits()
    chosen = [(x, y) for x, y in zip(bunch.images, bunch.target, strict=True) if y in {1, 7}]
    for at, (pixels, digit) in enumerate(chosen[:180]):
        split = "test" if at % 3 == 0 else "train"
        where = place / "data/cifar10-airplane-bird" / split / {1: "airplane", 7: "bird"}[digit]
        where.mkdir(parents=True, exist_ok=True)
        grey = Image.fromarray((pixels * 15).astype(np.uint8)).resize((32, 32))
        grey.convert("RGB").save(where / f"{at:04}.png")
    cancer = load_breast_cancer()
    table = np.hstack([cancer.data, cancer.data[:, :27], cancer.target[:, None]])
    (place / "data/spambase").mkdir(parents=True)
    np.savetxt(place / "data/spambase/spambase.data", table, fmt="%g", delimiter=",")
    for name, value in recipes().items():
        (place / name).write_text(write(value))
    for body in blocks("python"):
        (place / body.partition("\n")[0].removeprefix("# ")).write_text(body)
    shutil.copytree(ROOT / "examples" / "table", place / "examples" / "table")
    return place


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the commands that the page uses, as an activated environment has them."""
    place = tmp_path_factory.mktemp("bin")
    start = "import sys; sys.path[0] = sys.argv.pop(1); from auditor.cli.main import main; main()"
    for name, more in (("audit", f"-c '{start}' {ROOT}"), ("python", "")):
        (place / name).write_text(f'#!/bin/sh\nexec {sys.executable} {more} "$@"\n')
        (place / name).chmod(0o755)
    return place


def test_every_recipe_of_the_page_is_valid(folder: Path) -> None:
    names = sorted(path.name for path in folder.glob("*.toml"))
    page = ["mlp.toml", "own.toml", "photos.toml", "resnet.toml", "spam.toml", "trained.toml"]
    assert names == page
    for name in names:
        file.parse((folder / name).read_bytes(), folder / name)


@pytest.mark.slow
@pytest.mark.parametrize("title", SECTIONS)
def test_the_commands_of_a_walk(folder: Path, commands: Path, title: str) -> None:
    bodies = [body for kind, body in FENCE.findall(SECTIONS[title]) if kind == ""]
    lines = [line for body in bodies for line in body.splitlines()]
    assert lines
    data = str(folder / "data")
    for line in lines:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=folder,
            env={**os.environ, "AUDIT_DATA": data, "PATH": f"{commands}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}: {done.stdout[-800:]} {done.stderr[-800:]}"
