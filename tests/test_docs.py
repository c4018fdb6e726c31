"""Every command in README and docs can be typed: command, options and make targets exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from auditor.cli.main import app

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "CONTRIBUTING.md"])
PAGES += sorted((ROOT / "docs").rglob("*.md")) + sorted((ROOT / "examples").rglob("*.md"))
COMMANDS = getattr(typer.main.get_command(app), "commands")  # noqa: B009 - typed as a command
FENCE = re.compile(r"^ *```[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def lines(page: Path) -> Iterator[str]:
    """Yield what stands in fences, lines that end in a backslash joined."""
    for body in FENCE.findall(page.read_text(encoding="utf-8")):
        yield from re.sub(r"\\\n\s*", " ", body).splitlines()


def spoken(page: Path, program: str) -> list[list[str]]:
    """Return the command lines of a program: up to a comment, a pipe, or two spaces."""
    found = []
    for line in lines(page):
        text = line.strip().removeprefix("$ ")
        if re.match(rf"{program} [\w.-]+(?![\w:.-])", text):  # a job's name in YAML ends in a colon
            # A remark stands behind two spaces.
            typed = re.split(r" [|>#]| 2>| &&|  +", text)[0]
            found.append(shlex.split(typed)[1:])
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_audit_command_can_be_typed(page: Path) -> None:
    for name, *words in spoken(page, "audit"):
        assert name in COMMANDS, f"audit {name}"
        known = {option for each in COMMANDS[name].params for option in each.opts}
        known |= {"-h", "--help"}
        asked = {word.partition("=")[0] for word in words if re.match(r"--?[a-zA-Z]", word)}
        assert asked <= known, f"audit {name}: {asked - known}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_make_target_is_there(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for words in spoken(page, "make"):
        assert {word for word in words if "=" not in word} <= targets


def test_commands_are_found_at_all() -> None:
    """Or the tests above could not fail."""
    readme = spoken(ROOT / "README.md", "audit")
    assert len(readme) > 20
    assert ["demo"] in spoken(ROOT / "README.md", "make")
    assert sum(len(spoken(page, "audit")) for page in PAGES) > 45


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            path = target.partition("#")[0]
            if path and "://" not in target and not target.startswith("mailto:"):
                assert (page.parent / path).exists(), f"{page.name}: {target}"
