"""``audit card``: a model card, or part of one, from a release that verifies."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.believed import KeyOption, TrustOption, checked
from auditor.errors import UsageError


class Card(StrEnum):
    """What to write."""

    MARKDOWN = "markdown"
    HUGGING_FACE = "hugging-face"
    CYCLONEDX = "cyclonedx"


def card(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="The release folder.")],
    *,
    key: KeyOption = None,
    trust: TrustOption = None,
    style: Annotated[Card, typer.Option("--format", help="What to write.")] = Card.MARKDOWN,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file to write. Default: stdout.")
    ] = None,
) -> None:
    """Write a model card from what was verified.

    A section in Markdown for a card that you have; a README.md with model-index for the Hugging
    Face Hub; a CycloneDX bill of materials (ML-BOM) that points at the certificate. Signature and
    arithmetic are checked first; the same release gives the same bytes.

    Examples:
      audit card build/digits --key build/digits.pub
      audit card release --key auditor.pub --format hugging-face -o README.md
      audit card release --key auditor.pub --format cyclonedx -o model.cdx.json
    """
    from auditor.cards import cyclonedx, hugging_face, markdown
    from auditor.files import write_atomic

    verified = checked("card", release, key, trust)
    if verified.kind != "release":
        raise UsageError("card: expected a release folder, got the file of a single input")
    write = {
        Card.MARKDOWN: markdown.section,
        Card.HUGGING_FACE: hugging_face.card,
        Card.CYCLONEDX: cyclonedx.bom,
    }[style]
    text = write(verified)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_atomic(out, text.encode())
