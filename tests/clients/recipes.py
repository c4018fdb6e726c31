"""The commands of ``docs/clients.md``, run as they stand there: the page is the test's source."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from auditor.format.keys import Algorithm, PublicKey

PAGE: Final = Path(__file__).parents[2] / "docs" / "clients.md"
_HEADING: Final = re.compile(r"^## (.+)$", re.MULTILINE)
# A second word after `sh` is the one kind of key that the block is for.
_BLOCK: Final = re.compile(r"^```sh(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> dict[str, list[tuple[str | None, str]]]:
    """Return, for each heading with shell blocks, their key algorithms (None: any) and commands."""
    _, *parts = _HEADING.split(PAGE.read_text())
    found = {
        heading: [(kind or None, text) for kind, text in _BLOCK.findall(body)]
        for heading, body in zip(parts[::2], parts[1::2], strict=True)
    }
    return {heading: commands for heading, commands in found.items() if commands}


def commands(sections: Sequence[str], algorithm: Algorithm) -> str:
    """Return the commands that a reader with this kind of key pastes, section after section."""
    page = blocks()
    return "".join(
        text for name in sections for kind, text in page[name] if kind in {None, algorithm}
    )


def run(
    sections: Sequence[str],
    release: Path,
    key: PublicKey,
    *,
    work: Path,
    cwd: Path | None = None,
    algorithm: Algorithm | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the sections in one shell that stops at the first failure.

    ``algorithm`` is what the reader takes the key for, if not for what it is.
    """
    work.mkdir()
    pem = work / "key.pub"
    pem.write_text(key.pem)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "release": str(release),
        "key": str(pem),
        "work": str(work),
    }
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands(sections, algorithm or key.algorithm)],
        cwd=cwd or work,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
