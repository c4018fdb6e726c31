from __future__ import annotations

import json

import pytest

from auditor.errors import EnvelopeError, SignatureError
from auditor.format import b64, dsse, sigstore
from auditor.format.keys import PrivateKey
from tests.honest import ED25519, P256

PAYLOAD = b'{"a":1}'


def test_the_specifications_example_of_the_encoding() -> None:
    encoded = dsse.pae("http://example.com/HelloWorld", b"hello world")
    assert encoded == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_the_encoding_counts_bytes() -> None:
    assert dsse.pae("é", "ü".encode()) == b"DSSEv1 2 \xc3\xa9 2 \xc3\xbc"


@pytest.mark.parametrize("key", [P256, ED25519], ids=["p256", "ed25519"])
def test_signed_envelopes_verify_and_are_deterministic(key: PrivateKey) -> None:
    data = dsse.sign(PAYLOAD, key)
    assert data == dsse.sign(PAYLOAD, key)
    envelope = dsse.parse(data, "e")
    assert envelope.payload == PAYLOAD
    assert dsse.verify(envelope, [key.public], "e") == (key.public,)
    assert sigstore.unwrap(sigstore.wrap(data, key.public.keyid), "b") == envelope


def test_only_a_pinned_key_counts() -> None:
    envelope = dsse.parse(dsse.sign(PAYLOAD, P256), "e")
    with pytest.raises(SignatureError, match="no signature by a pinned key"):
        dsse.verify(envelope, [ED25519.public], "e")
    with pytest.raises(SignatureError):
        dsse.verify(envelope, [], "e")


def test_keys_are_counted_once_however_often_they_sign_or_are_pinned() -> None:
    value = json.loads(dsse.sign(PAYLOAD, P256))
    value["signatures"] = [{**value["signatures"][0], "keyid": str(i)} for i in range(3)]
    envelope = dsse.from_json(value, "e")
    assert dsse.verify(envelope, [P256.public, P256.public, ED25519.public], "e") == (P256.public,)


def test_two_signers() -> None:
    value = json.loads(dsse.sign(PAYLOAD, P256))
    value["signatures"] += json.loads(dsse.sign(PAYLOAD, ED25519))["signatures"]
    signers = dsse.verify(dsse.from_json(value, "e"), [ED25519.public, P256.public], "e")
    assert set(signers) == {P256.public, ED25519.public}


HARMLESS = {
    "keyid changed": lambda e: e["signatures"][0].update(keyid="x"),
    "keyid left out": lambda e: e["signatures"][0].pop("keyid"),
    "unknown field": lambda e: e.update(extra=1),
    "unknown field of a signature": lambda e: e["signatures"][0].update(extra=1),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_unsigned_parts_of_an_envelope_change_nothing(change: object) -> None:
    """The specification leaves these unsigned and says to ignore them; so does everybody."""
    value = json.loads(dsse.sign(PAYLOAD, P256))
    change(value)  # type: ignore[operator]
    dsse.verify(dsse.from_json(value, "e"), [P256.public], "e")


BAD = {
    "no payload": lambda e: e.pop("payload"),
    "payload not text": lambda e: e.update(payload=1),
    "payload not base64": lambda e: e.update(payload="%%%%"),
    "payload without padding": lambda e: e.update(payload=e["payload"].rstrip("=")),
    "payload with spaces": lambda e: e.update(payload=e["payload"][:4] + " " + e["payload"][4:]),
    "other payload type": lambda e: e.update(payloadType="application/json"),
    "signatures not a list": lambda e: e.update(signatures={}),
    "too many signatures": lambda e: e.update(signatures=e["signatures"] * 17),
    "signature not an object": lambda e: e.update(signatures=["x"]),
    "signature without sig": lambda e: e["signatures"][0].pop("sig"),
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD)
def test_malformed_envelopes(change: object) -> None:
    value = json.loads(dsse.sign(PAYLOAD, P256))
    change(value)  # type: ignore[operator]
    with pytest.raises(EnvelopeError, match=r"^here"):
        dsse.from_json(value, "here")


def test_no_signature_is_a_signature_error() -> None:
    value = {**json.loads(dsse.sign(PAYLOAD, P256)), "signatures": []}
    with pytest.raises(SignatureError):
        dsse.verify(dsse.from_json(value, "e"), [P256.public], "e")


def test_base64_has_one_spelling_in_either_alphabet() -> None:
    assert b64.decode("-_-_", "x") == b64.decode("+/+/", "x") == b"\xfb\xff\xbf"
    for text in ("aGVsbG9=", "+_+_", "a", "aa", "aaa", "aGVsbG8=\n", "aGVs\nbG8=", "é"):
        with pytest.raises(EnvelopeError):
            b64.decode(text, "x")


def test_a_bundle_of_another_kind() -> None:
    with pytest.raises(EnvelopeError, match="mediaType"):
        sigstore.unwrap(b'{"mediaType":"x"}', "b")
