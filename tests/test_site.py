"""The documentation as a site: it builds without a warning, and loads nothing from elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: Elements that load, or may, what an attribute names.
LOADING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class Loads(HTMLParser):
    """Collects what a page loads by itself, and the pages that it links to."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        loads = tag in LOADING and found.get("rel") not in {"canonical", "prev", "next"}
        if loads and found.get(LOADING[tag]):
            self.loaded.append(str(found[LOADING[tag]]))
        if tag == "a" and found.get("href"):
            self.linked.append(str(found["href"]))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("material", reason="mkdocs-material is not installed")
    place = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", place],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return place


@pytest.mark.slow
def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        reader = Loads()
        reader.feed(page.read_text(encoding="utf-8"))
        for target in reader.loaded:
            assert not re.match(r"(https?:)?//", target), f"{page.name} loads {target}"
            if not target.startswith("data:") and page.name != "404.html":
                path = page.parent / target.partition("?")[0].partition("#")[0]
                assert path.exists(), f"{page.name}: {target}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", sheet.read_text())


@pytest.mark.slow
def test_what_is_written_once_is_there(site: Path) -> None:
    specification = (site / "specification.html").read_text(encoding="utf-8")
    assert "What signed numbers can cost is capped" in specification
    assert "Nothing beyond its budgets" in (site / "limits.html").read_text(encoding="utf-8")
    api = (site / "api.html").read_text(encoding="utf-8")
    for name in (
        "certified_accuracy",
        "to_pandas",
        "overwrite",
        "sample_seed",
        "VerificationError",
        "Whether no attack",
    ):
        assert name in api, name
    assert (site / "guarantee.svg").is_file()


@pytest.mark.slow
def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path) -> None:
    """Or the test above could not fail."""
    for name in ("docs", "schemas", "scripts", "auditor"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("README.md", "mkdocs.yml"):
        shutil.copy(ROOT / name, tmp_path / name)
    page = tmp_path / "docs" / "gate.md"
    page.write_text(page.read_text() + "\n[nowhere](no-such-page.md)\n")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"],
        cwd=tmp_path,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "no-such-page.md" in done.stderr
