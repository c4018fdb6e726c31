"""Pages that stand elsewhere in the repository, and links that lead out of ``docs``.

README.md is the overview, its section on limits a page of its own, and schemas/README.md the
specification: each is written once. The page that checks certificates in a browser is made here. A
link to any other file outside ``docs`` becomes the file's name, since the site does not hold it.
"""

from __future__ import annotations

import posixpath
import re
from importlib.metadata import version
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from auditor.checker.page import page as checker_page

ROOT = Path(__file__).resolve().parents[1]
LIMITS = "What a certificate does not say"

# Where pages of the site are written: page -> file.
SOURCES = {
    "index.md": "README.md",
    "limits.md": "README.md",
    "specification.md": "schemas/README.md",
}
PAGES = {"README.md": "index.md", "schemas/README.md": "specification.md"}

_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are written elsewhere."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    limits = re.search(rf"^## {LIMITS}\n(.*?)(?=^## )", readme, re.MULTILINE | re.DOTALL)
    if limits is None:
        raise ValueError(f"README.md: expected a section {LIMITS!r}")
    for name, text in (
        ("index.md", readme),
        ("limits.md", f"# {LIMITS}\n{limits[1]}"),
        ("specification.md", (ROOT / "schemas/README.md").read_text(encoding="utf-8")),
    ):
        files.append(File.generated(config, name, content=text))
    checker = checker_page(version("auditor"))
    files.append(File.generated(config, "checker.html", content=checker))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Rewrite links from where a page is written to where it is read."""
    here = page.file.src_uri
    source = SOURCES.get(here, f"docs/{here}")
    return _LINK.sub(lambda link: _rewritten(link, source, here), markdown)


def _rewritten(link: re.Match[str], source: str, here: str) -> str:
    text, target = link[1], link[2]
    path, mark, anchor = target.partition("#")
    if "://" in target or not path:
        return link[0]
    file = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    inside = PAGES.get(file) or (file.removeprefix("docs/") if file.startswith("docs/") else None)
    if inside is not None and inside.endswith((".md", ".svg")):
        away = posixpath.relpath(inside, posixpath.dirname(here) or ".")
        return f"[{text}]({away}{mark}{anchor})"
    bare = text.strip("`")
    return text if bare in {file, posixpath.basename(file)} else f"{text} (`{file}`)"
