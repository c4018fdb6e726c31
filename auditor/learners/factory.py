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
with it. Each member is made and trained in a process of its own (:mod:`alone`), so that nothing
which one member's examples left behind is there for the next.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Final, cast

import numpy as np
import onnx
import torch

from auditor.errors import RecipeError
from auditor.learners import module_graph, order, own_code
from auditor.learners.alone import alone
from auditor.learners.base import Parameters, Streams, TrainingSet
from auditor.learners.deterministic import deterministic
from auditor.learners.failed import failed
from auditor.learners.modules import ModuleLearner
from auditor.learners.options import Options
from auditor.learners.rows import RowMaker
from auditor.learners.running_code import Running
from auditor.learners.training_loop import AdamW, Training, UntrainableError
from auditor.randomness import Stream

_OURS: Final = frozenset({"name", "factory", "training", "chunk", "frontEnd"})
_LOOP: Final = frozenset({"steps", "batch", "learningRate", "weightDecay"})

#: Made-up examples in the trial before any member is trained: of each class, and in all.
_TRIED_EACH: Final = 64
_TRIED: Final = 1024


def factory(options: Options, maker: RowMaker) -> OwnLearner:
    """Read the ``learner`` table and import the code. Raises RecipeError."""
    spec, own = maker.spec, "training" in options.table
    ours = _OURS if own else _OURS | _LOOP
    given = {
        "shape": spec.shape,
        "classes": spec.classes,
        "symbols": spec.symbols,
        "masked": spec.masked,
        "width": spec.width,
        **{key: value for key, value in options.table.items() if key not in ours},
    }
    name = own_code.named({"learner": options.table})
    if name is None:
        raise options.error("factory", options.table.get("factory"), "the name of a function")
    code = Running.of(name[0])
    make = Make(code=code, name=name[1], spec=given)
    code.function(make.name, "learner.factory")
    if own:
        train: Training = OwnTraining(code=code, name=options.text("training", ""), spec=given)
        code.function(train.name, "learner.training")  # type: ignore[attr-defined]
    else:
        train = AdamW.from_options(options, "0.001")
    return OwnLearner.from_options(options, maker, make, train)


@dataclass(frozen=True, kw_only=True)
class Make:
    """A user's factory, called for one module."""

    code: Running
    name: str
    spec: Mapping[str, Any]

    def __call__(self) -> torch.nn.Module:
        """Return the module. Raises RecipeError for whatever the factory raises: it saw no data."""
        function = self.code.function(self.name, "learner.factory")
        try:
            with self.code.guarded(), _seeded(torch.initial_seed()):
                made = function(dict(self.spec))
        except UntrainableError as error:
            raise RecipeError(f"learner.factory: {error}") from error
        if not isinstance(made, torch.nn.Module):
            kind = type(made).__name__
            msg = f"learner.factory: expected a torch.nn.Module from {self.name}, got a {kind}"
            raise RecipeError(msg)
        return made


@dataclass(frozen=True, kw_only=True)
class OwnTraining:
    """A user's own function, called for one member."""

    code: Running
    name: str
    spec: Mapping[str, Any]

    def draw(self, rows: int, streams: Streams) -> int:  # noqa: ARG002 - it draws as it likes
        """Return the seed of whatever the function draws."""
        return order.seed(streams("order"))

    def __call__(
        self, model: torch.nn.Module, rows: torch.Tensor, labels: torch.Tensor, drawn: int
    ) -> torch.nn.Module:
        """Return the trained module."""
        device, spec = str(rows.device), dict(self.spec)
        function = self.code.function(self.name, "learner.training")
        torch.manual_seed(drawn)
        with _seeded(drawn):
            returned = function(model, rows, labels, seed=drawn, device=device, spec=spec)
        trained = model if returned is None else returned
        if not isinstance(trained, torch.nn.Module):
            kind = type(trained).__name__
            raise UntrainableError(f"{self.name}: expected a torch.nn.Module or None, got a {kind}")
        return trained


@dataclass(frozen=True, kw_only=True)
class OwnLearner(ModuleLearner):
    """A learner whose modules are a user's: each is made and trained in a process of its own."""

    @property
    def _code(self) -> Running:
        return cast("Make", self.make).code

    @cached_property
    def template(self) -> onnx.ModelProto:
        """Return the graph of one member.

        Raises RecipeError, with the user's file and line, also for what goes wrong in training on
        made-up examples: in a run of hours that would show as members that abstain.
        """
        try:
            return onnx.load_from_string(alone(self._tried, fork=True))
        except UntrainableError as error:
            key = "training" if isinstance(self.train, OwnTraining) else "factory"
            raise RecipeError(f"learner.{key}: {error} (on made-up examples)") from error

    def _tried(self) -> bytes:
        """Return the graph of one member, after training one on made-up examples."""
        spec = self.maker.spec
        rows, labels = self.maker.rows(_made_up(self), _stream)
        train = replace(self.train, steps=1) if isinstance(self.train, AdamW) else self.train
        drawn = train.draw(len(rows), _stream)
        with deterministic(), self._code.guarded():
            found = module_graph.template(self.make, spec, self.name)
            trained = replace(self, train=train).trained(rows, labels, 0, drawn, "cpu")
            module_graph.check_trained(found, trained, spec, self.name)
        data: bytes = found.SerializeToString(deterministic=True)
        return data

    def _parameters(
        self,
        work: Callable[[], torch.nn.Module],
        shapes: dict[str, tuple[int, ...]],
        device: str,
    ) -> Parameters:
        try:
            return alone(partial(self._alone, work, shapes), fork=device == "cpu")
        except UntrainableError:
            return failed(shapes)

    def _alone(
        self, work: Callable[[], torch.nn.Module], shapes: dict[str, tuple[int, ...]]
    ) -> Parameters:
        with deterministic(), self._code.guarded():
            return module_graph.parameters(work(), shapes)


def _made_up(learner: OwnLearner) -> TrainingSet:
    """Return examples that the recipe allows: random symbols, as many of each class."""
    spec = learner.maker.spec
    each = max(4, min(_TRIED_EACH, _TRIED // spec.classes))
    low, high = (0, spec.symbols) if spec.symbols else (-8, 9)  # centred steps of a grid
    rng = np.random.default_rng(1)
    return TrainingSet(
        symbols=rng.integers(low, high, (each * spec.classes, spec.features)),
        labels=np.arange(each * spec.classes, dtype=np.int64) % spec.classes,
    )


def _stream(purpose: str) -> Stream:
    return Stream(bytes(32), purpose)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed the generators that existing code draws from besides PyTorch's, and put them back."""
    before = random.getstate(), np.random.get_state()  # noqa: NPY002 - what users call
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
