"""Both want the same files beside the statements."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any, Final

from auditor.format import dsse, strict_json
from tests import honest
from tests.honest import ED25519, P256, Honest
from tests.second_verifier import bridge
from tests.second_verifier.agreement import assert_same, needs_node

pytestmark = needs_node

BASE: Final = honest.build("two-mask")


def _listed(listing: bytes, **changes: object) -> Honest:
    """Return the release with another list of members, signed."""
    subject = honest._sha256(listing)
    payload = replace(BASE.certificate, **changes).to_statement(subject).to_payload()  # type: ignore[arg-type]
    contents = {
        **BASE.contents,
        "members.sha256": listing,
        "certificate.dsse.json": dsse.sign(payload, P256),
    }
    contents.pop("certificate.sigstore.json")
    return replace(BASE, contents=contents)


def test_both_want_the_same_list_of_members() -> None:
    good = BASE.contents["members.sha256"]
    one, two, _ = good.split(b"\n")
    front = b"a" * 64 + b"  frontend.onnx"
    listings = (
        *(good, b"", b"\n", good[:-1], good + b"\n", two + b"\n" + one + b"\n"),
        *(one + b"\n" + one + b"\n" + two + b"\n", good.replace(b"\n", b"\r\n"), good.upper()),
        *(
            one + b"\n",
            good + two.replace(b"000001", b"000002") + b"\n",
            good.replace(b"  ", b" *"),
        ),
        *(front + b"\n" + good, good + front + b"\n", good.replace(b"000001", b"000002")),
        *(good.replace(b"members/", b"members/../"), b"\xff" + good, good.replace(b"  ", b" ")),
    )
    named = {**BASE.digests, "frontend.onnx": "a" * 64}
    vectors = []
    for listing in listings:
        release = _listed(listing)
        vectors += [bridge.folder(release.contents, d) for d in (release.digests, named)]
    vectors += [bridge.whole(_listed(good, shard_size=size)) for size in (1, 3, 4, 6, 7, 1000)]
    counts = assert_same(vectors)
    assert counts.keys() == {"success", "release", "undecided"}


def test_both_want_the_same_files() -> None:
    whole = honest.build("bag", front_end=True)
    vectors = [bridge.whole(whole), bridge.folder({}, {})]
    for name in whole.contents:
        files = {other: data for other, data in whole.contents.items() if other != name}
        vectors.append(bridge.folder(files, whole.digests))
        vectors.append(bridge.folder({**whole.contents, name: b""}, whole.digests))
    for name in (*whole.digests, "members/000002.onnx", "members/.hidden", "other"):
        left = {other: digest for other, digest in whole.digests.items() if other != name}
        vectors.append(bridge.folder(whole.contents, left))
        vectors.append(bridge.folder(whole.contents, {**left, name: "0" * 64}))
    others = ("report.html", "manifest.json", "README.md", "precommit.tsr")
    vectors += [bridge.folder({**whole.contents, name: b"{}"}, whole.digests) for name in others]
    lines = whole.contents["claims.jsonl"]
    split = (lines[:-1], lines + b"\n", lines + b"{}", lines.replace(b"\n", b"\r\n"), b"\n" * 5)
    vectors += [
        bridge.folder({**whole.contents, "claims.jsonl": claims}, whole.digests) for claims in split
    ]
    counts = assert_same(vectors)
    assert counts.keys() == {"success", "envelope", "inclusion", "claim", "release", "undecided"}


def _model_signature(**changes: Any) -> bytes:
    digests = {name.removeprefix("members/"): d for name, d in BASE.digests.items()}
    resources = [
        {"name": name, "algorithm": "sha256", "digest": digest} for name, digest in digests.items()
    ]
    all_of_them = b"".join(bytes.fromhex(item["digest"]) for item in resources)
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://model_signing/signature/v1.0",
        "subject": [{"name": "members", "digest": {"sha256": honest._sha256(all_of_them)}}],
        "predicate": {
            "serialization": {"method": "files", "hash_type": "sha256", "ignore_paths": []},
            "resources": resources,
        },
        **changes.pop("statement", {}),
    }
    statement["predicate"] |= changes.pop("predicate", {})
    payload = strict_json.canonical(statement)
    bundle = {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "dsseEnvelope": json.loads(dsse.sign(payload, changes.pop("key", P256))),
        **changes,
    }
    return json.dumps(bundle).encode()


def test_both_read_the_same_model_signature() -> None:
    statement = json.loads(_payload_of(_model_signature()))
    one, two = statement["predicate"]["resources"]
    signatures = [
        _model_signature(),
        *(_model_signature(key=ED25519), _model_signature(mediaType="x"), b"", b"{}"),
        *(
            _model_signature(statement={key: value})
            for key, value in (
                ("_type", "x"),
                ("predicateType", "x"),
                ("subject", []),
                ("extra", 1),
                ("subject", [{"digest": {"sha256": "0" * 64}}]),
            )
        ),
        *(
            _model_signature(predicate={"resources": value})
            for value in (
                [],
                [one],
                [two, one],
                [one, two, two],
                [one, {**two, "digest": "0" * 64}],
                [one, {**two, "algorithm": "md5"}],
                [one, {**two, "name": "members/000001.onnx"}],
                [one, {**two, "extra": 1}],
            )
        ),
        *(
            _model_signature(predicate={"serialization": value})
            for value in (
                {},
                {"method": "shards", "hash_type": "sha256"},
                {"method": "files", "hash_type": "md5"},
            )
        ),
        _model_signature(predicate={"extra": 1}),
    ]
    vectors = [
        bridge.folder({**BASE.contents, "model.sig": signature}, BASE.digests)
        for signature in signatures
    ]
    assert assert_same(vectors) == {"success": 4, "release": len(vectors) - 4}


def _payload_of(bundle: bytes) -> bytes:
    return base64.b64decode(json.loads(bundle)["dsseEnvelope"]["payload"])


def _of_size(made: Honest, size: int) -> Honest:
    """Return the release with another number of inputs signed everywhere, over the same tree."""
    first = made.precommitment.to_statement().predicate
    audit = {**made.certificate.audit.to_dict()}
    audit["inputs"] = {"size": size, "rootHash": "0" * 64}
    first = {**first, "audit": audit}
    payload = replace(made.precommitment.to_statement(), predicate=first).to_payload()
    second: Any = json.loads(strict_json.canonical(made.certificate.to_statement("").predicate))
    second |= {"audit": audit, "precommitment": {"sha256": honest._sha256(payload)}}
    for part, key in (("batch", "size"), ("evidence", "size"), ("summary", "inputs")):
        second[part][key] = size
    return replace(made, contents=honest.resign(made, certificate=second, precommitment=first))


def test_both_find_a_leaf_only_in_a_tree_of_the_signed_size() -> None:
    vectors = []
    for leaves in (1, 2, 3, 5, 8):
        made = honest.build("two-mask", inputs=leaves)
        for size in range(1, 18):
            forged = _of_size(made, size)
            for index in range(leaves):
                value = json.loads(forged.single(index))
                value["inclusion"]["size"] = size
                vectors.append(bridge.single(json.dumps(value).encode()))
    counts = assert_same(vectors)
    assert counts.keys() == {"success", "inclusion"}
