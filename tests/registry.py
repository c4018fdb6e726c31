"""What tests ask a package registry for. Where none answers they are skipped, and say so."""

from __future__ import annotations

import re
import subprocess
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

# What pip and npm print when nobody answers, as opposed to an answer that they do not like.
_SILENCE: Final = re.compile(
    r"\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ENOTCACHED"
    r"|ERR_SOCKET_TIMEOUT|E429|E50[0234]|429 Client Error|50[0234] Server Error)\b"
    r"|Read timed out|Temporary failure|Connection"
)
# What pip prints where the registry has no such package: of our own install that is an error.
_LACKING: Final = re.compile(r"No matching distribution|Could not find a version")


def ask(
    command: Sequence[str | Path],
    *,
    folder: Path | None = None,
    seconds: int = 600,
    may_lack: bool = False,
) -> str:
    """Return what a command says that needs a registry; skip where none answers it.

    ``may_lack``: skip also where the registry lacks a package. Any other failure of the command is
    one of the test.
    """
    program = Path(command[0]).name
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"{program}: no registry answers in {seconds} s")
    silent = _SILENCE.search(done.stderr) or (may_lack and _LACKING.search(done.stderr))
    if done.returncode and silent:
        pytest.skip(f"{program}: no registry answers ({silent.group()})")
    assert done.returncode == 0, done.stderr
    return done.stdout


def environment(place: Path, *packages: str, may_lack: bool = False) -> Path:
    """Return the folder of programs of a new virtual environment with these packages in it.

    Skips as :func:`ask` does.
    """
    venv.create(place, with_pip=True)
    programs = place / "bin"
    install = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    ask([programs / "python", *install, *packages], seconds=900, may_lack=may_lack)
    return programs
