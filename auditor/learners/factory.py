"""A user's own model: ``python:package.module:function``.

The function gets one dict, {"shape", "classes", "symbols", "masked", "width"} and the recipe's
further keys as they are, and returns a ``torch.nn.Module`` from rows (batch, width) to scores
(batch, classes). Its initial weights must come from PyTorch's generator. The source file is a
trusted artefact: the guarantee assumes that nobody tampered with it.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import torch

from auditor.errors import RecipeError
from auditor.learners.modules import ModuleLearner
from auditor.learners.options import Options
from auditor.learners.rows import RowMaker

_OWN_KEYS: Final = frozenset(
    {"name", "factory", "steps", "batch", "learningRate", "weightDecay", "chunk", "frontEnd"}
)


def factory(options: Options, maker: RowMaker) -> ModuleLearner:
    """Read the ``learner`` table and import the factory. Raises RecipeError."""
    spec = maker.spec
    given = {
        "shape": spec.shape,
        "classes": spec.classes,
        "symbols": spec.symbols,
        "masked": spec.masked,
        "width": spec.width,
        **{key: value for key, value in options.table.items() if key not in _OWN_KEYS},
    }
    make = _imported(options)

    def module() -> torch.nn.Module:
        made = make(dict(given))
        if not isinstance(made, torch.nn.Module):
            raise options.error("factory", made, "a function that returns a torch.nn.Module")
        return made

    return ModuleLearner.from_options(options, maker, module, "0.001")


def source(recipe: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return (module name, SHA-256 hex of its source file) of a recipe's factory, if it has one.

    Raises RecipeError when the module cannot be found. The module is not imported, but the
    packages around it are.
    """
    options = Options(recipe["learner"], "learner")
    if options.text("name", "") != "python":
        return None
    module, _ = _named(options)
    try:
        found = importlib.util.find_spec(module)
    except ImportError:
        found = None
    if found is None or found.origin is None or not Path(found.origin).is_file():
        raise options.error("factory", module, "a module that Python can import from a file")
    return module, hashlib.sha256(Path(found.origin).read_bytes()).hexdigest()


def _named(options: Options) -> tuple[str, str]:
    text = options.text("factory", "")
    parts = text.split(":")
    if len(parts) != 3 or parts[0] != "python" or not all(parts):
        raise options.error("factory", text, "python:package.module:function")
    return parts[1], parts[2]


def _imported(options: Options) -> Callable[[dict[str, Any]], object]:
    module, function = _named(options)
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        msg = f"learner.factory: cannot import {function} from {module}: {error}"
        raise RecipeError(msg) from error
    if not callable(found):
        raise options.error("factory", found, "a function")
    made: Callable[[dict[str, Any]], object] = found
    return made
