"""Where the draws came from: one sentence for every way in which a challenge proves nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from auditor.errors import EnvelopeError, ReleaseError, StatementError, VerificationError
from auditor.format import dsse
from auditor.format.challenge import Awaited, Count, Drand, DrandRound, Signed
from auditor.format.keys import PrivateKey
from auditor.randomness import draw_root
from auditor.verify.challenge import Origin, Witnesses
from auditor.verify.checking import release, single_input
from auditor.verify.witness import Beacon, TrustedTime
from tests import honest
from tests.honest import ED25519, P256, Honest

CHALLENGER = ED25519
OTHER = PrivateKey.generate()
ANY = Signed(keyid=None)
ROUND = DrandRound(chain_hash="52" * 32, round=1000, signature="ab" * 48)
WAITS = Drand(chain_hash=ROUND.chain_hash, round=ROUND.round)


def origin(made: Honest, witnesses: Witnesses) -> Origin:
    """Judge a folder, and check that the file of one input gives the same."""
    whole = release(made.contents, made.digests, [made.key.public], witnesses).challenge
    assert single_input(made.single(1), [made.key.public], witnesses).challenge == whole
    assert whole.text.isprintable()
    return whole


def signed(
    awaited: Awaited = ANY, answer: Callable[[str], bytes] | None = honest.challenge
) -> Honest:
    return honest.build("flip", awaited=awaited, answer=answer)


PINNED = Witnesses(keys=(CHALLENGER.public,))


def test_a_pinned_challengers_answer_fixes_the_draws() -> None:
    made = signed()
    found = origin(made, PINNED)
    assert found.kind == "signed"
    assert found.root == draw_root(
        bytes.fromhex(made.certificate.precommitment), bytes.fromhex("5a" * 32)
    )
    assert found.count is None
    assert "one of" not in found.reason


def test_the_one_challenger_whom_the_precommitment_names() -> None:
    named = Signed(keyid=CHALLENGER.public.keyid)
    both = Witnesses(keys=(OTHER.public, CHALLENGER.public))
    assert "one of" not in origin(signed(named), both).reason
    assert "one of 2" in origin(signed(), both).reason
    elsewhere = Signed(keyid=OTHER.public.keyid)
    assert "is not pinned" in origin(signed(elsewhere), PINNED).reason
    assert "no pinned challenger signed" in origin(signed(elsewhere), both).reason


def test_runs_are_counted_by_the_challenger_alone() -> None:
    count = Count(of_key=3, of_data=2)
    made = signed(answer=lambda digest: honest.challenge(digest, count=count))
    verified = release(made.contents, made.digests, [P256.public], PINNED)
    assert verified.challenge.count == count
    assert any("challenge 3 to this auditor's key" in line for line in verified.not_checked)
    stranger = release(made.contents, made.digests, [P256.public])
    assert stranger.challenge.count is None
    assert "number of runs made before this one: not excluded" in stranger.not_checked


def _by(key: PrivateKey) -> Callable[[str], bytes]:
    return lambda digest: honest.challenge(digest, key)


def _with(**changes: Any) -> Callable[[str], bytes]:
    return lambda digest: honest.challenge(digest, **changes)


SELF_DERIVED: dict[str, tuple[Honest, Witnesses, str]] = {
    "nobody was asked": (honest.build("flip"), PINNED, "waits for no challenge"),
    "asked for, not cited": (signed(answer=None), PINNED, "cites none"),
    "answered, not asked for": (signed(awaited=None), PINNED, "waits for no challenge"),
    "no challenger pinned": (signed(), Witnesses(), "no challenger is pinned"),
    "another challenger": (signed(answer=_by(OTHER)), PINNED, "no pinned challenger signed"),
    "by the auditor himself": (
        signed(answer=_by(P256)),
        Witnesses(keys=(P256.public,)),
        "no challenger is pinned",
    ),
    "in another's name": (
        signed(answer=_with(keyid=OTHER.public.keyid)),
        PINNED,
        "which did not sign it",
    ),
    "about another precommitment": (
        signed(answer=lambda _: honest.challenge("0" * 64)),
        PINNED,
        "another precommitment",
    ),
    "a second too old": (
        signed(answer=_with(created_at="2026-11-23T09:59:59Z")),
        PINNED,
        "older than the precommitment",
    ),
    "a round where a signature was awaited": (
        signed(answer=lambda _: ROUND.to_bytes()),
        PINNED,
        "challenge.dsse.json is missing",
    ),
}


@pytest.mark.parametrize(("made", "witnesses", "reason"), SELF_DERIVED.values(), ids=SELF_DERIVED)
def test_self_derived(made: Honest, witnesses: Witnesses, reason: str) -> None:
    found = origin(made, witnesses)
    assert found.kind == "self-derived"
    assert reason in found.reason
    assert found.text.startswith("self-derived: grinding not excluded (")
    assert found.count is None


def test_a_challenge_of_the_same_second_is_not_too_old() -> None:
    made = signed(answer=_with(created_at="2026-11-23T10:00:00Z"))
    assert origin(made, PINNED).kind == "signed"


def test_nothing_is_needed_where_nothing_is_drawn() -> None:
    found = origin(honest.build("two-mask"), Witnesses())
    assert (found.kind, found.text) == ("not-needed", "not needed: deterministic")


def test_without_its_file_a_cited_challenge_fixes_nothing() -> None:
    made = signed()
    files = {name: data for name, data in made.contents.items() if "challenge" not in name}
    found = release(files, made.digests, [P256.public], PINNED).challenge
    assert (found.kind, found.root) == ("self-derived", None)
    assert "challenge.dsse.json is missing" in found.reason


def test_a_challenge_that_is_not_the_cited_one_is_no_part_of_the_release() -> None:
    made = signed()
    files = {**made.contents, "challenge.dsse.json": honest.challenge("0" * 64)}
    with pytest.raises(ReleaseError, match="expected"):
        release(files, made.digests, [P256.public], PINNED)
    uncited = {**honest.build("flip").contents, "challenge.dsse.json": honest.challenge("0" * 64)}
    with pytest.raises(ReleaseError, match="expected none"):
        release(uncited, made.digests, [P256.public], PINNED)
    both = {**made.contents, "challenge.drand.json": ROUND.to_bytes()}
    with pytest.raises(ReleaseError, match="got two"):
        release(both, made.digests, [P256.public], PINNED)


@pytest.mark.parametrize("file", [b"", b"{}", b"[]", ROUND.to_bytes()])
def test_a_file_that_is_no_challenge_is_an_error(file: bytes) -> None:
    made = signed()
    with pytest.raises(EnvelopeError):
        release({**made.contents, "challenge.dsse.json": file}, made.digests, [P256.public])


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        (b"{}", StatementError),
        (b"no JSON", EnvelopeError),
        (honest.build("flip").precommitment.to_statement().to_payload(), StatementError),
    ],
)
def test_a_cited_challenge_that_says_something_else_is_an_error(
    payload: bytes, error: type[VerificationError]
) -> None:
    made = signed(answer=lambda _: dsse.sign(payload, CHALLENGER))
    with pytest.raises(error):
        release(made.contents, made.digests, [P256.public], PINNED)


# --- a round of the beacon -----------------------------------------------------------------------


def drand(**changes: Any) -> tuple[Honest, Witnesses]:
    """Return a release that waited for ROUND, and good witnesses with these changes."""
    made = honest.build("flip", awaited=WAITS, answer=lambda _: ROUND.to_bytes())
    beacon: dict[str, Any] = {
        "chain": ROUND.chain_hash,
        "round": ROUND.round,
        "value": hashlib.sha256(bytes.fromhex(ROUND.signature)).hexdigest(),
        "at": "2026-11-23T11:00:00Z",
    }
    time: dict[str, Any] = {
        "digest": made.certificate.precommitment,
        "at": "2026-11-23T10:59:59Z",
        "authority": "clock",
    }
    for name, value in changes.items():
        part, _, field = name.partition("_")
        {"beacon": beacon, "time": time}[part][field] = value
    return made, Witnesses(beacon=Beacon(**beacon), time=TrustedTime(**time))


def test_a_round_after_the_time_of_the_precommitment() -> None:
    made, witnesses = drand()
    found = origin(made, witnesses)
    assert found.kind == "drand"
    value = hashlib.sha256(bytes.fromhex(ROUND.signature)).digest()
    assert found.root == draw_root(bytes.fromhex(made.certificate.precommitment), value)
    assert (
        "number of runs made before this one: not excluded"
        in release(made.contents, made.digests, [P256.public], witnesses).not_checked
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"time_at": "2026-11-23T11:00:00Z"}, "is stamped 2026-11-23T11:00:00Z only"),
        ({"time_digest": "0" * 64}, "time stamp is about another precommitment"),
        ({"beacon_round": 1001}, "verified round is another one"),
        ({"beacon_value": "0" * 64}, "verified round is another one"),
        ({"beacon_chain": "0" * 64}, "verified round is another one"),
    ],
)
def test_a_round_that_proves_nothing(changes: dict[str, Any], reason: str) -> None:
    found = origin(*drand(**changes))
    assert found.kind == "self-derived"
    assert reason in found.reason


def test_a_round_that_the_precommitment_did_not_wait_for() -> None:
    later = DrandRound(chain_hash=ROUND.chain_hash, round=1001, signature=ROUND.signature)
    made = honest.build("flip", awaited=WAITS, answer=lambda _: later.to_bytes())
    _, witnesses = drand()
    found = origin(made, witnesses)
    assert "waits for round 1000, not 1001" in found.reason


def test_witnesses_that_are_missing_say_why() -> None:
    made, witnesses = drand()
    assert "the round was not verified" in origin(made, Witnesses()).reason
    beacon = Witnesses(beacon=witnesses.beacon)
    assert "the time of the precommitment was not verified" in origin(made, beacon).reason
    why = Witnesses(beacon=witnesses.beacon, why=("no time-stamping authority is pinned",))
    assert "no time-stamping authority is pinned" in origin(made, why).reason
