"""Members per second of each learner against the plain sequential loop on the same work.

For every case both sides train the same members on the same rows with one thread, in turns within
one process (ours, plain, ours, plain, ...); what is reported is the median over the turns and the
median of their ratios, in processor time. The plain side is what one would write without thinking
about speed: one member after another, scikit-learn or PyTorch with a DataLoader. The data is made
up (two patterns with noise), so nothing here says anything about accuracy.

Usage: python benchmarks/learners.py [--rounds N] [--only CASE] [--out FOLDER]
"""

# ruff: noqa: E402 - thread counts are read when the numeric libraries load

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np
import torch

from auditor.learners import InputSpec, Learner, TrainingSet, build
from auditor.randomness import Stream
from benchmarks import plain_loops

SHEARS = [{}, {"shear": "0.2"}, {"shear": "-0.2"}]
IMAGE, TABLE, DIGIT = (1, 28, 28), (57,), (1, 8, 8)
MLP_LOOP = plain_loops.torch_loop(plain_loops.mlp_module)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """``members`` sets of ``rows`` examples; ``plain`` trains one member."""

    title: str
    table: dict[str, Any]
    shape: tuple[int, ...]
    rows: int
    members: int
    plain: plain_loops.Plain
    against: str
    training: dict[str, Any] | None = None
    masked: bool = False


def mlp(hidden: Sequence[int], steps: int, batch: int) -> dict[str, Any]:
    return {"name": "mlp", "hidden": list(hidden), "steps": steps, "batch": batch}


CASES = (
    Case(title="naive Bayes, 13,007 x 784", table={"name": "naive-bayes"}, shape=IMAGE,
         rows=13_007, members=4, plain=plain_loops.bayes, against="scikit-learn BernoulliNB"),
    Case(title="naive Bayes, 240 x 64", table={"name": "naive-bayes"}, shape=DIGIT,
         rows=240, members=100, plain=plain_loops.bayes, against="scikit-learn BernoulliNB"),
    Case(title="kernel Bayes, 26 x 784, 3 copies", table={"name": "kernel-bayes"}, shape=IMAGE,
         rows=26, members=20, plain=plain_loops.kernel, against="SciPy, image by image",
         training={"copies": SHEARS}, masked=True),
    Case(title="nearest neighbours, 13,007 x 784", table={"name": "nearest-neighbours"},
         shape=IMAGE, rows=13_007, members=2, plain=plain_loops.neighbours,
         against="scikit-learn KNeighborsClassifier"),
    Case(title="ridge, 13,007 x 784", table={"name": "ridge"}, shape=IMAGE,
         rows=13_007, members=2, plain=plain_loops.ridge, against="scikit-learn Ridge"),
    Case(title="ridge, 26 x 784", table={"name": "ridge"}, shape=IMAGE,
         rows=26, members=20, plain=plain_loops.ridge, against="scikit-learn Ridge"),
    Case(title="ridge on masked-hog, 26 x 12 rows",
         table={"name": "ridge", "frontEnd": {"name": "masked-hog"}}, shape=IMAGE,
         rows=26, members=10, plain=plain_loops.ridge, against="the same rows, scikit-learn Ridge",
         training={"copies": SHEARS, "masks": 4}, masked=True),
    Case(title="logistic, 240 x 64", table={"name": "logistic"}, shape=DIGIT,
         rows=240, members=48, plain=plain_loops.logistic, against="the same steps in NumPy"),
    Case(title="logistic, 26 x 784", table={"name": "logistic"}, shape=IMAGE,
         rows=26, members=16, plain=plain_loops.logistic, against="the same steps in NumPy"),
    Case(title="MLP 784-256-128-2, bag of 100, batches of 16", table=mlp((256, 128), 200, 16),
         shape=IMAGE, rows=100, members=8, plain=MLP_LOOP, against="PyTorch loop"),
    Case(title="MLP 57-64-2, batches of 16", table=mlp((64,), 200, 16), shape=TABLE,
         rows=200, members=32, plain=MLP_LOOP, against="PyTorch loop"),
    Case(title="MLP 57-64-2, batches of 128", table=mlp((64,), 200, 128), shape=TABLE,
         rows=512, members=32, plain=MLP_LOOP, against="PyTorch loop"),
    Case(title="CNN 8-16, 28 x 28, batches of 32", table={"name": "cnn", "steps": 60},
         shape=IMAGE, rows=100, members=2, plain=plain_loops.torch_loop(lambda one: one.make()),
         against="PyTorch loop"),
)  # fmt: skip


def made_up(case: Case) -> list[TrainingSet]:
    generator = np.random.default_rng(0)
    features = int(np.prod(case.shape))
    pattern = generator.integers(0, 2, (2, features), dtype=np.uint8)
    sets = []
    for _ in range(case.members):
        labels = np.arange(case.rows) % 2
        noise = (generator.random((case.rows, features)) < 0.2).astype(np.uint8)
        sets.append(TrainingSet(symbols=pattern[labels] ^ noise, labels=labels, capacity=case.rows))
    return sets


def learner_of(case: Case) -> Learner:
    spec = InputSpec(shape=case.shape, symbols=2, masked=case.masked, classes=2)
    masks = None
    if case.masked:
        group = np.random.default_rng(1).permutation(spec.features) % 12
        masks = np.stack([group != hidden for hidden in range(12)]).astype(np.uint8)
    recipe = {
        "learner": case.table,
        "training": case.training or {},
        "smoothing": {"test": {"method": "two-mask" if case.masked else "none"}},
    }
    return build(recipe, spec, masks, capacity=case.rows)


def measure(case: Case, rounds: int) -> dict[str, Any]:
    """Return medians in processor milliseconds per member, and the median ratio."""
    learner, sets = learner_of(case), made_up(case)
    streams = [
        (lambda purpose, member=member: Stream(bytes(32), purpose, member))
        for member in range(case.members)
    ]
    learner.graph(1, "shared")  # once per run
    learner.fit(sets[:1], streams[:1], "cpu")
    case.plain(learner, sets[0], streams[0])
    ours, plain = [], []
    for _ in range(rounds):
        start = time.process_time()
        learner.fit(sets, streams, "cpu")
        middle = time.process_time()
        for one, own in zip(sets, streams, strict=True):
            case.plain(learner, one, own)
        ours.append((middle - start) / case.members)
        plain.append((time.process_time() - middle) / case.members)
    ratio = statistics.median(b / a for a, b in zip(ours, plain, strict=True))
    return {
        "case": case.title,
        "against": case.against,
        "membersPerSecond": round(1 / statistics.median(ours), 2),
        "plainMembersPerSecond": round(1 / statistics.median(plain), 2),
        "ratio": round(ratio, 2),
    }


def machine() -> dict[str, Any]:
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        processor = names[0].partition(": ")[2] if names else processor
    versions = {n: metadata.version(n) for n in ("numpy", "scikit-learn", "scipy", "torch")}
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "threads": 1,
        "python": platform.python_version(),
        **versions,
    }


def table(result: dict[str, Any]) -> str:
    facts = ", ".join(f"{key} {value}" for key, value in result["machine"].items())
    lines = [
        "# Members per second of each learner, against a plain loop",
        "",
        f"`{result['command']}`, {result['rounds']} rounds, medians, processor time. {facts}.",
        "Both sides do the same work in the same process, in turns; see `benchmarks/learners.py`.",
        "",
        "| case | members/s | plain loop | ratio | plain loop is |",
        "|---|---:|---:|---:|---|",
    ]
    lines += [
        f"| {row['case']} | {row['membersPerSecond']:,} | {row['plainMembersPerSecond']:,} "
        f"| {row['ratio']:.1f} | {row['against']} |"
        for row in result["cases"]
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for case in CASES:
        if arguments.only in case.title:
            rows.append(measure(case, arguments.rounds))
            print(json.dumps(rows[-1]), flush=True)
    result = {
        "command": "python benchmarks/learners.py",
        "rounds": arguments.rounds,
        "machine": machine(),
        "cases": rows,
    }
    if not arguments.only:
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "learners.json").write_text(json.dumps(result, indent=1) + "\n")
        (arguments.out / "learners.md").write_text(table(result))


if __name__ == "__main__":
    main()
