"""Certified patches end to end, on members that see what is hidden and on colour images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import auditor
from tests.recheck.made import Made
from tests.run import small

HIDDEN = 'deskew = false, fill = "background", hiddenFraction = 1'


def in_colour() -> dict[str, Any]:
    """The digits with a brightness of its own in each channel: colour that says nothing."""
    data = small.digits()
    for name in ("xTrain", "xTest"):
        grey = data[name]
        data[name] = np.concatenate([grey, grey // 2 + 4, 16 - grey], 1).astype(np.uint8)
    return data


@pytest.mark.parametrize(
    ("front_end", "data", "training"),
    [
        (f'{{ name = "masked-hog", {HIDDEN} }}', None, "masks = 4"),
        ('{ name = "colour-hog" }', in_colour(), "copies = [{}, { shear = 0.2 }]\nmasks = 4"),
    ],
    ids=["masked-hog", "colour-hog"],
)
def test_patches_are_certified_replayed_and_members_trained_again(
    tmp_path: Path, front_end: str, data: dict[str, Any] | None, training: str
) -> None:
    path = small.recipe(
        tmp_path,
        "partition",
        "windows",
        learner=f'name = "ridge"\npenalty = 0.01\nfrontEnd = {front_end}',
        extra=f"[training]\n{training}",
        data=data,
    )
    # On 8 x 8 pixels two windows of 4 x 4 hide half of the image, and two of 2 x 2 a stroke.
    smaller = {"window = 4": "window = 1", "step = 2": "step = 1", "patch = 3": "patch = 1"}
    text = path.read_text().replace("inputPatch = [0, 3]", "inputPatch = [0, 1]")
    for old, new in smaller.items():
        text = text.replace(old, new)
    path.write_text(text)
    auditor.run(path, out=tmp_path / "release", device="cpu", workers=0)
    made = Made(release=tmp_path / "release", key=tmp_path / "release.key", data=tmp_path)
    verified = made.verify(replay="all", retrain=3)
    assert verified.evidence is not None
    assert verified.evidence.bitwise == 3
    assert verified.certificate.determinism == "bitwise"
    assert verified.certificate.summary.correct >= 8
    patched = [claim for claim in verified.claims if claim.certified({"inputPatch": 1})]
    assert len(patched) >= 3
