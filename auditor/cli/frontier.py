"""``audit frontier``: what a smoothing could certify at best, before anything is trained."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from auditor.cli.extras import need
from auditor.cli.screen import safe, table
from auditor.cli.verify import Format
from auditor.errors import UsageError

if TYPE_CHECKING:
    from auditor.run.frontier import Frontier

_SHARES: Final = "0.6,0.7,0.8,0.9,0.95,0.98,0.99,0.999,1"
_MOST_SETTINGS: Final = 24


def frontier(
    path: Annotated[Path, typer.Argument(metavar="RECIPE", help="The recipe, a TOML file.")],
    *,
    share: Annotated[
        str, typer.Option(metavar="LIST", help="Vote shares of the label to hope for.")
    ] = _SHARES,
    agreement: Annotated[
        str, typer.Option(help="With noisy views: share of the fixed members in a won view.")
    ] = "1",
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=LIST", help="Try other values of a key. Repeatable."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw it, too: a .svg, .png or .pdf file.")
    ] = None,
    style: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
) -> None:
    """Say how far certificates could reach, for every vote share.

    The vote share is what a classifier earns: the share of drawn members, of noisy views, or of the
    members in each fixed view, that answer rightly; the others are taken to agree on one wrong
    answer. Everything else follows from noise, draws, alpha and the number of inputs. No training.

    Examples:
      audit frontier recipe.toml --share 0.9,0.99,1
      audit frontier recipe.toml --vary smoothing.test.keep=0.7,0.8,0.9 --vary members=1000,10000
      audit frontier recipe.toml --plot frontier.svg
    """
    need("run", "frontier")
    from auditor import recipe
    from auditor.run import frontier_plot
    from auditor.run.frontier import frontiers

    if plot is not None and plot.suffix not in frontier_plot.ENDINGS:
        raise UsageError(f"--plot: expected one of {', '.join(frontier_plot.ENDINGS)}, got {plot}")
    shares = _fractions("--share", share)
    found = frontiers(
        path,
        shares=shares,
        more=frontier_plot.SHARES if plot else (),
        agreement=_fractions("--agreement", agreement)[0],
        changes=_settings(vary or ()),
    )
    name = recipe.load(path).resolved["name"]
    if plot is not None:
        frontier_plot.plot(found, name, plot)
    if style is Format.JSON:
        as_json = [_json(one, shares) for one in found]
        typer.echo(json.dumps({"name": name, "frontiers": as_json}, indent=2))
        return
    tables = itertools.chain(*(_text(one, shares) for one in found))
    typer.echo(safe("\n".join([f"{name}: certified at best", *tables])))


def _fractions(flag: str, text: str) -> list[Fraction]:
    try:
        shares = [Fraction(part.strip()) for part in text.split(",")]
    except (ValueError, ZeroDivisionError):
        shares = []
    if not shares or any(not 0 <= share <= 1 for share in shares):
        raise UsageError(f"{flag}: expected numbers from 0 to 1 with commas between, got {text!r}")
    return sorted(set(shares))


def _settings(varied: Sequence[str]) -> list[dict[str, str]]:
    """Return every combination of the values that keys take.

    >>> _settings(["members=10,20", "smoothing.test.keep=0.8"])[1]
    {'members': '20', 'smoothing.test.keep': '0.8'}
    """
    lists: dict[str, list[str]] = {}
    for text in varied:
        key, equals, values = text.partition("=")
        if not equals or not values.strip() or key.strip() in lists:
            raise UsageError(f"--vary: expected KEY=VALUE,VALUE, each key once, got {text!r}")
        lists[key.strip()] = [value.strip() for value in values.split(",")]
    settings = [
        dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values())
    ]
    if len(settings) > _MOST_SETTINGS:
        raise UsageError(
            f"--vary: expected at most {_MOST_SETTINGS} combinations, got {len(settings)}"
        )
    return settings


def _text(frontier: Frontier, shares: Sequence[Fraction]) -> list[str]:
    beside = sorted({t for row in frontier.joint.values() for t in row})
    rows = [("vote share", *frontier.axes, *(f"with {t}" for t in beside))]
    rows += [
        (
            f"{float(share):.6g}",
            *(_amount(frontier.alone[share].get(axis)) for axis in frontier.axes),
            *(_amount(frontier.joint[share].get(t)) for t in beside),
        )
        for share in shares
    ]
    sizes = f"members {frontier.members:,}"
    if frontier.draws:
        sizes += f", draws {frontier.draws:,}"
    lines = ["", f"{frontier.words} ({sizes})", *table(rows)]
    if frontier.pair and beside:
        lines.append(f"  with n: {frontier.pair[0]} beside {frontier.pair[1]} n")
    return lines


def _amount(amount: int | None) -> str:
    return "-" if amount is None else f"{amount:,}"


def _json(frontier: Frontier, shares: Sequence[Fraction]) -> dict[str, object]:
    points = []
    for share in shares:
        joint = frontier.joint.get(share, {})
        along, across = frontier.pair or ("", "")
        points.append(
            {
                "share": str(share),
                "alone": dict(frontier.alone[share]),
                "joint": [{along: most, across: t} for t, most in joint.items()],
            }
        )
    return {
        "changes": dict(frontier.changes),
        "members": frontier.members,
        "draws": frontier.draws,
        "axes": list(frontier.axes),
        "points": points,
    }
