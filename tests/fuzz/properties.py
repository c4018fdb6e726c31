"""What has to hold whatever the bytes: one function for each way in. AssertionError if it does not.

Hypothesis and the coverage-guided fuzzer call the same ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Final

from auditor.errors import UsageError, VerificationError
from auditor.exact import rational
from auditor.format import (
    b64,
    challenge,
    dsse,
    input_list,
    leaf,
    members,
    merkle,
    model_signing,
    sigstore,
    single,
    statement,
    strict_json,
)
from auditor.format.keys import PrivateKey, PublicKey
from auditor.format.predicate import Certificate, Precommitment
from auditor.guarantee.smoothing import rule_for
from auditor.verify import verdict
from auditor.verify.challenge import Witnesses
from auditor.verify.checking import release as verify_release
from auditor.verify.checking import single_input
from auditor.verify.verified import Verified
from tests.fuzz import liars, oracle, releases, strangers
from tests.fuzz.choices import Choices
from tests.honest import ED25519, P256, Honest

KEYS: Final = (P256.public, ED25519.public)
WITNESSES: Final = Witnesses(keys=(ED25519.public,))
LIMIT: Final = 2**20
LONGEST: Final = 4000
"""Characters of a message: hostile names must not fill a terminal or a log."""


def _statement(kind: str, subject: str, data: bytes) -> object:
    parsed = statement.parse(data, "here", predicate_type=kind, subject=subject)
    match kind:
        case statement.PRECOMMITMENT:
            return Precommitment.from_dict(parsed.predicate)
        case statement.CERTIFICATE:
            return Certificate.from_dict(parsed.predicate)
        case _:
            return challenge.Challenge.from_statement(parsed)


def _strict(data: bytes) -> object:
    value = strict_json.parse(data, "here", limit=LIMIT)
    assert json.loads(data) == value
    assert strict_json.parse(strict_json.canonical(value), "here", limit=2 * LIMIT) == value
    return value


def _base64(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    decoded = b64.decode(text, "here")
    assert b64.encode(decoded) == text.replace("-", "+").replace("_", "/")
    return decoded


def _members(data: bytes) -> object:
    digests = members.parse(data, "here")
    assert members.build(digests) == data
    return digests


def _leaf(data: bytes) -> object:
    item = leaf.parse_leaf(data, "here")
    assert leaf.parse_leaf(item.to_bytes(), "here") == item
    return item


def _inputs(data: bytes) -> object:
    listed = input_list.parse(data, "here")
    assert input_list.build(listed.entries) == data
    return listed


def _proof(data: bytes) -> object:
    """Read index, size and hashes from bytes: no proof but the tree's own gives the tree's root."""
    size, index = 1 + data[0] % 9 if data else 1, data[1] % 9 if len(data) > 1 else 0
    leaves = [bytes([i]) for i in range(size)]
    tree = merkle.Tree(leaves)
    hashes = [data[i : i + 32] for i in range(2, len(data), 32)]
    merkle.verify_inclusion(leaves[index % size], index, size, hashes, tree.root)
    assert tuple(hashes) == tree.proof(index)
    return hashes


def _row(place: int, data: bytes) -> object:
    rule = rule_for(releases.release(place).certificate.audit.to_dict())
    row = data[: rule.row_size].ljust(rule.row_size, b"\x01")
    found = rule.judge(row)
    rule.check(found.label, found.statistics, found.frontier)
    return found


PARSERS: Final[tuple[Callable[[bytes], object], ...]] = (
    _strict,
    _base64,
    _members,
    _leaf,
    _inputs,
    _proof,
    lambda data: dsse.parse(data, "here"),
    lambda data: sigstore.unwrap(data, "here"),
    lambda data: single.parse(data, "here"),
    lambda data: challenge.parse_drand(data, "here"),
    lambda data: model_signing.parse(data, "here"),
    lambda data: _statement(statement.PRECOMMITMENT, "recipe.toml", data),
    lambda data: _statement(statement.CERTIFICATE, "members.sha256", data),
    lambda data: _statement(statement.CHALLENGE, challenge.SUBJECT, data),
    lambda data: PublicKey.from_pem(data, "here"),
    lambda data: PrivateKey.from_pem(data, "here"),
    lambda data: KEYS[len(data) % 2].verify(data, b"message"),
    lambda data: _row(len(data) % releases.COUNT, data),
)
_REFUSALS: Final = (VerificationError, UsageError)


def parser(place: int, data: bytes) -> None:
    """Every parser returns a value that is written back the same, or refuses in one short line."""
    try:
        PARSERS[place](data)
    except _REFUSALS as error:
        _check(error)


def number(text: str) -> None:
    """Text is a fraction in plain digits, or ValueError."""
    try:
        value = rational.parse(text)
    except ValueError:
        return
    assert value >= 0
    assert text.isascii()


def _check(error: Exception) -> None:
    message = verdict.failure_text(error) if isinstance(error, VerificationError) else str(error)
    assert len(message) < LONGEST
    assert message.removesuffix("\n").isprintable(), ascii(message)


def _outcome(verify: Callable[[], Verified]) -> Verified | None:
    """Return what was established, or None; nothing but VerificationError may stop it."""
    try:
        verified = verify()
    except VerificationError as error:
        _check(error)
        return None
    verdict.to_json(verified)
    for line in verdict.text(verified).splitlines():
        assert line.isprintable()
    return verified


def strangers_input(choices: Choices) -> bool:
    """What verifies after a stranger's mutation says what some honest file says, in every part."""
    made, _, data = strangers.changed_input(choices)
    verified = _outcome(lambda: single_input(data, [made.key.public], WITNESSES))
    if verified is None:
        return False
    parts = single.parse(data, "")
    honest = _signed_as(parts.certificate.payload).single(parts.index)
    ours = single.parse(honest, "")
    _same_claims(verified, single_input(honest, [made.key.public], WITNESSES))
    for name in ("leaf", "row", "index", "size", "proof"):
        assert getattr(parts, name) == getattr(ours, name), name
    assert parts.certificate.payload == ours.certificate.payload
    assert parts.precommitment.payload == ours.precommitment.payload
    return True


def payload(made: Honest, name: str) -> bytes:
    """Return the payload of one of a release's envelopes."""
    return dsse.parse(made.contents[name], name).payload


def _signed_as(signed: bytes) -> Honest:
    """Return the honest release whose certificate has this payload."""
    made = map(releases.release, range(releases.COUNT))
    return next(each for each in made if payload(each, "certificate.dsse.json") == signed)


ENVELOPES: Final = ("precommit.dsse.json", "certificate.dsse.json", "certificate.sigstore.json")
ABSENT: Final = ("certificate.sigstore.json", "challenge.dsse.json", "challenge.drand.json")


def strangers_folder(choices: Choices) -> bool:
    """What verifies after a stranger's mutation of a folder says what the honest one says."""
    made, files, digests = strangers.changed_folder(choices)
    verified = _outcome(lambda: verify_release(files, digests, [made.key.public], WITNESSES))
    if verified is None:
        return False
    name = "certificate.dsse.json"
    made = _signed_as(dsse.parse(files[name], name).payload)
    _same_claims(
        verified, verify_release(made.contents, made.digests, [made.key.public], WITNESSES)
    )
    for name, data in made.contents.items():
        if name not in files:
            assert name in ABSENT
        elif name not in (*ENVELOPES, "challenge.dsse.json"):
            assert files[name] == data, name
    assert digests == made.digests
    return True


def _same_claims(one: Verified, other: Verified) -> None:
    assert one.claims == other.claims
    assert (one.certificate, one.precommitment) == (other.certificate, other.precommitment)
    assert (one.digest, one.keyid, one.axes) == (other.digest, other.keyid, other.axes)
    # a challenge can be taken away, and then promises nothing; none can be won
    assert one.challenge.kind in {other.challenge.kind, "self-derived"}


def liars_release(choices: Choices) -> bool:
    """What its key's holder forged verifies only where every claim follows from the votes."""
    made = liars.dishonest(choices)
    verified = _outcome(
        lambda: verify_release(made.contents, made.digests, [made.key.public], WITNESSES)
    )
    for index in range(len(made.leaves)):
        one = _outcome(lambda index=index: single_input(made.single(index), [made.key.public]))  # type: ignore[misc]
        if one is not None:
            _founded(one, made, [index])
            assert verified is None or verified.claims[index] == one.claims[0]
    if verified is None:
        return False
    _founded(verified, made, range(len(made.leaves)))
    _totals(verified)
    return True


def _founded(verified: Verified, made: Honest, indices: Sequence[int]) -> None:
    audit = verified.certificate.audit.to_dict()
    for claim, index in zip(verified.claims, indices, strict=True):
        said = {"label": claim.label, "frontier": [most.to_json() for most in claim.frontier]}
        assert json.loads(made.leaves[index])["label"] == claim.label
        reason = oracle.unfounded(audit, said, made.rows[index])
        assert reason is None, (index, reason)


def _totals(verified: Verified) -> None:
    """The signed totals are those of the claims, counted naively."""
    right = [c for c in verified.claims if c.label is not None and c.label == c.true_label]
    summary = verified.certificate.summary
    assert summary.correct == len(right)
    assert summary.inputs == len(verified.claims)
    for budget, count in summary.certified:
        assert count == sum(c.certified(budget) for c in right)
