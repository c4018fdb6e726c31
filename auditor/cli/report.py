"""``audit report``: the page for people, made again from a release that verifies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditor.cli import evidence
from auditor.cli.believed import KeyOption, TrustOption, whom
from auditor.cli.evidence import DataOption, ReplayOption, RetrainOption
from auditor.cli.extras import need
from auditor.cli.progress import Style, display
from auditor.cli.screen import safe


def report(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="The release folder.")],
    *,
    key: KeyOption = None,
    trust: TrustOption = None,
    baseline: Annotated[
        Path | None, typer.Option(help="An earlier release folder, to compare with.")
    ] = None,
    data: DataOption = None,
    replay: ReplayOption = None,
    retrain: RetrainOption = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The page to write.", dir_okay=False)
    ] = Path("report.html"),
    progress: Annotated[Style, typer.Option(help="How to show progress, on stderr.")] = Style.AUTO,
) -> None:
    """Write the page for people again: report.html.

    For a new check, or beside an earlier release.

    A run writes one by itself. This one says what you checked: with --replay and --retrain, votes
    and members too. --baseline shows which inputs lost or gained their certificate since. Pictures
    come from your copy of the data, which has to be the audited one.

    Examples:
      audit report release --key auditor.pub --baseline ../2026-10 --data ~/data
      audit report build/digits --key build/digits.pub --replay all -o checked.html
    """
    need("run", "report")
    evidence.needed(replay, retrain)
    believed = whom("report", key, trust)
    from auditor.files import write_atomic
    from auditor.page import page

    shown = display(progress)
    try:
        text, _ = page(
            release,
            keys=key or (),
            trust=believed,
            baseline=baseline,
            data=data,
            replay=evidence.cells(replay),
            retrain=retrain,
            progress=shown,
        )
    finally:
        shown.done()
    write_atomic(out, text.encode())
    typer.echo(f"wrote {safe(str(out))}")
