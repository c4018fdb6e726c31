"""Challenges that are no part of the release, and files that are no challenge."""

from __future__ import annotations

import json
from dataclasses import replace

from auditor.format import dsse
from tests import honest
from tests.vectors.forging import base, forged, put
from tests.vectors.form import Vector, add, container, folder, single, vector
from tests.vectors.themes.challenges import CHALLENGER, FILE, ROUND, WAITS, Answer, challenged


@vector
def challenge_not_cited() -> Vector:
    """A challenge beside a certificate that cites none: this is not the signed folder."""
    return folder("release", honest.build("flip"), {FILE: honest.challenge("0" * 64)})


@vector
def challenge_exchanged() -> Vector:
    """Another challenge than the cited one."""
    return folder("release", challenged(), {FILE: honest.challenge("0" * 64)})


@vector
def challenge_not_cited_where_nothing_is_drawn() -> Vector:
    """Nothing is drawn, and still it is no part of the release."""
    return folder("release", honest.build("two-mask"), {FILE: honest.challenge("0" * 64)})


@vector
def two_challenges() -> Vector:
    """A signed challenge and a round: nobody could say which one fixed the draws."""
    return folder("release", challenged(), {"challenge.drand.json": ROUND.to_bytes()})


@vector
def two_challenges_in_one_inputs_file() -> Vector:
    """The same in the file of one input."""
    return single("release", challenged(), drand=json.loads(ROUND.to_bytes()))


@vector
def challenge_not_cited_in_one_inputs_file() -> Vector:
    """A challenge in the container that the certificate does not cite."""
    theirs = container(challenged())["challenge"]
    return single("release", honest.build("flip"), challenge=theirs)


@vector
def round_exchanged() -> Vector:
    """Another signature of the round than the one that was cited."""
    made = challenged(WAITS, lambda _: ROUND.to_bytes())
    other = replace(ROUND, signature="cd" * 48).to_bytes()
    return folder("release", made, {"challenge.drand.json": other})


def _says(**changes: object) -> Answer:
    """Return the answer whose predicate has other fields."""

    def answer(digest: str) -> bytes:
        payload = dsse.parse(honest.challenge(digest), "").payload
        statement = json.loads(payload)
        for name, value in changes.items():
            if value is None:
                statement["predicate"].pop(name)
            else:
                statement["predicate"][name] = value
        return dsse.sign(json.dumps(statement).encode(), CHALLENGER)

    return answer


MALFORMED: dict[str, tuple[str, str, Answer]] = {
    "challenge-value-too-short": ("31 bytes.", "statement", _says(value="5a" * 31)),
    "challenge-value-in-capitals": ("Hexadecimal is small.", "statement", _says(value="5A" * 32)),
    "challenge-without-value": ("No value.", "statement", _says(value=None)),
    "challenge-of-no-date": (
        "A date that is none.",
        "statement",
        _says(createdAt="2026-02-30T10:00:00Z"),
    ),
    "challenge-counted-from-zero": (
        "The challenge itself is counted.",
        "statement",
        _says(count={"ofKey": 0, "ofData": 1}),
    ),
    "challenge-with-an-unknown-field": ("The predicate is ours.", "statement", _says(extra=1)),
    "challenge-that-is-a-precommitment": (
        "A statement of ours of another kind.",
        "statement",
        lambda _: dsse.sign(
            honest.build("flip").precommitment.to_statement().to_payload(), CHALLENGER
        ),
    ),
    "challenge-that-is-no-json": (
        "Signed bytes that say nothing.",
        "envelope",
        lambda _: dsse.sign(b"5a" * 32, CHALLENGER),
    ),
    "later-challenge": (
        "A version of the challenge that this verifier does not know.",
        "undecided",
        lambda digest: dsse.sign(
            dsse.parse(honest.challenge(digest), "").payload.replace(
                b"challenge:v1", b"challenge:v2"
            ),
            CHALLENGER,
        ),
    ),
}
for _name, (_comment, _expect, _answer) in MALFORMED.items():
    add(
        _name,
        _comment,
        lambda expect=_expect, answer=_answer: single(expect, challenged(answer=answer)),  # type: ignore[misc]
    )

ROUNDS: dict[str, tuple[str, bytes]] = {
    "round-of-no-json": ("A file that is no JSON.", b"1000"),
    "round-of-number-zero": (
        "Rounds begin with 1.",
        ROUND.to_bytes().replace(b'"round":1000', b'"round":0'),
    ),
    "round-signature-of-half-a-byte": (
        "A hexadecimal digit too much.",
        ROUND.to_bytes().replace(b'ab"', b'aba"'),
    ),
    "round-signature-in-capitals": (
        "Hexadecimal is small.",
        ROUND.to_bytes().replace(b"abab", b"ABAB"),
    ),
    "round-without-signature": ("No signature.", ROUND.to_bytes().replace(b"ab" * 48, b"")),
    "round-with-an-unknown-field": (
        "The file is ours: unknown fields are refused.",
        ROUND.to_bytes().replace(b'"round"', b'"randomness":"","round"'),
    ),
}
for _name, (_comment, _data) in ROUNDS.items():
    add(
        _name,
        _comment,
        lambda data=_data: folder(  # type: ignore[misc]
            "envelope",
            challenged(WAITS, lambda _: ROUND.to_bytes()),
            {"challenge.drand.json": data},
        ),
    )


@vector
def challenge_of_no_bytes() -> Vector:
    """An empty file."""
    return folder("envelope", challenged(), {FILE: b""})


def _awaited(value: object) -> Vector:
    """Return a precommitment, signed, that waits for something else."""
    return single("statement", forged(base("flip"), first=put("challenge", value=value)))


for _name, _comment, _value in (
    ("awaited-of-another-kind", "A challenge by coin.", {"kind": "coin"}),
    ("awaited-key-of-three-digits", "A key id that is none.", {"kind": "signed", "keyid": "abc"}),
    (
        "awaited-with-an-unknown-field",
        "Our field: unknown ones are refused.",
        {"kind": "signed", "keyid": None, "extra": 1},
    ),
    (
        "awaited-round-zero",
        "Rounds begin with 1.",
        {"kind": "drand", "chainHash": "52" * 32, "round": 0},
    ),
    ("awaited-as-text", "A kind instead of an object.", "signed"),
):
    add(_name, _comment, lambda value=_value: _awaited(value))  # type: ignore[misc]
