"""Real releases of a small real data set, made once; tests work on copies."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import auditor
from tests.recheck.made import Made
from tests.run import small


@pytest.fixture(scope="session")
def _originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {}


@pytest.fixture
def make(
    _originals: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> Callable[..., Made]:
    """Return a release of these sides, fresh to tamper with."""

    def made(training: str, test: str, **recipe: Any) -> Made:
        name = f"{training}-{test}-{sorted(recipe.items())}"
        if name not in _originals:
            folder = tmp_path_factory.mktemp("made")
            path = small.recipe(folder, training, test, **recipe)
            auditor.run(path, out=folder / "release", workers=0, device="cpu")
            _originals[name] = folder
        folder = _originals[name]
        copy = tmp_path / f"copy-{len(list(tmp_path.iterdir()))}"
        shutil.copytree(folder / "release", copy)
        return Made(release=copy, key=folder / "release.key", data=folder)

    return made
