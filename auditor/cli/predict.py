"""``audit predict``: the certified classifier's answer for new inputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auditor.cli.extras import need
from auditor.cli.run import Device
from auditor.cli.screen import safe
from auditor.errors import DataError, UsageError

if TYPE_CHECKING:
    import numpy as np


def predict(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="The release folder.")],
    images: Annotated[
        list[Path] | None,
        typer.Argument(metavar="IMAGE...", help="PNG or JPEG files of the audited size."),
    ] = None,
    *,
    npy: Annotated[
        Path | None, typer.Option(help="A NumPy file of inputs, one in each row.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="Verify the release under this public key first.")
    ] = None,
    white: Annotated[
        float,
        typer.Option(min=0, help="What a white pixel is in the audited data (digits: 16)."),
    ] = 255,
    resize: Annotated[bool, typer.Option("--resize", help="Scale images to the size.")] = False,
    alpha: Annotated[
        str, typer.Option(help="Failure probability of an answer, where the vote is random.")
    ] = "1/1000",
    draws: Annotated[
        int | None, typer.Option(min=1, help="Noisy copies of each input, where it is random.")
    ] = None,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.CPU,
) -> None:
    """Ask the ensemble itself, by the very vote that is certified.

    The answer may be an abstention. Values are taken as the data source of the audit has them;
    where its images do not run from 0 to 255, --white says how far they do.

    Examples:
      audit predict build/digits seven.png --white 16 --resize
      audit predict build/digits --npy inputs.npy
      audit predict release seven.png --key auditor.pub
    """
    need("replay", "predict")
    if not images and npy is None:
        raise UsageError("predict: expected image files or --npy FILE, got neither")
    from auditor.replay.predict import load

    predictor = load(release, key=key, device=device.value)
    for name, values in _inputs(images or [], npy, predictor.shape, resize=resize, white=white):
        answer = predictor.predict(values, alpha=alpha, draws=draws)
        votes = ", ".join(f"{label}: {count:,}" for label, count in answer.votes.items())
        label = "abstains" if answer.label is None else answer.label
        typer.echo(safe(f"{name}  {label}  (alpha {answer.alpha}; votes {votes})"))


def _inputs(
    images: list[Path], npy: Path | None, shape: tuple[int, ...], *, resize: bool, white: float
) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Yield a name and the values of each input."""
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    from auditor.datasets.sources.pixels import pixels

    for path in images:
        try:
            with Image.open(path, formats=("PNG", "JPEG")) as image:
                yield str(path), pixels(image, shape, resize=resize) * (white / 255)
        except (ValueError, SyntaxError, UnidentifiedImageError) as error:
            raise DataError(f"{path}: {error}") from error
    if npy is not None:
        try:
            rows = np.load(npy, allow_pickle=False)
        except ValueError as error:
            raise DataError(f"{npy}: not a NumPy array file: {error}") from error
        for number, values in enumerate(rows):
            yield f"{npy}[{number}]", values
