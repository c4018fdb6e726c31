"""A real Chromium without a window, for what people look at; tests skip where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
# The sandbox needs a user who is not root; nothing but our own pages is opened.
_ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


#: Contrast of every text with what is behind it (WCAG 2, success criterion 1.4.3), smallest first.
CONTRASTS: Final = """
() => {
  const options = { willReadFrequently: true };
  const canvas = document.createElement('canvas').getContext('2d', options);
  const rgb = (text) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = rgb(getComputedStyle(node).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const found = [];
  const text = 'p, li, td, th, dt, dd, h1, h2, h3, label, summary, code, strong, span.wrong';
  for (const node of document.querySelectorAll(text)) {
    const said = node.textContent.trim().slice(0, 40);
    if (!node.checkVisibility() || !said) continue;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(behind(node))];
    found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), said]);
  }
  return found.sort((one, other) => one[0] - other[0]).slice(0, 3);
}
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser that is installed; skip the test, saying so, where none is."""
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip(f"no browser is installed ({', '.join(_NAMES)})")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watched:
    """A page, with all that its console said and all that it asked for but itself."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


def watched(browser: Browser, path: Path, *, width: int = 1100, scheme: str = "light") -> Watched:
    """Open a file at a width in CSS pixels, light or dark."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    found = Watched(page=page)
    page.on("console", lambda message: found.said.append(message.text))
    page.on("pageerror", lambda error: found.said.append(str(error)))
    address = path.resolve().as_uri()
    page.on(
        "request",
        lambda request: (
            None
            if request.url == address or request.url.startswith("data:")
            else found.asked.append(request.url)
        ),
    )
    page.goto(address)
    return found
