"""The gate passes what meets every demand, and nothing for any other reason."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft202012Validator

from auditor.errors import (
    ClaimError,
    EnvelopeError,
    ReleaseError,
    SignatureError,
    UndecidedError,
    VerificationError,
)
from auditor.format.challenge import Count, Signed
from auditor.guarantee.threat import Budget
from auditor.verify import forms, junit, sarif
from auditor.verify.check import TITLES, Check, Result, check, plain
from auditor.verify.checking import single_input
from auditor.verify.forms import Shown
from auditor.verify.gate import Report, judge, verdict_of
from auditor.verify.subject import NOT_A_MEMBER, subject_check
from auditor.verify.verified import Evidence, Sampled, Verified
from auditor.verify.witness import TrustedTime
from tests import gates, honest
from tests.clients.npm import PATIENCE
from tests.registry import ask

SIZE: Final = 6
LIST: Final = gates.listed(SIZE)
INPUTS: Final = {"list": "inputs.list", "sha256": hashlib.sha256(LIST).hexdigest()}
FILES: Final = {"inputs.list": LIST}
SHOWN: Final = Shown(
    release="build/digits", uri="build/digits/certificate.dsse.json", version="1", warn_only=False
)
SCHEMAS: Final = Path(__file__).resolve().parents[2] / "schemas"
VALIDATOR: Final = Draft202012Validator(json.loads((SCHEMAS / "gate-report.v1.json").read_bytes()))

FIXED: Final = honest.build("two-mask", inputs=SIZE)
FLIP: Final = honest.build("flip", inputs=SIZE)
CERTIFICATE: Final = gates.verified(FIXED)
RANDOM: Final = gates.verified(FLIP)
RUN_OFF: Final = gates.verified(honest.build("run-off"))
SUBJECT: Final = hashlib.sha256(FIXED.contents["members.sha256"]).hexdigest()
ROOT: Final = FIXED.certificate.audit.dataset_root
INPUTS_ROOT: Final = FIXED.certificate.audit.inputs_root
ARTEFACT: Final = {"name": "weights", "sha256": "e" * 64}


def judged(
    verified: Verified | VerificationError = CERTIFICATE,
    *,
    trust: Mapping[str, object] | None = None,
    now: str = gates.NOW,
    resource_uri: str | None = None,
    baseline_release: Verified | VerificationError | None = None,
    **tables: object,
) -> Report:
    return judge(
        verified,
        gates.trust(**(trust or {})),
        gates.policy(FILES, **tables),
        now=now,
        resource_uri=resource_uri,
        baseline=baseline_release,
    )


def results(report: Report) -> dict[str, Result]:
    return {item.id: item.result for item in report.checks}


def accuracy(verified: Verified = CERTIFICATE, **tables: object) -> Report:
    return judged(verified, inputs=INPUTS, accuracy=tables)


DEMANDS: Final[Mapping[str, tuple[str, dict[str, Any], dict[str, Any]]]] = {
    "subject": ("AUD-SUB-001", {"subject": {"sha256": SUBJECT}}, {"subject": {"sha256": "0" * 64}}),
    "data": ("AUD-DAT-001", {"data": {"roots": ["0" * 64, ROOT]}}, {"data": {"roots": ["0" * 64]}}),
    "input root": ("AUD-INP-002", {"inputs": {"root": INPUTS_ROOT}}, {"inputs": {"root": ROOT}}),
    "unit": ("AUD-THR-001", {"threat": {"unit": "example"}}, {"threat": {"unit": "group"}}),
    "required move": (
        "AUD-THR-002",
        {"threat": {"requireMoves": {"modify": 1, "relabel": 3}}},
        {"threat": {"requireMoves": {"modify": 1, "insert": 3}}},
    ),
    "allowed moves": (
        "AUD-THR-003",
        {"threat": {"allowMoves": ["modify", "relabel", "insert"]}},
        {"threat": {"allowMoves": ["modify"]}},
    ),
    "alpha": (
        "AUD-ALP-001",
        {"claim": {"alphaAtMost": "1/1000"}, "of": RANDOM},
        {"claim": {"alphaAtMost": "999/1000000"}, "of": RANDOM},
    ),
    "scope": (
        "AUD-ALP-002",
        {"claim": {"scopes": ["simultaneous"]}, "of": RANDOM},
        {"claim": {"scopes": ["per-input"]}, "of": RANDOM},
    ),
    "smoothing": (
        "AUD-SMO-001",
        {"recipe": {"smoothings": [{"training": "partition", "test": "two-mask"}]}},
        {
            "recipe": {
                "smoothings": [
                    {"training": "partition", "test": "none"},
                    {"training": "none", "test": "two-mask"},
                ]
            }
        },
    ),
    "run-off": (
        "AUD-SMO-001",
        {
            "recipe": {
                "smoothings": [{"training": "partition", "test": "none", "vote": "run-off"}]
            },
            "of": RUN_OFF,
        },
        {
            "recipe": {"smoothings": [{"training": "partition", "test": "none"}]},
            "of": RUN_OFF,
        },
    ),
    "plurality": (
        "AUD-SMO-001",
        {
            "recipe": {
                "smoothings": [{"training": "partition", "test": "two-mask", "vote": "plurality"}]
            }
        },
        {
            "recipe": {
                "smoothings": [{"training": "partition", "test": "two-mask", "vote": "run-off"}]
            }
        },
    ),
    "selection": (
        "AUD-SEL-001",
        {"recipe": {"selections": ["none"]}},
        {"recipe": {"selections": ["trusted-data"]}},
    ),
    "determinism": (
        "AUD-DET-001",
        {"recipe": {"determinism": ["bitwise"]}},
        {"recipe": {"determinism": ["assumed"]}},
    ),
    "no trusted artefact": (
        "AUD-TRU-001",
        {"recipe": {"trusted": []}},
        {
            "recipe": {"trusted": []},
            "of": gates.verified(honest.build("partition", trusted=[ARTEFACT])),
        },
    ),
    "one trusted artefact": (
        "AUD-TRU-001",
        {
            "recipe": {"trusted": [ARTEFACT]},
            "of": gates.verified(honest.build("partition", trusted=[ARTEFACT])),
        },
        {
            "recipe": {"trusted": [{**ARTEFACT, "sha256": "f" * 64}]},
            "of": gates.verified(honest.build("partition", trusted=[ARTEFACT])),
        },
    ),
    "challenge": (
        "AUD-CHA-001",
        {"challenge": {"kinds": ["self-derived"]}, "of": RANDOM},
        {"challenge": {"kinds": ["signed", "drand"]}, "of": RANDOM},
    ),
}


@pytest.mark.parametrize(("number", "met", "missed"), DEMANDS.values(), ids=DEMANDS)
def test_each_demand_decides_alone(
    number: str, met: Mapping[str, Any], missed: Mapping[str, Any]
) -> None:
    for tables, result, code in ((met, "pass", 0), (missed, "fail", 1)):
        demands = dict(tables)
        report = judged(demands.pop("of", CERTIFICATE), **demands)
        assert results(report)[number] == result
        assert (report.verdict, report.exit_code) == (result, code)


def test_a_policy_that_demands_nothing_is_undecided() -> None:
    report = judged()
    assert (report.verdict, report.exit_code) == ("undecided", 3)
    assert results(report)["AUD-POL-001"] == "undecided"
    untold = judged(subject={"resourceUri": "https://a"})
    assert (untold.verdict, results(untold)["AUD-SUB-003"]) == ("undecided", "undecided")


def test_a_sample_from_a_given_seed_is_no_evidence_unless_it_is_all_there_is() -> None:
    demands: dict[str, Any] = {"evidence": {"replay": 50, "retrain": 5}}
    part: dict[str, Any] = {"votes": sampled(90, 80), "members": sampled(7, 6), "bitwise": 6}
    assert judged(evidence(**part), **demands).verdict == "pass"
    given = judged(evidence(**part, fresh=False), **demands)
    assert given.verdict == "undecided"
    assert results(given)["AUD-EVI-001"] == results(given)["AUD-EVI-002"] == "undecided"
    whole = evidence(votes=ALL, members=sampled(7, 7), bitwise=7, fresh=False)
    assert judged(whole, **demands).verdict == "pass"


def test_members_that_only_vote_alike_are_not_the_same_bits() -> None:
    demands: dict[str, Any] = {"evidence": {"retrain": 5, "match": "bitwise"}}
    same = evidence(members=sampled(7, 6), bitwise=6)
    assert results(judged(same, **demands))["AUD-EVI-004"] == "pass"
    alike = evidence(members=sampled(7, 6), bitwise=5)
    assert results(judged(alike, **demands))["AUD-EVI-004"] == "fail"
    assert results(judged(**demands))["AUD-EVI-004"] == "fail"


def test_a_demand_that_fails_beside_many_that_hold_is_a_failure() -> None:
    report = judged(subject={"sha256": SUBJECT}, threat={"unit": "group"}, data={"roots": [ROOT]})
    assert report.verdict == "fail"


@pytest.mark.parametrize(
    ("error", "number", "verdict"),
    [
        (SignatureError("x"), "AUD-SIG-001", "fail"),
        (EnvelopeError("x"), "AUD-SIG-001", "fail"),
        (ClaimError("x"), "AUD-CRT-001", "fail"),
        (ReleaseError("x"), "AUD-CRT-002", "fail"),
        (UndecidedError("x"), "AUD-CRT-001", "undecided"),
    ],
)
def test_what_does_not_verify_never_passes(
    error: VerificationError, number: str, verdict: str
) -> None:
    report = judged(error, subject={"sha256": SUBJECT})
    assert results(report) == {number: verdict}
    assert (report.verdict, report.exit_code) == (verdict, error.exit_code)
    assert report.levels == ()


def test_the_file_of_a_single_input_is_undecided() -> None:
    single = single_input(FIXED.single(0), [FIXED.key.public])
    report = judged(single, data={"roots": [ROOT]})
    assert report.verdict == "undecided"


@given(
    st.lists(st.tuples(st.sampled_from(["pass", "fail", "undecided"]), st.booleans()), max_size=6)
)
def test_only_criteria_that_all_pass_make_a_pass(found: list[tuple[Result, bool]]) -> None:
    checks = [
        Check(id="AUD-POL-001", result=result, about="", expected="", actual="", criterion=demanded)
        for result, demanded in found
    ]
    everything = {result for result, _ in found}
    verdict = verdict_of(checks)
    assert (verdict == "pass") == (everything == {"pass"} and any(c for _, c in found))
    assert (verdict == "fail") == ("fail" in everything)


def test_trust_is_judged_whatever_the_policy_demands() -> None:
    demands: dict[str, Any] = {"subject": {"sha256": SUBJECT}}
    revoked = {"revokedSerials": ["0" * 32]}
    assert results(judged(trust=revoked, **demands))["AUD-REV-001"] == "fail"
    assert judged(now="2026-11-23T09:59:59Z", **demands).verdict == "fail"
    late = judged(now="2026-12-31T00:00:00Z", trust={"maximumAge": 30}, **demands)
    assert results(late)["AUD-AGE-002"] == "fail"
    stamped = replace(
        CERTIFICATE, time=TrustedTime(digest="0" * 64, at="2026-12-01T00:00:00Z", authority="t")
    )
    again = judged(stamped, now="2026-12-31T00:00:00Z", trust={"maximumAge": 30}, **demands)
    assert results(again)["AUD-AGE-002"] == "fail"  # stamped later, and no younger for it


def test_inputs_are_the_listed_ones_all_and_in_order() -> None:
    assert results(judged(inputs=INPUTS))["AUD-INP-001"] == "pass"
    lines = LIST.splitlines(keepends=True)
    for other in (
        lines[:-1],
        [*lines, lines[0]],
        [lines[1], lines[0], *lines[2:]],
        [lines[0], *lines[:-1]],
        [lines[0].replace(b"  0", b"  1"), *lines[1:]],
        [lines[0].replace(b"  0", b"  zero"), *lines[1:]],
    ):
        data = b"".join(other)
        pinned = gates.policy(
            {"l": data}, inputs={"list": "l", "sha256": hashlib.sha256(data).hexdigest()}
        )
        report = judge(CERTIFICATE, gates.trust(), pinned, now=gates.NOW)
        assert results(report)["AUD-INP-001"] == "fail", other


def test_an_input_without_a_true_label_is_not_the_listed_one_and_counts_against() -> None:
    first = replace(CERTIFICATE.claims[0], true_label=None)
    nameless = replace(CERTIFICATE, claims=(first, *CERTIFICATE.claims[1:]))
    report = accuracy(nameless, cleanAtLeast="5/6")
    assert results(report)["AUD-INP-001"] == "fail"
    assert CERTIFICATE.claims[0].certified({})
    for budget in ({}, {"trainExamples": 1}):
        demand = [{"budget": budget, "atLeast": share(budget)}]
        before, after = accuracy(certified=demand), accuracy(nameless, certified=demand)
        assert results(before)["AUD-ACC-001"] == "pass"
        assert results(after)["AUD-ACC-001"] == "fail"


def share(budget: Mapping[str, int]) -> str:
    return str(CERTIFICATE.certified_accuracy(budget))


@pytest.mark.parametrize("budget", [{"trainExamples": 1}, {"trainExamples": 2, "inputFeatures": 1}])
def test_certified_accuracy_is_exact(budget: dict[str, int]) -> None:
    found = CERTIFICATE.certified_accuracy(budget)
    assert 0 < found < 1
    enough = [{"budget": budget, "atLeast": str(found)}]
    assert accuracy(certified=enough).verdict == "pass"
    more = found + Fraction(1, 10**16)
    assert accuracy(certified=[{"budget": budget, "atLeast": str(more)}]).verdict == "fail"


def test_a_budget_that_no_claim_speaks_of_is_not_met() -> None:
    demand = [{"budget": {"inputPatch": 1}, "atLeast": "1/1000000"}]
    assert accuracy(certified=demand).verdict == "fail"


def test_clean_accuracy_and_abstention_are_exact() -> None:
    claims = CERTIFICATE.claims
    right = Fraction(sum(c.label == c.true_label for c in claims), SIZE)
    silent = Fraction(sum(c.label is None for c in claims), SIZE)
    assert accuracy(cleanAtLeast=str(right)).verdict == "pass"
    mute = replace(CERTIFICATE, claims=(replace(claims[0], label=None, frontier=()), *claims[1:]))
    assert accuracy(mute, cleanAtLeast=str(right)).verdict == "fail"
    assert accuracy(mute, abstentionAtMost=str(silent + Fraction(1, SIZE))).verdict == "pass"
    assert accuracy(mute, abstentionAtMost=str(silent) if silent else 0).verdict == "fail"


def evidence(
    *,
    votes: Sampled | None = None,
    members: Sampled | None = None,
    lost: int = 0,
    certified: int = 0,
    given: int = 0,
    fresh: bool = True,
    bitwise: int | None = None,
) -> Verified:
    """Return the certificate with evidence under which the first ``lost`` claims fall."""
    claims = CERTIFICATE.claims
    fallen = tuple(replace(c, label=None, frontier=()) for c in claims[:lost])
    return replace(
        CERTIFICATE,
        evidence=Evidence(
            secret="5a" * 32,
            fresh=fresh,
            votes=votes,
            members=members,
            bitwise=bitwise,
            surviving=(*fallen, *claims[lost:]),
            certified=tuple((budget, certified) for budget in CERTIFICATE.budgets),
            given_members=tuple((budget, given) for budget in CERTIFICATE.budgets),
        ),
    )


def sampled(of: int, seen: int, found: int = 0, delta: str = "1/1000") -> Sampled:
    return Sampled(of=of, sampled=seen, found=found, delta=delta, undetected=found)


def test_accuracy_is_counted_after_what_is_in_doubt_was_taken_off() -> None:
    budget = {"trainExamples": 1}
    demand = [{"budget": budget, "atLeast": share(budget)}]
    assert CERTIFICATE.claims[0].certified(budget)
    assert accuracy(evidence(), certified=demand).verdict == "pass"
    doubted = evidence(lost=1)
    assert accuracy(doubted, certified=demand).verdict == "fail"
    everything = Fraction(sum(c.label == c.true_label for c in CERTIFICATE.claims), SIZE)
    assert accuracy(doubted, cleanAtLeast=str(everything)).verdict == "fail"
    assert accuracy(doubted, abstentionAtMost=0).verdict == "fail"


def test_forgery_that_cannot_be_everywhere_is_not_counted_everywhere() -> None:
    right = sum(c.label == c.true_label for c in CERTIFICATE.claims)
    spread = evidence(lost=SIZE, certified=right)
    assert accuracy(spread, cleanAtLeast=str(Fraction(right, SIZE))).verdict == "pass"
    assert accuracy(spread, abstentionAtMost=str(1 - Fraction(right, SIZE))).verdict == "pass"


def test_members_are_taken_as_given_only_where_the_policy_says_so() -> None:
    budget = {"trainExamples": 1}
    right = sum(c.label == c.true_label for c in CERTIFICATE.claims)
    doubted = evidence(members=sampled(7, 3), lost=SIZE, given=right)
    demands: dict[str, Any] = {
        "certified": [{"budget": budget, "atLeast": str(Fraction(right, SIZE))}],
        "cleanAtLeast": str(Fraction(right, SIZE)),
        "abstentionAtMost": str(1 - Fraction(right, SIZE)),
    }
    for number, name in enumerate(demands, 1):
        demand = {name: demands[name]}
        assert results(accuracy(doubted, **demand))[f"AUD-ACC-00{number}"] == "fail"
        report = accuracy(doubted, **demand, given="members")
        assert results(report)[f"AUD-ACC-00{number}"] == "pass"
        assert "given the members" in report.checks[-1].actual
        wrong = replace(
            doubted,
            evidence=replace(doubted.evidence, members=sampled(7, 3, found=1)),  # type: ignore[type-var]
        )
        assert accuracy(wrong, **demand, given="members").verdict == "fail"
    beyond = [{"budget": {"trainExamples": 4}, "atLeast": "1/6"}]
    assert accuracy(doubted, certified=beyond, given="members").verdict == "fail"


ALL: Final = sampled(90, 90)


@pytest.mark.parametrize(
    ("demand", "found", "passes"),
    [
        ({"replay": "all"}, CERTIFICATE, False),
        ({"replay": "all"}, evidence(votes=sampled(90, 89)), False),
        ({"replay": "all"}, evidence(votes=ALL), True),
        ({"replay": "all"}, evidence(members=ALL), False),
        ({"replay": 40}, evidence(votes=sampled(90, 40)), True),
        ({"replay": 40}, evidence(votes=sampled(90, 39)), False),
        ({"replay": 1000}, evidence(votes=ALL), True),
        ({"retrain": 3}, evidence(votes=ALL), False),
        ({"retrain": 3}, evidence(members=sampled(7, 3)), True),
        ({"retrain": 3}, evidence(members=sampled(7, 2)), False),
        ({"retrain": 9}, evidence(members=sampled(7, 7)), True),
        ({"deltaAtMost": "1/1000"}, CERTIFICATE, False),
        ({"deltaAtMost": "1/1000"}, evidence(votes=ALL), True),
        ({"deltaAtMost": "1/1001"}, evidence(votes=ALL), False),
        (
            {"deltaAtMost": "1/1000"},
            evidence(votes=ALL, members=sampled(7, 3, delta="1/999")),
            False,
        ),
    ],
)
def test_evidence_that_is_demanded_must_have_been_gathered(
    demand: Mapping[str, object], found: Verified, passes: bool
) -> None:
    assert judged(found, evidence=demand).verdict == ("pass" if passes else "fail")


@pytest.mark.parametrize(
    ("found", "levels"),
    [
        (CERTIFICATE, set()),
        (evidence(votes=ALL), {"VOTES_REPLAYED"}),
        (evidence(votes=sampled(90, 90, found=1)), {"VOTES_REPLAYED"}),
        (evidence(votes=sampled(90, 89)), {"VOTES_SAMPLED"}),
        (
            evidence(votes=ALL, members=sampled(7, 7), bitwise=7),
            {"VOTES_REPLAYED", "MEMBERS_RETRAINED"},
        ),
        (evidence(members=sampled(7, 6), bitwise=6), {"MEMBERS_SAMPLED"}),
        (evidence(members=sampled(7, 7, found=1), bitwise=6), {"MEMBERS_SAMPLED"}),
        (evidence(members=sampled(7, 7), bitwise=6), {"MEMBERS_SAMPLED"}),
    ],
)
def test_levels_say_what_was_redone_and_no_more(found: Verified, levels: set[str]) -> None:
    names = {f"ROBUSTNESS_{name}" for name in {"SIGNATURE", "ARITHMETIC"} | levels}
    assert set(judged(found, data={"roots": [ROOT]}).levels) == names


def test_nothing_random_needs_no_challenge_and_says_so() -> None:
    report = judged(challenge={"kinds": ["signed"], "ofKeyAtMost": 1, "ofDataAtMost": 1})
    assert report.verdict == "pass"
    assert {item.actual for item in report.checks if item.id.startswith("AUD-CHA")} == {
        "not needed: deterministic"
    }
    scoped = judged(claim={"scopes": ["per-input"], "alphaAtMost": 0})
    assert scoped.verdict == "pass"


def challenged(count: Count | None) -> Verified:
    built = honest.build(
        "flip",
        inputs=SIZE,
        awaited=Signed(keyid=None),
        answer=lambda digest: honest.challenge(digest, count=count),
    )
    return gates.verified(built, challengers=True)


def test_challenges_count_as_the_challenger_counts() -> None:
    demand = {"kinds": ["signed"], "ofKeyAtMost": 3, "ofDataAtMost": 1}
    assert judged(challenged(Count(of_key=3, of_data=1)), challenge=demand).verdict == "pass"
    for count, number in (
        (Count(of_key=4, of_data=1), "AUD-CHA-002"),
        (Count(of_key=3, of_data=2), "AUD-CHA-003"),
        (None, "AUD-CHA-002"),
    ):
        report = judged(challenged(count), challenge=demand)
        assert results(report)["AUD-CHA-001"] == "pass"
        assert results(report)[number] == "fail"


def test_a_beacon_counts_only_where_it_is_trusted() -> None:
    drawn = replace(RANDOM, challenge=replace(RANDOM.challenge, kind="drand"))
    demand = {"kinds": ["drand"]}
    assert judged(drawn, challenge=demand).verdict == "fail"
    assert judged(drawn, trust={"drand": ["quicknet"]}, challenge=demand).verdict == "pass"


def test_another_resource_is_refused() -> None:
    named: dict[str, Any] = {"subject": {"resourceUri": "https://a/m", "sha256": SUBJECT}}
    assert judged(**named).verdict == "undecided"  # it was not told what the resource is called
    assert judged(**named, resource_uri="https://a/m").verdict == "pass"
    assert judged(**named, resource_uri="https://a/n").verdict == "fail"


@pytest.mark.parametrize(
    ("counted", "shape", "demanded", "verdict"),
    [
        ("pixel", (3, 8, 8), "pixel", "pass"),
        ("pixel", (3, 8, 8), "channel", "pass"),
        ("channel", (3, 8, 8), "channel", "pass"),
        ("channel", (3, 8, 8), "pixel", "fail"),
        (None, (3, 8, 8), "pixel", "fail"),
        ("channel", (1, 8, 8), "pixel", "pass"),
        ("pixel", (64,), "channel", "pass"),
        ("pixel", (64,), "pixel", "fail"),
    ],
    ids=str,
)
def test_changed_pixels_hold_changed_channels_but_not_the_other_way(
    counted: str | None, shape: tuple[int, ...], demanded: str, verdict: str
) -> None:
    """Of one channel both are one; a table has no pixels, whatever its recipe calls a value."""
    audit = CERTIFICATE.certificate.audit
    alphabet = {"kind": "binary", "threshold": "8"} | ({"unit": counted} if counted else {})
    changed = replace(audit, recipe={**audit.recipe, "alphabet": alphabet}, shape=shape)
    found = replace(CERTIFICATE, certificate=replace(CERTIFICATE.certificate, audit=changed))
    assert judged(found, threat={"featureUnit": demanded}).verdict == verdict


LISTING: Final = FIXED.contents["members.sha256"]


@pytest.mark.parametrize(
    ("data", "result"),
    [(LISTING, "pass"), (FIXED.voting["members/000001.onnx"], "pass"), (b"my.onnx", "fail")],
)
def test_a_file_belongs_to_the_release_or_is_told_what_does(data: bytes, result: str) -> None:
    digest = hashlib.sha256(data).hexdigest()
    found = subject_check(CERTIFICATE, LISTING, digest, "my.onnx")
    assert found.result == result
    assert (NOT_A_MEMBER in found.actual) == (result == "fail")
    for words in ("the subject is an ensemble", "audit predict", "auditor.load"):
        assert words in NOT_A_MEMBER
    report = judge(
        CERTIFICATE,
        gates.trust(),
        gates.policy(data={"roots": [ROOT]}),
        now=gates.NOW,
        subject=found,
    )
    assert report.verdict == result


def test_a_list_of_members_that_changed_meanwhile_decides_nothing() -> None:
    digest = hashlib.sha256(b"evil").hexdigest()
    other = f"{digest}  members/000000.onnx\n".encode()
    assert subject_check(CERTIFICATE, other, digest, "x").result == "undecided"


def test_the_subject_alone_makes_no_pass() -> None:
    found = subject_check(CERTIFICATE, LISTING, hashlib.sha256(LISTING).hexdigest(), "x")
    report = judge(CERTIFICATE, gates.trust(), gates.policy(), now=gates.NOW, subject=found)
    assert report.verdict == "undecided"


# --- what is written ---------------------------------------------------------------------------

HOSTILE: Final = (
    "x\n::error file=a::pwned ##[add-mask]y ##vso[task.complete]z \x1b[2J\u202e\u2028\x00\x85"
    "\ufffe]]><![CDATA[&lt;</testsuite>\"' [link](http://a) {0}"
)


def hostile() -> Report:
    built = honest.build(
        "partition",
        inputs=SIZE,
        trusted=[{"name": HOSTILE, "sha256": "e" * 64}],
        classes=[HOSTILE, "1"],
    )
    pinned = gates.policy(
        FILES, inputs=INPUTS, recipe={"trusted": []}, accuracy={"cleanAtLeast": 1}
    )
    return judge(gates.verified(built), gates.trust(), pinned, now=gates.NOW)


REPORTS: Final[Mapping[str, Report]] = {
    "pass": judged(data={"roots": [ROOT]}),
    "fail": accuracy(certified=[{"budget": {}, "atLeast": 1}], cleanAtLeast=1),
    "undecided": judged(),
    "missing": judged(UndecidedError(f"evidence.bin: missing {HOSTILE}")),
    "refuted": judged(ClaimError(HOSTILE)),
    "evidence": judged(evidence(votes=ALL, members=sampled(7, 3)), evidence={"replay": 1}),
    "hostile": hostile(),
}


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_json_fits_its_schema_in_every_case(report: Report) -> None:
    value = json.loads(forms.to_json(report, SHOWN))
    VALIDATOR.validate(value)
    assert value["verdict"] == report.verdict
    assert value["exitCode"] == {"pass": 0, "fail": 1, "undecided": 3}[report.verdict]
    assert value["policy"]["sha256"] == report.policy.sha256
    assert value["trust"]["sha256"] == report.trust.sha256


def test_json_of_a_misused_gate_fits_too() -> None:
    from auditor.errors import UsageError

    VALIDATOR.validate(json.loads(forms.failure_json(UsageError(HOSTILE))))


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_every_form_names_both_files_by_digest(report: Report) -> None:
    for form in (forms.text, forms.to_json, sarif.sarif, junit.junit):
        written = form(report, SHOWN)
        assert report.policy.sha256 in written
        assert report.trust.sha256 in written


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_junit_has_one_case_for_each_check(report: Report) -> None:
    suite = ET.fromstring(junit.junit(report, SHOWN))[0]  # noqa: S314 - our own text
    cases = suite.findall("testcase")
    assert len(cases) == len(report.checks) == int(suite.attrib["tests"])
    for tag, result in (("failure", "fail"), ("error", "undecided")):
        count = sum(item.result == result for item in report.checks)
        assert sum(case.find(tag) is not None for case in cases) == count
        assert int(suite.attrib[f"{tag}s"]) == count
    names = [(case.attrib["classname"], case.attrib["name"]) for case in cases]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_sarif_has_one_finding_for_each_check_that_did_not_pass(report: Report) -> None:
    run = json.loads(sarif.sarif(report, SHOWN))["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted(TITLES)
    assert len(run["results"]) == sum(item.result != "pass" for item in report.checks)
    prints = [result["partialFingerprints"]["auditorCheck/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        location = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert location["uri"] == SHOWN.uri


# The schema of SARIF 2.1.0, draft 4, as Microsoft ships it for tests of SARIF writers.
PACKAGE: Final = "@microsoft/jest-sarif@1.0.0-beta.0"
SARIF_SCHEMA: Final = "package/lib/schemas/sarif-2.1.0-rtm.5.json"
SARIF_SHA256: Final = "2d99159ae54a3eea97f81781cff48780548657c35949f4b7f25e99a2ba4de4f8"


@pytest.mark.slow
def test_sarif_fits_the_published_schema(tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("no npm here")
    ask(["npm", "pack", *PATIENCE, PACKAGE], folder=tmp_path)
    with tarfile.open(next(tmp_path.glob("*.tgz"))) as archive:
        file = archive.extractfile(SARIF_SCHEMA)
        assert file is not None
        data = file.read()
    assert hashlib.sha256(data).hexdigest() == SARIF_SHA256
    published = Draft4Validator(json.loads(data))
    for report in REPORTS.values():
        published.validate(json.loads(sarif.sarif(report, SHOWN)))
    assert not published.is_valid({"version": "2.1.0", "runs": [{"results": []}]}), "a tool is due"


def test_a_finding_keeps_its_fingerprint_whatever_the_figures() -> None:
    def prints(least: str) -> list[str]:
        report = accuracy(certified=[{"budget": {"trainExamples": 2}, "atLeast": least}])
        run = json.loads(sarif.sarif(report, SHOWN))["runs"][0]
        return [result["partialFingerprints"]["auditorCheck/v1"] for result in run["results"]]

    assert prints("0.99") == prints("0.98") != []


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_no_text_of_a_signer_can_command_a_terminal_or_a_runner(report: Report) -> None:
    for form in (forms.text, forms.to_json, sarif.sarif, junit.junit):
        written = form(report, SHOWN)
        assert all(char.isprintable() or char == "\n" for char in written)
        assert "##[" not in written
        assert "##vso[" not in written
        for line in written.splitlines():
            assert not line.lstrip().startswith("::")
    report_lines = forms.text(report, SHOWN).splitlines()
    assert sum(line.startswith("GATE ") for line in report_lines) == 1


@given(st.text())
def test_plain_text_is_one_printable_line(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert "::" not in shown
    assert "##" not in shown
    element = ET.Element("a", {"b": shown})
    assert ET.fromstring(ET.tostring(element)).attrib["b"] == shown  # noqa: S314 - our own text


def test_a_warning_reports_as_ever_and_says_what_it_left_out() -> None:
    shown = replace(SHOWN, warn_only=True)
    report = REPORTS["fail"]
    value = json.loads(forms.to_json(report, shown))
    VALIDATOR.validate(value)
    assert (value["verdict"], value["exitCode"], value["warnOnly"]) == ("fail", 0, True)
    assert "exit code 0 instead of 1" in forms.text(report, shown)


def test_a_check_that_is_not_in_the_table_cannot_be_made() -> None:
    with pytest.raises(KeyError):
        check("AUD-XXX-001", holds=True, expected="", actual="")


# --- against an earlier release ----------------------------------------------------------------


def based(baseline: Verified | VerificationError | None, **changes: object) -> Report:
    wanted = {"release": "../old", "maxDrop": 0, **changes}
    return judged(baseline_release=baseline, baseline=wanted)


def test_no_worse_than_an_earlier_release() -> None:
    assert based(CERTIFICATE).verdict == "pass"
    assert based(CERTIFICATE, sha256=CERTIFICATE.digest).verdict == "pass"
    better = replace(
        CERTIFICATE,
        claims=tuple(
            replace(c, label=c.true_label, frontier=CERTIFICATE.claims[0].frontier)
            for c in CERTIFICATE.claims
        ),
    )
    assert based(better).verdict == "fail"
    assert based(better, maxDrop="9/10").verdict == "pass"


def test_without_an_earlier_release_to_compare_with_nothing_passes() -> None:
    for missing in (None, UndecidedError("../old: missing"), SignatureError("no key"), RANDOM):
        assert based(missing).verdict == "undecided"
    assert based(CERTIFICATE, sha256="0" * 64).verdict == "undecided"
    assert based(CERTIFICATE, at=[{"inputPatch": 1}]).verdict == "undecided"
    assert Budget() in CERTIFICATE.budgets
