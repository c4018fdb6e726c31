"""Both read the same JSON, keys and signatures, and refuse the same."""

from __future__ import annotations

import base64
import json
import random
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from auditor.errors import UsageError, VerificationError
from auditor.format import b64, dsse, strict_json
from auditor.format.keys import PrivateKey, PublicKey
from tests import honest
from tests.honest import ED25519, P256, Honest
from tests.second_verifier import bridge
from tests.second_verifier.agreement import assert_same, needs_node
from tests.second_verifier.bridge import Vector

pytestmark = needs_node

BASE: Final = honest.build("two-mask")

_TOKENS: Final = (
    *(b"{", b"}", b"[", b"]", b":", b",", b'"', b"\\", b" ", b"\t", b"\n", b"\r", b"\x0b", b"\x00"),
    *(b"\xff", b"\xef\xbb\xbf", b"\x1f", b"\x7f", b"\xc2\xa0", b"\xe2\x80\xa8", b"\xed\xa0\x80"),
    *(b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xf0\x9f\x98\x80", "\uffff".encode()),
    *(b"0", b"-0", b"-1", b"01", b"1.0", b"1e3", b".5", b"+1", b"NaN", b"Infinity", b"0x10"),
    *(b"9007199254740991", b"9007199254740992", b"-9007199254740992", b"1" * 40),
    *(b"true", b"True", b"nul", b'"a"', b'"\\u0061"', b'"\\ud800"', b'"\\ud83d\\ude00"'),
    *(b'"\\ude00\\ud83d"', b'"\\/"', b'"\\x"', b'"\\u12"', b'"\\u 123"', b'"__proto__"', b"'a'"),
    *(b"//", b"/**/", b'"\\u0000"', b'"\\b\\f\\n\\r\\t"'),
)


def _documents(rng: random.Random, count: int) -> list[bytes]:
    keys = (b'"a"', b'"b"', b'"\\u0061"', b'""', "é".encode().join((b'"', b'"')))

    def value(depth: int) -> bytes:
        kind = rng.randrange(7)
        if rng.random() < 0.05:
            return rng.choice(_TOKENS)
        if depth > 3 or kind < 3:
            return rng.choice((b"1", b'"a"', b"null", b"true", b"-5", b'"\\u00e9"', b'"b,[{"'))
        if kind < 5:
            return b"[" + b",".join(value(depth + 1) for _ in range(rng.randrange(3))) + b"]"
        return document(depth + 1)

    def document(depth: int) -> bytes:
        chosen = rng.sample(keys, rng.randrange(4))
        return b"{" + b",".join(key + b":" + value(depth) for key in chosen) + b"}"

    documents = []
    for depth in range(29, 36):
        documents += [
            b'{"a":' * depth + b"1" + b"}" * depth,
            b'{"a":' + b"[" * depth + b"]" * depth + b"}",
            b'{"' + b"[" * depth + b'":1}',
            b'{"\\"' + b"[" * depth + b'":1}',
        ]
    while len(documents) < count:
        text = bytearray(document(0))
        for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
            place = rng.randrange(len(text) + 1)
            text[place : place + rng.randrange(3)] = rng.choice(_TOKENS)
        documents.append(bytes(text))
    return documents


def _canonical(document: bytes) -> str | None:
    try:
        value = strict_json.parse(document, "document", limit=65_536)
    except VerificationError:
        return None
    return b64.encode(strict_json.canonical(value))


def test_both_read_the_same_json_and_refuse_the_same() -> None:
    documents = _documents(random.Random(5), 6000)
    documents += [b'{"a":"' + b"," * (2**16 - 9 + n) + b'"}' for n in (0, 1, 2)]
    answers = bridge.in_node("probe.mjs", lines=[{"document": b64.encode(d)} for d in documents])
    read = 0
    for document, answer in zip(documents, answers, strict=True):
        assert answer.get("canonical") == _canonical(document), document
        read += "canonical" in answer
    assert 500 < read < len(documents) - 500


def test_both_count_the_commas_and_brackets_of_a_document() -> None:
    def envelope(marks: int) -> bytes:
        extra = b'"' + b"," * marks + b'"'
        return BASE.contents["certificate.dsse.json"].replace(
            b'{"payload"', b'{"x":%s,"payload"' % extra
        )

    known = sum(envelope(0).count(mark) for mark in (b",", b"[", b"{"))
    vectors = [
        bridge.folder(
            {**BASE.contents, "certificate.dsse.json": envelope(2**20 - known + more)}, BASE.digests
        )
        for more in (0, 1)
    ]
    assert assert_same(vectors) == {"success": 1, "envelope": 1}


def test_both_take_one_spelling_of_base64_in_each_alphabet() -> None:
    rng = random.Random(6)
    texts = ["", "=", "==", "====", "A", "AA", "AA=", "AA==", "AB==", "AAA=", "AAB=", "AAA", "A==="]
    texts += [
        "AA==AA==",
        "AA=A",
        "=AAA",
        "AAAA=",
        "AAAA====",
        "AAAA\n",
        " AAAA",
        "AA AA",
        "AA\u0661A",
    ]
    texts += ["+/+/", "-_-_", "+_+_", "-/-/", "AAA\x00", "AA.A", "A\uff21AA", "\U0001f600AAA"]
    for _ in range(600):
        letters = "".join(rng.choices("ABab019+/-_", k=rng.randrange(9)))
        texts.append(letters + "=" * rng.choice((0, 0, 1, 2)))
    answers = bridge.in_node("probe.mjs", lines=[{"base64": text} for text in texts])
    for text, answer in zip(texts, answers, strict=True):
        try:
            expected = b64.encode(b64.decode(text, "text"))
        except VerificationError:
            expected = None
        assert answer.get("bytes") == expected, text
    assert 50 < sum("bytes" in answer for answer in answers) < len(texts) - 50


_LOW_ORDER: Final = (
    *(0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18),
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    2**255 - 19 - 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
)


def _pem(der: bytes) -> str:
    text = base64.b64encode(der).decode()
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return "\n".join(("-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""))


def test_both_give_a_key_the_same_id_and_refuse_the_same_keys() -> None:
    prefix = bytes.fromhex("302a300506032b6570032100")
    points = (*_LOW_ORDER, 2, 3, 4, 5, 6, 2**255 - 17, 2**255 - 1)
    pems = [
        _pem(prefix + (y | sign << 255).to_bytes(32, "little")) for y in points for sign in (0, 1)
    ]
    good = PrivateKey.generate().public.pem
    der = base64.b64decode("".join(good.split("\n")[1:-2]))
    pems += [good, good.replace("\n", "\r\n"), good.rstrip(), "text\n" + good + "more", good * 2]
    pems += [P256.public.pem, ED25519.public.pem, "", "-----BEGIN PUBLIC KEY-----", good[:-40]]
    pems += [_pem(der[:-1]), _pem(der + b"0"), _pem(der[:-1] + bytes((der[-1] ^ 1,)))]
    answers = bridge.in_node("probe.mjs", lines=[{"key": pem} for pem in pems])
    for pem, answer in zip(pems, answers, strict=True):
        try:
            keyid = PublicKey.from_pem(pem.encode()).keyid
        except UsageError:
            keyid = None
        assert answer.get("keyid") == keyid, (pem, answer)
    assert sum("keyid" in answer for answer in answers[: 2 * len(_LOW_ORDER)]) == 0


def _with_signature(signature: bytes, release: Honest = BASE) -> Vector:
    envelope = json.loads(release.contents["certificate.dsse.json"])
    envelope["signatures"] = [{"sig": b64.encode(signature)}]
    files = {**release.contents, "certificate.dsse.json": json.dumps(envelope).encode()}
    files.pop("certificate.sigstore.json")
    return bridge.folder(files, release.digests, keys=(release.key.public.pem,))


def _bare(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _unsigned(number: int) -> bytes:
    """Return the content of DER's integer."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _der(r: bytes, s: bytes) -> bytes:
    body = b"".join((b"\x02", bytes((len(r),)), r, b"\x02", bytes((len(s),)), s))
    return b"".join((b"\x30", bytes((len(body),)), body))


def test_both_take_the_same_spellings_of_a_signature() -> None:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    good = dsse.parse(BASE.contents["certificate.dsse.json"], "").signatures[0]
    r, s = decode_dss_signature(good)
    body = good[2:]
    spelled = [
        *(good, encode_dss_signature(r, order - s), encode_dss_signature(r, s + order)),
        *(
            encode_dss_signature(r + order, s),
            encode_dss_signature(0, s),
            encode_dss_signature(r, 0),
        ),
        *(
            b"",
            b"\x30",
            good[:-1],
            good + b"\0",
            b"\x30\x81" + good[1:],
            b"\x30\x80" + body + b"\0\0",
        ),
        *(r.to_bytes(32, "big") + s.to_bytes(32, "big"), b"\x31" + good[1:]),
        *(_der(zeros + _unsigned(r), _unsigned(s)) for zeros in (b"\0", b"\0\0")),
        *(_der(_unsigned(r), zeros + _unsigned(s)) for zeros in (b"\0", b"\0\0")),
        *(_der(_bare(r), _unsigned(s)), _der(_unsigned(r), _bare(s))),
        *(b"\x30\x06\x02\x01\x01\x02\x01\x01", b"\x30\x06\x02\x01\xff\x02\x01\x01"),
    ]
    # whichever of r and s has its highest bit set begins with a zero in DER
    honest_spellings = [encode_dss_signature(r, s), encode_dss_signature(r, order - s)]
    right = sum(signature in honest_spellings for signature in spelled)
    counts = assert_same(map(_with_signature, spelled))
    assert counts == {"success": right, "signature": len(spelled) - right}

    other = honest.build("views", key=ED25519)
    good = dsse.parse(other.contents["certificate.dsse.json"], "").signatures[0]
    scalar = int.from_bytes(good[32:], "little")
    group = 2**252 + 27742317777372353535851937790883648493
    more = [good[:32] + (scalar + k * group).to_bytes(32, "little") for k in (1, 2, 7)]
    spelled = [good, *more, good[:-1], good + b"\0", bytes(64), bytes((1, *bytes(63)))]
    counts = assert_same(_with_signature(signature, other) for signature in spelled)
    assert counts == {"success": 1, "signature": len(spelled) - 1}


def test_both_count_keys_that_signed_both_envelopes() -> None:
    pins = (P256.public.pem, ED25519.public.pem)
    vectors = []
    for first in ((P256,), (ED25519,), (P256, ED25519), (ED25519, P256, P256)):
        for second in ((P256,), (ED25519,), (P256, ED25519)):
            files = dict(BASE.contents)
            for name, signers in (
                ("precommit.dsse.json", first),
                ("certificate.dsse.json", second),
            ):
                payload = dsse.parse(files[name], name).payload
                envelope = json.loads(dsse.sign(payload, P256))
                envelope["signatures"] = [
                    json.loads(dsse.sign(payload, key))["signatures"][0] for key in signers
                ]
                files[name] = json.dumps(envelope).encode()
            files.pop("certificate.sigstore.json")
            vectors += [
                bridge.folder(files, BASE.digests, keys=keys)
                for keys in (pins, pins[:1], pins[1:], (*pins, *pins), ())
            ]
    counts = assert_same(vectors)
    assert counts.keys() == {"success", "signature", "statement", "undecided"}
