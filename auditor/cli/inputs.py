"""``audit inputs``: a list that pins inputs and labels for a policy, without the data."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.extras import need


def inputs(
    path: Annotated[Path, typer.Argument(metavar="RECIPE", help="The recipe, a TOML file.")],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="The list to write.")],
) -> None:
    """List inputs and labels, for a policy to pin.

    One line for each: the SHA-256 of its canonical tensor, and its class. A policy that names the
    list counts certified accuracy over just these inputs and labels. Prints what to copy into the
    policy, the data set's root included.

    Example:
      audit inputs examples/digits/recipe.toml -o inputs.list
    """
    need("run", "inputs")
    from auditor import datasets, files, recipe
    from auditor.cli.screen import safe
    from auditor.format import input_list

    train, listed = datasets.load(recipe.load(path))
    data = input_list.build(
        (hashlib.sha256(listed.tensor(index)).hexdigest(), listed.class_names[label])
        for index, label in enumerate(listed.labels.tolist())
    )
    files.create(out, data, mode=0o644)
    typer.echo(
        safe(
            f"# {out}: {len(listed)} inputs of {path}. For the policy:\n"
            f'\n[data]\nroots = ["{train.root}"]\n'
            f'\n[inputs]\nlist = "{out.name}"\nsha256 = "{hashlib.sha256(data).hexdigest()}"'
        )
    )
