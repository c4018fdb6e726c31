"""One HTML file out of the modules beside it: it runs from a disk, and may load nothing else.

Each module becomes a function that is called once, after those that it imports from, so that names
stay apart as they are in the files. No name is changed and no comment lost: the page can be read.
"""

from __future__ import annotations

import base64
import hashlib
import posixpath
import re
from collections.abc import Callable
from importlib import resources
from typing import Final

_MAIN: Final = "page.mjs"
_NAMES: Final = r"\{\s*([^{}]*?),?\s*\}"
_IMPORT: Final = re.compile(
    rf"^import (?:{_NAMES}|\* as (\w+)) from '([^']+)';\n", re.MULTILINE | re.DOTALL
)
_EXPORT: Final = re.compile(r"^export ((?:async )?function\*?|const|class) (\w+)", re.MULTILINE)
_LEFT: Final = re.compile(r"^\s*(?:import|export)\b.*", re.MULTILINE)


def page(version: str) -> str:
    """Return the page; the same sources give the same bytes."""
    style = _resource("auditor.report", "report.css") + _resource("auditor.checker", "page.css")
    script = bundle(_MAIN, lambda path: _resource("auditor.checker", path))
    parts = {
        "style": style,
        "script": script,
        "style-hash": _policy(style),
        "script-hash": _policy(script),
        "version": version,
    }
    template = _resource("auditor.checker", "page.html")
    return re.sub(r"\{\{([a-z-]+)\}\}", lambda name: parts[name[1]], template)


def bundle(main: str, read: Callable[[str], str]) -> str:
    """Return one module that does what ``main`` does with all that it imports.

    ``read`` returns a module's text by its path. Raises ValueError for imports in a circle or of
    what is not exported, and for statements of import or export of a form that is not used here.
    """
    done: dict[str, str] = {}
    _add(main, read, done, ())
    body = "\n".join(done.values())
    if "</script" in body.lower() or "<!--" in body:
        raise ValueError("the modules spell what would end the script in HTML")
    return f"'use strict';\n\n{body}"


def _add(
    path: str, read: Callable[[str], str], done: dict[str, str], above: tuple[str, ...]
) -> None:
    if path in above:
        raise ValueError(f"imports in a circle: {' -> '.join((*above, path))}")
    if path in done:
        return
    text, bound = read(path), []
    for names, everything, target in _IMPORT.findall(text):
        module = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        _add(module, read, done, (*above, path))
        there = {name for _, name in _EXPORT.findall(read(module))}
        asked = {each.split()[0] for each in names.split(",") if each.strip()}
        if missing := sorted(asked - there):
            raise ValueError(f"{path}: {module} does not export {', '.join(missing)}")
        to = everything or f"{{ {names.replace(' as ', ': ')} }}"
        bound.append(f"const {to} = {_variable(module)};\n")
    inner = _EXPORT.sub(r"\1 \2", _IMPORT.sub("", text))
    if left := _LEFT.search(inner):
        raise ValueError(f"{path}: {left[0].strip()!r} is of a form that is not bundled")
    inner = f"{''.join(bound)}{inner}"
    if above:
        exported = ", ".join(name for _, name in _EXPORT.findall(text))
        inner = f"const {_variable(path)} = (() => {{\n{inner}\nreturn {{ {exported} }};\n}})();\n"
    if any(_variable(path) == _variable(other) for other in done):
        raise ValueError(f"{path}: another module has the same name in the page")
    done[path] = f"// ---- {path} ----\n\n{inner}"


def _variable(path: str) -> str:
    return "module_" + re.sub(r"\W", "_", path.removesuffix(".mjs"))


def _policy(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _resource(package: str, name: str) -> str:
    return (resources.files(package) / name).read_text(encoding="utf-8")
