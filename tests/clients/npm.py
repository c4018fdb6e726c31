"""The npm clients that ``package-lock.json`` pins, installed into a folder of the test's own."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.registry import ask

_HERE: Final = Path(__file__).parent
_OLDEST_NODE: Final = (20, 17)
PATIENCE: Final = ("--fetch-retries=1", "--fetch-timeout=20000")


def versions() -> dict[str, str]:
    """Return the pinned version of each package that the page asks for."""
    package = json.loads((_HERE / "package.json").read_text())
    pinned: dict[str, str] = package["dependencies"]
    return pinned


def node_version() -> str:
    """Return the version of ``node``; skip without a recent one."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program} here")
    found = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    version = found.stdout.strip().removeprefix("v")
    if tuple(map(int, version.split(".")[:2])) < _OLDEST_NODE:
        oldest = ".".join(map(str, _OLDEST_NODE))
        pytest.skip(f"node {version}, expected {oldest} or later")
    return version


def install(folder: Path) -> Path:
    """Return ``folder`` with the packages in it, exactly those of the lock file.

    Skips, saying which, where there is no Node or no registry; any other failure is an error.
    """
    node_version()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(_HERE / name, folder)
    ask(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", *PATIENCE], folder=folder)
    return folder
