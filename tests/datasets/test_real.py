"""The real data sets of the examples, where they are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor import recipe
from auditor.datasets import Dataset, check, load

EXAMPLES = Path(__file__).parents[2] / "examples"


def loaded(name: str) -> tuple[Dataset, Dataset]:
    return load(recipe.load(EXAMPLES / name))


@pytest.fixture
def data(audit_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_DATA", str(audit_data))


def test_mnist_one_against_seven(data: None) -> None:
    train, test = loaded("mnist17/views.toml")
    assert len(train.root) == len(test.root) == 64
    assert (len(train), len(test)) == (13007, 2163)
    assert train.shape == (1, 28, 28)
    assert train.labels.sum() == 6265
    assert 0.05 < train.symbols.mean() < 0.2


def test_ten_classes_take_inputs_evenly(data: None) -> None:
    train, test = loaded("mnist10/two-mask-1.toml")
    assert (len(train), len(test)) == (60000, 1000)
    assert test.names[:3] == ("0", "10", "20")


def test_spambase(data: None) -> None:
    train, test = loaded("table/recipe.toml")
    assert (len(train), len(test)) == (3680, 921)
    assert train.shape == (57,)
    assert not train.dropped
    # every column tells messages apart
    assert (train.symbols.min(0) < train.symbols.max(0)).all()


@pytest.mark.slow
def test_photographs(data: None) -> None:
    found = check(recipe.load(EXAMPLES / "image-folder/recipe.toml"))
    assert found.ok
    assert [facts.size for facts in found.splits] == [10000, 2000]
