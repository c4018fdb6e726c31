"""Our own fields, at every level: known ones all there and of their type, unknown ones refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from auditor.format.strict_json import canonical
from tests.vectors.forging import BASE, Edit, base, drop, forged, put
from tests.vectors.form import Vector, add, container, single, vector
from tests.vectors.themes.statements import DIGEST, lies

_CERTIFICATE: Final[dict[str, tuple[str | int, ...]]] = {
    "members": ("members",),
    "graph": ("members", "graph"),
    "evidence": ("evidence",),
    "batch": ("batch",),
    "summary": ("summary",),
    "certified": ("summary", "certified", 0),
    "cited-precommitment": ("precommitment",),
}
_AUDIT: Final[dict[str, tuple[str | int, ...]]] = {
    "audit": (),
    "recipe-file": ("recipeFile",),
    "dataset": ("dataset",),
    "inputs": ("inputs",),
    "threat": ("threat",),
    "code": ("code",),
    "trusted": ("recipe", "trusted", 0),
}


def _trusted(audit: dict[str, Any]) -> None:
    audit["recipe"]["trusted"] = [{"name": "weights", "sha256": DIGEST}]


def _with_extra(*path: str | int) -> Edit:
    def edit(root: dict[str, Any]) -> None:
        if "trusted" in path:
            _trusted(root)
        put(*path, "extra", value=1)(root)

    return edit


lies(
    "statement",
    {
        "unknown-predicate-field": (
            "The predicate is ours: unknown fields are refused.",
            {
                "payloads": (
                    None,
                    lambda data: data.replace(
                        b'"challenge":null', b'"challenge":null,"challenged":true'
                    ),
                )
            },
        ),
        "unknown-field-in-precommitment": (
            "And in the precommitment.",
            {"first": put("extra", value=1)},
        ),
        **{
            f"unknown-field-in-{name}": (
                f"And in the certificate's {name.replace('-', ' ')}.",
                {"second": _with_extra(*path)},
            )
            for name, path in _CERTIFICATE.items()
        },
        **{
            f"unknown-field-in-{name}": (
                f"And in the audit, in both statements: {name.replace('-', ' ')}.",
                {"audit": _with_extra(*path)},
            )
            for name, path in _AUDIT.items()
        },
        "unknown-field-in-leaf": (
            "And in a leaf.",
            {"line": lambda data: data.replace(b'"index":1', b'"extra":1,"index":1')},
        ),
        "unknown-field-in-leaf-input": (
            "And in a leaf's input.",
            {"line": lambda data: data.replace(b'"salt":', b'"extra":1,"salt":')},
        ),
    },
)
lies(
    "success",
    {
        "unknown-recipe-field": (
            "The recipe is its author's: what no step reads there is not judged.",
            {"audit": put("recipe", "notes", value={"any": ["thing", 1]})},
        ),
    },
)


@vector
def unknown_field_in_threshold() -> Vector:
    """And in a threshold."""
    return single("statement", forged(base("flip"), second=put("thresholds", 0, "extra", value=1)))


@vector
def unknown_container_field() -> Vector:
    """The container is ours: unknown fields are refused."""
    return single("envelope", BASE, extra=1)


@vector
def unknown_field_in_inclusion() -> Vector:
    """And in the container's proof."""
    return single("envelope", BASE, inclusion={**container(BASE)["inclusion"], "extra": 1})


for _key in sorted(container(BASE)):
    add(
        f"container-without-{''.join(c if c.islower() else '-' + c.lower() for c in _key)}",
        f"The container without {_key}.",
        lambda key=_key: _without(key),  # type: ignore[misc]
    )


def _without(key: str) -> Vector:
    made = single("envelope", BASE)
    value = {name: item for name, item in container(BASE).items() if name != key}
    return replace(made, file=canonical(value))


_MISSING: Final[dict[str, tuple[str | int, ...]]] = {
    "determinism": ("determinism",),
    "challenge": ("challenge",),
    "evidence-size": ("evidence", "size"),
    "thresholds": ("thresholds",),
    "batch": ("batch",),
    "summary-abstained": ("summary", "abstained"),
}
lies(
    "statement",
    {
        **{
            f"missing-{name}": (
                f"A certificate without {name.replace('-', ' ')}.",
                {"second": drop(*path)},
            )
            for name, path in _MISSING.items()
        },
        "missing-serial": ("A precommitment without serial.", {"first": drop("serial")}),
        "missing-awaited-challenge": (
            "A precommitment that does not say whether it waits for a challenge.",
            {"first": drop("challenge")},
        ),
        "missing-threat": ("An audit without threat.", {"audit": drop("threat")}),
        "missing-alpha": ("A claim without alpha.", {"audit": drop("recipe", "claim", "alpha")}),
        "missing-smoothing": (
            "A recipe without smoothing.",
            {"audit": drop("recipe", "smoothing")},
        ),
        "batch-as-an-array": ("A section that is an array.", {"second": put("batch", value=[])}),
        "batch-null": ("A section that is null.", {"second": put("batch", value=None)}),
        "count-as-text": (
            "A number in quotes.",
            {"second": put("members", "count", value="7")},
        ),
        "count-as-a-boolean": (
            "True is not 1.",
            {"second": put("summary", "abstained", value=True)},
        ),
        "count-null": ("Null is not 0.", {"second": put("summary", "abstained", value=None)}),
        "count-below-zero": (
            "A count below zero.",
            {"second": put("summary", "abstained", value=-1)},
        ),
        "tree-of-another-kind": (
            "Trees are those of RFC 9162.",
            {"second": put("batch", "tree", value="RFC6962_SHA512")},
        ),
        "determinism-in-another-word": (
            "bitwise or assumed, nothing else.",
            {"second": put("determinism", value="proven")},
        ),
    },
)
