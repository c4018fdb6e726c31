"""The page in a real browser, and what a person does with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chromium import Watched


@dataclass
class Checker:
    """The page, and what a person does with it."""

    seen: Watched
    place: Path

    def pick(self, field: str, *names: str) -> None:
        self.seen.page.set_input_files(f"#{field}", [str(self.place / name) for name in names])

    def give(self, field: str, data: bytes, name: str = "given") -> None:
        file: Any = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
        self.seen.page.set_input_files(f"#{field}", [file])

    def drop(self, *names: str, on: str = "h1") -> None:
        """Drag files or folders of the disk onto an element, as a window manager would."""
        box = self.seen.page.locator(on).bounding_box()
        assert box is not None
        session = self.seen.page.context.new_cdp_session(self.seen.page)
        files = [str(self.place / name) for name in names]
        data = {"items": [], "files": files, "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            where = {"x": box["x"] + 4, "y": box["y"] + 4}
            session.send("Input.dispatchDragEvent", {"type": kind, **where, "data": data})

    def verdict(self, grade: str = "") -> str:
        """Wait for a verdict (of this grade); return its line."""
        wanted = f"[data-grade={grade}]" if grade else ":not([data-grade=waiting])"
        found = self.seen.page.wait_for_selector(f"#verdict{wanted}", timeout=60_000)
        assert found is not None
        return found.text_content() or ""

    def text(self, selector: str = "#result") -> str:
        return self.seen.page.inner_text(selector)
