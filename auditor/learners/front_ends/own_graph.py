"""A recipe's own front end: an ONNX file, named by its digest and listed as a trusted artefact.

    frontEnd = { name = "onnx", path = "drawn-digits.onnx", sha256 = "..." }

The guarantee assumes that nothing which the threat lets an attacker change went into that file: say
in the recipe how it was made. It reads "x" (batch, row), a row as members are shown it, and gives
"features" (batch, size); hidden values are 0 in the first half of a row, so it cannot depend on
them. The file obeys the rules for graphs that vote (:mod:`auditor.replay.graph_rules`), among them
that each row of a batch is judged by itself, and is written as
``SerializeToString(deterministic=True)`` writes it, so that the release's front end is this very
file. :func:`auditor.learners.graphs.finish` makes such a model of a graph.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import onnx

from auditor.errors import RecipeError, ReleaseError
from auditor.learners.base import InputSpec
from auditor.learners.front_ends.fixed import FixedFrontEnd
from auditor.learners.options import Options
from auditor.replay import graph_rules
from auditor.replay.form import Form

NAME: Final = "onnx"
_MAX_BYTES: Final = 2**28


def named(recipe: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return (path, SHA-256 in hex) of a recipe's own front end, None if it has none."""
    table = recipe["learner"].get("frontEnd")
    if table is None or table["name"] != NAME:
        return None
    return table["path"], table["sha256"]


def read(recipe: Mapping[str, Any], base: Path) -> bytes | None:
    """Return the bytes of a recipe's own front end, None if it has none.

    ``base`` is the folder that its path starts from. Raises RecipeError when the file is not there
    or has another digest than the recipe says.
    """
    found = named(recipe)
    if found is None:
        return None
    path, sha256 = base / found[0], found[1]
    try:
        if path.stat().st_size > _MAX_BYTES:
            msg = f"learner.frontEnd.path: {path}: expected at most {_MAX_BYTES} bytes"
            raise RecipeError(msg)
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        msg = f"learner.frontEnd.path: cannot read {path}: {reason}"
        raise RecipeError(msg) from None
    check_digest(data, sha256, str(path))
    return data


def check_digest(data: bytes, sha256: str, where: str) -> None:
    """Raise RecipeError unless ``data`` has the digest that the recipe says."""
    got = hashlib.sha256(data).hexdigest()
    if got != sha256:
        msg = f"learner.frontEnd.sha256: expected {sha256}, {where} has {got}"
        raise RecipeError(msg)


def build(options: Options, spec: InputSpec, data: bytes | None) -> FixedFrontEnd:
    """Return the front end in ``data``. Raises RecipeError for one that no replay would accept."""
    path = options.text("path", "")
    if data is None:
        raise options.error("path", path, "a file that was read beforehand")
    check_digest(data, options.text("sha256", ""), path)
    form = Form(width=spec.width, members=None, outputs=None)
    try:
        size = graph_rules.check(data, where=f"learner.frontEnd: {path}", form=form)
    except ReleaseError as error:
        raise RecipeError(str(error)) from error
    model = onnx.load_from_string(data)
    if model.metadata_props or model.SerializeToString(deterministic=True) != data:
        msg = (
            f"learner.frontEnd: {path}: expected a model without metadata, in the bytes of "
            "SerializeToString(deterministic=True)"
        )
        raise RecipeError(msg)
    return FixedFrontEnd(model=model, size=size)
