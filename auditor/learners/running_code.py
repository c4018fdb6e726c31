"""A recipe's own code, in a process that trains one member: its functions, and its errors."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import torch

from auditor.errors import RecipeError, RunError
from auditor.format.visible import visible
from auditor.learners import own_code
from auditor.learners.own_code import OwnCode
from auditor.learners.training_loop import UntrainableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A recipe's own code: ``module``, and its source where it was read and digested."""

    module: str
    source: OwnCode | None

    @classmethod
    def of(cls, module: str) -> Running:
        """Return the code of this module. Raises RecipeError when it cannot be imported."""
        found = cls(module=module, source=own_code.loaded(module))
        found.here()
        return found

    def here(self) -> None:
        """Import the module, or run its source where this process is a new one."""
        if self.source is not None and self.module not in sys.modules:
            own_code.load(self.source)
        try:
            importlib.import_module(self.module)
        except ImportError as error:
            msg = f"learner.factory: cannot import {self.module}: {error}"
            raise RecipeError(msg) from error

    def function(self, name: str, key: str) -> Callable[..., object]:
        """Return a function of the module, which the recipe's ``key`` names. Raises RecipeError."""
        self.here()
        found = getattr(sys.modules[self.module], name, None)
        if not callable(found):
            got = "no such name" if found is None else f"a {type(found).__name__}"
            msg = f"{key}: expected the function {name} in {self.module}, got {got}"
            raise RecipeError(msg)
        return cast("Callable[..., object]", found)

    def raised(self, error: BaseException) -> str:
        """Say where in the user's file ``error`` arose: its innermost line there."""
        file = getattr(sys.modules.get(self.module), "__file__", None)
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
        where = f"{file}, line {lines[-1]}" if lines else "the function"
        said = f": {reason}" if (reason := _said(error)) else ""
        return f"{where} raised {type(error).__name__}{said}"

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn whatever the body raises into UntrainableError, with the user's file and line.

        Raises RunError where memory did not suffice: that says nothing of the examples, and
        another machine has more.
        """
        try:
            yield
        except (UntrainableError, RecipeError, RunError):
            raise
        except BaseException as error:
            if _lacks_memory(error):
                raise RunError(f"too little memory: {self.raised(error)}") from error
            raise UntrainableError(self.raised(error)) from error


def _said(error: BaseException) -> str:
    """Return the first line of an error's text, which may be anything."""
    try:
        text = str(error).strip().partition("\n")[0][:200]
    except Exception:  # noqa: BLE001 - its __str__ is the user's, too
        return ""
    return visible(text)


def _lacks_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and "allocate memory" in _said(error)
    )
