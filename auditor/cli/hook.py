"""What ``.pre-commit-hooks.yaml`` runs: ``audit verify`` for every release that a commit touches.

A convenience for whoever commits. It reads the working tree, so a gate decides on what arrives.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from auditor.cli.failures import guarded
from auditor.errors import UsageError, VerificationError

_CERTIFICATE: Final = "certificate.dsse.json"
_MEMBERS: Final = "members"


def hook(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="FILE...")] = None,
    *,
    key: Annotated[
        list[Path] | None, typer.Option(help="A public key you trust (PEM). Repeatable.")
    ] = None,
    trust: Annotated[Path | None, typer.Option(help="Keys and dates in one file.")] = None,
) -> None:
    """Verify each release that one of these files is part of, and each single-input file.

    Ends with 1 if any does not verify, else with 3 if any is undecided.
    """
    from auditor import clock, policyfiles, relying
    from auditor.verify import verdict

    if (trust is None) == (not key):
        raise UsageError("args: expected --key or --trust, and not both")
    believed = None if trust is None else policyfiles.load_trust(trust)
    codes = set()
    for target in _targets(paths or []):
        try:
            verified = relying.verify(target, keys=key or (), trust=believed)
            if believed is not None:
                relying.timely(verified, believed, clock.text(time.time()))
        except VerificationError as error:
            codes.add(error.exit_code)
            typer.echo(f"{target}\n{verdict.failure_text(error)}")
        else:
            typer.echo(f"VERIFIED  {verified.digest}  {target}")
    raise typer.Exit(min(codes, default=0))


def main() -> None:
    """Run the hook that this process was started as."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(guarded(hook))
    app(prog_name="audit-verify")


def _targets(paths: list[Path]) -> list[Path]:
    """Return the releases, and single-input files, that these files belong to; each once."""
    found = set()
    for path in paths:
        folder = path.parent.parent if path.parent.name == _MEMBERS else path.parent
        if path.name.endswith(".cert.json"):
            found.add(path)
        elif os.path.lexists(folder / _CERTIFICATE):
            found.add(folder)
    return sorted(found)


if __name__ == "__main__":
    main()
