"""``report.html`` of a finished release again: with what was re-checked, and an earlier release."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal

from auditor import files, relying
from auditor.errors import VerificationError
from auditor.progress import Progress
from auditor.recheck.data import bring
from auditor.report.gallery import shown_inputs
from auditor.report.html import render
from auditor.run.shown import shown
from auditor.verify.compare import Comparison, compare
from auditor.verify.trust import Trust
from auditor.verify.verified import Verified

_MANIFEST = 2**30


def page(
    folder: Path,
    *,
    keys: Sequence[Path],
    trust: Trust | None,
    baseline: Path | None,
    data: Path | None,
    replay: int | Literal["all"] | None,
    retrain: int | None,
    progress: Progress,
) -> tuple[str, Verified]:
    """Return the page about a release that verifies, and the outcome.

    ``data`` is the folder of the recipe's files, for pictures of inputs. Raises VerificationError
    for what does not verify or cannot be compared, UsageError for what the caller can mend.
    """
    verified, read = relying.opened(
        folder,
        keys=keys,
        trust=trust,
        replay=replay,
        retrain=retrain,
        data=data,
        progress=progress,
    )
    inputs = bring(verified, read.contents["recipe.toml"], data, progress).inputs
    alphabet = verified.certificate.audit.recipe["alphabet"]
    looks = shown(inputs, alphabet, shown_inputs(verified))  # type: ignore[arg-type]
    earlier = None if baseline is None else _earlier(baseline, verified, keys, trust)
    return render(verified, looks, _cost(folder), earlier), verified


def _earlier(
    baseline: Path, now: Verified, keys: Sequence[Path], trust: Trust | None
) -> Comparison:
    before = relying.verify(baseline, keys=keys, trust=trust)
    return compare(before, now, max_drop=Fraction(1))


def _cost(folder: Path) -> Mapping[str, str]:
    """Return what the run took, which nobody signed; {} where the manifest does not say."""
    try:
        cost = json.loads(files.read((folder / "manifest.json").resolve(), limit=_MANIFEST))["cost"]
    except (VerificationError, ValueError, LookupError, TypeError, RecursionError):
        return {}
    if not isinstance(cost, dict):
        return {}
    return {str(name)[:80]: str(value)[:80] for name, value in list(cost.items())[:20]}
