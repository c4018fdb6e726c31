"""The blocks of a page of ``docs/``: what stands there is what the tests run."""

from __future__ import annotations

import re
from typing import Final

from tests.ci.composite import ROOT

_BLOCK: Final = re.compile(r"^```(?:\w+) ([a-z-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CONSOLE: Final = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def block(page: str, name: str) -> str:
    """Return the one block that the page gives this name, as in ```` ```yaml github ````."""
    [text] = [body for kind, body in _BLOCK.findall(_read(page)) if kind == name]
    return str(text)


def commands(page: str) -> list[str]:
    """Return the commands in the blocks of kind ``console``, each on one line."""
    text = "\n".join(_CONSOLE.findall(_read(page)))
    return [line for line in text.replace("\\\n", " ").splitlines() if line]


def _read(page: str) -> str:
    return (ROOT / "docs" / page).read_text()
