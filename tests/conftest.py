"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure; the clock is tested where it is the subject.
settings.register_profile("suite", deadline=None)
# A gate gives the same answer twice; people's own runs go on looking for new cases.
settings.register_profile("gate", deadline=None, derandomize=True)
settings.load_profile("gate" if os.environ.get("CI") else "suite")


@pytest.fixture(scope="session")
def audit_data() -> Path:
    """The folder with MNIST, Spambase and the CIFAR-10 pictures; skips where there is none."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("AUDIT_DATA") or beside)
    if not folder.is_dir():
        pytest.skip(f"real data: set AUDIT_DATA ({folder} does not exist)")
    return folder
