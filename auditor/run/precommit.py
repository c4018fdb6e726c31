"""``precommit``: sign what is fixed before the draws, and stop there until a challenge comes."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from auditor.errors import RunError
from auditor.files import write_atomic
from auditor.format.challenge import Awaited, Drand, Signed
from auditor.progress import Progress, Silent
from auditor.run import challenged
from auditor.run.challenged import Committed
from auditor.run.prepare import prepare, refuse_existing
from auditor.run.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Precommitted:
    """A run that waits. ``file`` is what is sent to the challenger or stamped."""

    file: Path
    digest: str
    awaited: Awaited
    randomised: bool


def precommit(
    recipe_path: Path | str,
    *,
    out: Path | str,
    key: Path | str | None = None,
    device: str = "auto",
    awaited: Signed | Drand,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> Precommitted:
    """Sign the precommitment of the run that would write ``out``, and write it beside ``out``.

    The file is ``<out>.precommit.dsse.json``. Called again for the same run it gives the same
    bytes. A run in which nothing is drawn waits for nothing, whatever ``awaited`` says. Raises
    UsageError for what the caller can mend.
    """
    progress = progress or Silent()
    out = Path(out)
    refuse_existing(out, overwrite=overwrite)
    ready = prepare(recipe_path, out=out, key=key, device=device, progress=progress)
    wanted = awaited if ready.rule.randomised else None
    with closing(Workspace(out)) as workspace:
        workspace.open(ready.identity, replace=overwrite)
        if overwrite:
            workspace.start_over()
        committed = challenged.precommitment(workspace, ready.audit, ready.signing, wanted)
        _refuse_another(committed, wanted, workspace.root)
        data = (workspace.release / challenged.PRECOMMITMENT).read_bytes()
    file = out.with_name(out.name + ".precommit.dsse.json")
    write_atomic(file, data)
    progress.done()
    return Precommitted(
        file=file,
        digest=committed.digest,
        awaited=committed.awaited,
        randomised=ready.rule.randomised,
    )


def _refuse_another(committed: Committed, wanted: Awaited, place: Path) -> None:
    if committed.awaited == wanted:
        return
    found = "no challenge"
    if committed.awaited is not None:
        found = challenged.words(committed.awaited)
    msg = f"{place}: a precommitment that waits for {found} is in the way; use --overwrite"
    raise RunError(msg)
