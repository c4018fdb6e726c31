"""Each kind of source on real files, good and bad."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torchvision
from PIL import Image
from pyarrow import parquet

from auditor.datasets import check, load
from auditor.errors import DataError
from tests.datasets.conftest import Make

RED, GREY = (200, 10, 30), (90, 90, 90)


# --- scikit-learn


def test_sklearn_digits_are_images(recipe: Make) -> None:
    train, test = load(recipe({"source": "sklearn:digits"}, classes=["7", "1"]))
    assert train.shape == (1, 8, 8)
    assert len(train) + len(test) == 361
    assert train.class_names == ("7", "1")


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("iris", ["setosa", "virginica"]),
        ("wine", ["class_0", "class_2"]),
        ("breast_cancer", ["benign", "malignant"]),
    ],
)
def test_sklearn_tables(name: str, classes: list[str], recipe: Make) -> None:
    train, _ = load(recipe({"source": f"sklearn:{name}"}, classes=classes))
    assert train.shape == (train.symbols.shape[1],)


def test_sklearn_sets_that_do_not_ship(recipe: Make) -> None:
    with pytest.raises(DataError, match=r"data\.source: expected sklearn:breast_cancer, .*, got "):
        load(recipe({"source": "sklearn:olivetti"}))


# --- npz


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"yTrain": np.zeros(2)}, r"missing array xTrain; it holds yTrain"),
        (
            {"xTrain": np.zeros((2, 1)), "yTrain": np.zeros(2)},
            r"missing array xTest \(or give data\.holdout\)",
        ),
        ({"xTrain": np.zeros(2), "yTrain": np.zeros(2)}, r"xTrain: expected numbers .* \(2,\)"),
        ({"xTrain": np.array([["a"]]), "yTrain": np.zeros(1)}, r"xTrain: .*got <U1"),
        ({"xTrain": np.zeros((2, 1)), "yTrain": np.zeros(3)}, r"yTrain: expected 2 integers or te"),
        ({"xTrain": np.zeros((1, 1)), "yTrain": np.array([1j])}, r"yTrain: .*got complex128"),
        ({"xTrain": np.zeros((1, 1)), "yTrain": np.array([{}])}, r"not a readable \.npz archive"),
    ],
)
def test_bad_archives(arrays: dict[str, Any], sentence: str, recipe: Make, tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(DataError, match=sentence):
        load(recipe({"source": "npz", "path": "d.npz"}))


def test_archives_of_images_and_mixed_shapes(recipe: Make, tmp_path: Path) -> None:
    y = np.array([1, 0])
    grey = np.full((2, 3, 4), 9, np.uint8)
    np.savez(tmp_path / "d.npz", xTrain=grey, yTrain=y, xTest=grey, yTest=y)
    train, _ = load(recipe({"source": "npz", "path": "d.npz"}, classes=["0", "1"]))
    assert train.shape == (1, 3, 4)
    assert train.labels.tolist() == [1, 0]
    assert train.source_digests[0] == hashlib.sha256(grey[0].tobytes()).hexdigest()
    np.savez(tmp_path / "d.npz", xTrain=grey, yTrain=y, xTest=grey[:, :2], yTest=y)
    with pytest.raises(DataError, match=r"xTest has examples of shape \(1, 2, 4\), xTrain of"):
        load(recipe({"source": "npz", "path": "d.npz"}, classes=["0", "1"]))


def test_labels_that_are_no_whole_numbers_are_malformed(recipe: Make, tmp_path: Path) -> None:
    x, y = np.zeros((4, 1)), np.array([0.0, 0.5, 1.0, 1.0])
    np.savez(tmp_path / "d.npz", xTrain=x, yTrain=y, xTest=x, yTest=y)
    made = recipe({"source": "npz", "path": "d.npz"}, classes=["0", "1"])
    assert load(made)[0].dropped == 1
    assert "training example 1: label 0.5 is neither text nor a whole number" in str(check(made))


def test_a_file_that_is_no_archive_and_one_that_is_missing(recipe: Make, tmp_path: Path) -> None:
    (tmp_path / "d.npz").write_bytes(b"PK no zip")
    with pytest.raises(DataError, match=r"d\.npz: not a readable \.npz archive"):
        load(recipe({"source": "npz", "path": "d.npz"}))
    with pytest.raises(DataError, match=r"data\.path: expected a file, .*e\.npz does not exist"):
        load(recipe({"source": "npz", "path": "e.npz"}))


# --- image folders


def picture(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (4, 3)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for split in ("train", "test"):
        picture(tmp_path / split / "a" / "1.png", RED)
        picture(tmp_path / split / "b" / "1.JPG", GREY)
        picture(tmp_path / split / "b" / "2.jpeg", GREY)
        picture(tmp_path / split / "c" / "1.png", GREY)
    (tmp_path / "train" / "a" / "notes.txt").write_text("no image")
    return tmp_path


IMAGES = {"source": "images", "path": ".", "shape": [3, 3, 4]}


def test_image_folders(recipe: Make, folder: Path) -> None:
    levels = {"kind": "levels", "edges": [20, 100]}
    train, test = load(recipe(IMAGES, alphabet=levels))
    assert train.names == ("train/a/1.png", "train/b/1.JPG", "train/b/2.jpeg")
    assert train.labels.tolist() == [0, 1, 1]
    assert train.shape == (3, 3, 4)
    # channels first: all red, then all green, then all blue
    assert train.symbols[0].tolist() == [2] * 12 + [0] * 12 + [1] * 12
    source = (folder / "train/a/1.png").read_bytes()
    assert train.source_digests[0] == hashlib.sha256(source).hexdigest()
    assert len(test) == 3


def test_grey_and_held_out(recipe: Make, folder: Path) -> None:
    data = {**IMAGES, "shape": [1, 3, 4], "holdout": {"every": 3, "offset": 2}}
    train, test = load(recipe(data))
    assert train.shape == (1, 3, 4)
    assert test.names == ("train/b/2.jpeg",)


def spoil_size(file: Path) -> None:
    picture(file, RED, size=(5, 3))


def spoil_depth(file: Path) -> None:
    Image.new("I;16", (4, 3), 999).save(file)


def spoil_bytes(file: Path) -> None:
    file.write_bytes(b"\x89PNG not really")


def spoil_tail(file: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (3, 4, 3), np.uint8)
    held = io.BytesIO()
    Image.fromarray(noise).save(held, "PNG")
    file.write_bytes(held.getvalue()[:60])


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (spoil_size, "image of 5 x 3 pixels, expected 4 x 3"),
        (spoil_depth, "image of mode I;16, expected 8 bits a channel"),
        (spoil_bytes, "unreadable image: no PNG or JPEG"),
        (spoil_tail, "unreadable image: "),
    ],
)
def test_a_bad_image_costs_itself_only(
    spoil: Callable[[Path], None], sentence: str, recipe: Make, folder: Path
) -> None:
    before, _ = load(recipe(IMAGES))
    spoil(folder / "train/b/1.JPG") if spoil is not spoil_depth else spoil(folder / "train/b/1.png")
    if spoil is spoil_depth:
        (folder / "train/b/1.JPG").unlink()
    after, _ = load(recipe(IMAGES))
    assert after.dropped == 1
    assert after.positions.tolist() == [0, 2]
    assert after.example_digests == (before.example_digests[0], before.example_digests[2])
    found = check(recipe(IMAGES))
    assert sentence in found.problems[0]
    assert found.problems[0].startswith("training example train/b/1.")


def test_resizing_is_by_each_image_alone(recipe: Make, folder: Path) -> None:
    spoil_size(folder / "train/b/1.JPG")
    train, _ = load(recipe({**IMAGES, "resize": True}))
    assert train.dropped == 0


def test_missing_folders(recipe: Make, folder: Path) -> None:
    with pytest.raises(DataError, match=r"class 'd' has no folder in .*train; there are a, b, c"):
        load(recipe(IMAGES, classes=["a", "d"]))
    with pytest.raises(DataError, match=r"data\.path: expected a folder, .*none does not exist"):
        load(recipe({**IMAGES, "path": "none"}))
    (folder / "a.txt").write_text("")
    with pytest.raises(DataError, match=r"a\.txt is not a folder"):
        load(recipe({**IMAGES, "path": "a.txt"}))
    with pytest.raises(DataError, match=r"data\.shape: expected .* with 1 or 3 channels"):
        load(recipe({**IMAGES, "shape": [2, 3, 4]}))


# --- tables

CSV = "id,site,x,y,kind\nr1,s1,1,20,a\nr2,s1,30,4,b\nr3,s2,5,60,a\nr4,s2,7,8,b\n"
TABLE = {"source": "table", "path": "t.csv", "label": "kind", "id": "id", "group": "site"}
HELD = {**TABLE, "holdout": {"every": 2, "offset": 1}}
BOTH = ["a", "b"]


def test_csv_columns(recipe: Make, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(CSV)
    (tmp_path / "u.csv").write_text(CSV)
    train, test = load(recipe({**TABLE, "test": "u.csv"}))
    assert train.ids == ("r1", "r2", "r3", "r4")
    assert train.groups == ("s1", "s1", "s2", "s2")
    assert train.symbols.tolist() == [[0, 1], [1, 0], [0, 1], [0, 1]]
    assert train.source_digests[0] == hashlib.sha256(b"r1,s1,1,20,a").hexdigest()
    assert test.root == train.root


def test_csv_without_a_header_and_with_ignored_columns(recipe: Make, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(CSV.partition("\n")[2])
    data = {"source": "table", "path": "t.csv", "label": "4", "ignore": ["0", "1"]}
    train, _ = load(recipe({**data, "header": False, "test": "t.csv"}))
    assert train.shape == (2,)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("r9,s1,nan,1,a", "column 'x' is 'nan', not a finite number"),
        ("r9,s1,,1,a", "column 'x' is empty"),
        ("r9,s1,1,two,a", "column 'y' is 'two', not a finite number"),
        ("r9,s1,1,2", "4 cells, expected 5"),
        ("r9,s1,1,2,a,3", "6 cells, expected 5"),
        ("r9,s1,1,2,", "label '' is neither text nor a whole number"),
        (",s1,1,2,a", "data.id: expected printable text, got ''"),
        ("r9,\x07,1,2,a", "data.group: expected printable text, got '\\x07'"),
    ],
)
def test_a_bad_row_costs_itself_only(row: str, sentence: str, recipe: Make, tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_text(CSV)
    (tmp_path / "t.csv").write_text(CSV + row + "\n")
    made = recipe({**TABLE, "test": "u.csv"})
    train, _ = load(made)
    assert (len(train), train.slots) == (4, 5)
    assert check(made).problems == (f"training example 4: {sentence}; a run drops it",)


@pytest.mark.parametrize("row", ["r2,s1,9,5", "r2,s1,9,5,6,b", "r2,s1,b", "r2,s1,9,5,z,b,b"])
def test_a_row_of_another_length_keeps_its_slot(row: str, recipe: Make, tmp_path: Path) -> None:
    lines = CSV.splitlines()
    (tmp_path / "u.csv").write_text(CSV)
    (tmp_path / "t.csv").write_text("\n".join([*lines[:2], row, *lines[3:]]) + "\n")
    train, test = load(recipe({**TABLE, "test": "u.csv"}))
    assert test.positions.tolist() == [0, 1, 2, 3]
    assert train.positions.tolist() == [0, 2, 3]
    assert train.slots == test.slots == 4


def test_a_label_that_is_not_listed_is_left_out_and_said(recipe: Make, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(CSV + "r9,s1,1,2,A\n")
    found = check(recipe(HELD))
    assert found.advice[0] == "left out, as classes does not list their labels: 'A' (1)"


@pytest.mark.parametrize(
    ("text", "more", "sentence"),
    [
        (CSV, {"label": "class"}, r"missing column 'class'; it has id, site, x, y, kind"),
        (CSV, {"ignore": ["z"]}, r"missing column 'z'"),
        (CSV, {"ignore": ["x", "y"]}, r"no column is left as a feature"),
        ("", {}, r"expected rows, got none"),
        ("a,a\n1,2\n", {}, r"two columns are called 'a'"),
        (CSV, {"path": "none.csv"}, r"expected a file, .*none\.csv does not exist"),
    ],
)
def test_bad_tables(
    text: str, more: dict[str, Any], sentence: str, recipe: Make, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DataError, match=sentence):
        load(recipe({**HELD, **more}))


def test_a_test_file_of_other_columns(recipe: Make, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(CSV)
    (tmp_path / "u.csv").write_text(CSV.replace("y,kind", "z,kind"))
    with pytest.raises(DataError, match=r"u\.csv: its columns are not those of t\.csv: y differs"):
        load(recipe({**TABLE, "test": "u.csv"}))


def test_quoted_cells_over_two_lines_and_foreign_bytes(recipe: Make, tmp_path: Path) -> None:
    raw = CSV.encode() + b'"r\xff9",s1,1,2,a\n"r\n10",s1,1,2,a\nr11,s1,1,2,a\n'
    (tmp_path / "t.csv").write_bytes(raw)
    (tmp_path / "u.csv").write_text(CSV)
    train, _ = load(recipe({**TABLE, "test": "u.csv"}))
    assert train.names == ("0", "1", "2", "3", "4", "6")


def test_parquet_gives_the_same_examples_as_csv(recipe: Make, tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {
        "id": ["r1", "r2", "r3", "r4"],
        "site": ["s1", "s1", "s2", "s2"],
        "x": [1, 30, 5, 7],
        "y": [20.0, 4.0, 60.0, 8.0],
        "kind": ["a", "b", "a", "b"],
    }
    parquet.write_table(pa.table(columns), tmp_path / "t.parquet")
    (tmp_path / "t.csv").write_text(CSV)
    from_csv, _ = load(recipe({**TABLE, "test": "t.csv"}))
    data = {**TABLE, "path": "t.parquet", "test": "t.parquet"}
    from_parquet, _ = load(recipe(data))
    assert from_parquet.root == from_csv.root
    assert len(set(from_parquet.source_digests)) == 4
    columns["y"][2] = None
    parquet.write_table(pa.table(columns), tmp_path / "t.parquet")
    assert load(recipe(data))[0].positions.tolist() == [0, 1, 3]


def test_bad_parquet(recipe: Make, tmp_path: Path) -> None:
    table = pa.table({"x": ["one"], "kind": ["a"]})
    parquet.write_table(table, tmp_path / "t.parquet")
    data = {"source": "table", "path": "t.parquet", "label": "kind", "holdout": {}}
    with pytest.raises(DataError, match=r"column 'x' has type string, expected numbers"):
        load(recipe(data))
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"not a readable Parquet file"):
        load(recipe(data))


# --- torchvision

VISION = {"source": "torchvision:MNIST", "root": "none"}


def test_torchvision_that_is_not_there(recipe: Make) -> None:
    sentence = r"torchvision:MNIST: not readable below .*none: .*not found.*data\.download = true"
    with pytest.raises(DataError, match=sentence):
        load(recipe(VISION, classes=["1", "7"]))


def test_torchvision_by_another_name(recipe: Make) -> None:
    with pytest.raises(DataError, match=r"no data set 'Mnist' \(did you mean 'MNIST'\?\)"):
        load(recipe({**VISION, "source": "torchvision:Mnist"}))


def test_an_unset_variable_is_named(recipe: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUDIT_DATA", raising=False)
    with pytest.raises(DataError, match=r"data\.root: \$\{AUDIT_DATA\} needs the environment var"):
        load(recipe({**VISION, "root": "${AUDIT_DATA}"}))


def test_torchvision_sets_of_files_and_of_colour_arrays(
    recipe: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [(Image.new("RGB", (4, 3), RED), 0), (Image.new("RGB", (5, 3), GREY), 1)] * 2

    class Files:
        classes = ("a", ("b", "bee"))

        def __init__(self, root: str, split: str) -> None:
            assert split in {"train", "test"}

        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int) -> tuple[Image.Image, int]:
            return pictures[index]

    def arrays(root: str, *, train: bool, download: bool) -> SimpleNamespace:
        data = np.zeros((2, 3, 4, 3), np.uint8)
        data[..., 0] = 200
        return SimpleNamespace(data=data, targets=[0, 1], classes=["a", "b"])

    data = {**VISION, "shape": [3, 3, 4]}
    monkeypatch.setattr(torchvision.datasets, "GTSRB", Files)
    resized = {**data, "source": "torchvision:GTSRB", "resize": True}
    train, _ = load(recipe(resized, classes=["a", "bee"]))
    assert train.labels.tolist() == [0, 1, 0]
    dropped = check(recipe({**resized, "resize": False}, classes=["a", "b"]))
    assert "image of 5 x 3 pixels" in dropped.problems[0]
    with pytest.raises(DataError, match=r"data\.shape: expected .*holds image files"):
        load(recipe({**VISION, "source": "torchvision:GTSRB"}))

    monkeypatch.setattr(torchvision.datasets, "CIFAR10", arrays)
    train, _ = load(recipe({**data, "source": "torchvision:CIFAR10"}))
    assert train.shape == (3, 3, 4)
    assert train.symbols[0].tolist() == [1] * 12 + [0] * 24


def test_a_picture_that_cannot_be_opened_keeps_its_slot(
    recipe: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Files:
        classes = ("other", "a", "b")

        def __init__(self, root: str, split: str) -> None:
            self.broken = {1, 3} if split == "train" else set()

        def __len__(self) -> int:
            return 4

        def __getitem__(self, index: int) -> tuple[Image.Image, int]:
            if index in self.broken:
                raise OSError("cannot identify image file")
            return Image.new("L", (4, 3)), (1, 2, 2, 1)[index]

    monkeypatch.setattr(torchvision.datasets, "GTSRB", Files)
    source = {**VISION, "shape": [1, 3, 4], "source": "torchvision:GTSRB"}
    train, _ = load(recipe(source))
    assert train.positions.tolist() == [0, 2]
    assert train.slots == 4
