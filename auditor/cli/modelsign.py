"""``audit modelsign``: a second signature over the members, for users of ``model_signing``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def modelsign(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="The release folder.")],
    *,
    key: Annotated[Path, typer.Option(help="The private key to sign with (PEM, P-256).")],
    auditor: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PUB", help="Who signed the certificate, if not the same key. Repeatable."
        ),
    ] = None,
) -> None:
    """Sign members as OpenSSF model_signing does.

    The signature is RELEASE/model.sig. Only a release that verifies is signed. From then on audit
    verify wants model.sig to be by a key that it is given, and to list exactly the files of
    members/. Needs the extra modelsign.

    Examples:
      audit modelsign build/digits --key build/digits.key
      model_signing verify key build/digits/members --public_key build/digits.pub
        --signature build/digits/model.sig
    """
    from auditor import modelsign as implementation
    from auditor.release import public_keys

    out = implementation.sign(release, key, public_keys(list(auditor or ())))
    typer.echo(f"Wrote {out}: the files of {release / 'members'}, signed with {key}.")
