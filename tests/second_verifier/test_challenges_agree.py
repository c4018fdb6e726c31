"""Both judge the same challenges in the same way."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from auditor.format import dsse, strict_json
from auditor.format.challenge import Awaited, Drand, Signed
from auditor.format.keys import PrivateKey
from tests import honest
from tests.honest import ED25519, P256
from tests.second_verifier import bridge
from tests.second_verifier.agreement import assert_same, needs_node
from tests.second_verifier.bridge import Vector

pytestmark = needs_node

Answer = Callable[[str], bytes]

CHAIN: Final = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
THIRD: Final = PrivateKey.generate("ed25519")


def _round(number: int = 7) -> bytes:
    value = {"chainHash": CHAIN, "round": number, "signature": "ab" * 48}
    return strict_json.canonical(value) + b"\n"


def test_both_judge_the_same_challenges() -> None:
    answers: list[Answer | None] = [
        None,
        honest.challenge,
        lambda digest: honest.challenge(digest, created_at="2026-11-23T09:59:59Z"),
        lambda digest: honest.challenge(digest, created_at="2026-11-23T10:00:00Z"),
        lambda _: honest.challenge("0" * 64),
        lambda digest: honest.challenge(digest, keyid=P256.public.keyid),
        lambda digest: honest.challenge(digest, THIRD),
        lambda digest: honest.challenge(digest, P256),
        lambda _: _round(),
    ]
    awaited: list[Awaited] = [
        None,
        Signed(keyid=None),
        Signed(keyid=ED25519.public.keyid),
        Signed(keyid=P256.public.keyid),
        Drand(chain_hash=CHAIN, round=7),
    ]
    pins = ((), (ED25519,), (P256,), (THIRD, ED25519), (P256, ED25519, THIRD))
    vectors: list[Vector] = []
    for wanted in awaited:
        for answer in answers:
            made = honest.build("bag", awaited=wanted, answer=answer)
            for keys in pins:
                asked = [key.public.pem for key in keys]
                shape = bridge.whole(made) if len(vectors) % 2 else bridge.single(made.single(1))
                vectors.append({**shape, "challengers": asked})
    kinds = {outcome.kind for outcome in bridge.theirs(vectors)}
    assert kinds == {"signed", "self-derived"}
    assert assert_same(vectors) == {"success": len(vectors)}


def test_both_refuse_the_same_challenges() -> None:
    made = honest.build("bag", awaited=Signed(keyid=None), answer=honest.challenge)
    fixed = honest.build("views", answer=honest.challenge)
    signed = made.contents["challenge.dsse.json"]
    added = (
        *({"challenge.dsse.json": data} for data in (signed, b"", b"{}", signed[:-3])),
        *({"challenge.drand.json": data} for data in (_round(), b"", b"{}")),
        {"challenge.dsse.json": signed, "challenge.drand.json": _round()},
    )
    vectors = [
        bridge.folder({**release.contents, **files}, release.digests)
        for release in (made, fixed, honest.build("bag"), honest.build("views"))
        for files in added
    ]
    left = {name: data for name, data in made.contents.items() if "challenge" not in name}
    vectors.append(bridge.folder(left, made.digests))
    counts = assert_same(vectors)
    assert counts.keys() == {"success", "envelope", "release"}


def test_both_refuse_the_same_malformed_challenges_that_are_cited() -> None:
    def remade(change: Mapping[str, object], predicate: Mapping[str, object]) -> Answer:
        def answer(digest: str) -> bytes:
            payload = dsse.parse(honest.challenge(digest), "").payload
            statement = json.loads(payload)
            statement["predicate"] |= predicate
            return dsse.sign(strict_json.canonical({**statement, **change}), ED25519)

        return answer

    changes: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
        ({}, {}),
        ({"extra": 1}, {}),
        ({"_type": "x"}, {}),
        ({"predicateType": "urn:auditor:challenge:v2"}, {}),
        ({"predicateType": "urn:auditor:precommitment:v1"}, {}),
        ({"subject": []}, {}),
        ({"subject": [{"name": "x", "digest": {"sha256": "0" * 64}}]}, {}),
        *(
            ({}, {key: value})
            for key, value in (
                ("extra", 1),
                ("value", "5A" * 32),
                ("value", "5a" * 31),
                ("keyid", None),
                ("createdAt", "2026-11-31T10:00:00Z"),
                ("createdAt", "2026-11-30T24:00:00Z"),
                ("createdAt", "2028-02-29T23:59:59Z"),
                ("createdAt", "2027-02-29T00:00:00Z"),
                ("createdAt", "0000-01-01T00:00:00Z"),
                ("createdAt", "2026-11-30T10:00:60Z"),
                ("count", {"ofKey": 1, "ofData": 1}),
                ("count", {"ofKey": 0, "ofData": 1}),
                ("count", {"ofKey": True, "ofData": 1}),
                ("count", {"ofKey": 1}),
                ("count", 1),
            )
        ),
    )
    vectors = []
    for kind in ("bag", "views"):
        for change in changes:
            made = honest.build(kind, awaited=Signed(keyid=None), answer=remade(*change))
            asked = [ED25519.public.pem]
            vectors.append(bridge.whole(made, challengers=asked))
            vectors.append(bridge.single(made.single(0), challengers=asked))
    assert assert_same(vectors).keys() == {"success", "statement", "undecided"}
