"""The second verifier, written from ``schemas/README.md`` alone, says what ours says.

Both have to accept the same files. Grades are equal too, but for those in JUSTIFIED: what is refused
is the same, and another step sees it first.
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from auditor.errors import RecipeError, UsageError, VerificationError
from auditor.format import b64, dsse, strict_json
from auditor.format.challenge import Drand, Signed
from auditor.format.keys import PrivateKey, PublicKey
from auditor.guarantee.smoothing import rule_for, threat_for
from tests import honest
from tests.honest import ED25519, P256, Honest
from tests.second_verifier import bridge, edits, material
from tests.second_verifier.bridge import NODE, Outcome, Vector

pytestmark = pytest.mark.skipif(not NODE, reason="node is not installed")

FOLDER: Final = Path(__file__).parent
VECTORS: Final = sorted((FOLDER.parent / "vectors").glob("*.json"))
BASE: Final = honest.build("two-mask")

JUSTIFIED: Final = (
    # Budgets and pStar of signed objects: the second one reads them by their schema when it parses
    # the object, ours compares them with what the rule gives.
    ("claim", "statement", r"leaf\.frontier|predicate\.(?:thresholds|summary\.certified)"),
    # The same for the size in a container, which has to be the signed one.
    ("inclusion", "envelope", r"container\.inclusion\.size"),
)


def assert_same(vectors: Iterable[Vector]) -> dict[str, int]:
    """Check that both say the same of every vector; return how many had each of our grades."""
    listed = list(vectors)
    counts: dict[str, int] = {}
    for vector, second in zip(listed, bridge.theirs(listed), strict=True):
        first = bridge.ours(vector)
        assert same(first, second), (first, second, vector)
        counts[first.grade] = counts.get(first.grade, 0) + 1
    return counts


def same(first: Outcome, second: Outcome) -> bool:
    if first.grade == "success" or second.grade == "success":
        # A beacon is outside the second verifier: for it, such draws are self-derived.
        return first.grade == second.grade and second.kind in {
            first.kind,
            "self-derived" if first.kind == "drand" else first.kind,
        }
    return first.grade == second.grade or any(
        (first.grade, second.grade) == (ours, theirs) and re.match(where, second.reason)
        for ours, theirs, where in JUSTIFIED
    )


# --- the vectors --------------------------------------------------------------------------------


def test_every_vector_has_its_grade_in_both() -> None:
    found = bridge.in_node("vectors.mjs", *map(str, VECTORS))
    assert [Path(item["name"]) for item in found] == VECTORS
    for item, path in zip(found, VECTORS, strict=True):
        vector = json.loads(path.read_bytes())
        assert item["passed"], item
        assert item["grade"] == vector["expect"] == bridge.ours(vector).grade, path.stem


@pytest.mark.parametrize("key", ["extra", "challenger"])
def test_an_unknown_key_of_a_vector_fails_the_runner(key: str) -> None:
    with pytest.raises(AssertionError, match=f"unknown keys: {key}"):
        bridge.theirs([{**bridge.whole(BASE), key: 1}])


def test_a_wrong_expectation_fails_the_runner(tmp_path: Path) -> None:
    path = tmp_path / "vector.json"
    for expect, origin, passes in (
        ("success", "not-needed", True),
        ("claim", "not-needed", False),
        ("success", "signed", False),
    ):
        path.write_text(json.dumps({**bridge.whole(BASE), "expect": expect, "origin": origin}))
        assert bridge.in_node("vectors.mjs", str(path))[0]["passed"] is passes


def test_only_the_platform_and_the_programs_need_node() -> None:
    needing = {path.name for path in FOLDER.glob("*.mjs") if "'node:" in path.read_text()}
    assert needing == {"platform.mjs", "vectors.mjs", "probe.mjs"}


# --- mutations ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", honest.KINDS)
def test_a_flipped_bit_gets_the_same_grade(kind: str) -> None:
    counts = assert_same(edits.flipped(honest.build(kind), random.Random(kind), 120))
    assert len(counts) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("kind", honest.KINDS)
def test_many_flipped_bits_get_the_same_grade(kind: str) -> None:
    assert_same(edits.flipped(honest.build(kind, key=ED25519), random.Random(kind), 3000))


@pytest.mark.parametrize("kind", honest.KINDS)
def test_an_edit_of_signed_json_gets_the_same_grade(kind: str) -> None:
    counts = assert_same(edits.edited(honest.build(kind), random.Random(kind), 150))
    assert {"success", "envelope", "statement"} <= counts.keys()


@pytest.mark.slow
@pytest.mark.parametrize("kind", honest.KINDS)
def test_many_edits_of_signed_json_get_the_same_grade(kind: str) -> None:
    release = honest.build(
        kind, front_end=True, awaited=Signed(keyid=None), answer=honest.challenge
    )
    assert_same(edits.edited(release, random.Random(kind), 3000))


# --- recipes ------------------------------------------------------------------------------------


def _recipes(seed: int, count: int) -> Iterable[Vector]:
    rng = random.Random(seed)
    for _ in range(count):
        release = material.random_release(rng)
        alone = release.certificate.member_count == 1 or rng.random() < 0.4
        index = rng.randrange(len(release.leaves))
        yield bridge.single(release.single(index)) if alone else bridge.whole(release)


def test_releases_of_random_recipes_are_accepted_or_refused_by_both() -> None:
    counts = assert_same(_recipes(1, 300))
    assert counts.keys() == {"success", "statement"}
    assert min(counts.values()) > 50


@pytest.mark.slow
def test_many_releases_of_random_recipes_are_accepted_or_refused_by_both() -> None:
    assert_same(_recipes(2, 6000))


def _table(audit: Mapping[str, Any]) -> list[list[object]] | None:
    """Return our thresholds, None for a recipe that is refused."""
    try:
        lines = rule_for(audit).thresholds()
    except RecipeError:
        return None
    return [[f"{line.p_star.p}/{line.p_star.q}", line.k_star] for line in lines]


def _assert_same_tables(audits: Iterable[dict[str, Any]]) -> int:
    """Check that both have the same thresholds; return how many numbers were compared."""
    listed = list(audits)
    questions = [{"audit": strict_json.canonical(audit).decode()} for audit in listed]
    numbers = 0
    for audit, answer in zip(listed, bridge.in_node("probe.mjs", lines=questions), strict=True):
        table = _table(audit)
        assert answer.get("table") == table, (audit, answer, table)
        assert (table is None) == (answer.get("refused") == "statement"), answer
        numbers += 2 * len(table or ())
    return numbers


def _audit(recipe: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    signed = replace(
        BASE.certificate.audit,
        recipe=recipe,
        classes=tuple(recipe["classes"]),
        members=recipe["members"],
        draws=recipe["draws"],
        **fields,
    )
    try:
        threat = threat_for(recipe)
    except RecipeError:  # refused whatever the threat
        return signed.to_dict()
    return replace(signed, unit=threat.unit, moves=dict(threat.moves)).to_dict()


def _random_audits(rng: random.Random, count: int) -> Iterable[dict[str, Any]]:
    while count:
        recipe, fields = material.random_recipe(rng)
        if recipe["claim"]["alpha"] == "0":
            continue
        count -= 1
        if recipe["smoothing"]["training"]["method"] in ("flip", "bag"):
            recipe["members"] = rng.choice((1, 7, 100, 1000, 10_000, 1_000_000))
        else:
            recipe["draws"] = rng.choice((1, 7, 100, 1000, 100_000))
        levels = ("1/1000", "1/4", f"1/{10**18}", f"1/{10**30}", "999999999999/10000000000000")
        recipe["claim"] |= {"alpha": rng.choice(levels), "bound": "top"}
        recipe["claim"].pop("selectionDraws", None)
        yield _audit(recipe, **fields, inputs_size=rng.choice((1, 1000, 1_000_000)))


def test_both_compute_the_same_thresholds() -> None:
    assert _assert_same_tables(_random_audits(random.Random(3), 300)) > 500


@pytest.mark.slow
def test_both_compute_the_same_thresholds_of_many_recipes() -> None:
    assert _assert_same_tables(_random_audits(random.Random(4), 3000)) > 5000


_FLIP: Final = {
    "training": {"method": "flip", "keepFeatures": "205/256", "keepLabels": "200/256"},
    "test": {"method": "flip", "keep": "210/256"},
}
_BAG: Final = {"training": {"method": "bag", "size": 65536}, "test": {"method": "none"}}


def _drawn(smoothing: object, *budgets: object, **changes: object) -> dict[str, Any]:
    recipe = honest.resolved(
        "flip", smoothing=smoothing, budgets=budgets, members=1000, alpha="1/100"
    )
    alphabet = changes.pop("alphabet", recipe["alphabet"])
    claim = {**dict(recipe["claim"]), **dict(changes.pop("claim", {}))}  # type: ignore[call-overload]
    return _audit({**recipe, "claim": claim, "alphabet": alphabet}, **changes)


def _equal(keep: str) -> dict[str, Any]:
    return {
        "training": {"method": "flip", "keepFeatures": keep, "keepLabels": keep},
        "test": {"method": "flip", "keep": keep},
    }


def _dear() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Return, for every cap, a recipe that just keeps to it and one that does not."""
    features = [{"inputFeatures": count} for count in range(1, 514)]
    totals = [{"total": count} for count in range(1, 45)]
    two_noises = {**_equal("3/4"), "training": {**_FLIP["training"], "keepFeatures": "3/4"}}
    runner_up = {"claim": {"bound": "runner-up", "selectionDraws": 1}}
    three = {"alphabet": {"kind": "levels", "edges": ["1", "2"], "unit": "pixel"}}
    fine = _equal("65001/65536")
    most = {"trainFeatures": 63, "trainLabels": 63, "inputFeatures": 63}
    symbols = {"trainFeatures": 15, "trainLabels": 271, "inputFeatures": 15}
    return {
        "budgets": (_drawn(_equal("3/4"), *features[:512]), _drawn(_equal("3/4"), *features)),
        "splits": (_drawn(_equal("3/4"), {"total": 179}), _drawn(_equal("3/4"), {"total": 180})),
        "changed": (
            _drawn(_equal("3/4"), {"trainLabels": 96, "inputFeatures": 4000}),
            _drawn(_equal("3/4"), {"trainLabels": 97, "inputFeatures": 4000}),
        ),
        # 64 ** 3 = 2 ** 18
        "types": (_drawn(_FLIP, most), _drawn(_FLIP, {**most, "trainLabels": 64})),
        # 31 * 31 * 272 and 31 * 31 * 273
        "types of three symbols": (
            _drawn(_FLIP, symbols, **three),
            _drawn(_FLIP, {**symbols, "trainLabels": 272}, **three),
        ),
        # (2 R + 1) * R * 18
        "bits": (
            _drawn(fine, {"inputFeatures": 3861}, **three),
            _drawn(fine, {"inputFeatures": 3862}, **three),
        ),
        # a total of T is spent in T + 1 ways: 989 and 1034
        "ways": (
            _drawn(two_noises, *totals[:43], **runner_up),
            _drawn(two_noises, *totals, **runner_up),
        ),
    }


_SECONDS: Final = ("budgets", "types", "types of three symbols", "bits", "ways")


@pytest.mark.parametrize(
    "cap", [pytest.param(cap, marks=[pytest.mark.slow] * (cap in _SECONDS)) for cap in _dear()]
)
def test_both_stop_at_the_same_cost(cap: str) -> None:
    within, beyond = _dear()[cap]
    assert _table(within) is not None
    assert _table(beyond) is None
    _assert_same_tables((within, beyond))


def test_both_round_long_powers_in_the_same_way() -> None:
    sizes = (3, 60_000, 2**40 - 1, 2**40)
    hide = {"training": {"method": "none"}, "test": {"method": "hide", "show": "1/65536"}}
    tiny = {"training": {"method": "none"}, "test": {"method": "hide", "show": f"1/{2**64}"}}
    bags = [_drawn(_BAG, {"trainExamples": 1}, dataset_size=size) for size in sizes]
    hidden = []
    for smoothing, units in ((hide, 45_000), (hide, 45_426), (tiny, 2**40)):
        recipe = honest.resolved(
            "nested", smoothing=smoothing, budgets=({"inputFeatures": units},), members=1
        )
        hidden.append(_audit({**recipe, "draws": 50, "claim": {**recipe["claim"], "alpha": "1/9"}}))  # type: ignore[dict-item]
    assert _assert_same_tables([*bags, *hidden]) == 14


# --- text, keys, signatures ---------------------------------------------------------------------

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
        return BASE.contents["certificate.dsse.json"].replace(b'{"payload"', b'{"x":%s,"payload"' % extra)

    known = sum(envelope(0).count(mark) for mark in (b",", b"[", b"{"))
    vectors = [
        bridge.folder(
            {**BASE.contents, "certificate.dsse.json": envelope(2**20 - known + more)}, BASE.digests
        )
        for more in (0, 1)
    ]
    assert assert_same(vectors) == {"success": 1, "envelope": 1}


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


def test_both_take_the_same_spellings_of_a_signature() -> None:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    good = dsse.parse(BASE.contents["certificate.dsse.json"], "").signatures[0]
    r, s = decode_dss_signature(good)
    body = good[2:]
    spelled = [
        *(good, encode_dss_signature(r, order - s), encode_dss_signature(r, s + order)),
        *(encode_dss_signature(r + order, s), encode_dss_signature(0, s), encode_dss_signature(r, 0)),
        *(b"", b"\x30", good[:-1], good + b"\0", b"\x30\x81" + good[1:], b"\x30\x80" + body + b"\0\0"),
        *(r.to_bytes(32, "big") + s.to_bytes(32, "big"), b"\x31" + good[1:]),
        bytes((0x30, len(body) + 1, 0x02, body[1] + 1, 0x00)) + body[2:],
        *(b"\x30\x06\x02\x01\x01\x02\x01\x01", b"\x30\x06\x02\x01\xff\x02\x01\x01"),
    ]
    counts = assert_same(map(_with_signature, spelled))
    assert counts == {"success": 2, "signature": len(spelled) - 2}

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


# --- files --------------------------------------------------------------------------------------


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
        *(one + b"\n", good + two.replace(b"000001", b"000002") + b"\n", good.replace(b"  ", b" *")),
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
    for name in ("report.html", "manifest.json", "README.md", "precommit.tsr"):
        vectors.append(bridge.folder({**whole.contents, name: b"{}"}, whole.digests))
    lines = whole.contents["claims.jsonl"]
    for claims in (lines[:-1], lines + b"\n", lines + b"{}", lines.replace(b"\n", b"\r\n"), b"\n" * 5):
        vectors.append(bridge.folder({**whole.contents, "claims.jsonl": claims}, whole.digests))
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
    statement["predicate"] |= changes.pop("predicate", {})  # type: ignore[operator]
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
        *(_model_signature(statement={key: value}) for key, value in (
            ("_type", "x"), ("predicateType", "x"), ("subject", []), ("extra", 1),
            ("subject", [{"digest": {"sha256": "0" * 64}}]),
        )),
        *(_model_signature(predicate={"resources": value}) for value in (
            [], [one], [two, one], [one, two, two], [one, {**two, "digest": "0" * 64}],
            [one, {**two, "algorithm": "md5"}], [one, {**two, "name": "members/000001.onnx"}],
            [one, {**two, "extra": 1}],
        )),
        *(_model_signature(predicate={"serialization": value}) for value in (
            {}, {"method": "shards", "hash_type": "sha256"}, {"method": "files", "hash_type": "md5"},
        )),
        _model_signature(predicate={"extra": 1}),
    ]
    vectors = [
        bridge.folder({**BASE.contents, "model.sig": signature}, BASE.digests)
        for signature in signatures
    ]
    assert assert_same(vectors) == {"success": 4, "release": len(vectors) - 4}


def _payload_of(bundle: bytes) -> bytes:
    return base64.b64decode(json.loads(bundle)["dsseEnvelope"]["payload"])


# --- the challenge ------------------------------------------------------------------------------

CHAIN: Final = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
THIRD: Final = PrivateKey.generate("ed25519")


def _round(number: int = 7) -> bytes:
    value = {"chainHash": CHAIN, "round": number, "signature": "ab" * 48}
    return strict_json.canonical(value) + b"\n"


def test_both_judge_the_same_challenges() -> None:
    answers: list[Any] = [
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
    awaited = [
        None,
        Signed(keyid=None),
        Signed(keyid=ED25519.public.keyid),
        Signed(keyid=P256.public.keyid),
        Drand(chain_hash=CHAIN, round=7),
    ]
    pins = ((), (ED25519,), (P256,), (THIRD, ED25519), (P256, ED25519, THIRD))
    vectors = []
    for wanted in awaited:
        for answer in answers:
            made = honest.build("bag", awaited=wanted, answer=answer)
            for keys in pins:
                asked = [key.public.pem for key in keys]
                vectors.append(bridge.whole(made, challengers=asked))
                vectors.append(bridge.single(made.single(1), challengers=asked))
    kinds = {outcome.kind for outcome in bridge.theirs(vectors)}
    assert kinds == {"signed", "self-derived"}
    assert assert_same(vectors) == {"success": len(vectors)}


def test_both_refuse_the_same_challenges() -> None:
    made = honest.build("bag", awaited=Signed(keyid=None), answer=honest.challenge)
    fixed = honest.build("views", answer=honest.challenge)
    signed = made.contents["challenge.dsse.json"]
    vectors = []
    for release in (made, fixed, honest.build("bag"), honest.build("views")):
        for files in (
            *({"challenge.dsse.json": data} for data in (signed, b"", b"{}", signed[:-3])),
            *({"challenge.drand.json": data} for data in (_round(), b"", b"{}")),
            {"challenge.dsse.json": signed, "challenge.drand.json": _round()},
        ):
            vectors.append(bridge.folder({**release.contents, **files}, release.digests))
    left = {name: data for name, data in made.contents.items() if "challenge" not in name}
    vectors.append(bridge.folder(left, made.digests))
    counts = assert_same(vectors)
    assert counts.keys() == {"success", "envelope", "release"}


def test_both_refuse_the_same_malformed_challenges_that_are_cited() -> None:
    def remade(change: Mapping[str, object], predicate: Mapping[str, object]) -> Any:
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
        *(({}, {key: value}) for key, value in (
            ("extra", 1), ("value", "5A" * 32), ("value", "5a" * 31), ("keyid", None),
            ("createdAt", "2026-11-31T10:00:00Z"), ("createdAt", "2026-11-30T24:00:00Z"),
            ("createdAt", "2028-02-29T23:59:59Z"), ("createdAt", "2027-02-29T00:00:00Z"),
            ("createdAt", "0000-01-01T00:00:00Z"), ("createdAt", "2026-11-30T10:00:60Z"),
            ("count", {"ofKey": 1, "ofData": 1}), ("count", {"ofKey": 0, "ofData": 1}),
            ("count", {"ofKey": True, "ofData": 1}), ("count", {"ofKey": 1}), ("count", 1),
        )),
    )
    vectors = []
    for kind in ("bag", "views"):
        for change in changes:
            made = honest.build(kind, awaited=Signed(keyid=None), answer=remade(*change))
            asked = [ED25519.public.pem]
            vectors.append(bridge.whole(made, challengers=asked))
            vectors.append(bridge.single(made.single(0), challengers=asked))
    assert assert_same(vectors).keys() == {"success", "statement", "undecided"}


# --- where ours is known to be too lax ----------------------------------------------------------


def _recommitted(kind: str, change: Any) -> Vector:
    release = honest.build(kind)
    audit = json.loads(json.dumps(release.certificate.audit.to_dict()))
    change(audit)
    contents = honest.recommit(release, audit)
    return bridge.folder(contents, release.digests)


def _other_classes(audit: Any) -> None:
    audit["recipe"]["classes"].reverse()


def _no_unit(audit: Any) -> None:
    del audit["recipe"]["alphabet"]["unit"]


def _group_of_flips(audit: Any) -> None:
    audit["recipe"]["unit"] = audit["threat"]["unit"] = "group"


def _false_for_zero(audit: Any) -> None:
    audit["recipe"]["draws"] = False


def _negative_fraction(audit: Any) -> None:
    grid = {"kind": "grid", "low": "-1/2", "high": "1/2", "step": "1", "unit": "pixel"}
    audit["recipe"]["alphabet"] = grid


@pytest.mark.xfail(strict=True, reason="ours does not compare the recipe's classes (step 5)")
def test_classes_of_recipe_and_data_set_agree() -> None:
    assert_same([_recommitted("flip", _other_classes)])


@pytest.mark.xfail(strict=True, reason="ours takes 'channel', the recipe's schema says 'pixel'")
def test_the_unit_of_an_input_is_never_left_open() -> None:
    assert_same([_recommitted("flip", _no_unit)])


@pytest.mark.xfail(strict=True, reason="ours takes the unit 'group' for flips (section 5)")
def test_the_unit_is_group_for_partitions_by_group_alone() -> None:
    assert_same([_recommitted("flip", _group_of_flips)])


@pytest.mark.xfail(strict=True, reason="ours compares counts with ==, where False is 0")
def test_false_is_not_zero_in_a_recipe() -> None:
    assert_same([_recommitted("flip", _false_for_zero)])


@pytest.mark.xfail(strict=True, reason="ours reads '-0.5' and refuses '-1/2', which recipes resolve to")
def test_a_grid_may_start_at_minus_one_half() -> None:
    assert_same([_recommitted("flip", _negative_fraction)])


@pytest.mark.xfail(strict=True, reason="ours reads any axis in a summary, and compares it in folders")
def test_a_signed_summary_has_known_axes_in_a_single_input_file_too() -> None:
    predicate = json.loads(dsse.parse(BASE.contents["certificate.dsse.json"], "").payload)["predicate"]
    predicate["summary"]["certified"][1]["budget"] = {"unknown": 1}
    forged = replace(BASE, contents=honest.resign(BASE, certificate=predicate))
    assert_same([bridge.single(forged.single(1))])
