"""The recipe's JSON Schema, and its errors as sentences.

The schema is the one place where keys, types, ranges and defaults are written down.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import jsonschema
from jsonschema.exceptions import ValidationError

from auditor.errors import AuditorError, RecipeError

_NAME: Final = "recipe.v1.json"
_ARTICLES: Final = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a table",
    "string": "text",
}


@cache
def recipe_schema() -> dict[str, Any]:
    """Return the schema: from the installed package, else from the source checkout."""
    packaged = resources.files("auditor") / "schemas" / _NAME
    checkout = Path(__file__).parents[2] / "schemas" / _NAME
    for place in (packaged, checkout):
        if place.is_file():
            schema: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
            return schema
    raise AuditorError(f"{_NAME} is neither in the package nor in {checkout.parent}")


def path_text(path: Iterable[str | int]) -> str:
    """Write a key path the way the recipe's author thinks of it.

    >>> path_text(["training", "copies", 1, "shear"])
    'training.copies[1].shear'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def shown(value: object) -> str:
    """Write a value the way the recipe's author wrote it, shortened."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | time):
        return f"the date or time {value}"
    if isinstance(value, Decimal):
        return format(value)
    if isinstance(value, Mapping):
        return f"a table with {', '.join(map(str, value)) or 'no keys'}"
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 100 else text[:97] + "..."


def validate(document: Mapping[str, Any], where: str) -> None:
    """Raise RecipeError for the first key that does not fit, in the order of the document."""
    errors = _validator().iter_errors(document)
    worst = min(errors, key=_order, default=None)
    if worst is not None:
        raise RecipeError(f"{where}: {_sentence(worst)}")


@cache
def _validator() -> jsonschema.Draft202012Validator:
    # TOML has dates, JSON has not: every type check below then refuses them by itself.
    return jsonschema.Draft202012Validator(recipe_schema())


def _order(error: ValidationError) -> tuple[int, int, str]:
    # A misspelt key explains a missing one, and an outer error the inner ones.
    rank = {"additionalProperties": 0, "required": 1}.get(str(error.validator), 2)
    return len(error.absolute_path) if rank == 2 else 0, rank, path_text(error.absolute_path)


def _sentence(error: ValidationError) -> str:
    path = path_text(error.absolute_path)
    rule = str(error.validator)
    limit: Any = error.validator_value
    value: Any = error.instance
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    if rule == "additionalProperties":
        return _unknown(path, value, schema)
    if rule == "required":
        missing = next(key for key in limit if key not in value)
        full = path_text([*error.absolute_path, missing])
        return f"{full}: missing. {_described(schema, missing)}".rstrip()
    expected = _expected(rule, limit, schema, value)
    if rule == "enum" and isinstance(value, str):
        expected += _guess(value, limit)
    return f"{path or 'the recipe'}: expected {expected}, got {shown(value)}"


def _expected(rule: str, limit: Any, schema: Mapping[str, Any], value: Any) -> str:  # noqa: ANN401
    if rule in {"enum", "const"}:
        return " or ".join(shown(item) for item in (limit if rule == "enum" else [limit]))
    if "title" in schema and rule in {"type", "pattern"}:
        return str(schema["title"])
    if rule == "type":
        types = [limit] if isinstance(limit, str) else limit
        return " or ".join(_ARTICLES[name] for name in types if name in _ARTICLES)
    size = (
        "characters"
        if isinstance(value, str)
        else "keys"
        if isinstance(value, Mapping)
        else "entries"
    )
    return {
        "minimum": f"{limit} or more",
        "maximum": f"{limit} or less",
        "exclusiveMinimum": f"more than {limit}",
        "minLength": f"at least {limit} {size}",
        "maxLength": f"at most {limit} {size}",
        "minItems": f"at least {limit} {size}",
        "maxItems": f"at most {limit} {size}",
        "maxProperties": f"at most {limit} {size}",
        "uniqueItems": "no entry twice",
        "pattern": f"text that fits {limit}",
    }.get(rule, f"what the schema's {rule} allows")


def _unknown(path: str, value: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    allowed = list(schema.get("properties", {}))
    extra = next(key for key in value if key not in allowed)
    full = f"{path}.{extra}" if path else extra
    guess = _guess(extra, allowed) or _nested(extra)
    return f"{full}: unknown key{guess}. Allowed here: {', '.join(allowed)}"


def _guess(word: str, allowed: Iterable[object]) -> str:
    close = difflib.get_close_matches(word, [str(item) for item in allowed], n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""


def _nested(key: str) -> str:
    """Say where a key belongs that was written in the wrong table."""
    for table in ("data", "claim", "inputs", "alphabet", "learner", "training", "smoothing"):
        schema = recipe_schema()["properties"][table]
        if key in schema.get("properties", {}):
            return f" (it belongs under [{table}])"
    return (
        " (keys of the whole recipe go above the first [table])"
        if key in recipe_schema()["properties"]
        else ""
    )


def _described(schema: Mapping[str, Any], key: str) -> str:
    entry = schema.get("properties", {}).get(key, {})
    allowed = entry.get("enum")
    text = str(entry.get("description", ""))
    return f"{text} Allowed: {', '.join(map(str, allowed))}" if allowed else text
