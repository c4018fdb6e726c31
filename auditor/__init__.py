"""Signed certificates of how much poisoning a classifier's predictions survive.

The certified object is the ensemble in a release folder. ``run`` makes one, ``verify`` checks one
(it needs no torch and no numpy), ``load`` returns the classifier itself, ``plan`` says beforehand
what a run takes and can reach, ``extract`` cuts out the file of a single input.

>>> verify("/no/such/release", "/no/such.pub")
Traceback (most recent call last):
...
auditor.errors.UsageError: /no/such.pub: missing
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.errors import AuditorError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.format.keys import PublicKey
    from auditor.progress import Progress
    from auditor.replay.predict import Predictor
    from auditor.run.pipeline import RunResult
    from auditor.run.plan import Plan
    from auditor.verify.verified import Verified

__all__ = [
    "AuditorError",
    "VerificationError",
    "extract",
    "load",
    "plan",
    "run",
    "verify",
]

# Two packages share their names with functions below. A package binds its name here when it is
# first imported, so both are imported before the functions take the names; they stay importable.
for _package in ("auditor.run", "auditor.verify"):
    import_module(_package)


def run(
    recipe: Path | str,
    *,
    out: Path | str,
    key: Path | str | None = None,
    device: str = "auto",
    workers: int | None = None,
    challenge: Path | str | None = None,
    time: Path | str | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> RunResult:
    """Audit as ``recipe`` says and write the signed release folder ``out``; resumes a killed run.

    ``key`` is a PEM private key; without it ``<out>.key`` is used, made if need be. ``device`` is
    "auto", "cpu" or "cuda"; ``workers`` processes do the work (one a core by default; 0: this
    process). ``challenge`` and ``time`` are the files that a precommitted run waits for. Raises
    UsageError for what the caller can mend. Needs the extra ``run``.
    """
    from auditor.run.pipeline import run as implementation

    return implementation(
        recipe,
        out=out,
        key=key,
        device=device,
        workers=workers,
        challenge=challenge,
        time=time,
        progress=progress,
        overwrite=overwrite,
    )


def plan(recipe: Path | str, *, device: str = "auto", workers: int | None = None) -> Plan:
    """Return what a run of ``recipe`` will take and can reach, from a short real measurement."""
    from auditor.run.plan import plan as implementation

    return implementation(recipe, device=device, workers=workers)


def verify(
    path: Path | str,
    key: Path | str | PublicKey | Sequence[Path | str | PublicKey] = (),
    *,
    trust: Path | str | None = None,
    **options: Any,
) -> Verified:
    """Return what a release folder or single-input file establishes under the pinned key(s).

    ``trust`` is a trust.toml with keys, authorities and dates, in place of ``key``. ``options`` are
    those of ``auditor.relying.verify``: ``challengers``, ``replay="all"`` or a number of votes to
    cast again, ``retrain`` a number of members to train again, ``data`` the folder of your data.
    Raises VerificationError for everything that does not verify, UsageError for what the caller can
    mend, such as an unusable key.
    """
    from auditor import relying

    if trust is None:
        return relying.verify(path, keys=key, **options)
    from auditor import clock
    from auditor.policyfiles import load_trust

    believed = load_trust(Path(trust))
    verified = relying.verify(path, trust=believed, **options)
    relying.timely(verified, believed, clock.machine())
    return verified


def extract(path: Path | str, index: int) -> bytes:
    """Return the file with which a third party verifies input ``index`` alone."""
    from auditor.release import extract as implementation

    return implementation(path, index)


def load(path: Path | str, **options: Any) -> Predictor:
    """Return the certified classifier of a release: ``load(path).predict(x)``.

    ``key`` verifies the release first; ``device`` is "cpu" or "cuda". Needs the extra ``replay``.
    """
    from auditor.replay.predict import load as implementation

    return implementation(path, **options)
