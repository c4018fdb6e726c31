"""Statements: versions, fields at every level, and what the two must say of each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from auditor.format.statement import CHALLENGE
from tests.vectors.forging import BASE, drop, forged, put
from tests.vectors.form import Vector, add, single, vector
from tests.vectors.themes.envelopes import payload, signed, with_certificate

Lie = Mapping[str, Any]
DIGEST: Final = "0" * 64
OTHER_ROOT: Final = {"sha256": DIGEST}


def lies(expect: str, cases: Mapping[str, tuple[str, Lie]]) -> None:
    """List vectors of one input's file in which the key's holder signed these lies."""
    for name, (comment, lie) in cases.items():
        add(
            name,
            comment,
            lambda lie=lie: single(expect, forged(**lie)),  # type: ignore[misc]
        )


# --- versions -----------------------------------------------------------------------------------


@vector
def later_container() -> Vector:
    """A version of the container that this verifier does not know: undecided, not refuted."""
    media_type = "application/vnd.auditor.input+json;version=2"
    return single("undecided", BASE, mediaType=media_type)


@vector
def container_of_another_kind() -> Vector:
    """A media type that is nobody's version of ours."""
    return single("envelope", BASE, mediaType="application/json")


def _named(old: bytes, new: bytes) -> Lie:
    return {"payloads": (None, lambda data: data.replace(old, new))}


lies(
    "undecided",
    {
        "later-predicate": (
            "A version of the predicate that this verifier does not know.",
            _named(b"poisoning-robustness:v1", b"poisoning-robustness:v2"),
        ),
        "predicate-of-somebody-else": (
            "A predicate that this verifier does not know at all.",
            _named(b"urn:auditor:poisoning-robustness:v1", b"https://slsa.dev/provenance/v1"),
        ),
        "later-statement": (
            "A version of the in-toto statement that this verifier does not know.",
            _named(b"in-toto.io/Statement/v1", b"in-toto.io/Statement/v2"),
        ),
        "earlier-statement": (
            "The version before.",
            _named(b"in-toto.io/Statement/v1", b"in-toto.io/Statement/v0.1"),
        ),
        "later-precommitment": (
            "A precommitment of a version that this verifier does not know.",
            {
                "payloads": (
                    lambda data: data.replace(b"precommitment:v1", b"precommitment:v2"),
                    None,
                )
            },
        ),
    },
)


@vector
def statements_swapped() -> Vector:
    """The precommitment in the certificate's place."""
    return with_certificate("statement", signed(payload("precommit.dsse.json")))


# --- around the predicates ----------------------------------------------------------------------

_SUBJECT: Final = {"name": "members.sha256", "digest": {"sha256": DIGEST}}


def _around(*path: str | int, value: object) -> Lie:
    return {"statements": (None, put(*path, value=value))}


lies(
    "success",
    {
        "unknown-statement-field": (
            "in-toto: unknown fields around a predicate are ignored.",
            _around("annotations", value={"signed": True}),
        ),
        "unknown-subject-field": (
            "Those of a subject too.",
            _around("subject", 0, "uri", value="https://example.com"),
        ),
        "second-digest-of-the-subject": (
            "A digest by another algorithm is ignored.",
            _around("subject", 0, "digest", "sha512", value="00"),
        ),
    },
)
lies(
    "statement",
    {
        "no-subject": ("A statement about nothing.", _around("subject", value=[])),
        "two-subjects": (
            "Two subjects, of which the wrong one might be read.",
            {"statements": (None, lambda s: s["subject"].append(_SUBJECT))},
        ),
        "subject-of-another-name": (
            "The certificate is about members.sha256.",
            _around("subject", 0, "name", value="recipe.toml"),
        ),
        "subject-without-sha256": (
            "A subject named by a digest that nobody reads.",
            _around("subject", 0, "digest", value={"md5": "0" * 32}),
        ),
        "subject-as-an-object": (
            "One subject instead of a list of it.",
            _around("subject", value=_SUBJECT),
        ),
        "precommitment-about-another-recipe": (
            "The precommitment's subject is not the recipe that its audit names.",
            {"statements": (put("subject", 0, "digest", value=OTHER_ROOT), None)},
        ),
        "predicate-missing": (
            "A statement that says nothing.",
            {"statements": (None, drop("predicate"))},
        ),
        "predicate-null": ("A predicate that is null.", _around("predicate", value=None)),
        "statement-type-missing": (
            "A payload that does not say what it is.",
            {"statements": (None, drop("_type"))},
        ),
        "challenge-in-the-certificates-place": (
            "A statement of ours of another kind.",
            _around("predicateType", value=CHALLENGE),
        ),
    },
)
