"""A user's own training function: what it is given, what it may do, and what is refused."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from auditor.errors import RecipeError, RunError
from auditor.learners import TrainingSet, module_graph, own_code
from auditor.learners.alone import alone
from auditor.learners.order import seed as seed_of

Fixture = Callable[..., Any]
Array = npt.NDArray[Any]

SOURCE = """
import json
import os
import random
import sys
import warnings
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

def tells(model, rows, labels, **more):
    sizes = {"rows": [rows.shape, str(rows.dtype)], "labels": [labels.shape, str(labels.dtype)]}
    print(json.dumps(sizes | more))

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

def unlike_on_some(model, rows, labels, *, seed, device, spec):
    if odd_part(rows):
        unlike(model, rows, labels, seed=seed, device=device, spec=spec)

def hungry(model, rows, labels, *, seed, device, spec):
    raise MemoryError

def exits(model, rows, labels, *, seed, device, spec):
    sys.exit(0)

def odd_part(rows):
    return len(rows) == 21

def exits_on_some(model, rows, labels, *, seed, device, spec):
    if odd_part(rows):
        sys.exit(0)

def dies_on_some(model, rows, labels, *, seed, device, spec):
    if odd_part(rows):
        os._exit(0)

def halves_on_some(model, rows, labels, *, seed, device, spec):
    return model.to(torch.complex64) if odd_part(rows) else model.double()

def unprintable_on_some(model, rows, labels, *, seed, device, spec):
    class Odd(Exception):
        def __str__(self):
            raise ValueError
    if odd_part(rows):
        raise Odd

def tidy(model, rows, labels, *, seed, device, spec):
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(rows, labels), batch_size=16, drop_last=True, shuffle=True
    )
    assert set(rows.unique().tolist()) <= {-1.0, 1.0}, "rows are of the alphabet"
    for some, answers in loader:
        steps(model, some, answers, 1)

def leaves_a_mess(model, rows, labels, *, seed, device, spec):
    steps(model, rows, labels, 3)
    kept = getattr(torch.nn.Linear, "kept", 0) + len(rows)
    torch.nn.Linear.kept = kept
    os.environ["KEPT"] = os.environ.get("KEPT", "") + "x"
    with torch.no_grad():
        model.last.bias += kept + len(os.environ["KEPT"])
    usual = torch.nn.functional.cross_entropy
    torch.nn.functional.cross_entropy = lambda *a, **b: 2 * usual(*a, **b)
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    numpy.seterr(all="raise")
    warnings.simplefilter("error")
    if odd_part(rows):
        raise ValueError

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
    file: Path,
    make: Fixture,
    parts: list[TrainingSet],
    streams: Fixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    learner = make(table("tells"))
    learner.template  # noqa: B018 - the trial comes first
    capfd.readouterr()
    learner.fit(parts[:1], [streams(4)], "cpu")
    out, err = capfd.readouterr()
    assert out == "", "a verdict may be going to stdout"
    form = {"shape": [1, 8, 8], "classes": 2, "symbols": 2, "masked": False, "width": 64}
    assert json.loads(err) == {
        "rows": [[len(parts[0].labels), 64], "torch.float32"],
        "labels": [[len(parts[0].labels)], "torch.int64"],
        "seed": seed_of(streams(4)("order")),
        "device": "cpu",
        "spec": form | {"epochs": "20"},
    }


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
        ("raises", "line {line} raised ValueError: never (on made-up examples)"),
        ("takes_less", "raised TypeError: takes_less() got an unexpected keyword argument"),
        ("returns_numbers", "returns_numbers: expected a torch.nn.Module or None, got a float"),
        ("returns_smaller", "expected the parameter middle of shape (64,), got None"),
        ("beside", "what training leaves has to be in parameters and buffers alone"),
        ("unlike", "put_"),
        ("absent", "expected the function absent in own_training, got no such name"),
        ("exits", "raised SystemExit: 0"),
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


def sized(part: TrainingSet, size: int) -> TrainingSet:
    return TrainingSet(symbols=part.symbols[:size], labels=part.labels[:size], capacity=25)


@pytest.mark.parametrize(
    "training",
    [
        *("exits_on_some", "dies_on_some", "halves_on_some", "unprintable_on_some"),
        "unlike_on_some",
    ],
)
def test_whatever_one_part_makes_of_it_is_one_abstention(
    file: Path, make: Fixture, parts: list[TrainingSet], streams: Fixture, training: str
) -> None:
    learner = make(table(training))
    sets = [sized(parts[0], 20), sized(parts[1], 21), sized(parts[2], 22)]
    fitted = learner.fit(sets, [streams(i) for i in range(3)], "cpu")
    lost = [bool(np.isnan(each["last.weight"]).all()) for each in fitted]
    assert lost == [False, True, False]


def test_nothing_that_a_part_leaves_behind_reaches_another(
    file: Path, make: Fixture, parts: list[TrainingSet], streams: Fixture
) -> None:
    """Defaults, patches, variables of other modules: of the process that is gone."""
    learner = make(table("leaves_a_mess"))
    sets = [sized(parts[0], 20), sized(parts[1], 21), sized(parts[2], 22)]
    fitted = learner.fit(sets, [streams(i) for i in range(3)], "cpu")
    [alone] = make(table("leaves_a_mess")).fit([sets[2]], [streams(2)], "cpu")
    assert {name: value.tobytes() for name, value in fitted[2].items()} == {
        name: value.tobytes() for name, value in alone.items()
    }
    assert not np.isnan(alone["last.weight"]).any()
    assert torch.get_default_dtype() == torch.float32
    assert not hasattr(torch.nn.Linear, "kept")


def test_usual_loops_pass_the_trial(
    file: Path, make: Fixture, parts: list[TrainingSet], streams: Fixture
) -> None:
    [fitted] = make(table("tidy")).fit(parts[:1], [streams(0)], "cpu")
    assert not np.isnan(fitted["last.weight"]).any()


@pytest.mark.slow
def test_a_new_interpreter_gives_the_same_bits_as_a_copy_of_this_one(
    file: Path, make: Fixture, parts: list[TrainingSet], streams: Fixture
) -> None:
    """CUDA cannot be used in a copy; what crosses is the same."""
    learner = make(table("train"))
    rows, labels = learner.maker.rows(parts[0], streams(0))
    trained = partial(learner.trained, rows, labels, 3, 4, "cpu")
    work = partial(learner._alone, trained, module_graph.parameter_shapes(learner.template))
    copy, new = (alone(work, fork=way) for way in (True, False))
    assert {name: value.tobytes() for name, value in copy.items()} == {
        name: value.tobytes() for name, value in new.items()
    }


def test_a_machine_without_memory_is_no_reason_to_abstain(file: Path, make: Fixture) -> None:
    line = line_of("    raise MemoryError")
    with pytest.raises(RunError, match=f"too little memory: .*, line {line} raised MemoryError"):
        make(table("hungry")).graph(1, "shared")
