"""Rules between alphabet, data, learner and training copies."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from auditor.recipe.rules.refusal import refuse

Table = Mapping[str, Any]


def alphabet(recipe: Table) -> None:
    """Edges ascend, and every column has as many; a grid is a whole number of steps."""
    alphabet = recipe["alphabet"]
    if alphabet["kind"] == "levels":
        rows = {"edges": alphabet["edges"]}
        rows |= {f"edgesByColumn.{k}": v for k, v in alphabet.get("edgesByColumn", {}).items()}
        for key, edges in rows.items():
            values = [Fraction(edge) for edge in edges]
            if any(low >= high for low, high in itertools.pairwise(values)):
                raise refuse(f"alphabet.{key}", "ascending edges", edges)
            if len(edges) != len(alphabet["edges"]):
                raise refuse(
                    f"alphabet.{key}",
                    f"{len(alphabet['edges'])} edges as in "
                    "alphabet.edges (all columns share one set of symbols)",
                    len(edges),
                )
        if "edgesByColumn" in alphabet and recipe["data"]["source"] != "table":
            raise refuse("alphabet.edgesByColumn", 'data.source "table"', recipe["data"]["source"])
    elif alphabet["kind"] == "grid":
        step, low, high = (Fraction(alphabet[key]) for key in ("step", "low", "high"))
        if step <= 0:
            raise refuse("alphabet.step", "more than 0", alphabet["step"])
        if low >= high or ((high - low) / step).denominator != 1:
            raise refuse(
                "alphabet.high", "a whole number of steps above alphabet.low", alphabet["high"]
            )
        if (high - low) / step >= 2**24:
            allowed = "fewer than 2^24 steps (members read them as float32)"
            raise refuse("alphabet.step", allowed, alphabet["step"])


def data(recipe: Table) -> None:
    """Groups, ids and held-out rows are named where something needs them."""
    data, unit = recipe["data"], recipe["unit"]
    by = recipe["smoothing"]["training"].get("by")
    if "holdout" in data and data["holdout"]["offset"] >= data["holdout"]["every"]:
        raise refuse(
            "data.holdout.offset",
            f"less than every ({data['holdout']['every']})",
            data["holdout"]["offset"],
        )
    if data["source"] == "table" and ("test" in data) == ("holdout" in data):
        raise refuse(
            "data",
            "either test (a second file) or holdout",
            "both" if "test" in data else "neither",
        )
    if unit == "group" and "group" not in data:
        raise refuse(
            "data.group", 'the column that names the groups, as unit is "group"', "nothing"
        )
    if by == "id" and "id" not in data:
        raise refuse(
            "data.id", 'the column that names the rows, as smoothing.training.by is "id"', "nothing"
        )
    if by is not None and (by == "group") != (unit == "group"):
        allowed = "group" if unit == "group" else "index, id, content or class"
        raise refuse(
            "smoothing.training.by",
            f"{allowed} for unit {unit!r} (one part must hold all of a unit)",
            by,
        )


def learner(recipe: Table) -> None:
    """The learner can read this alphabet and knows these classes."""
    learner, classes = recipe["learner"], len(recipe["classes"])
    name, kind = learner["name"], recipe["alphabet"]["kind"]
    if name == "naive-bayes" and kind == "grid":
        raise refuse(
            "learner.name",
            'a learner for numbers with alphabet.kind "grid" (naive-bayes counts symbols)',
            name,
        )
    if name == "nearest-neighbours" and kind == "grid":
        raise refuse(
            "learner.name",
            'a learner for numbers with alphabet.kind "grid" (nearest-neighbours compares symbols)',
            name,
        )
    whole = name in {"kernel-bayes", "nearest-neighbours"}
    if whole and "showFeatures" in recipe["smoothing"]["training"]:
        raise refuse(
            "learner.name",
            f'another learner with smoothing.training.method "hide" ({name} needs whole examples)',
            name,
        )
    if name == "kernel-bayes":
        if kind != "binary":
            raise refuse("alphabet.kind", "binary, which kernel-bayes is for", kind)
        if Fraction(learner["floor"]) >= Fraction(1, 2):
            raise refuse("learner.floor", "less than 0.5", learner["floor"])
        if len(learner.get("bias", recipe["classes"])) != classes:
            raise refuse(
                "learner.bias",
                f"{classes} numbers, one a class",
                f"{len(learner['bias'])} (a preset's bias is for two classes)",
            )


def copies(recipe: Table) -> None:
    """Copies and masks must be ones that the data and the test side have."""
    for index, copy in enumerate(recipe["training"]["copies"]):
        if copy and "showFeatures" in recipe["smoothing"]["training"]:
            raise refuse(
                f"training.copies[{index}]", "{} (what is hidden cannot be sheared)", dict(copy)
            )
        if copy and recipe["data"]["source"] == "table":
            raise refuse(
                f"training.copies[{index}]", "{} (a table's rows cannot be sheared)", dict(copy)
            )
    if recipe["training"]["masks"] and recipe["smoothing"]["test"]["method"] == "none":
        raise refuse(
            "training.masks",
            '0 with smoothing.test.method "none" (inputs are shown whole)',
            recipe["training"]["masks"],
        )


def trusted(recipe: Table) -> None:
    """Names of front ends are given to front ends alone."""
    front_end = recipe["learner"].get("frontEnd", {})
    own = f"onnx:{front_end['path']}" if front_end.get("name") == "onnx" else None
    names = [entry["name"] for entry in recipe["trusted"] if entry["name"].startswith("onnx:")]
    if names != ([] if own is None else [own]):
        raise refuse(
            "trusted",
            "no name that begins with onnx: (a recipe's own front end is listed for it)",
            names,
        )
