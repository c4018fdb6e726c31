"""``audit keygen``: a key pair to sign certificates with."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class KeyType(StrEnum):
    """The signature algorithms a certificate may use."""

    P256 = "p256"
    ED25519 = "ed25519"


def keygen(
    out: Annotated[
        Path,
        typer.Argument(metavar="OUT", help="The private key; the public one gets suffix .pub."),
    ],
    *,
    kind: Annotated[
        KeyType, typer.Option("--type", help="p256 is what most other clients read.")
    ] = KeyType.P256,
) -> None:
    """Make a key pair to sign certificates with.

    OUT is readable by you alone; its public half has the same name ending in .pub.

    Examples:
      audit keygen auditor.key
      audit keygen auditor.key --type ed25519
    """
    from auditor import keyfiles
    from auditor.format.keys import PrivateKey

    key = PrivateKey.generate(kind.value)
    public = keyfiles.save(key, out)
    typer.echo(f"private key  {out}  (keep it secret)")
    typer.echo(f"public key   {public}  (hand it out)")
    typer.echo(f"key id       {key.public.keyid}")
    typer.echo(f"fingerprint  sha256:{key.public.fingerprint}")
