"""Whom a command believes, and the release that they signed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.errors import UsageError

if TYPE_CHECKING:
    from auditor.verify.trust import Trust
    from auditor.verify.verified import Verified

KeyOption = Annotated[
    list[Path] | None,
    typer.Option(help="A public key you trust (PEM). Repeat to accept any of them."),
]
TrustOption = Annotated[
    Path | None, typer.Option(help="Who is believed: a trust.toml, in place of --key.")
]


def whom(command: str, key: list[Path] | None, trust: Path | None) -> Trust | None:
    """Return what --trust says, None with --key; raise UsageError unless it is one of them."""
    if (trust is None) == (not key):
        raise UsageError(f"{command}: expected --key or --trust, one of them")
    if trust is None:
        return None
    from auditor.policyfiles import load_trust

    return load_trust(trust)


def checked(command: str, path: Path, key: list[Path] | None, trust: Path | None) -> Verified:
    """Return a release or a single-input file that verifies; else raise VerificationError."""
    from auditor import clock, relying

    believed = whom(command, key, trust)
    verified = relying.verify(path, keys=tuple(key or ()), trust=believed)
    if believed is not None:
        relying.timely(verified, believed, clock.machine())
    return verified
