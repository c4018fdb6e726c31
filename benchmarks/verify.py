"""How long a relying party waits, and how much memory it takes, from start to verdict.

Makes a release of 2,163 claims under the two-mask rule over two pixels (12 groups: 781 views, two
classes, 130 members) from made-up votes, then verifies the folder and the file of one input, each
in a fresh process, as ``audit verify`` does. Prints one JSON line; exits 1 beyond the limits.

Usage: python benchmarks/verify.py [--inputs N]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMITS = {"folder": (2.0, 150), "single": (0.5, 150)}  # seconds, MB
VERDICT = """
import sys
from auditor import release
from auditor.verify import verdict
sys.stdout.write(verdict.text(release.verify(sys.argv[1], sys.argv[2])))
"""


def prepare(folder: Path, inputs: int) -> None:
    from tests import honest  # noqa: PLC0415 - after the path is set

    grid = [{"trainExamples": c, "inputFeatures": t} for t in (1, 2) for c in range(5, 66, 5)]
    budgets = ({}, *({"trainExamples": c} for c in range(5, 66, 5)), *grid)
    smoothing = {
        "training": {"method": "partition", "parts": 131, "by": "index"},
        "test": {"method": "two-mask", "groups": 12, "pixels": 2},
    }
    built = honest.build(
        "two-mask", inputs=inputs, smoothing=smoothing, members=131, budgets=budgets
    )
    built.write(folder / "release")
    (folder / "input.cert.json").write_bytes(built.single(7))
    (folder / "key.pub").write_text(built.key.public.pem)


def measure(target: Path, key: Path, runs: int = 5) -> tuple[float, float]:
    """Return (median seconds, largest resident set in MB) of fresh processes."""
    seconds, memory = [], []
    for _ in range(runs):
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - this very interpreter
            [sys.executable, "-c", VERDICT, str(target), str(key)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds.append(time.perf_counter() - start)
        memory.append(usage.ru_maxrss / 1024)
        assert process.returncode == 0, said
        assert said.startswith(b"VERIFIED "), said
    return statistics.median(seconds), max(memory)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=2163)
    inputs = parser.parse_args().inputs
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, inputs)
        key = folder / "key.pub"
        found = {
            "folder": measure(folder / "release", key),
            "single": measure(folder / "input.cert.json", key),
        }
        sizes = {
            "evidenceMB": round((folder / "release" / "evidence.bin").stat().st_size / 1e6, 1),
            "singleInputBytes": (folder / "input.cert.json").stat().st_size,
        }
    rounded = {name: {"seconds": round(s, 3), "peakMB": round(m)} for name, (s, m) in found.items()}
    print(json.dumps({"inputs": inputs, **sizes, **rounded}))
    within = all(s < LIMITS[name][0] and m < LIMITS[name][1] for name, (s, m) in found.items())
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
