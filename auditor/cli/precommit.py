"""``audit precommit``: commit, and stop until a challenge fixes the draws."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.extras import need
from auditor.cli.progress import Style
from auditor.cli.run import Device
from auditor.errors import UsageError
from auditor.format.challenge import Drand, Signed

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def precommit(
    recipe: Annotated[Path, typer.Argument(help="The recipe, a TOML file.")],
    *,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The release folder that the run will make.")
    ],
    key: Annotated[
        Path | None,
        typer.Option(help="The private key to sign with. Without it: OUT.key, made if absent."),
    ] = None,
    challenger: Annotated[
        Path | None,
        typer.Option(help="The one challenger (public key) whose answer counts. Default: any."),
    ] = None,
    drand_round: Annotated[
        int | None, typer.Option(min=1, help="Wait for this round of drand's quicknet instead.")
    ] = None,
    drand_in: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Wait for the round so far from now: 90s, 30m, 2h, 1d."),
    ] = None,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.AUTO,
    progress: Annotated[Style, typer.Option(help="How to show progress, on stderr.")] = Style.AUTO,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Drop a precommitment made for OUT before.")
    ] = False,
) -> None:
    """Sign everything that is fixed before the draws, and stop.

    Somebody else then fixes the draws: a challenger (audit challenge), or a round of the public
    drand beacon that is still to come. Continue with audit run --challenge.

    Examples:
      audit precommit recipe.toml --out release --challenger challenger.pub
      audit precommit recipe.toml --out release --drand-in 1h
    """
    need("run", "precommit")
    if sum(option is not None for option in (challenger, drand_round, drand_in)) > 1:
        raise UsageError("--challenger, --drand-round, --drand-in: expected at most one of them")
    from auditor.cli.progress import display
    from auditor.cli.screen import safe
    from auditor.run.precommit import precommit as commit

    shown = display(progress)
    try:
        made = commit(
            recipe,
            out=out,
            key=key,
            device=device.value,
            awaited=_awaited(challenger, drand_round, drand_in),
            progress=shown,
            overwrite=overwrite,
        )
    finally:
        shown.done()
    command = f"audit run {recipe} --out {out}" + ("" if key is None else f" --key {key}")
    typer.echo(safe(_next(made.file, made.digest, made.awaited, command)))


def _awaited(
    challenger: Path | None, drand_round: int | None, drand_in: str | None
) -> Signed | Drand:
    if drand_round is None and drand_in is None:
        if challenger is None:
            return Signed(keyid=None)
        from auditor import keyfiles

        return Signed(keyid=keyfiles.load_public(challenger).keyid)
    from auditor.witness import drand

    if drand_in is not None:
        match = re.fullmatch(r"([1-9][0-9]{0,6})([smhd])", drand_in)
        if match is None:
            raise UsageError(f"--drand-in: expected a time such as 30m or 2h, got {drand_in!r}")
        drand_round = drand.round_in(int(match[1]) * _SECONDS[match[2]])
    assert drand_round is not None  # noqa: S101 - one of the two was given
    return Drand(chain_hash=drand.QUICKNET, round=drand_round)


def _next(file: Path, digest: str, awaited: Signed | Drand | None, run: str) -> str:
    head = f"Wrote {file}\n  precommitment  {digest}\n"
    if awaited is None:
        return f"{head}Nothing is drawn in this recipe, so no challenge is needed. Next:\n  {run}"
    if isinstance(awaited, Signed):
        return (
            f"{head}Send it to the challenger, who runs\n"
            f"  audit challenge {file.name} --key THEIR.key\n"
            f"and continue with what they send back:\n"
            f"  {run} --challenge challenge.dsse.json"
        )
    from auditor.witness import drand

    return (
        f"{head}It waits for drand quicknet round {awaited.round}, which comes out at "
        f"{drand.time_of(awaited.round)}. Have it stamped before that:\n"
        f"  openssl ts -query -digest {digest} -sha256 -cert -out precommit.tsq\n"
        "and, with the answer of a time-stamping authority and the round as the beacon's API "
        "gives it:\n"
        f"  {run} --challenge round.json --time precommit.tsr"
    )
