"""A recipe's own code in this process: its functions, its errors, its variables made new."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import torch

from auditor.errors import RecipeError
from auditor.learners import own_code
from auditor.learners.deterministic import lacks_kernel
from auditor.learners.training_loop import UntrainableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A recipe's own code in this process: ``module`` with a ``factory``, run as often as asked."""

    module: str
    factory: str

    @classmethod
    def of(cls, learner: Mapping[str, Any]) -> Running:
        """Return the code of a ``learner`` table. Raises RecipeError when it cannot be imported."""
        name = own_code.named({"learner": learner})
        if name is None:
            msg = "learner.factory: expected the name of a function, got none"
            raise RecipeError(msg)
        try:
            importlib.import_module(name[0])
        except ImportError as error:
            msg = f"learner.factory: cannot import {name[0]}: {error}"
            raise RecipeError(msg) from error
        return cls(module=name[0], factory=name[1])

    def again(self) -> None:
        """Run the source once more: what an earlier member left in its variables is gone."""
        own_code.again(self.module)

    def function(self, name: str) -> Callable[..., object]:
        """Return a function of the module as it is now. Raises RecipeError."""
        found = getattr(sys.modules[self.module], name, None)
        if not callable(found):
            got = "no such name" if found is None else f"a {type(found).__name__}"
            msg = f"learner.factory: expected the function {name} in {self.module}, got {got}"
            raise RecipeError(msg)
        return cast("Callable[..., object]", found)

    def raised(self, error: BaseException) -> str:
        """Say where in the user's file ``error`` arose: its innermost line there."""
        file = getattr(sys.modules.get(self.module), "__file__", None)
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
        where = f"{file}, line {lines[-1]}" if lines else "the function"
        reason = str(error).strip().partition("\n")[0][:200]
        return f"{where} raised {type(error).__name__}: {reason}"

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn what the body raises into UntrainableError, with the user's file and line.

        Not what a busy machine may do to any member, which says nothing of its examples.
        """
        try:
            yield
        except (MemoryError, torch.OutOfMemoryError):
            raise
        except Exception as error:
            if lacks_kernel(error):
                raise
            raise UntrainableError(self.raised(error)) from error
