"""Whole runs on a CUDA device: the same noise, and votes that differ at near ties only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import auditor
from tests.run import small

pytestmark = pytest.mark.cuda

#: Share of votes that may differ between the providers: members near a tie, nothing more.
TOLERANCE = 1e-3


@pytest.fixture(autouse=True)
def cuda() -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")


def evidence(recipe: Path, out: Path, device: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    result = auditor.run(recipe, out=out, device=device)
    assert result.verified.certificate.audit.environment["device"] == device
    return (out / "evidence.bin").read_bytes()


def test_the_digits_run_on_the_device_gives_the_votes_of_the_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Path("examples/digits/recipe.toml")
    on_cpu, on_cuda = (
        np.frombuffer(evidence(recipe, tmp_path / d, d, monkeypatch), "<u2").astype(np.int64)
        for d in ("cpu", "cuda")
    )
    assert np.abs(on_cpu - on_cuda).sum() / 2 <= TOLERANCE * on_cpu.sum()


@pytest.mark.parametrize("learner", ["ridge", "mlp", "cnn"])
def test_fixed_members_vote_alike_on_both(
    learner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = f'name = "{learner}"' + ("" if learner == "ridge" else "\nsteps = 20\nbatch = 16")
    recipe = small.recipe(tmp_path, "partition", "two-mask", learner=table)
    on_cpu, on_cuda = (
        np.frombuffer(evidence(recipe, tmp_path / d, d, monkeypatch), "<u2").astype(np.int64)
        for d in ("cpu", "cuda")
    )
    assert np.abs(on_cpu - on_cuda).sum() / 2 <= 10 * TOLERANCE * on_cpu.sum()
