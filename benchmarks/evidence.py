"""What it takes to look at votes and members again, and whether forgeries are caught as predicted.

    python -m benchmarks.evidence cost RELEASE --key KEY [--data FOLDER]
    python -m benchmarks.evidence forgery [--trials 300]

``cost`` times a plain verification, replays and retrainings of a release in turn and prints what a
thousand cells and one member add. ``forgery`` makes a small release of real digits, forges one vote
in a hundred of it, signs the result with the auditor's key and replays random samples of it until
the trials are done: the share that is refuted is printed beside the exact prediction.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from math import comb
from pathlib import Path
from typing import Any

import auditor
from auditor import relying
from auditor.errors import ClaimError

RUNS = 3


def cost(release: Path, key: Path, data: Path | None) -> dict[str, Any]:
    """Return median seconds of each kind of verification, each in this process."""
    check = partial(relying.verify, release, keys=key)
    found: dict[str, Any] = {"verify": round(_seconds(check), 2)}
    members = min(12, auditor.verify(release, key).certificate.member_count)
    for option, few, many, unit in (
        ("replay", 1_000, 11_000, "secondsPer1000Cells"),
        ("retrain", 2, members, "secondsPerMember"),
    ):
        taken = [_seconds(partial(check, data=data, **{option: n})) for n in (few, many)]
        found[f"{option} {few}"], found[f"{option} {many}"] = (round(s, 2) for s in taken)
        units = (many - few) / (1_000 if option == "replay" else 1)
        found[unit] = round((taken[1] - taken[0]) / units, 3)
    return found


def _seconds(call: Callable[[], object]) -> float:
    taken = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def forgery(trials: int) -> list[dict[str, Any]]:
    """Return, for each sample size, how often forged votes were refuted and how often expected."""
    from tests.recheck import dishonest  # noqa: PLC0415 - test code, after the path is set
    from tests.run import small  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recipe = small.recipe(folder, "flip", "flip")
        auditor.run(recipe, out=folder / "release", workers=0, device="cpu")
        key = folder / "release.key"
        votes = bytearray((folder / "release" / "evidence.bin").read_bytes())
        decided = [cell for cell, vote in enumerate(votes) if vote < 2]
        forged = len(votes) // 100
        for cell in random.Random(0).sample(decided, forged):  # noqa: S311 - an experiment
            votes[cell] = 1 - votes[cell]
        dishonest.sign(folder / "release", key, evidence=bytes(votes))
        public = key.with_suffix(".pub")
        relying.verify(folder / "release", keys=public)  # arithmetic alone sees nothing
        rows = []
        for size in (50, 150, 400):
            caught = sum(_refuted(folder, public, size, os.urandom(32)) for _ in range(trials))
            missed = Fraction(comb(len(votes) - forged, size), comb(len(votes), size))
            rows.append(
                {
                    "cells": len(votes),
                    "forged": forged,
                    "sampled": size,
                    "trials": trials,
                    "refuted": caught,
                    "expected": round(float(trials * (1 - missed)), 1),
                    "deviation": round(float(trials * missed * (1 - missed)) ** 0.5, 1),
                }
            )
    return rows


def _refuted(folder: Path, key: Path, size: int, secret: bytes) -> bool:
    try:
        relying.verify(folder / "release", keys=key, data=folder, replay=size, sample_seed=secret)
    except ClaimError:
        return True
    return False


def main() -> None:
    """Print what was asked for as JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    costs = commands.add_parser("cost")
    costs.add_argument("release", type=Path)
    costs.add_argument("--key", type=Path, required=True)
    costs.add_argument("--data", type=Path)
    forged = commands.add_parser("forgery")
    forged.add_argument("--trials", type=int, default=300)
    chosen = parser.parse_args()
    if chosen.command == "cost":
        print(json.dumps(cost(chosen.release, chosen.key, chosen.data)))
        return
    for row in forgery(chosen.trials):
        print(json.dumps(row))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
