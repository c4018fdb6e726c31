"""Scores per second of members in a sandbox against the same members in this process.

For every case one trained shard scores the same batch of rows in both places, in turns (sandbox,
here, sandbox, here, ...), in wall-clock time; the medians and the median of the ratios are
reported. The answers are compared bit for bit first. The data is made up.

Usage: python -m benchmarks.sandbox [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from auditor.learners import InputSpec, Learner, TrainingSet, build
from auditor.learners.export import fill
from auditor.randomness import Stream
from auditor.replay import runtime
from auditor.replay.ensemble import BATCH
from auditor.replay.form import Form
from auditor.replay.sandbox import Sandbox

CASES: dict[str, tuple[dict[str, Any], InputSpec]] = {
    "naive-bayes, 28 x 28 masked, ten classes": (
        {"name": "naive-bayes"},
        InputSpec(shape=(1, 28, 28), symbols=2, masked=True, classes=10),
    ),
    "naive-bayes, 8 x 8, two classes": (
        {"name": "naive-bayes"},
        InputSpec(shape=(1, 8, 8), symbols=2, masked=False, classes=2),
    ),
    "cnn, 28 x 28 masked, ten classes": (
        {"name": "cnn", "steps": 20},
        InputSpec(shape=(1, 28, 28), symbols=2, masked=True, classes=10),
    ),
}


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def learner_for(table: dict[str, Any], spec: InputSpec) -> Learner:
    masks = np.ones((6, spec.features), np.uint8) if spec.masked else None
    test = {"method": "two-mask" if spec.masked else "none"}
    return build({"learner": table, "smoothing": {"test": test}}, spec, masks)


def shard(learner: Learner, spec: InputSpec) -> bytes:
    """Train one shard on noisy patterns, one a class."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, spec.classes, 200)
    patterns = generator.integers(0, 2, (spec.classes, spec.features))
    flips = generator.random((200, spec.features)) < 0.2
    symbols = (patterns[labels] ^ flips).astype(np.uint8)
    sets = [TrainingSet(symbols=symbols, labels=labels)] * learner.chunk
    streams = [
        partial(lambda member, purpose: Stream(bytes(32), purpose, member), member)
        for member in range(learner.chunk)
    ]
    return fill(learner.graph(learner.chunk, "shared"), learner.fit(sets, streams, "cpu"))


def measure(title: str, box: Sandbox, rounds: int) -> dict[str, Any]:
    table, spec = CASES[title]
    learner = learner_for(table, spec)
    data = shard(learner, spec)
    form = Form(width=spec.width, members=learner.chunk, outputs=spec.classes)
    rows = np.random.default_rng(1).integers(-1, 2, (BATCH, spec.width)).astype(np.float32)
    judged = seconds(lambda: box.open(data, form, title))
    again = seconds(lambda: box.open(data, form, title))
    loaded = seconds(lambda: runtime.session(data))
    inside, here = box.open(data, form, title), partial(runtime.run, runtime.session(data))
    if inside(rows).tobytes() != here(rows).tobytes():
        raise SystemExit(f"{title}: the scores differ")
    times = [(seconds(lambda: inside(rows)), seconds(lambda: here(rows))) for _ in range(rounds)]
    boxed, own = (statistics.median(side) for side in zip(*times, strict=True))
    return {
        "case": title,
        "members": learner.chunk,
        "bytes": len(data),
        "openMs": round(1000 * judged, 1),
        "openAgainMs": round(1000 * again, 1),
        "openHereMs": round(1000 * loaded, 1),
        "rowsPerSecond": round(BATCH / boxed),
        "rowsPerSecondHere": round(BATCH / own),
        "ratio": round(statistics.median(a / b for a, b in times), 2),
        "overheadMsPer1000Rows": round(1e6 / BATCH * (boxed - own), 2),
    }


def started() -> float:
    """Return the seconds from nothing to the first answer."""
    table, spec = CASES["naive-bayes, 8 x 8, two classes"]
    learner = learner_for(table, spec)
    data = learner.graph(learner.chunk, "shared").SerializeToString()
    form = Form(width=spec.width, members=learner.chunk, outputs=spec.classes)
    with Sandbox() as box:
        return seconds(lambda: box.check(data, form, "start"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=101)
    arguments = parser.parse_args()
    starts = [started() for _ in range(7)]
    print(json.dumps({"startMs": round(1000 * statistics.median(starts))}), flush=True)
    with Sandbox() as box:
        for title in CASES:
            print(json.dumps(measure(title, box, arguments.rounds)), flush=True)


if __name__ == "__main__":
    main()
