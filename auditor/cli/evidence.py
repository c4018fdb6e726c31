"""The options of a replay and a retraining, the same wherever a release is looked at again."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from auditor.cli.extras import need
from auditor.errors import UsageError


class Match(StrEnum):
    """What a member that is trained again must have in common with its file."""

    VOTES = "votes"
    BITWISE = "bitwise"


ReplayOption = Annotated[
    str | None,
    typer.Option(metavar="all|K", help="Cast all votes again, or K random cells of them."),
]
RetrainOption = Annotated[
    int | None, typer.Option(min=1, metavar="S", help="Train S random members again.")
]
DataOption = Annotated[
    Path | None,
    typer.Option(help="Your copy of the data: the folder in which the recipe's paths are found."),
]
DeltaOption = Annotated[
    str, typer.Option(help="How unlikely it must be that a sample misses more than is reported.")
]
SeedOption = Annotated[
    str | None,
    typer.Option(metavar="HEX", help="Repeat the sample of an earlier verdict (64 hex digits)."),
]
MatchOption = Annotated[
    Match,
    typer.Option(help="bitwise refutes a member with other bits; votes compares its votes first."),
]
CodeOption = Annotated[
    list[str] | None,
    typer.Option(metavar="sha256:HEX", help="Run the recipe's own code with this digest."),
]


def needed(replay: str | None, retrain: int | None) -> None:
    """Return if the packages for what is asked are there; else raise UsageError."""
    if retrain:
        need("run", "verify --retrain")
    elif replay:
        need("replay", "verify --replay")


def cells(text: str | None) -> int | Literal["all"] | None:
    """Return what ``--replay`` asks for; raise UsageError."""
    if text is None or text == "all":
        return "all" if text else None
    if not re.fullmatch(r"[1-9][0-9]{0,14}", text):
        raise UsageError(f"--replay: expected all or a number of cells, got {text!r}")
    return int(text)


def secret(text: str | None) -> bytes | None:
    """Return the secret of an earlier sample; raise UsageError."""
    if text is not None and not re.fullmatch(r"[0-9a-f]{64}", text):
        raise UsageError(f"--sample-seed: expected 64 lower-case hex digits, got {text!r}")
    return None if text is None else bytes.fromhex(text)
