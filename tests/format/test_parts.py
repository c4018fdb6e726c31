"""Statements, predicates, leaves, lists of members, single-input files, canonical examples."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from auditor.errors import EnvelopeError, ReleaseError, StatementError, UndecidedError
from auditor.format import members, single, statement
from auditor.format.audit import Audit
from auditor.format.examples import dataset_root, example_bytes, salted_digest, tensor_bytes
from auditor.format.leaf import join, parse_leaf, split
from auditor.format.predicate import Certificate, Precommitment
from auditor.format.statement import CERTIFICATE, PRECOMMITMENT
from tests import honest


@pytest.fixture(scope="module", params=honest.KINDS)
def release(request: pytest.FixtureRequest) -> honest.Honest:
    return honest.build(request.param)


def test_predicates_survive_their_wire_form(release: honest.Honest) -> None:
    first = json.loads(release.precommitment.to_statement().to_payload())["predicate"]
    second = json.loads(release.certificate.to_statement("0" * 64).to_payload())["predicate"]
    assert Precommitment.from_dict(first) == release.precommitment
    assert Certificate.from_dict(second) == release.certificate
    assert Audit.from_dict(first["audit"]).to_dict() == first["audit"]


def test_leaves_survive_their_wire_form(release: honest.Honest) -> None:
    for line in release.leaves:
        assert parse_leaf(line, "leaf").to_bytes() == line
    assert split(join(release.leaves)) == list(release.leaves)


def mutated(value: dict[str, object], path: str, new: object) -> dict[str, object]:
    """Return a copy with the field at a dotted path replaced, or removed when ``new`` is ...."""
    copy = json.loads(json.dumps(value))
    *parents, last = path.split(".")
    inner = copy
    for name in parents:
        inner = inner[int(name)] if name.isdigit() else inner[name]
    key = int(last) if last.isdigit() else last
    if new is ...:
        del inner[key]
    else:
        inner[key] = new
    return copy  # type: ignore[no-any-return]


AUDIT = honest.build("flip").certificate.audit.to_dict()
BAD_AUDITS = [
    ("recipe", ...),
    ("recipe", []),
    ("recipe.version", 2),
    ("recipe.selection", "some"),
    ("recipe.claim.alpha", "0.001"),
    ("recipe.claim.alpha", "1/1000\n"),
    ("recipe.claim.scope", "all"),
    ("recipe.claim.budgets", {}),
    ("recipe.claim.budgets.0", {"total": True}),
    ("recipe.trusted", [{"name": "x"}]),
    ("recipeFile.sha256", "A" * 64),
    ("recipeFile.sha256", "0" * 63 + "\n"),
    ("recipeFile.sha256", "0" * 63 + "\u0660"),
    ("dataset.size", -1),
    ("dataset.size", True),
    ("dataset.classes", ["one"]),
    ("dataset.classes", ["one", "one"]),
    ("dataset.classes", ["one", 2]),
    ("dataset.shape", []),
    ("dataset.shape", [0]),
    ("dataset.shape", [2**13, 2**13]),
    ("inputs.size", 0),
    ("inputs.size", 10**6 + 1),
    ("members", 0),
    ("members", "100"),
    ("threat.unit", "row"),
    ("threat.moves", {"swap": 1}),
    ("threat.moves", {"modify": 0}),
    ("environment", {"python": 3}),
    ("surprise", 1),
]


@pytest.mark.parametrize(("path", "new"), BAD_AUDITS, ids=[f"{p}={n!r:.20}" for p, n in BAD_AUDITS])
def test_bad_audits_are_refused_by_name(path: str, new: object) -> None:
    with pytest.raises(StatementError, match=r"^audit"):
        Audit.from_dict(mutated(AUDIT, path, new))


@pytest.mark.parametrize("time", ["2026-02-30T00:00:00Z", "2026-1-1", "2026-01-01T24:00:00Z", ""])
def test_times_are_real(time: str) -> None:
    value = dict(honest.build("partition").precommitment.to_statement().predicate)
    with pytest.raises(StatementError, match="createdAt"):
        Precommitment.from_dict({**value, "createdAt": time})


def payload(**changes: object) -> bytes:
    value = json.loads(honest.build("partition").precommitment.to_statement().to_payload())
    return json.dumps({**value, **changes}).encode()


def read(data: bytes) -> statement.Statement:
    return statement.parse(data, "s", predicate_type=PRECOMMITMENT, subject="recipe.toml")


def test_statements() -> None:
    read(payload(extra="ignored, as in-toto demands"))
    with pytest.raises(UndecidedError):
        read(payload(_type="https://in-toto.io/Statement/v2"))
    with pytest.raises(UndecidedError):
        read(payload(predicateType="urn:auditor:precommitment:v2"))
    with pytest.raises(StatementError, match="expected urn:auditor:precommitment"):
        read(payload(predicateType=CERTIFICATE))
    digest = {"sha256": "0" * 64}
    for subject in (
        [],
        [{"name": "recipe.toml", "digest": digest}] * 2,
        [{"name": "other", "digest": digest}],
        [{"name": "recipe.toml", "digest": {"sha512": "0" * 128}}],
    ):
        with pytest.raises(StatementError, match="subject"):
            read(payload(subject=subject))


NAMES = ["../a.onnx", "/a", "members/1.onnx", "members/000001.onnx/..", "members/../frontend.onnx"]
NAMES += ["members/000001.ONNX", "FRONTEND.onnx", "members\\000001.onnx", "a\x00b", "C:\\x", ""]


@pytest.mark.parametrize("name", NAMES)
def test_unsafe_names(name: str) -> None:
    with pytest.raises(ReleaseError):
        members.check_name(name, "here")
    with pytest.raises(ReleaseError):
        members.parse(f"{'0' * 64}  {name}\n".encode())


def test_the_list_of_members() -> None:
    digests = {members.shard_name(i): f"{i:064x}" for i in (1, 0)} | {"frontend.onnx": "f" * 64}
    data = members.build(digests)
    assert members.parse(data) == digests
    lines = data.split(b"\n")
    for bad in (
        b"",
        data[:-1],
        data + b"\n",
        data.replace(b"  ", b" *"),
        data.upper(),
        b"\n".join([lines[1], lines[0], lines[2], b""]),
        b"\n".join([lines[0], lines[0], b""]),
        data.replace(b"\n", b"\r\n"),
        b"\xff" + data,
    ):
        with pytest.raises(ReleaseError):
            members.parse(bad)


def test_sha256sum_reads_the_list_of_members(tmp_path: Path) -> None:
    honest.build("partition", front_end=True).write(tmp_path / "release")
    subprocess.run(
        ["sha256sum", "--check", "--strict", "members.sha256"], cwd=tmp_path / "release", check=True
    )


def test_single_input_files() -> None:
    value = json.loads(honest.build("partition").single(0))
    for media_type, error in (
        ("application/vnd.auditor.input+json;version=2", UndecidedError),
        ("application/json", EnvelopeError),
    ):
        with pytest.raises(error, match="mediaType"):
            single.parse(json.dumps({**value, "mediaType": media_type}).encode(), "f")
    with pytest.raises(EnvelopeError, match="unknown"):
        single.parse(json.dumps({**value, "extra": 1}).encode(), "f")


def test_canonical_examples() -> None:
    example = example_bytes(b"\x00\x01", shape=(1, 1, 2), dtype="uint8", label=1, id="a")
    header = b'{"dtype":"uint8","id":"a","label":1,"shape":[1,1,2]}'
    assert example == b"auditor/example/v1\x00" + header + b"\x00\x00\x01"
    tensor = tensor_bytes(b"\x00\x01", shape=(1, 1, 2), dtype="uint8")
    assert tensor == b'auditor/tensor/v1\x00{"dtype":"uint8","shape":[1,1,2]}\x00\x00\x01'
    grouped = example_bytes(b"\x00\x01", shape=(1, 1, 2), dtype="uint8", label=1, group="a")
    assert len({dataset_root([e]) for e in (example, grouped, tensor)}) == 3
    assert salted_digest(bytes(16), b"x") != salted_digest(b"\x01" + bytes(15), b"x")
