"""A user's own model: ``python:package.module:function``.

The function gets one dict, {"shape", "classes", "symbols", "masked", "width"} and the recipe's
further keys as they are, and returns a ``torch.nn.Module`` from rows (batch, width) to scores
(batch, classes). Its initial weights must come from PyTorch's generator. The source file is a
trusted artefact (``own_code``): the guarantee assumes that nobody tampered with it.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable
from typing import Any, Final

import torch

from auditor.errors import RecipeError
from auditor.learners import own_code
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
        try:
            made = make(dict(given))
        except Exception as error:  # whatever the user's own code raises
            msg = f"learner.factory: {_raised(error, options)}"
            raise RecipeError(msg) from error
        if not isinstance(made, torch.nn.Module):
            raise options.error("factory", made, "a function that returns a torch.nn.Module")
        return made

    return ModuleLearner.from_options(options, maker, module, "0.001")


def _imported(options: Options) -> Callable[[dict[str, Any]], object]:
    found_name = own_code.named({"learner": options.table})
    if found_name is None:
        raise options.error("factory", options.table.get("factory"), "the name of a function")
    module, function = found_name
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        msg = f"learner.factory: cannot import {function} from {module}: {error}"
        raise RecipeError(msg) from error
    if not callable(found):
        raise options.error("factory", found, "a function")
    made: Callable[[dict[str, Any]], object] = found
    return made


def _raised(error: Exception, options: Options) -> str:
    """Say where in the user's file ``error`` arose: the innermost of its lines, not PyTorch's."""
    found_name = own_code.named({"learner": options.table})
    module = sys.modules.get(found_name[0]) if found_name else None
    file = getattr(module, "__file__", None)
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
    where = f"{file}, line {lines[-1]}" if lines else "the function"
    reason = str(error).strip().partition("\n")[0][:200]
    return f"{where} raised {type(error).__name__}: {reason}"
