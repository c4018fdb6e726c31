"""DSSE: what an envelope may hold, what is signed, and whose signatures count."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from auditor.format import b64, dsse
from auditor.format.dsse import PAYLOAD_TYPE, pae
from tests.honest import ED25519, P256, Honest, PrivateKey
from tests.vectors.forging import BASE, base
from tests.vectors.form import Vector, add, single, vector

Envelope = dict[str, Any]
CERTIFICATE = "certificate.dsse.json"


def payload(name: str = CERTIFICATE, made: Honest = BASE) -> bytes:
    """Return the honest payload of a statement."""
    return dsse.parse(made.contents[name], name).payload


def signed(data: bytes, key: PrivateKey = P256) -> Envelope:
    """Return the envelope over any bytes."""
    return json.loads(dsse.sign(data, key))  # type: ignore[no-any-return]


def stranger() -> PrivateKey:
    """Return a P-256 key that nobody pins. TEST ONLY, as those of tests/honest.py."""
    return PrivateKey._wrap(ec.derive_private_key(3, ec.SECP256R1()), "")


def with_certificate(expect: str, envelope: object) -> Vector:
    return single(expect, BASE, certificate=envelope)


def edited(expect: str, edit: Callable[[Envelope], object]) -> Vector:
    """Return the vector whose certificate's envelope was edited in place."""
    envelope = signed(payload())
    edit(envelope)
    return with_certificate(expect, envelope)


def signature(message: bytes, key: PrivateKey = P256) -> Envelope:
    return {"keyid": key.public.keyid, "sig": b64.encode(key.sign(message))}


def own() -> Envelope:
    """Return the honest signature of the certificate."""
    return signature(pae(PAYLOAD_TYPE, payload()))


IGNORED: dict[str, tuple[str, Callable[[Envelope], object]]] = {
    "unknown-envelope-field": (
        "DSSE: unknown fields of an envelope are ignored.",
        lambda e: e.update(extra=[1]),
    ),
    "unknown-signature-field": (
        "Unknown fields of a signature are ignored, one that names an algorithm included.",
        lambda e: e["signatures"][0].update(alg="none"),
    ),
    "key-id-changed": (
        "DSSE: the key id is an unauthenticated hint.",
        lambda e: e["signatures"][0].update(keyid="0" * 64),
    ),
    "key-id-absent": (
        "DSSE: a key id need not be there.",
        lambda e: e["signatures"][0].pop("keyid"),
    ),
    "key-id-of-another-type": (
        "The key id is not read, whatever it is.",
        lambda e: e["signatures"][0].update(keyid={"sha256": 7}),
    ),
    "signature-by-a-stranger-first": (
        "Every pinned key is tried on every signature.",
        lambda e: e["signatures"].insert(0, signature(pae(PAYLOAD_TYPE, payload()), ED25519)),
    ),
    "signature-of-nothing-first": (
        "A signature that is none does not hide the one that is.",
        lambda e: e["signatures"].insert(0, {"keyid": "", "sig": ""}),
    ),
    "signed-twice-by-one-key": (
        "Two signatures by one key are one signer.",
        lambda e: e["signatures"].append(own()),
    ),
    "sixteen-signatures": (
        "As many signatures as an envelope may have.",
        lambda e: e.update(signatures=[{"sig": "AAAA"}] * 15 + e["signatures"]),
    ),
}
REFUSED: dict[str, tuple[str, str, Callable[[Envelope], object]]] = {
    "no-signature": (
        "An envelope with an empty list of signatures.",
        "signature",
        lambda e: e.update(signatures=[]),
    ),
    "payload-changed": (
        "One space more in the signed bytes.",
        "signature",
        lambda e: e.update(payload=b64.encode(payload() + b" ")),
    ),
    "payload-of-the-precommitment": (
        "The signature of one statement on the payload of the other.",
        "signature",
        lambda e: e.update(payload=b64.encode(payload("precommit.dsse.json"))),
    ),
    "payload-signed-bare": (
        "A signature of the payload itself, not of its pre-authentication encoding.",
        "signature",
        lambda e: e.update(signatures=[signature(payload())]),
    ),
    "payload-signed-under-another-type": (
        "A signature under another payload type says something else.",
        "signature",
        lambda e: e.update(signatures=[signature(pae("application/json", payload()))]),
    ),
    "payload-length-misstated": (
        "The encoding gives the payload's length, so that nothing can be moved across its end.",
        "signature",
        lambda e: e.update(
            signatures=[
                signature(b"DSSEv1 28 %s 1 %s" % (PAYLOAD_TYPE.encode(), payload())),
            ]
        ),
    ),
    "payload-type-changed": (
        "Another payload type is another message.",
        "envelope",
        lambda e: e.update(payloadType="text/plain"),
    ),
    "payload-type-in-capitals": (
        "Payload types are compared letter by letter.",
        "envelope",
        lambda e: e.update(payloadType="application/vnd.in-toto+JSON"),
    ),
    "payload-missing": (
        "An envelope without payload.",
        "envelope",
        lambda e: e.pop("payload"),
    ),
    "payload-null": (
        "An envelope whose payload is null.",
        "envelope",
        lambda e: e.update(payload=None),
    ),
    "payload-not-encoded": (
        "A payload that is an object instead of its base64.",
        "envelope",
        lambda e: e.update(payload=json.loads(payload())),
    ),
    "payload-empty": (
        "A signature over nothing.",
        "envelope",
        lambda e: e.update(signed(b"")),
    ),
    "signatures-missing": (
        "An envelope without the list of signatures.",
        "envelope",
        lambda e: e.pop("signatures"),
    ),
    "signatures-as-an-object": (
        "One signature instead of a list of them.",
        "envelope",
        lambda e: e.update(signatures=e["signatures"][0]),
    ),
    "signature-as-text": (
        "A signature that is no object.",
        "envelope",
        lambda e: e.update(signatures=[e["signatures"][0]["sig"]]),
    ),
    "signature-not-base64": (
        "A signature that cannot be decoded.",
        "envelope",
        lambda e: e["signatures"][0].update(sig="?"),
    ),
    "seventeen-signatures": (
        "More signatures than an envelope may have, the right one among them.",
        "envelope",
        lambda e: e.update(signatures=e["signatures"] * 17),
    ),
}
for _name, (_comment, _edit) in IGNORED.items():
    add(_name, _comment, lambda edit=_edit: edited("success", edit))  # type: ignore[misc]
for _name, (_comment, _expect, _edit) in REFUSED.items():
    add(
        _name,
        _comment,
        lambda expect=_expect, edit=_edit: edited(expect, edit),  # type: ignore[misc]
    )


@vector
def envelope_null() -> Vector:
    """Nothing where the certificate should be."""
    return with_certificate("envelope", None)


@vector
def other_key() -> Vector:
    """Signed well, but by a key that nobody pinned."""
    return replace(single("signature", BASE), keys=(ED25519.public.pem,))


@vector
def other_key_of_the_same_kind() -> Vector:
    """Signed by another P-256 key, which calls itself the pinned one."""
    made = signed(payload(), stranger())
    made["signatures"][0]["keyid"] = P256.public.keyid
    return with_certificate("signature", made)


@vector
def two_signers() -> Vector:
    """Precommitment by one pinned key, certificate by another."""
    theirs = json.loads(base("two-mask", key=ED25519).single(1))
    made = single("signature", BASE, precommitment=theirs["precommitment"])
    return replace(made, keys=(P256.public.pem, ED25519.public.pem))


@vector
def two_signers_under_one_key_id() -> Vector:
    """The same, the second signature claiming the key id of the first."""
    theirs = json.loads(base("two-mask", key=ED25519).single(1))
    theirs["precommitment"]["signatures"][0]["keyid"] = P256.public.keyid
    made = single("signature", BASE, precommitment=theirs["precommitment"])
    return replace(made, keys=(P256.public.pem, ED25519.public.pem))


@vector
def signed_by_two_keys() -> Vector:
    """Both pinned keys signed both envelopes; the one that the precommitment names counts."""
    both: dict[str, Any] = {}
    for part, name in (("precommitment", "precommit.dsse.json"), ("certificate", CERTIFICATE)):
        both[part] = signed(payload(name))
        both[part]["signatures"] += signed(payload(name), ED25519)["signatures"]
    made = single("success", BASE, **both)
    return replace(made, keys=(ED25519.public.pem, P256.public.pem))


@vector
def key_pinned_twice() -> Vector:
    """A key that is pinned twice is one key."""
    return replace(single("success", BASE), keys=(P256.public.pem,) * 2)


@vector
def no_key_pinned() -> Vector:
    """Without a pinned key no signature says anything."""
    return replace(single("undecided", BASE), keys=())
