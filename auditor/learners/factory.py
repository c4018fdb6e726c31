"""A user's own model, ``python:package.module:function``, and a user's own way to train it.

The function gets one dict, {"shape", "classes", "symbols", "masked", "width"} and the recipe's
further keys as they are, and returns a ``torch.nn.Module`` from rows (batch, width) to scores
(batch, classes). Its initial weights must come from PyTorch's generator.

With ``training``, the name of a second function of the same file, members are trained by
``function(model, rows, labels, *, seed, device, spec)``: rows (n, width) float32, labels (n,)
int64, both on ``device``; ``spec`` is the factory's dict. It trains ``model`` in place, or returns
another module with the same parameters. PyTorch's, NumPy's and Python's generators are seeded with
``seed`` before; what it learned has to be in parameters and buffers.

The source file is a trusted artefact (``own_code``): the guarantee assumes that nobody tampered
with it. It is run anew for each member, so that nothing which one member's examples left in its
variables is there for the next.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import onnx
import torch

from auditor.errors import RecipeError
from auditor.learners import module_graph, order
from auditor.learners.base import Streams
from auditor.learners.deterministic import deterministic
from auditor.learners.modules import ModuleLearner
from auditor.learners.options import Options
from auditor.learners.rows import RowMaker
from auditor.learners.running_code import Running
from auditor.learners.training_loop import AdamW, Training, UntrainableError
from auditor.randomness import Stream

_OURS: Final = frozenset({"name", "factory", "training", "chunk", "frontEnd"})
_LOOP: Final = frozenset({"steps", "batch", "learningRate", "weightDecay"})

#: Made-up examples of each class, in the trial before any member is trained.
_TRIED: Final = 4


def factory(options: Options, maker: RowMaker) -> OwnLearner:
    """Read the ``learner`` table and import the factory. Raises RecipeError."""
    spec = maker.spec
    own = "training" in options.table
    ours = _OURS if own else _OURS | _LOOP
    given = {
        "shape": spec.shape,
        "classes": spec.classes,
        "symbols": spec.symbols,
        "masked": spec.masked,
        "width": spec.width,
        **{key: value for key, value in options.table.items() if key not in ours},
    }
    code = Running.of(options.table)
    code.function(code.factory)

    def make() -> torch.nn.Module:
        code.again()
        try:
            made = code.function(code.factory)(dict(given))
        except Exception as error:  # whatever the user's own code raises
            msg = f"learner.factory: {code.raised(error)}"
            raise RecipeError(msg) from error
        if not isinstance(made, torch.nn.Module):
            raise options.error("factory", made, "a function that returns a torch.nn.Module")
        return made

    train: Training = Guarded(loop=AdamW.from_options(options, "0.001"), code=code)
    if own:
        train = OwnTraining(code=code, name=options.text("training", ""), spec=given)
        code.function(train.name)
    return OwnLearner.from_options(options, maker, make, train)


@dataclass(frozen=True, kw_only=True)
class OwnLearner(ModuleLearner):
    """A learner whose modules are a user's, tried once before any member is trained."""

    @cached_property
    def template(self) -> onnx.ModelProto:
        """Return the graph of one member.

        Raises RecipeError, with the user's file and line, also for what goes wrong in training on
        made-up examples: in a run of hours that would show as members that abstain.
        """
        found = module_graph.template(self.make, self.maker.spec, self.name)
        self._try(found)
        return found

    def _try(self, template: onnx.ModelProto) -> None:
        spec = self.maker.spec
        labels = np.arange(_TRIED * spec.classes, dtype=np.int64) % spec.classes
        made = np.random.default_rng(1).uniform(-1, 1, (len(labels), spec.width))
        short = self
        if isinstance(self.train, Guarded):
            short = replace(self, train=replace(self.train, loop=replace(self.train.loop, steps=1)))
        try:
            with deterministic():
                trained = short.trained(made.astype(np.float32), labels, _made_up, "cpu")
                module_graph.check_trained(template, trained, spec, self.name)
        except UntrainableError as error:
            key = "factory" if isinstance(self.train, Guarded) else "training"
            msg = f"learner.{key}: {error} (training on made-up examples)"
            raise RecipeError(msg) from error


def _made_up(purpose: str) -> Stream:
    return Stream(bytes(32), purpose)


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """Our own loop around a user's module, whose code may raise."""

    loop: AdamW
    code: Running

    def __call__(
        self, model: torch.nn.Module, rows: torch.Tensor, labels: torch.Tensor, streams: Streams
    ) -> torch.nn.Module:
        """Train ``model`` in place. Raises UntrainableError for whatever it raises."""
        with self.code.guarded():
            return self.loop(model, rows, labels, streams)


@dataclass(frozen=True, kw_only=True)
class OwnTraining:
    """A user's own function, called for one member."""

    code: Running
    name: str
    spec: Mapping[str, Any]

    def __call__(
        self, model: torch.nn.Module, rows: torch.Tensor, labels: torch.Tensor, streams: Streams
    ) -> torch.nn.Module:
        """Return the trained module. Raises UntrainableError for whatever the function raises."""
        seed = order.seed(streams("order"))
        device, spec = str(rows.device), dict(self.spec)
        function: Callable[..., object] = self.code.function(self.name)
        with self.code.guarded(), _seeded(seed):
            returned = function(model, rows, labels, seed=seed, device=device, spec=spec)
        trained = model if returned is None else returned
        if not isinstance(trained, torch.nn.Module):
            kind = type(trained).__name__
            raise UntrainableError(f"{self.name}: expected a torch.nn.Module or None, got a {kind}")
        return trained


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed all generators that existing code draws from, and put those of the process back."""
    before = random.getstate(), np.random.get_state()  # noqa: NPY002 - what users call
    torch.manual_seed(seed)  # put back by whoever called
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
