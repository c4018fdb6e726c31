"""Writes the vectors: honest files and named mutations of them. Run from the project's root.

    python -m tests.vectors.generate

Each theme lists vectors under their names; what a vector is says README.md beside this file.
Everything is deterministic: the runner makes every vector again and compares.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Final

from tests.vectors.form import FOLDER, VECTORS

THEMES: Final = sorted(path.stem for path in (Path(__file__).parent / "themes").glob("[a-z]*.py"))
for _theme in THEMES:
    import_module(f"tests.vectors.themes.{_theme}")


def main() -> None:
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for name, (comment, make) in VECTORS.items():
        (FOLDER / f"{name}.json").write_bytes(make().to_json(comment))


if __name__ == "__main__":
    main()
