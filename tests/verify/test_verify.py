"""Honest releases verify; what a dishonest key holder or a stranger changes does not."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import (
    ClaimError,
    InclusionError,
    ReleaseError,
    SignatureError,
    StatementError,
    UndecidedError,
    UsageError,
    VerificationError,
)
from auditor.format import dsse, leaf, merkle, single
from auditor.format.leaf import Leaf, parse_leaf, row_digest
from auditor.verify import verdict
from auditor.verify.checking import release as verify_release
from auditor.verify.checking import single_input
from auditor.verify.verified import Verified
from tests import honest
from tests.honest import ED25519, P256, Honest

KEYS = [P256.public]
RELEASES = {kind: honest.build(kind, front_end=kind == "views") for kind in honest.KINDS}


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> Honest:
    return RELEASES[request.param]


def check(
    release: Honest,
    *,
    files: Mapping[str, bytes | None] | None = None,
    digests: Mapping[str, str] | None = None,
) -> Verified:
    changed = {**release.contents, **(files or {})}
    present = {name: data for name, data in changed.items() if data is not None}
    return verify_release(present, {**release.digests, **(digests or {})}, KEYS)


def test_honest_releases_verify(release: Honest) -> None:
    verified = check(release)
    assert verified.kind == "release"
    assert verified.keyid == P256.public.keyid
    assert [claim.index for claim in verified.claims] == list(range(5))
    assert verified.summary == release.certificate.summary.to_dict()
    for budget, count in release.certificate.summary.certified:
        assert verified.certified_accuracy(budget) == Fraction(count, 5)
    assert check(release, files={"certificate.sigstore.json": None}) == verified


def test_honest_single_inputs_verify(release: Honest) -> None:
    whole = check(release)
    for index in range(5):
        one = single_input(release.single(index), KEYS)
        assert one.kind == "input"
        assert one.claims == (whole.claims[index],)
        assert one.claim(index) == whole.claim(index)
        with pytest.raises(UsageError):
            one.claim((index + 1) % 5)
        with pytest.raises(UsageError):
            one.certified_accuracy({})
        assert len(one.not_checked) > len(whole.not_checked)


def test_ed25519_releases_verify() -> None:
    release = honest.build("two-mask", key=ED25519)
    keys = [P256.public, ED25519.public]
    assert verify_release(release.contents, release.digests, keys).keyid == ED25519.public.keyid
    assert single_input(release.single(0), keys).keyid == ED25519.public.keyid


def test_radii() -> None:
    verified = check(RELEASES["two-mask"])
    first = verified.claims[0]
    assert first.certified({"trainExamples": 2, "inputFeatures": 1})
    assert first.certified({"inputFeatures": 1})
    assert first.certified({"trainExamples": 3})  # not declared: the margin of 7 decides
    assert not first.certified({"trainExamples": 4})
    assert verified.radius(0, "trainExamples") == 3
    uncertified = next(c for c in verified.claims if not c.frontier)
    assert verified.radius(uncertified.index, "trainExamples") is None
    with pytest.raises(UsageError, match="axis"):
        verified.radius(0, "trainLabels")
    with pytest.raises(UsageError, match="claims"):
        verified.radius(5, "trainExamples")


# --- what a stranger changes -------------------------------------------------------------------


def flipped(data: bytes, position: int, bit: int) -> bytes:
    changed = bytearray(data)
    changed[position] ^= 1 << bit
    return bytes(changed)


def positions(data: bytes, count: int, seed: int) -> list[tuple[int, int]]:
    rng = random.Random(seed)
    return [(rng.randrange(len(data)), rng.randrange(8)) for _ in range(count)]


@pytest.mark.parametrize("name", ["claims.jsonl", "evidence.bin", "members.sha256", "recipe.toml"])
def test_any_bit_of_a_committed_file(release: Honest, name: str) -> None:
    data = release.contents[name]
    for position, bit in positions(data, 25, 1):
        with pytest.raises(VerificationError):
            check(release, files={name: flipped(data, position, bit)})
    for cut in (data[:-1], data[1:], b"", data + b"\n", data + data):
        with pytest.raises(VerificationError):
            check(release, files={name: cut})


def test_any_bit_of_a_member(release: Honest) -> None:
    for name, data in release.voting.items():
        for position, bit in positions(data, 5, 2):
            digest = row_digest(flipped(data, position, bit))
            with pytest.raises(ReleaseError, match=name):
                check(release, digests={name: digest})


ENVELOPES = ["certificate.dsse.json", "precommit.dsse.json", "certificate.sigstore.json"]


@pytest.mark.parametrize("name", ENVELOPES)
def test_any_bit_of_an_envelope(release: Honest, name: str) -> None:
    """The exceptions are the parts that DSSE leaves unsigned and that nothing reads.

    Those are the hint ``keyid``, field names and values unknown to DSSE and, in the bundle, the
    verification material; and base64 may come in either of its alphabets. They cannot be told from
    their position, so: whatever verifies carries the same payload and signature bytes.
    """
    data = release.contents[name]
    honest_one = check(release)
    for position, bit in positions(data, 120, 3):
        changed = flipped(data, position, bit)
        try:
            verified = check(release, files={name: changed})
        except VerificationError:
            continue
        assert verified == honest_one
        assert signed_part(changed) == signed_part(data)


def signed_part(data: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    value = json.loads(data)
    envelope = dsse.from_json(value.get("dsseEnvelope", value), "e")
    return envelope.payload, envelope.signatures


@pytest.mark.parametrize("key", [P256, ED25519], ids=["p256", "ed25519"])
def test_any_bit_of_payload_or_signature(key: honest.PrivateKey) -> None:
    release = honest.build("two-mask", key=key)
    for name in ("certificate.dsse.json", "precommit.dsse.json"):
        envelope = json.loads(release.contents[name])
        for target in (envelope, envelope["signatures"][0]):
            field = "payload" if target is envelope else "sig"
            text = target[field]
            data = honest.b64.decode(text, "")
            for position, bit in positions(data, 60, 4):
                target[field] = honest.b64.encode(flipped(data, position, bit))
                files = {**release.contents, name: json.dumps(envelope).encode()}
                files.pop("certificate.sigstore.json")
                with pytest.raises(SignatureError):
                    verify_release(files, release.digests, [key.public])
            target[field] = text


def test_any_bit_of_a_single_input_file(release: Honest) -> None:
    data = release.single(1)
    expected = single_input(data, KEYS)
    for position, bit in positions(data, 150, 5):
        try:
            verified = single_input(flipped(data, position, bit), KEYS)
        except VerificationError:
            continue
        assert verified == expected  # an unsigned hint was hit, as above


def test_any_bit_of_leaf_row_and_proof(release: Honest) -> None:
    value = json.loads(release.single(1))

    def attempt(field: str, data: bytes, at: int | None) -> None:
        changed = json.loads(json.dumps(value))
        if at is None:
            changed[field] = honest.b64.encode(data)
        else:
            changed["inclusion"]["hashes"][at] = honest.b64.encode(data)
        with pytest.raises((InclusionError, ClaimError)):
            single_input(json.dumps(changed).encode(), KEYS)

    for field in ("leaf", "row"):
        data = honest.b64.decode(value[field], "")
        for position, bit in positions(data, 30, 6):
            attempt(field, flipped(data, position, bit), None)
    for at, text in enumerate(value["inclusion"]["hashes"]):
        data = honest.b64.decode(text, "")
        for position, bit in positions(data, 5, 7):
            attempt("hashes", flipped(data, position, bit), at)


def test_parts_of_another_input_do_not_fit() -> None:
    release = RELEASES["two-mask"]
    one, two = (json.loads(release.single(index)) for index in (0, 1))
    for field in ("leaf", "row", "inclusion"):
        with pytest.raises(VerificationError):
            single_input(json.dumps({**one, field: two[field]}).encode(), KEYS)
    one["inclusion"]["size"] = 4
    with pytest.raises(InclusionError, match="size"):
        single_input(json.dumps(one).encode(), KEYS)


def test_files_of_another_release_do_not_fit() -> None:
    ours, theirs = RELEASES["two-mask"], RELEASES["views"]
    for name in ours.contents:
        with pytest.raises(VerificationError):
            check(ours, files={name: theirs.contents[name]})


def test_missing_files_leave_it_undecided(release: Honest) -> None:
    for name in release.contents:
        if name != "certificate.sigstore.json":
            with pytest.raises(UndecidedError, match="missing"):
                check(release, files={name: None})
    digests = release.digests
    for name in release.voting:
        fewer = {key: value for key, value in digests.items() if key != name}
        with pytest.raises(UndecidedError, match="missing"):
            verify_release(release.contents, fewer, KEYS)


def test_an_added_member_is_refused(release: Honest) -> None:
    with pytest.raises(ReleaseError, match="not in members"):
        check(release, digests={"members/000002.onnx": "0" * 64})


def test_keys() -> None:
    release = RELEASES["partition"]
    with pytest.raises(UndecidedError, match="no key"):
        verify_release(release.contents, release.digests, [])
    with pytest.raises(SignatureError):
        verify_release(release.contents, release.digests, [ED25519.public])


def test_statements_of_two_signers_do_not_mix() -> None:
    ours, theirs = honest.build("partition"), honest.build("partition", key=ED25519)
    files = {**ours.contents, "precommit.dsse.json": theirs.contents["precommit.dsse.json"]}
    with pytest.raises(SignatureError, match="another key"):
        verify_release(files, ours.digests, [P256.public, ED25519.public])


# --- what a dishonest holder of the key signs --------------------------------------------------


def forged(
    release: Honest,
    change: Callable[[Leaf], Leaf] | None = None,
    **fields: object,
) -> dict[str, bytes]:
    """Return a release whose certificate signs other leaves, consistent but for the lie."""
    lines = list(release.leaves)
    if change is not None:
        lines[0] = change(parse_leaf(lines[0], "leaf")).to_bytes()
    certificate = replace(
        release.certificate,
        batch_root=merkle.Tree(lines).root.hex(),
        **fields,  # type: ignore[arg-type]
    )
    files = honest.resign(release, certificate=certificate.to_statement("0" * 64).predicate)
    return {**files, "claims.jsonl": leaf.join(lines)}


BIGGER = ({"trainExamples": 4, "inputFeatures": 1},)
LIES: dict[str, tuple[Callable[[Leaf], Leaf], type[VerificationError]]] = {
    "label": (lambda item: replace(item, label=1), ClaimError),
    "abstention": (lambda item: replace(item, label=None, frontier=()), ClaimError),
    "label that is no class": (lambda item: replace(item, label=2), ClaimError),
    "frontier": (lambda item: replace(item, frontier=BIGGER), ClaimError),
    "no frontier": (lambda item: replace(item, frontier=()), ClaimError),
    "frontier on another axis": (lambda item: replace(item, frontier=({"total": 1},)), ClaimError),
    "margins": (lambda item: replace(item, statistics={"margins": [[0, 7], [1, 6]]}), ClaimError),
    "no margins": (lambda item: replace(item, statistics={}), ClaimError),
    "true for one": (
        lambda item: replace(item, statistics=with_bool(item.statistics)),
        ClaimError,
    ),
    "more statistics": (
        lambda item: replace(item, statistics={**item.statistics, "x": 1}),
        ClaimError,
    ),
    "row digest": (lambda item: replace(item, row="0" * 64), ClaimError),
    "true label": (lambda item: replace(item, true_label=1), StatementError),
    "true label that is no class": (lambda item: replace(item, true_label=2), StatementError),
    "input": (
        lambda item: replace(item, input=replace(item.input, tensor="0" * 64)),
        StatementError,
    ),
    "index": (lambda item: replace(item, index=1), StatementError),
}


def with_bool(statistics: object) -> dict[str, object]:
    margins = json.loads(json.dumps(statistics))["margins"]
    return {"margins": [[t if t != 1 else True, margin] for t, margin in margins]}


@pytest.mark.parametrize(("change", "error"), LIES.values(), ids=LIES)
def test_a_signed_lie_in_a_leaf(
    change: Callable[[Leaf], Leaf], error: type[VerificationError]
) -> None:
    release = RELEASES["two-mask"]
    with pytest.raises(error):
        verify_release(forged(release, change), release.digests, KEYS)


def test_a_single_input_whose_true_label_is_no_class() -> None:
    release = RELEASES["two-mask"]
    files = forged(release, lambda item: replace(item, true_label=2))
    lines = leaf.split(files["claims.jsonl"])
    one = single.build(
        certificate=files["certificate.dsse.json"],
        precommitment=files["precommit.dsse.json"],
        leaf=lines[0],
        row=release.rows[0],
        index=0,
        size=len(lines),
        proof=merkle.Tree(lines).proof(0),
    )
    with pytest.raises(StatementError, match="trueLabel"):
        verdict.text(single_input(one, KEYS))


@pytest.mark.parametrize("text", ["x\nchallenge    met", "x\r\x1b[2Jy", "x\u2028y"])
def test_a_signers_words_stay_on_their_own_line(text: str) -> None:
    release = RELEASES["partition"]
    audit = release.certificate.audit.to_dict()
    audit["dataset"] |= {"source": text}  # type: ignore[operator]
    recipe: Any = audit["recipe"]
    recipe |= {"trusted": [{"name": text, "sha256": "0" * 64}], "data": {"source": text}}
    verified = verify_release(honest.recommit(release, audit), release.digests, KEYS)
    plain = verdict.text(check(release)).splitlines()
    assert len(verdict.text(verified).splitlines()) == len(plain)


def test_a_file_of_line_feeds_is_counted_and_not_cut() -> None:
    release = RELEASES["partition"]
    with pytest.raises(InclusionError, match="expected 5 lines, got 16777216"):
        check(release, files={"claims.jsonl": b"\n" * 2**24})
    with pytest.raises(InclusionError, match="no line feed"):
        check(release, files={"claims.jsonl": release.contents["claims.jsonl"].removesuffix(b"\n")})


@pytest.mark.parametrize("kind", ["flip", "bag", "nested"])
def test_one_vote_more_is_a_lie(kind: str) -> None:
    release = RELEASES[kind]

    def change(item: Leaf) -> Leaf:
        statistics = json.loads(json.dumps(item.statistics))
        if "wins" in statistics:
            statistics["wins"][-1][1] -= 1
        else:
            statistics["votes"][0] -= 1
            statistics["abstained"] += 1
        return replace(item, statistics=statistics)

    with pytest.raises(ClaimError):
        verify_release(forged(release, change), release.digests, KEYS)


CERTIFICATE = RELEASES["flip"].certificate
SUMMARY = CERTIFICATE.summary
BUDGET, COUNT = SUMMARY.certified[0]
FIELD_LIES: dict[str, tuple[dict[str, object], type[VerificationError]]] = {
    "correct": ({"summary": replace(SUMMARY, correct=SUMMARY.correct + 1)}, ClaimError),
    "abstained": ({"summary": replace(SUMMARY, abstained=0)}, ClaimError),
    "certified": (
        {"summary": replace(SUMMARY, certified=((BUDGET, COUNT + 1), *SUMMARY.certified[1:]))},
        ClaimError,
    ),
    "a budget left out": (
        {"summary": replace(SUMMARY, certified=SUMMARY.certified[:-1])},
        ClaimError,
    ),
    "inputs": ({"summary": replace(SUMMARY, inputs=6)}, StatementError),
    "k*": (
        {
            "thresholds": (
                replace(CERTIFICATE.thresholds[0], k_star=1),
                *CERTIFICATE.thresholds[1:],
            )
        },
        ClaimError,
    ),
    "p*": (
        {
            "thresholds": (
                replace(CERTIFICATE.thresholds[0], p_star="2/4"),
                *CERTIFICATE.thresholds[1:],
            )
        },
        ClaimError,
    ),
    "no thresholds": ({"thresholds": ()}, ClaimError),
    "fewer members": ({"member_count": 99}, StatementError),
    "another shard size": ({"shard_size": 10}, ReleaseError),
    "row size": ({"row_size": 99}, StatementError),
    "evidence size": ({"evidence_size": 4}, StatementError),
    "evidence digest": ({"evidence": "0" * 64}, ClaimError),
    "batch size": ({"batch_size": 4}, StatementError),
    "precommitment": ({"precommitment": "0" * 64}, StatementError),
    "audit": (
        {"audit": replace(CERTIFICATE.audit, environment={"python": "3.12"})},
        StatementError,
    ),
}


@pytest.mark.parametrize(("fields", "error"), FIELD_LIES.values(), ids=FIELD_LIES)
def test_a_signed_lie_in_the_certificate(
    fields: dict[str, object], error: type[VerificationError]
) -> None:
    release = RELEASES["flip"]
    with pytest.raises(error):
        verify_release(forged(release, None, **fields), release.digests, KEYS)


def test_a_lie_in_the_batch_root() -> None:
    release = RELEASES["flip"]
    lie = replace(release.certificate, batch_root="0" * 64).to_statement("0" * 64)
    with pytest.raises(InclusionError):
        verify_release(honest.resign(release, certificate=lie.predicate), release.digests, KEYS)


def test_a_precommitment_that_names_another_key() -> None:
    release = RELEASES["flip"]
    first = replace(release.precommitment, keyid="0" * 64).to_statement()
    envelope = dsse.sign(first.to_payload(), P256)
    files = forged(release, None, precommitment=row_digest(first.to_payload()))
    with pytest.raises(StatementError, match="keyid"):
        verify_release({**files, "precommit.dsse.json": envelope}, release.digests, KEYS)


def test_the_same_input_twice() -> None:
    """Two leaves about one input would count it twice."""
    release = RELEASES["partition"]
    lines = [parse_leaf(line, "") for line in release.leaves]
    lines[2] = replace(lines[0], index=2)
    rows = [release.rows[0], release.rows[1], release.rows[0], *release.rows[3:]]
    entries = merkle.Tree(item.input_entry() for item in lines).root.hex()
    audit = replace(release.certificate.audit, inputs_root=entries)
    first = replace(release.precommitment, audit=audit).to_statement()
    evidence = b"".join(rows)
    lie = replace(
        release.certificate,
        audit=audit,
        precommitment=row_digest(first.to_payload()),
        batch_root=merkle.Tree(item.to_bytes() for item in lines).root.hex(),
        evidence=row_digest(evidence),
    )
    files = honest.resign(
        release,
        certificate=lie.to_statement("0" * 64).predicate,
        precommitment=first.predicate,
    )
    files["claims.jsonl"] = leaf.join([item.to_bytes() for item in lines])
    files["evidence.bin"] = evidence
    with pytest.raises(StatementError, match="the same as leaf 0"):
        verify_release(files, release.digests, KEYS)


# --- any bytes whatever -------------------------------------------------------------------------

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 300)
    | st.sampled_from([2**16, 2**31, 2**53 - 1, "", "0", "1/2", "1/0", "0" * 64, "none", "flip"])
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=4,
)


def places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [p for key, item in items for p in ((*path, key), *places(item, (*path, key)))]


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(sorted(RELEASES)), st.integers(0, 2), JSON, st.data())
def test_any_signed_value_gives_a_verdict(
    kind: str, which: int, value: object, data: st.DataObject
) -> None:
    """Even the key's holder cannot make the verifier fail in any other way, or run for long."""
    release = RELEASES[kind]
    audit = release.certificate.audit.to_dict()
    predicate = (
        audit,
        release.certificate.to_statement("0" * 64).predicate,
        release.precommitment.to_statement().predicate,
    )[which]
    changed = json.loads(json.dumps(predicate))
    *parents, last = data.draw(st.sampled_from(places(changed)))
    inner = changed
    for key in parents:
        inner = inner[key]
    inner[last] = value
    try:
        files = (
            honest.recommit(release, changed)
            if which == 0
            else honest.resign(release, certificate=changed)
            if which == 1
            else honest.resign(release, precommitment=changed)
        )
    except ValueError:
        return  # no JSON that a signer could produce: half a surrogate
    with contextlib.suppress(VerificationError):
        verify_release(files, release.digests, KEYS)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(RELEASES["flip"].contents)), st.binary(max_size=80))
def test_any_bytes_give_a_verdict(name: str, data: bytes) -> None:
    with pytest.raises(VerificationError):
        check(RELEASES["flip"], files={name: data})
    with pytest.raises(VerificationError):
        single_input(data, KEYS)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=120))
def test_any_signed_bytes_give_a_verdict(payload: bytes) -> None:
    with pytest.raises(VerificationError):
        check(RELEASES["flip"], files={"certificate.dsse.json": dsse.sign(payload, P256)})
