from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients import npm


@pytest.fixture(scope="session")
def npm_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pinned npm clients; skips, saying why, where they cannot be had."""
    return npm.install(tmp_path_factory.mktemp("npm"))
