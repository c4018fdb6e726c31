"""Clients that others wrote accept our releases and refuse tampered ones, as the page says."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from auditor.format import dsse
from auditor.format.keys import Algorithm, PrivateKey, PublicKey
from tests import honest
from tests.clients import matrix, npm, recipes

KEYS: dict[Algorithm, PrivateKey] = {"p256": honest.P256, "ed25519": honest.ED25519}
STRANGERS = {name: PrivateKey.generate(name) for name in KEYS}

SIGSTORE = "@sigstore/verify"
SIGNATURES = ["openssl", "securesystemslib", "in-toto", SIGSTORE]
# How each client says that a signature is not this key's over these bytes.
REFUSALS = {
    "openssl": r"Verification failure|Signature Verification Failure",
    "securesystemslib": r"VerificationError: .* signatures",
    "in-toto": r"SignatureVerificationError",
    SIGSTORE: r"VerificationError: signature verification failed",
}
ENVELOPES = ["certificate.dsse.json", "precommit.dsse.json"]
ABOUT = [
    "urn:auditor:poisoning-robustness:v1 about members.sha256",
    "urn:auditor:precommitment:v1 about recipe.toml",
]
FILES = [
    *((client, name) for client in SIGNATURES[:3] for name in ENVELOPES),
    (SIGSTORE, "certificate.sigstore.json"),
]


@pytest.fixture(scope="module", autouse=True)
def _shell_tools() -> None:
    missing = [name for name in ("bash", "jq", "openssl", "sha256sum") if not shutil.which(name)]
    if missing:
        pytest.skip(f"the page's commands need {', '.join(missing)}")


Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path, request: pytest.FixtureRequest) -> Run:
    def call(
        client: str, release: Path, key: PublicKey, algorithm: Algorithm | None = None
    ) -> CompletedProcess[str]:
        cwd = request.getfixturevalue("npm_folder") if client == SIGSTORE else None
        work = tmp_path / f"work-{len(list(tmp_path.iterdir()))}"
        return recipes.run([client], release, key, work=work, cwd=cwd, algorithm=algorithm)

    return call


@pytest.fixture(params=KEYS)
def algorithm(request: pytest.FixtureRequest) -> Algorithm:
    name: Algorithm = request.param
    return name


@pytest.fixture
def release(algorithm: Algorithm, tmp_path: Path) -> Path:
    return honest.build("two-mask", key=KEYS[algorithm]).write(tmp_path / "release")


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the envelope in a file, or in the bundle in it."""
    value = json.loads(path.read_bytes())
    change(value.get("dsseEnvelope", value))
    path.write_text(json.dumps(value))


def payload_of(envelope: dict[str, Any]) -> bytes:
    return base64.b64decode(envelope["payload"])


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


# --- the page itself ------------------------------------------------------------------------------


def test_every_command_of_the_page_is_run_here() -> None:
    assert set(recipes.blocks()) == {*SIGNATURES, "in-toto-attestation", "The files"}
    assert [client.section for client in matrix.CLIENTS] == [
        *SIGNATURES[:3],
        "in-toto-attestation",
        SIGSTORE,
    ]
    page = recipes.PAGE.read_text()
    fences = re.findall(r"^```(.+)$", page, re.MULTILINE)
    assert set(fences) == {"sh", "sh p256", "sh ed25519", "console"}


@pytest.mark.parametrize("client", matrix.CLIENTS, ids=lambda client: client.section)
def test_the_table_of_the_page_is_what_is_measured(
    client: matrix.Client, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue("npm_folder") if client.npm else tmp_path
    measured = matrix.row(client, folder, tmp_path).split("|")
    lines = recipes.PAGE.read_text().splitlines()
    [printed] = [line.split("|") for line in lines if line.startswith(f"| {client.section} |")]
    assert measured[-3:-1] == [" yes ", " yes "]
    # Other versions than those of the page may run here, with the same outcome.
    assert printed[3:] == [*measured[3:-1], ""]


def test_the_page_installs_the_versions_of_its_table() -> None:
    page = recipes.PAGE.read_text()
    for client in matrix.CLIENTS:
        if client.package:
            [version] = re.findall(rf"pip install {client.package}==(\S+)", page)
            assert f"| {client.section} | {version} |" in page
    [line] = re.findall(r"^npm install (.+)$", page, re.MULTILINE)
    assert line.split() == [f"{name}@{version}" for name, version in npm.versions().items()]
    assert f"| {SIGSTORE} | {npm.versions()[SIGSTORE]} on Node " in page


# --- signatures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("client", SIGNATURES)
def test_a_client_verifies_a_release(
    client: str, algorithm: Algorithm, release: Path, run: Run
) -> None:
    key = KEYS[algorithm].public
    done = run(client, release, key)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    if client == "openssl":
        word = {"p256": "Verified OK", "ed25519": "Signature Verified Successfully"}[algorithm]
        assert said == [word, word]
    else:
        names = [name for who, name in FILES if who == client]
        assert said == [f"{release / name}: signed by {key.keyid}" for name in names]


def change_payload(envelope: dict[str, Any], _: PrivateKey) -> None:
    changed = payload_of(envelope).replace(b'"version":1', b'"version":2')
    assert changed != payload_of(envelope)
    envelope["payload"] = b64(changed)


def take_another_signature(envelope: dict[str, Any], key: PrivateKey) -> None:
    envelope["signatures"][0]["sig"] = b64(key.sign(b"something else"))


@pytest.mark.parametrize("damage", [change_payload, take_another_signature])
@pytest.mark.parametrize("case", FILES)
def test_a_tampered_file_is_refused(
    case: tuple[str, str],
    damage: Callable[[dict[str, Any], PrivateKey], None],
    algorithm: Algorithm,
    release: Path,
    run: Run,
) -> None:
    client, name = case
    edit(release / name, lambda envelope: damage(envelope, KEYS[algorithm]))
    done = run(client, release, KEYS[algorithm].public)
    assert done.returncode != 0
    assert re.search(REFUSALS[client], done.stdout + done.stderr), done.stderr


@pytest.mark.parametrize(("client", "name"), FILES)
def test_what_was_signed_as_another_type_is_refused(
    client: str, name: str, algorithm: Algorithm, release: Path, run: Run
) -> None:
    def sign_as_another_type(envelope: dict[str, Any]) -> None:
        envelope["payloadType"] = "text/plain"
        message = dsse.pae("text/plain", payload_of(envelope))
        envelope["signatures"][0]["sig"] = b64(KEYS[algorithm].sign(message))

    edit(release / name, sign_as_another_type)
    done = run(client, release, KEYS[algorithm].public)
    refusal = {
        "openssl": REFUSALS["openssl"],
        "in-toto": "InvalidMetadata",
    }.get(client, "payload of type text/plain")
    assert done.returncode != 0
    assert re.search(refusal, done.stdout + done.stderr), done.stderr


@pytest.mark.parametrize("client", SIGNATURES)
def test_another_key_is_refused_even_under_its_own_id(
    client: str, algorithm: Algorithm, release: Path, run: Run
) -> None:
    stranger = STRANGERS[algorithm].public
    for name in (*ENVELOPES, "certificate.sigstore.json"):
        edit(
            release / name,
            lambda envelope: envelope["signatures"][0].update(keyid=stranger.keyid),
        )
    done = run(client, release, stranger)
    assert done.returncode != 0
    assert re.search(REFUSALS[client], done.stdout + done.stderr), done.stderr


@pytest.mark.parametrize("client", SIGNATURES)
def test_a_key_of_the_other_kind_is_refused(
    client: str, algorithm: Algorithm, release: Path, run: Run
) -> None:
    [other] = [name for name in KEYS if name != algorithm]
    for taken_for in (algorithm, other):
        assert run(client, release, KEYS[other].public, taken_for).returncode != 0


@pytest.mark.parametrize("client", SIGNATURES)
def test_who_reads_the_key_id(client: str, algorithm: Algorithm, release: Path, run: Run) -> None:
    """Under an id of another scheme, two of the clients do not see the signature."""
    for name in (*ENVELOPES, "certificate.sigstore.json"):
        edit(release / name, lambda envelope: envelope["signatures"][0].update(keyid="mine"))
    found = run(client, release, KEYS[algorithm].public).returncode == 0
    assert found == (client in {"openssl", SIGSTORE})


# --- statements -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", honest.KINDS)
def test_in_toto_attestation_validates_both_statements(kind: str, tmp_path: Path, run: Run) -> None:
    release = honest.build(kind).write(tmp_path / "release")
    done = run("in-toto-attestation", release, honest.P256.public)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{release / name}: {about}" for name, about in zip(ENVELOPES, ABOUT, strict=True)
    ]


MALFORMED: dict[str, Callable[[dict[str, Any]], object]] = {
    "another type": lambda value: value.update(_type="https://in-toto.io/Statement/v0.1"),
    "no predicate type": lambda value: value.update(predicateType=""),
    "no subject": lambda value: value.update(subject=[]),
    "no digest": lambda value: value["subject"][0].update(digest={}),
    "a field of ours beside the predicate": lambda value: value.update(ours=1),
}


@pytest.mark.parametrize("name", ENVELOPES)
@pytest.mark.parametrize("change", MALFORMED.values(), ids=MALFORMED)
def test_in_toto_attestation_refuses_what_is_no_statement(
    change: Callable[[dict[str, Any]], object], name: str, tmp_path: Path, run: Run
) -> None:
    release = honest.build("partition").write(tmp_path / "release")

    def spoil(envelope: dict[str, Any]) -> None:
        statement = json.loads(payload_of(envelope))
        change(statement)
        envelope["payload"] = b64(json.dumps(statement).encode())

    edit(release / name, spoil)
    done = run("in-toto-attestation", release, honest.P256.public)
    assert done.returncode != 0
    assert re.search(
        r"^(ValueError|google\.protobuf\.json_format\.ParseError): ", done.stderr, re.MULTILINE
    )


# --- files ----------------------------------------------------------------------------------------


def check_files(release: Path, tmp_path: Path) -> CompletedProcess[str]:
    return recipes.run(
        ["openssl", "The files"], release, honest.P256.public, work=tmp_path / "work"
    )  # fmt: skip


def test_the_certificate_names_the_files(tmp_path: Path) -> None:
    release = honest.build("partition").write(tmp_path / "release")
    done = check_files(release, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[2:] == [
        "members.sha256: OK",
        "recipe.toml: OK",
        "evidence.bin: OK",
        f"{tmp_path / 'work' / 'precommit.payload'}: OK",
        "members/000000.onnx: OK",
        "members/000001.onnx: OK",
    ]


@pytest.mark.parametrize(
    "name", ["members.sha256", "recipe.toml", "evidence.bin", "members/000001.onnx"]
)
def test_a_changed_file_is_named(name: str, tmp_path: Path) -> None:
    release = honest.build("partition").write(tmp_path / "release")
    with (release / name).open("ab") as file:
        file.write(b"\n")
    done = check_files(release, tmp_path)
    assert done.returncode != 0
    assert f"{name}: FAILED" in done.stdout


def test_another_precommitment_of_the_same_auditor_is_named(tmp_path: Path) -> None:
    release = honest.build("partition").write(tmp_path / "release")
    other = honest.build("two-mask").contents["precommit.dsse.json"]
    (release / "precommit.dsse.json").write_bytes(other)
    done = check_files(release, tmp_path)
    assert done.returncode != 0
    assert f"{tmp_path / 'work' / 'precommit.payload'}: FAILED" in done.stdout
