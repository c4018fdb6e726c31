"""``audit checker``: the page that checks certificates in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.screen import safe


def checker(
    *,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The page to write.", dir_okay=False)
    ] = Path("checker.html"),
) -> None:
    """Write a page that checks certificates in a browser.

    For people who cannot install anything: drop a certificate and a public key on it. It works
    without a network, may load nothing and sends nothing. The same version of auditor writes the
    same bytes, so that two people can compare the digest that is printed.

    Example:
      audit checker -o checker.html
    """
    import hashlib
    from importlib.metadata import version

    from auditor.checker.page import page
    from auditor.files import write_atomic

    data = page(version("auditor")).encode()
    write_atomic(out, data)
    typer.echo(f"wrote {safe(str(out))} (sha256 {hashlib.sha256(data).hexdigest()})")
