"""A recipe's own code: one source file, run from the very bytes that were digested.

``importlib`` would look for a file, run the packages around it and prefer a compiled copy, each of
which is other code than what a digest of the source names. So the file is found here by its name,
read once, and those bytes are what runs.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from auditor.errors import RecipeError

_MAX_SOURCE: Final = 2**24


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCode:
    """The source of a recipe's factory: its module's name, its file and its bytes."""

    module: str
    function: str
    path: Path
    source: bytes

    @property
    def sha256(self) -> str:
        """The digest (hex) by which a certificate lists it as a trusted artefact."""
        return hashlib.sha256(self.source).hexdigest()

    @property
    def trusted(self) -> dict[str, str]:
        """The entry of the recipe's list of trusted artefacts."""
        return {"name": f"python:{self.module}", "sha256": self.sha256}


def named(recipe: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return (module, function) of a recipe's factory, None if it has none; raise RecipeError."""
    learner = recipe["learner"]
    if learner["name"] != "python":
        return None
    text = str(learner.get("factory", ""))
    parts = text.split(":")
    names = parts[1].split(".") if len(parts) == 3 else []
    if (
        len(parts) != 3
        or parts[0] != "python"
        or not all(map(str.isidentifier, [*names, parts[2]]))
    ):
        msg = f"learner.factory: expected python:package.module:function, got {text!r}"
        raise RecipeError(msg)
    if names[0] in sys.stdlib_module_names:
        msg = f"learner.factory: expected another name than {names[0]}, a module of Python's own"
        raise RecipeError(msg)
    return parts[1], parts[2]


def find(recipe: Mapping[str, Any], base: Path) -> OwnCode | None:
    """Return the source of a recipe's factory, None if it has none, without running anything.

    It is looked for beside the recipe (``base``) and then where Python looks. Raises RecipeError
    when it is not there.
    """
    name = named(recipe)
    if name is None:
        return None
    for path in _places(name[0], base):
        if path.is_file():
            source = path.read_bytes()
            if len(source) > _MAX_SOURCE:
                msg = f"{path}: {len(source)} bytes, expected at most {_MAX_SOURCE}"
                raise RecipeError(msg)
            return OwnCode(module=name[0], function=name[1], path=path, source=source)
    msg = f"learner.factory: expected a source file of the module {name[0]}, found none"
    raise RecipeError(msg)


#: What this process has run, by the names of the modules.
_loaded: Final[dict[str, OwnCode]] = {}


def loaded(module: str) -> OwnCode | None:
    """Return what :func:`load` ran as this module, None if nothing."""
    return _loaded.get(module)


def load(code: OwnCode) -> ModuleType:
    """Run ``code`` and return its module; whoever imports it by name gets the same one.

    Raises RecipeError when it cannot be run.
    """
    module = ModuleType(code.module)
    module.__file__ = str(code.path)
    sys.modules[code.module] = module
    try:
        program = compile(code.source, str(code.path), "exec", dont_inherit=True)
        with redirect_stdout(sys.stderr):  # a verdict may be going to stdout
            exec(program, module.__dict__)  # noqa: S102 - its purpose
    except (Exception, SystemExit) as error:
        del sys.modules[code.module]
        msg = f"learner.factory: cannot run {code.path}: {type(error).__name__}: {error}"
        raise RecipeError(msg) from error
    _loaded[code.module] = code
    return module


def _places(module: str, base: Path) -> Iterator[Path]:
    parts = module.split(".")
    for folder in (base, *map(Path, sys.path)):
        yield folder.joinpath(*parts).with_suffix(".py")
        yield folder.joinpath(*parts, "__init__.py")
