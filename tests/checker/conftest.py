"""One page, one honest release and one browser for the tests of each file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from auditor.checker.page import page
from auditor.format.strict_json import canonical
from tests import honest
from tests.checker.driver import Checker
from tests.chromium import chromium, watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the page, an honest release, one of its inputs, and its key."""
    folder = tmp_path_factory.mktemp("checker")
    (folder / "checker.html").write_text(page("0.0.0"), encoding="utf-8")
    made = honest.build("bag", inputs=12)
    made.write(folder / "release")
    (folder / "one.json").write_bytes(made.single(3))
    (folder / "two.json").write_bytes(made.single(4))
    (folder / "auditor.pub").write_text(made.key.public.pem)
    (folder / "other.pub").write_text(honest.ED25519.public.pem)
    (folder / "input-3").write_bytes(canonical({"made-up": 3}))
    return folder


@pytest.fixture
def checker(browser: Browser, place: Path) -> Iterator[Checker]:
    found = Checker(seen=watched(browser, place / "checker.html"), place=place)
    yield found
    assert (found.seen.said, found.seen.asked) == ([], [])
    found.seen.page.close()
