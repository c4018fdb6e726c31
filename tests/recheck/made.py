"""A release of one's own to tamper with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor import relying
from auditor.verify.verified import Verified


@dataclass(frozen=True, kw_only=True)
class Made:
    """A release of one's own to tamper with, the auditor's key, and the data."""

    release: Path
    key: Path
    data: Path

    def verify(self, **options: Any) -> Verified:
        return relying.verify(
            self.release, keys=self.key.with_suffix(".pub"), data=self.data, **options
        )
