"""Fill defaults and write numbers exactly, guided by the schema."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import jsonschema

from auditor.errors import RecipeError
from auditor.recipe.numbers import decimal_text, fraction, rational_text
from auditor.recipe.schema import path_text, recipe_schema, shown


def complete(document: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return a valid document with the schema's defaults and numbers in their exact text form.

    Raises RecipeError for a number written as text that is outside its range.
    """
    filled: dict[str, Any] = _fill(document, recipe_schema(), (), where)
    return filled


def _fill(value: Any, schema: Mapping[str, Any], path: tuple[str | int, ...], where: str) -> Any:  # noqa: ANN401
    schema = _dereferenced(schema)
    if isinstance(value, Mapping):
        return _fill_table(value, schema, path, where)
    if isinstance(value, list | tuple):
        items = schema.get("items", {})
        return [_fill(item, items, (*path, i), where) for i, item in enumerate(value)]
    if "format" in schema and not isinstance(value, bool):
        return _number(value, schema, path, where)
    return value


def _fill_table(
    value: Mapping[str, Any], schema: Mapping[str, Any], path: tuple[str | int, ...], where: str
) -> dict[str, Any]:
    properties = _properties(value, schema)
    extra = schema.get("additionalProperties")
    filled = {}
    for key in [
        *(key for key in properties if key in value or "default" in properties[key]),
        *(key for key in value if key not in properties),
    ]:
        entry = properties.get(key, extra if isinstance(extra, Mapping) else {})
        item = value[key] if key in value else copy.deepcopy(_dereferenced(entry)["default"])
        filled[key] = _fill(item, entry, (*path, key), where)
    return filled


def _properties(value: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys that apply: the schema's own and those of the branch the value chooses."""
    properties = dict(schema.get("properties", {}))
    for branch in schema.get("allOf", ()):
        if jsonschema.Draft202012Validator(branch["if"]).is_valid(value):
            properties |= _dereferenced(branch["then"])["properties"]
    return properties


def _dereferenced(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    target = recipe_schema()["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return {**target, **schema}


def _number(
    value: int | str | Decimal, schema: Mapping[str, Any], path: tuple[str | int, ...], where: str
) -> str:
    try:
        exact = fraction(value)
        _in_range(exact, schema)
        return decimal_text(value) if schema["format"] == "decimal" else rational_text(value)
    except ValueError:
        raise RecipeError(
            f"{where}: {path_text(path)}: expected {schema['title']}, got {shown(value)}"
        ) from None


def _in_range(exact: Fraction, schema: Mapping[str, Any]) -> None:
    if (
        exact < schema.get("minimum", exact)
        or exact > schema.get("maximum", exact)
        or exact <= schema.get("exclusiveMinimum", exact - 1)
    ):
        raise ValueError("out of range")
