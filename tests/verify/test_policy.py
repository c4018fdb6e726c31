"""What is demanded: reading release.toml, and that schemas and code accept the same documents."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from auditor.errors import UsageError
from auditor.format import input_list
from auditor.guarantee.threat import Budget
from auditor.verify import policy as policies
from auditor.verify import trust as trusts
from auditor.verify.policy import Policy
from auditor.verify.settings import share
from tests import honest
from tests.gates import document

SCHEMAS: Final = Path(__file__).resolve().parents[2] / "schemas"
LIST: Final = input_list.build([("0" * 64, "1"), ("1" * 64, "7")])
DIGEST: Final = hashlib.sha256(LIST).hexdigest()
FILES: Final = {"inputs.list": LIST, "a.pub": honest.P256.public.pem.encode()}

POLICY: Final[Mapping[str, Any]] = {
    "version": 1,
    "subject": {"sha256": "a" * 64, "resourceUri": "https://example.com/model"},
    "data": {"roots": ["b" * 64, "c" * 64]},
    "inputs": {"list": "inputs.list", "sha256": DIGEST, "root": "d" * 64},
    "threat": {
        "unit": "example",
        "featureUnit": "pixel",
        "requireMoves": {"modify": 1, "relabel": 2},
        "allowMoves": ["modify", "relabel"],
    },
    "claim": {"alphaAtMost": "1/1000", "scopes": ["simultaneous"]},
    "recipe": {
        "smoothings": [{"training": "partition", "test": "two-mask"}],
        "trusted": [{"name": "weights", "sha256": "e" * 64}],
        "selections": ["none"],
        "determinism": ["bitwise"],
    },
    "accuracy": {
        "certified": [{"budget": {"trainExamples": 5, "inputFeatures": 1}, "atLeast": "0.75"}],
        "cleanAtLeast": Decimal("0.9"),
        "abstentionAtMost": 0,
        "given": "members",
    },
    "challenge": {"kinds": ["signed"], "ofKeyAtMost": 3, "ofDataAtMost": 1},
    "evidence": {"replay": "all", "retrain": 2, "match": "bitwise", "deltaAtMost": "1/1000"},
    "baseline": {
        "release": "../old",
        "sha256": "f" * 64,
        "maxDrop": Decimal("0.02"),
        "at": [{"trainExamples": 5}, {}],
    },
}
TRUST: Final[Mapping[str, Any]] = {
    "version": 1,
    "keys": [
        {
            "name": "a",
            "file": "a.pub",
            "keyid": honest.P256.public.keyid,
            "roles": ["auditor"],
            "notBefore": "2026-01-01",
            "notAfter": "2027-01-01T00:00:00Z",
        },
        {"name": "b", "pem": honest.ED25519.public.pem, "roles": ["challenger"]},
    ],
    "timestampers": [{"name": "t", "pem": "-----BEGIN CERTIFICATE-----"}],
    "drand": ["quicknet"],
    "maximumAge": 30,
    "revokedSerials": ["0" * 32],
}


def parse(value: Mapping[str, Any] | str) -> Policy:
    data = value.encode() if isinstance(value, str) else document(value)
    return policies.parse(data, "release.toml", FILES.__getitem__)


def test_everything_that_may_stand_in_a_policy() -> None:
    policy = parse(POLICY)
    assert policy.sha256 == hashlib.sha256(document(POLICY)).hexdigest()
    assert policy.inputs is not None
    assert policy.inputs.entries == (("0" * 64, "1"), ("1" * 64, "7"))
    assert policy.certified == (
        (Budget.of({"trainExamples": 5, "inputFeatures": 1}), Fraction(3, 4)),
    )
    assert policy.clean == Fraction(9, 10)
    assert policy.abstention == 0
    assert policy.baseline is not None
    assert policy.baseline.max_drop == Fraction(1, 50)
    assert policy.baseline.at == (Budget.of({"trainExamples": 5}), Budget())
    assert (policy.replay, policy.retrain) == ("all", 2)


@pytest.mark.parametrize("text", ["", "# nothing\n", "version = 1\n"])
def test_an_empty_policy_can_be_read(text: str) -> None:
    policy = parse(text)
    assert policy.certified == ()
    assert policy.trusted is None


NONE_TRUSTED: Final = "version = 1\n[recipe]\ntrusted = []\n"


def test_no_trusted_artefact_is_a_demand_and_no_list_is_none() -> None:
    assert parse(NONE_TRUSTED).trusted == ()


def test_no_number_passes_through_a_float() -> None:
    text = "0.1000000000000000055511151231257827021181583404541015625"  # what a float would hold
    policy = parse(f"version = 1\n[baseline]\nrelease = 'x'\nmaxDrop = {text}\n")
    assert policy.baseline is not None
    assert policy.baseline.max_drop == Fraction(text)
    assert policy.baseline.max_drop != Fraction(1, 10)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (1, Fraction(1)),
        (Decimal("1e-3"), Fraction(1, 1000)),
        ("0.02", Fraction(1, 50)),
        ("2/6", Fraction(1, 3)),
        ("4/3", None),
        ("1.5", None),
        (Decimal("1.0000001"), None),
        (Decimal("-0.1"), None),
        (Decimal("nan"), None),
        (Decimal("1e-999999999"), None),
        (True, None),
        ("1e-3", None),
        ("½", None),
        ("1/0", None),
        (" 0.5", None),
        ("0.5\n", None),
        (0.5, None),
    ],
)
def test_a_share_is_exact_or_refused(written: object, read: Fraction | None) -> None:
    assert share(written) == read


REFUSED: Final[Mapping[str, tuple[Mapping[str, Any] | str, str]]] = {
    "no version": ({"data": {"roots": ["b" * 64]}}, r"^release\.toml: version: missing$"),
    "no TOML": ("a = [", r"not valid TOML"),
    "not UTF-8 is no TOML": ('a = "\\ud800"', r"not valid TOML"),
    "a misspelt table": (
        {"version": 1, "treat": {}},
        r"treat: unknown key \(did you mean threat\?",
    ),
    "a misspelt key": (
        {"version": 1, "recipe": {"selection": ["none"]}},
        r"recipe\.selection: unknown key \(did you mean selections\?\)\. Allowed here: smoothings,",
    ),
    "a key in another table": (
        {"version": 1, "recipe": {"alphaAtMost": "1/1000"}},
        r"recipe\.alphaAtMost: unknown key \(it belongs under \[claim\]\)",
    ),
    "a key at the top": (
        {"version": 1, "roots": []},
        r"roots: unknown key \(it belongs under \[da",
    ),
    "an empty table": (
        {"version": 1, "threat": {}},
        r"threat: expected at least one key, got none",
    ),
    "no table": ({"version": 1, "threat": 1}, r"threat: expected a table, got 1"),
    "accuracy of inputs that nobody pinned": (
        {"version": 1, "accuracy": {"cleanAtLeast": "0.9"}},
        r"accuracy: expected \[inputs\] with list or root beside it",
    ),
    "a list without its digest": (
        {"version": 1, "inputs": {"list": "inputs.list"}},
        r"inputs\.sha256: missing",
    ),
    "another digest": (
        {"version": 1, "inputs": {"list": "inputs.list", "sha256": "0" * 64}},
        rf"inputs\.sha256: expected {DIGEST}, the digest of inputs\.list, got",
    ),
    "no axis": (
        {**POLICY, "baseline": {"release": "x", "maxDrop": 0, "at": [{"trainExample": 5}]}},
        r"baseline\.at: unknown key 'trainExample'; allowed: trainExamples",
    ),
    "one budget twice": (
        {
            **POLICY,
            "accuracy": {
                "certified": [
                    {"budget": {"trainExamples": 5, "total": 0}, "atLeast": "0.7"},
                    {"budget": {"trainExamples": 5}, "atLeast": "0.8"},
                ]
            },
        },
        r"accuracy\.certified: expected no budget twice",
    ),
    "a budget that changes nothing": (
        {**POLICY, "accuracy": {"certified": [{"budget": {"partialExamples": 5}, "atLeast": 1}]}},
        r"accuracy\.certified.*: expected partialExamples together with featuresPerExample or",
    ),
    "a demand that nothing can miss": (
        {**POLICY, "accuracy": {"cleanAtLeast": 0}},
        r"accuracy\.cleanAtLeast: expected a number above 0 to 1, such as .*, got 0",
    ),
    "replay of none": (
        {"version": 1, "evidence": {"replay": 0}},
        r"evidence\.replay: expected a whole number from 1",
    ),
    "replay of some": (
        {"version": 1, "evidence": {"replay": "some"}},
        r'evidence\.replay: expected a number of cells or "all", got "some"',
    ),
    "a boolean for a number": (
        {"version": 1, "evidence": {"retrain": True}},
        r"evidence\.retrain: expected a whole number .*, got true",
    ),
    "an unknown smoothing": (
        {"version": 1, "recipe": {"smoothings": [{"training": "partitions", "test": "none"}]}},
        r"smoothings\[0\]\.training: expected .*\(did you mean partition\?\), got \"partitions\"",
    ),
}


@pytest.mark.parametrize(("value", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_is_one_sentence_with_file_and_key(
    value: Mapping[str, Any] | str, sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        parse(value)
    assert str(caught.value).startswith("release.toml: ")


def test_hostile_toml_is_a_mistake_and_no_crash() -> None:
    for text in (
        "a = " + "[" * 100_000,
        "version = " + "9" * 5000,
        "x" * 2**21,
        "a.b.c = 1\na = 2",
    ):
        with pytest.raises(UsageError, match=r"^release\.toml: "):
            parse(text)


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"\xff\n",
        b"0" * 64 + b" 1\n",
        b"0" * 64 + b"  \n",
        b"0" * 64 + b"  1",
        b"A" * 64 + b"  1\n",
    ],
)
def test_a_list_of_inputs_that_is_none_is_refused(damage: bytes) -> None:
    with pytest.raises(UsageError, match=r"^inputs\.list"):
        input_list.parse(damage, "inputs.list")


@pytest.mark.parametrize("name", ["", "a\nb", "\u2028", "a" * 201, "\x1b[2J"])
def test_a_class_that_no_line_can_hold_is_not_listed(name: str) -> None:
    with pytest.raises(UsageError, match="printable"):
        input_list.build([("0" * 64, name)])


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{name}.v1.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"{name}.v1.json"
    return Draft202012Validator(schema)


VALIDATORS: Final = {name: validator(name) for name in ("trust", "release")}
WHOLE: Final = {"trust": TRUST, "release": POLICY}
ODD: Final = st.sampled_from(
    [
        *(0, 1, -1, 2**53, True, "", "x", "1/1000", "0.0", "1.0", "0.5", "all", "pixel", "none"),
        *([], [1], ["x"], ["none", "none"], {}, {"x": 1}, [{}], [{"trainExamples": 1}], "0" * 64),
        *(Decimal("0.5"), Decimal("0.0"), Decimal("1.0"), Decimal("1.5"), "a" * 70_000, ["0" * 64]),
        *("2026-01-01", "2026-01-01T24:00:00Z", ["auditor"], ["signed", "drand"], {"modify": 1}),
    ]
)


BEYOND: Final = (
    "digest of",
    "has, got",
    "in PEM",
    "a PEM pub",
    "no budget twice",
    "partialExamples together with",
    "after notBefore",
)


def accepted(name: str, value: Mapping[str, Any]) -> bool:
    read = {"trust": trusts.parse, "release": policies.parse}[name]
    try:
        read(document(value), "f", lambda named: FILES.get(named, LIST))
    except UsageError as error:
        # What no schema can say: what must agree with a file, or with another entry.
        if any(word in str(error) for word in BEYOND):
            reject()
        return False
    return True


@pytest.mark.parametrize("name", WHOLE)
def test_schema_and_code_accept_the_whole(name: str) -> None:
    assert accepted(name, WHOLE[name])
    VALIDATORS[name].validate(WHOLE[name])


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = (
        value.items()
        if isinstance(value, Mapping)
        else enumerate(value if isinstance(value, list) else [])
    )
    for key, item in items:
        found += places(item, (*path, key))
    return found


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=300)
@given(data=st.data())
def test_schema_and_code_accept_the_same(name: str, data: st.DataObject) -> None:
    """One change anywhere: a key left out, a value replaced, a key added."""
    changed = copy.deepcopy(dict(WHOLE[name]))
    *way, last = data.draw(st.sampled_from(places(changed)))
    inner: Any = changed
    for step in way:
        inner = inner[step]
    match data.draw(st.sampled_from(["drop", "replace", "add"])):
        case "drop":
            del inner[last]
        case "replace":
            inner[last] = data.draw(ODD)
        case _ if isinstance(inner, dict):
            inner[data.draw(st.sampled_from(["x", "sha256", "pem", "root", "at"]))] = data.draw(ODD)
        case _:
            inner.append(data.draw(ODD))
    assert accepted(name, changed) == VALIDATORS[name].is_valid(changed), changed


@settings(max_examples=300)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text("[]{}=\"'\\\n#.,-+:TZe0123456789 versionkeysinputslistallofroles", max_size=80).map(
            str.encode
        ),
        st.tuples(st.sampled_from([document(POLICY), document(TRUST)]), st.data()).map(
            lambda pair: damaged(*pair)
        ),
    )
)
def test_whatever_the_bytes_only_a_mistake_is_reported(data: bytes) -> None:
    for read in (policies.parse, trusts.parse):
        with contextlib.suppress(UsageError):
            read(data, "f", lambda _: data)
    with contextlib.suppress(UsageError):
        input_list.parse(data, "f")


def damaged(data: bytes, draw: st.DataObject) -> bytes:
    """Return a document with a few bytes of it written over."""
    place = draw.draw(st.integers(0, len(data)))
    return data[:place] + draw.draw(st.binary(max_size=4)) + data[place + 2 :]
