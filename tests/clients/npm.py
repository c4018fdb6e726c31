"""The npm clients that ``package-lock.json`` pins, installed into a folder of the test's own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
_OLDEST_NODE: Final = (20, 17)
# What npm prints when nobody answers, as opposed to an answer that it does not like.
_NO_NETWORK: Final = re.compile(
    r"\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ENOTCACHED"
    r"|ERR_SOCKET_TIMEOUT)\b"
)

_PATIENCE: Final = ("--fetch-retries=1", "--fetch-timeout=20000")


class UnavailableError(Exception):
    """There is no Node, no npm or no registry here. The message says which."""


def versions() -> dict[str, str]:
    """Return the pinned version of each package that the page asks for."""
    package = json.loads((_HERE / "package.json").read_text())
    pinned: dict[str, str] = package["dependencies"]
    return pinned


def node_version() -> str:
    """Return the version of ``node``; raise UnavailableError without a recent one."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise UnavailableError(f"no {program} here")
    found = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    version = found.stdout.strip().removeprefix("v")
    if tuple(map(int, version.split(".")[:2])) < _OLDEST_NODE:
        oldest = ".".join(map(str, _OLDEST_NODE))
        raise UnavailableError(f"node {version}, expected {oldest} or later")
    return version


def install(folder: Path) -> Path:
    """Return ``folder`` with the packages in it, exactly those of the lock file.

    Raises UnavailableError where there is no Node or no registry; any other failure is an error.
    """
    node_version()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(_HERE / name, folder)
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", *_PATIENCE],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    silent = _NO_NETWORK.search(done.stderr)
    if done.returncode and silent:
        raise UnavailableError(f"npm reaches no registry ({silent.group()})")
    assert done.returncode == 0, done.stderr
    return folder
