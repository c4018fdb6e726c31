"""What trusting labels, or features, gains: certified accuracy at equal members, by whole runs.

    AUDIT_DATA=/path/to/data python benchmarks/threats.py > threats.md

AUDIT_DATA holds MNIST/raw and spambase/spambase.data. Every row is a run from the recipe to the
verified certificate, on one process of the CPU; penalties were compared on these very inputs, and
both are shown. About ten minutes on an idle core, and 1.5 GB.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import auditor


class Task(NamedTuple):
    """A data set, its number of parts, and the amounts that are claimed."""

    title: str
    head: str
    parts: int
    amounts: tuple[int, ...]


class Way(NamedTuple):
    """A threat, what it allows, and the penalties that are tried."""

    title: str
    threat: str
    by: str
    front: str
    penalties: tuple[str, ...]


_MNIST = """
classes = {classes}
[data]
source = "torchvision:MNIST"
root = "${{AUDIT_DATA}}"
[alphabet]
kind = "binary"
threshold = 128
[inputs]
take = 1000
"""
_SPAM = """
classes = ["0", "1"]
[data]
source = "table"
path = "${AUDIT_DATA}/spambase/spambase.data"
header = false
label = "57"
holdout = { every = 5, offset = 0 }
[alphabet]
kind = "levels"
edges = [0.01]
edgesByColumn = { 54 = [3], 55 = [20], 56 = [100] }
"""
_TEN = _MNIST.format(classes=[str(digit) for digit in range(10)]).replace("'", '"')
_TWO = _MNIST.format(classes='["1", "7"]')

TASKS = (
    Task("MNIST 1 against 7", _TWO, 500, (0, 65, 100, 150, 200)),
    Task("MNIST, ten classes", _TEN, 1000, (0, 100, 200, 300, 400)),
    Task("MNIST, ten classes", _TEN, 3000, (0, 300, 600, 900, 1200)),
    Task("Spambase", _SPAM, 200, (0, 10, 25, 50, 75)),
)
_CENTROIDS = 'frontEnd = { name = "centroids", count = 100 }'
_HOG = 'frontEnd = { name = "masked-hog" }'
WAYS = (
    Way("rewritten at will", "", "index", "", ("1", "10")),
    Way("features only, parts by class", "features", "class", "", ("1", "10")),
    Way("labels only, 100 centroids", "labels", "index", _CENTROIDS, ("0.001", "0.01")),
    Way("rewritten at will, masked-hog", "", "index", _HOG, ("0.001",)),
    Way("features only, by class, masked-hog", "features", "class", _HOG, ("0.001",)),
)


def recipe(task: Task, way: Way, penalty: str) -> str:
    """Return the recipe of one row."""
    top, _, tables = task.head.strip().partition("\n")
    lines = [
        'version = 1\nname = "threats"\ndesignSeed = "1"\nselection = "pilot"',
        top,
        f'threat = "{way.threat}"' if way.threat else "",
        tables,
        f'[learner]\nname = "ridge"\npenalty = {penalty}\n{way.front}',
        f'[smoothing.training]\nmethod = "partition"\nparts = {task.parts}\nby = "{way.by}"',
        '[smoothing.test]\nmethod = "none"',
        f"[claim]\nalpha = 0\nbudgets = {{ trainExamples = {list(task.amounts)} }}",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def measure(task: Task, way: Way, penalty: str) -> str:
    """Run one recipe and return its row."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recipe.toml"
        path.write_text(recipe(task, way, penalty))
        begun = time.monotonic()
        made = auditor.run(path, out=Path(folder) / "out", device="cpu", workers=0)
        seconds = time.monotonic() - begun
    summary = made.verified.certificate.summary
    shares = " | ".join(f"{count / summary.inputs:.3f}" for _, count in summary.certified)
    return f"| {way.title}, penalty {penalty} | {shares} | {seconds:.0f} s |"


def main() -> None:
    """Print one table a task."""
    for task in TASKS:
        print(f"\n{task.title}, {task.parts} members\n")
        print(f"| threat | {' | '.join(map(str, task.amounts))} | time |")
        print("|---" * (len(task.amounts) + 2) + "|")
        for way in WAYS:
            if way.front == _HOG and task.title == "Spambase":
                continue  # no image
            for penalty in way.penalties:
                print(measure(task, way, penalty), flush=True)


if __name__ == "__main__":
    main()
