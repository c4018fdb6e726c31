"""A user's own training function: what it is given, what it may do, and what is refused."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from auditor.errors import RecipeError
from auditor.learners import TrainingSet, own_code
from auditor.learners.order import seed as seed_of

Fixture = Callable[..., Any]
Array = npt.NDArray[Any]

SOURCE = """
import random
import numpy
import torch

SEEN = []

class Net(torch.nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.last = torch.nn.Linear(spec["width"], spec["classes"])
        self.register_buffer("middle", torch.zeros(spec["width"]))
        self.shift = 0.0

    def forward(self, x):
        return self.last(x - self.middle) + self.shift

class InTraining(torch.nn.Linear):
    def forward(self, x):
        if self.training:
            return x.no_such_thing()
        return super().forward(x)

def net(spec):
    return Net(spec)

def in_training(spec):
    return InTraining(spec["width"], spec["classes"])

def steps(model, rows, labels, count):
    optimiser = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(count):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(rows), labels).backward()
        optimiser.step()

def train(model, rows, labels, *, seed, device, spec):
    model.middle.copy_(rows.mean(0))
    steps(model, rows, labels, int(spec["epochs"]))

def draws(model, rows, labels, *, seed, device, spec):
    with torch.no_grad():
        model.last.bias.fill_(random.random() + numpy.random.rand() + float(torch.rand(())))

def another(model, rows, labels, *, seed, device, spec):
    made = Net(spec)
    steps(made, rows, labels, 3)
    return made

def remembers(model, rows, labels, *, seed, device, spec):
    SEEN.append(len(labels))
    with torch.no_grad():
        model.last.bias.fill_(float(sum(SEEN)))

def raises(model, rows, labels, *, seed, device, spec):
    raise ValueError("never")

def raises_on_one_class(model, rows, labels, *, seed, device, spec):
    if len(set(labels.tolist())) < 2:
        raise ValueError("one class")

def takes_less(model, rows):
    pass

def returns_numbers(model, rows, labels, *, seed, device, spec):
    return 0.5

def returns_smaller(model, rows, labels, *, seed, device, spec):
    return torch.nn.Linear(spec["width"], spec["classes"])

def beside(model, rows, labels, *, seed, device, spec):
    model.shift = 3.0

def diverges(model, rows, labels, *, seed, device, spec):
    with torch.no_grad():
        model.last.bias.fill_(float("inf"))

def unlike(model, rows, labels, *, seed, device, spec):
    torch.zeros(3).put_(torch.tensor([0]), torch.tensor([1.0]), accumulate=False)

def hungry(model, rows, labels, *, seed, device, spec):
    raise MemoryError

not_a_function = 5
"""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """Run the source as a run does; return its path."""
    path = tmp_path / "own_training.py"
    path.write_text(SOURCE)
    found = own_code.find({"learner": table("train")}, tmp_path)
    assert found is not None
    own_code.load(found)
    yield path
    del sys.modules["own_training"], own_code._loaded["own_training"]


def table(training: str, factory: str = "net") -> dict[str, Any]:
    source = f"python:own_training:{factory}"
    return {"name": "python", "factory": source, "training": training, "epochs": "20"}


def line_of(text: str) -> int:
    return SOURCE.splitlines().index(text) + 1


def test_members_are_trained_by_the_function(
    file: Path, make: Fixture, parts: list[TrainingSet], streams: Fixture, scores: Fixture
) -> None:
    learner = make(table("train"))
    fitted = learner.fit(parts[:3], [streams(i) for i in range(3)], "cpu")
    module = sys.modules["own_training"]
    for number, (part, got) in enumerate(zip(parts[:3], fitted, strict=True)):
        rows, labels = learner.maker.rows(part, streams(number))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed_of(streams(number)("init")))
            model = learner.make()
        spec = {"epochs": "20"}
        module.train(
            model, torch.from_numpy(rows), torch.from_numpy(labels), seed=0, device="cpu", spec=spec
        )
        assert got.keys() == model.state_dict().keys() == {"last.weight", "last.bias", "middle"}
        for name, value in model.state_dict().items():
            np.testing.assert_allclose(got[name], value.numpy(), rtol=1e-5, atol=1e-6)
        answers = scores(learner, [got], rows)[0].argmax(-1)
        assert (answers == labels).mean() > 0.95
        wanted = model.eval()(torch.from_numpy(rows)).detach().numpy()
        np.testing.assert_allclose(scores(learner, [got], rows)[0], wanted, rtol=1e-4, atol=1e-4)


def test_it_is_told_seed_device_and_the_recipes_own_keys(
    file: Path, make: Fixture, parts: list[TrainingSet], streams: Fixture
) -> None:
    heard = []
    learner = make(table("train"))
    learner.template  # noqa: B018 - the trial comes first
    real = own_code.again

    def listen(module: str) -> None:
        real(module)
        sys.modules[module].train = lambda model, rows, labels, **more: heard.append(  # type: ignore[attr-defined]
            (rows.shape, rows.dtype, labels.dtype, more)
        )

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(own_code, "again", listen)
        learner.fit(parts[:1], [streams(4)], "cpu")
    [(shape, kind, labels, more)] = heard
    assert (shape, kind, labels) == ((len(parts[0].labels), 64), torch.float32, torch.int64)
    assert (more["seed"], more["device"]) == (seed_of(streams(4)("order")), "cpu")
    form = {"shape": (1, 8, 8), "classes": 2, "symbols": 2, "masked": False, "width": 64}
    assert more["spec"] == form | {"epochs": "20"}


def test_every_generator_is_seeded_and_put_back(
    file: Path, make: Fixture, parts: list[TrainingSet], streams: Fixture
) -> None:
    learner = make(table("draws"))
    learner.template  # noqa: B018
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    first = learner.fit([parts[0]] * 3, [streams(0), streams(0), streams(1)], "cpu")
    drawn = [float(each["last.bias"][0]) for each in first]
    assert drawn[0] == drawn[1] != drawn[2]
    after = (random.random(), np.random.rand(), float(torch.rand(())))  # noqa: NPY002
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    assert after == (random.random(), np.random.rand(), float(torch.rand(())))  # noqa: NPY002


def test_what_it_left_in_its_variables_is_gone_for_the_next_member(
    file: Path, make: Fixture, parts: list[TrainingSet], streams: Fixture
) -> None:
    """Else one poisoned part would reach the members that are trained after its own."""
    learner = make(table("remembers"))
    fitted = learner.fit(parts[:4], [streams(i) for i in range(4)], "cpu")
    assert [each["last.bias"][0] for each in fitted] == [len(part.labels) for part in parts[:4]]


def test_another_module_with_the_same_parameters_may_be_returned(
    file: Path, make: Fixture, parts: list[TrainingSet], streams: Fixture
) -> None:
    learner = make(table("another"))
    [one], [two] = (learner.fit(parts[:1], [streams(0)], "cpu") for _ in range(2))
    assert {name: value.tobytes() for name, value in one.items()} == {
        name: value.tobytes() for name, value in two.items()
    }


@pytest.mark.parametrize(
    ("training", "words"),
    [
        ("raises", "line {line} raised ValueError: never (training on made-up examples)"),
        ("takes_less", "raised TypeError: takes_less() got an unexpected keyword argument"),
        ("returns_numbers", "returns_numbers: expected a torch.nn.Module or None, got a float"),
        ("returns_smaller", "expected the parameter middle of shape (64,), got None"),
        ("beside", "what training leaves has to be in parameters and buffers alone"),
        ("unlike", "put_"),
        ("absent", "expected the function absent in own_training, got no such name"),
        ("not_a_function", "expected the function not_a_function in own_training, got a int"),
    ],
)
def test_what_cannot_work_is_said_before_any_member_is_trained(
    file: Path, make: Fixture, training: str, words: str
) -> None:
    line = line_of('    raise ValueError("never")')
    with pytest.raises(RecipeError) as caught:
        make(table(training)).graph(1, "shared")
    assert words.format(line=line) in str(caught.value)
    assert "\n" not in str(caught.value)
    if training == "raises":
        assert f"learner.training: {file}, " in str(caught.value)


def test_a_model_that_raises_in_training_alone_is_said_too(file: Path, make: Fixture) -> None:
    own = table("", "in_training")
    del own["training"]
    line = line_of("            return x.no_such_thing()")
    with pytest.raises(RecipeError, match=f"{file}, line {line} raised AttributeError"):
        make(own).graph(1, "shared")


def test_a_part_that_it_cannot_learn_from_makes_its_own_member_abstain(
    file: Path, make: Fixture, parts: list[TrainingSet], streams: Fixture
) -> None:
    """An attacker decides what is in a part: that must end neither the run nor other members."""
    alone = TrainingSet(
        symbols=parts[0].symbols[parts[0].labels == 1],
        labels=parts[0].labels[parts[0].labels == 1],
        capacity=25,
    )
    learner = make(table("raises_on_one_class"))
    fitted = learner.fit([parts[0], alone, parts[1]], [streams(i) for i in range(3)], "cpu")
    lost = [bool(np.isnan(each["last.weight"]).all()) for each in fitted]
    assert lost == [False, True, False]
    [diverged] = make(table("diverges")).fit(parts[:1], [streams(0)], "cpu")
    assert all(np.isnan(value).all() for value in diverged.values())


def test_a_machine_without_memory_is_no_reason_to_abstain(file: Path, make: Fixture) -> None:
    with pytest.raises(MemoryError):
        make(table("hungry")).graph(1, "shared")
