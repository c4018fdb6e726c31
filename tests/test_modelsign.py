"""``model.sig``: made by its own library, and cross-checked by ours without it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from auditor import modelsign
from auditor.cli.failures import guarded
from auditor.cli.modelsign import modelsign as command
from auditor.errors import ReleaseError, SignatureError, UsageError
from auditor.format import dsse, model_signing, sigstore, strict_json
from auditor.format.keys import PrivateKey
from auditor.release import verify as verify_folder
from auditor.verify.checking import release as verify_release
from tests import honest, registry

ROOT = Path(__file__).parents[1]
RELEASE = honest.build("views", front_end=True)
STRANGER = PrivateKey.generate()
NAMES = ("000000.onnx", "000001.onnx")

Change = Callable[[dict[str, Any]], None]


def statement() -> dict[str, Any]:
    """Return what the library signs about RELEASE, as measured with model_signing 1.1.1."""
    return about({name: RELEASE.digests[f"members/{name}"] for name in NAMES})


def about(digests: Mapping[str, str]) -> dict[str, Any]:
    resources = [
        {"name": name, "algorithm": "sha256", "digest": digest} for name, digest in digests.items()
    ]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "members", "digest": {"sha256": root(resources)}}],
        "predicateType": model_signing.PREDICATE_TYPE,
        "predicate": {
            "resources": resources,
            "serialization": {"allow_symlinks": False, "hash_type": "sha256", "method": "files"},
        },
    }


def root(resources: list[dict[str, str]]) -> str:
    """Return the digest that stands for the subject: of the digests, without the names."""
    joined = b"".join(bytes.fromhex(item["digest"]) for item in resources)
    return hashlib.sha256(joined).hexdigest()


def signature(value: Mapping[str, object], key: PrivateKey = honest.P256) -> bytes:
    hint = hashlib.sha256(key.public.pem.encode()).hexdigest()
    return sigstore.wrap(dsse.sign(strict_json.canonical(value), key), hint)


def check(data: bytes) -> None:
    files = {**RELEASE.contents, model_signing.FILE: data}
    verified = verify_release(files, RELEASE.digests, [honest.P256.public])
    without = verify_release(RELEASE.contents, RELEASE.digests, [honest.P256.public])
    assert verified == without


# --- the cross-check, which needs no library ------------------------------------------------------


def test_a_release_with_its_model_signature_verifies() -> None:
    check(signature(statement()))


def test_any_pinned_key_may_sign_it() -> None:
    data = signature(statement(), STRANGER)
    files = {**RELEASE.contents, model_signing.FILE: data}
    pinned = [honest.P256.public, STRANGER.public]
    assert verify_release(files, RELEASE.digests, pinned).keyid == honest.P256.public.keyid


def test_a_key_that_is_not_pinned_may_not() -> None:
    with pytest.raises(ReleaseError, match=r"model\.sig: no signature by a pinned key"):
        check(signature(statement(), STRANGER))


def test_what_the_predicate_may_carry_besides_is_ignored() -> None:
    value = statement()
    value["predicate"]["model_card"] = {"license": "any"}
    value["predicate"]["serialization"]["ignore_paths"] = [".git", "000001.onnx"]
    value["predicate"]["resources"][0]["note"] = "x"
    value["more"] = "x"
    check(signature(value))


def resources(change: Callable[[list[dict[str, str]]], object]) -> Change:
    """Return a change of the files listed, with the subject that then belongs to them."""

    def changed(value: dict[str, Any]) -> None:
        change(value["predicate"]["resources"])
        value["subject"][0]["digest"]["sha256"] = root(value["predicate"]["resources"])

    return changed


def renamed(name: str) -> Change:
    return resources(lambda items: items[1].update(name=name))


CHANGES: dict[str, tuple[Change, str]] = {
    "renamed": (renamed("00000b.onnx"), "'000001.onnx': expected .*, got no such file"),
    "its path from the release": (renamed("members/000001.onnx"), "got no such file"),
    "a path that is normalised to it": (renamed("./000001.onnx"), "expected no such file"),
    "a path out of the folder": (renamed("../members/000001.onnx"), "expected no such file"),
    "one too few": (resources(lambda items: items.pop()), "got no such file"),
    "one too many": (
        resources(lambda items: items.append({**items[0], "name": "000002.onnx"})),
        "'000002.onnx': expected no such file",
    ),
    "the front end, which is elsewhere": (
        resources(
            lambda items: items.append(
                {**items[0], "name": "frontend.onnx", "digest": RELEASE.digests["frontend.onnx"]}
            )
        ),
        "'frontend.onnx': expected no such file",
    ),
    "swapped": (
        resources(lambda items: [items[i].update(name=NAMES[1 - i]) for i in (0, 1)]),
        "'000000.onnx': expected",
    ),
    "twice, the right digest last": (
        resources(lambda items: items.insert(1, {**items[1], "digest": "00" * 32})),
        "'000001.onnx' is listed twice",
    ),
    "twice the same": (resources(lambda items: items.append(items[1])), "is listed twice"),
    "another digest": (
        resources(lambda items: items[0].update(digest="00" * 32)),
        "'000000.onnx': expected .* as in members.sha256, got 0000",
    ),
    "none": (resources(list.clear), "'000000.onnx': expected .* got no such file"),
    "a digest in capitals": (
        lambda value: value["predicate"]["resources"][0].update(
            digest=value["predicate"]["resources"][0]["digest"].upper()
        ),
        "lower-case hex",
    ),
    "another algorithm": (
        lambda value: value["predicate"]["resources"][0].update(algorithm="blake3"),
        "algorithm: expected one of",
    ),
    "a subject that is not that of the list": (
        lambda value: value["subject"][0]["digest"].update(sha256="00" * 32),
        r"subject\[0\].digest.sha256: expected",
    ),
    "two subjects": (lambda value: value["subject"].append(value["subject"][0]), "expected one"),
    "in shards": (
        lambda value: value["predicate"]["serialization"].update(method="shards"),
        "method: expected one of",
    ),
    "the predicate of version 0.2": (
        lambda value: value.update(predicateType="https://model_signing/Digests/v0.1"),
        "predicateType: expected one of",
    ),
    "another statement": (lambda value: value.update(_type="https://x/v2"), "_type: expected"),
    "no predicate": (lambda value: value.pop("predicate"), "missing 'predicate'"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_does_not_list_exactly_the_members_is_refused(name: str) -> None:
    change, said = CHANGES[name]
    value = statement()
    change(value)
    with pytest.raises(ReleaseError, match=f"model\\.sig.*{said}"):
        check(signature(value))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        RELEASE.contents["certificate.sigstore.json"],
        RELEASE.contents["certificate.dsse.json"],
        signature(statement()).replace(b"bundle.v0.3", b"bundle.v0.4"),
        signature(statement()) + b"x",
    ],
    ids=["empty", "array", "binary", "certificate", "envelope", "later bundle", "trailing"],
)
def test_what_is_no_model_signature_is_refused(data: bytes) -> None:
    with pytest.raises(ReleaseError, match=r"^model\.sig"):
        check(data)


def test_a_repeated_key_has_no_second_reading() -> None:
    payload = strict_json.canonical(statement()).replace(
        b'"predicateType":', b'"predicateType":"https://model_signing/x","predicateType":'
    )
    data = sigstore.wrap(dsse.sign(payload, honest.P256), "x")
    with pytest.raises(ReleaseError, match="appears twice"):
        check(data)


def test_a_changed_bit_of_the_signed_part_is_refused() -> None:
    bundle = json.loads(signature(statement()))
    for part, name in (("payload", "payload"), ("sig", "sig")):
        changed = json.loads(json.dumps(bundle))
        envelope = changed["dsseEnvelope"]
        place = envelope if part == "payload" else envelope["signatures"][0]
        middle = len(place[name]) // 2
        other = "A" if place[name][middle] != "A" else "B"
        place[name] = place[name][:middle] + other + place[name][middle + 1 :]
        with pytest.raises(ReleaseError, match="no signature by a pinned key"):
            check(json.dumps(changed).encode())


def test_a_file_on_disk_is_cross_checked_too(tmp_path: Path) -> None:
    folder = RELEASE.write(tmp_path / "release")
    place = folder / model_signing.FILE
    place.write_bytes(signature(statement()))
    assert verify_folder(folder, honest.P256.public).kind == "release"
    place.write_bytes(signature(about({NAMES[0]: RELEASE.digests[f"members/{NAMES[0]}"]})))
    with pytest.raises(ReleaseError, match=r"model\.sig"):
        verify_folder(folder, honest.P256.public)
    place.unlink()
    place.symlink_to(folder / "certificate.sigstore.json")
    with pytest.raises(ReleaseError, match="symbolic link"):
        verify_folder(folder, honest.P256.public)


# --- making one -----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, key in (("auditor", honest.P256), ("ed25519", honest.ED25519), ("other", STRANGER)):
        (tmp_path / f"{name}.key").write_bytes(key.to_pem())
        (tmp_path / f"{name}.pub").write_text(key.public.pem)
    return RELEASE.write(tmp_path / "release")


def test_an_ed25519_key_is_refused_in_one_sentence(folder: Path) -> None:
    app = typer.Typer()
    app.command()(guarded(command))
    key = folder.with_name("ed25519.key")
    result = CliRunner().invoke(app, [str(folder), "--key", str(key)])
    assert result.exit_code == 2
    assert result.stdout == ""
    expected = f"audit: {key}: an Ed25519 key, expected P-256: model_signing knows no other\n"
    assert result.stderr == expected
    assert not (folder / model_signing.FILE).exists()


def test_a_release_that_does_not_verify_is_not_signed(folder: Path) -> None:
    with pytest.raises(SignatureError):
        modelsign.sign(folder, folder.with_name("other.key"))
    (folder / "members" / NAMES[0]).write_bytes(b"changed")
    with pytest.raises(ReleaseError):
        modelsign.sign(folder, folder.with_name("auditor.key"))
    assert not (folder / model_signing.FILE).exists()


def test_a_model_signature_is_not_overwritten(folder: Path) -> None:
    (folder / model_signing.FILE).write_bytes(b"mine")
    with pytest.raises(UsageError, match="not overwritten"):
        modelsign.sign(folder, folder.with_name("auditor.key"))
    assert (folder / model_signing.FILE).read_bytes() == b"mine"


def test_without_the_library_the_extra_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "model_signing", None)
    with pytest.raises(UsageError, match=r"pip install 'auditor\[modelsign\]'"):
        modelsign.sign(folder, folder.with_name("auditor.key"))


def test_what_the_library_signs_is_compared_before_it_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that slips into members/ between the two looks at it is in no model.sig."""
    more = {**{name: RELEASE.digests[f"members/{name}"] for name in NAMES}, "evil": "00" * 32}
    monkeypatch.setattr(modelsign, "_signature", lambda place, key: signature(about(more)))
    with pytest.raises(ReleaseError, match="'evil': expected no such file"):
        modelsign.sign(folder, folder.with_name("auditor.key"))
    assert not (folder / model_signing.FILE).exists()


# --- the real library -----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with python, audit and model_signing, in an environment of its own."""
    place = tmp_path_factory.mktemp("modelsign")
    return registry.environment(place, f"{ROOT}[modelsign]", may_lack=True)


Library = Callable[..., tuple[bool, str]]


@pytest.fixture
def library(tools: Path, folder: Path) -> Library:
    """Whether ``model_signing verify key`` accepts a folder of members, and what it says."""

    def verify(*options: str, members: Path = folder / "members") -> tuple[bool, str]:
        key, sig = folder.with_name("auditor.pub"), folder / model_signing.FILE
        arguments = ["--public_key", str(key), "--signature", str(sig), *options]
        done = subprocess.run(
            [tools / "model_signing", "verify", "key", str(members), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        return done.returncode == 0, done.stdout + done.stderr

    return verify


def sign(tools: Path, folder: Path, *options: str, key: str = "auditor.key") -> None:
    """Sign with our command and the real library."""
    program = (
        "import typer\n"
        "from auditor.cli.failures import guarded\n"
        "from auditor.cli.modelsign import modelsign\n"
        "app = typer.Typer()\n"
        "app.command()(guarded(modelsign))\n"
        "app()\n"
    )
    arguments = [str(folder), "--key", str(folder.with_name(key)), *options]
    done = subprocess.run(
        [tools / "python", "-I", "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Wrote {folder / model_signing.FILE}")


def sign_by_the_library(tools: Path, folder: Path) -> None:
    key, sig = folder.with_name("auditor.key"), folder / model_signing.FILE
    command = [str(tools / "model_signing"), "sign", "key", str(folder / "members")]
    command += ["--private_key", str(key), "--signature", str(sig)]
    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.slow
def test_ours_is_what_the_library_accepts_and_the_other_way_round(
    tools: Path, folder: Path, library: Library
) -> None:
    sign(tools, folder)
    assert library()[0]
    assert verify_folder(folder, honest.P256.public).kind == "release"
    (folder / model_signing.FILE).unlink()
    sign_by_the_library(tools, folder)
    assert library()[0]
    assert verify_folder(folder, honest.P256.public).kind == "release"


@pytest.mark.slow
def test_the_statement_of_these_tests_is_the_one_of_the_library(tools: Path, folder: Path) -> None:
    sign(tools, folder)
    data = (folder / model_signing.FILE).read_bytes()
    payload = json.loads(sigstore.unwrap(data, "").payload)
    assert payload == statement()
    hint = json.loads(data)["verificationMaterial"]["publicKey"]["hint"]
    assert hint == hashlib.sha256(honest.P256.public.pem.encode()).hexdigest()


@pytest.mark.slow
def test_another_key_may_sign_what_an_auditor_certified(tools: Path, tmp_path: Path) -> None:
    release = honest.build("two-mask", key=honest.ED25519).write(tmp_path / "release")
    (tmp_path / "other.key").write_bytes(STRANGER.to_pem())
    (tmp_path / "auditor.pub").write_text(honest.ED25519.public.pem)
    sign(tools, release, "--auditor", str(tmp_path / "auditor.pub"), key="other.key")
    assert verify_folder(release, [honest.ED25519.public, STRANGER.public]).kind == "release"
    with pytest.raises(ReleaseError, match="no signature by a pinned key"):
        verify_folder(release, honest.ED25519.public)


@pytest.mark.slow
def test_a_renamed_member_keeps_the_subject_digest_and_is_refused_by_both(
    tools: Path, folder: Path, library: Library
) -> None:
    """Attack: the library's subject digest does not bind names, so it identifies no ensemble."""
    sign(tools, folder)
    before = sigstore.unwrap((folder / model_signing.FILE).read_bytes(), "").payload
    (folder / "members/000001.onnx").rename(folder / "members/000002.onnx")
    accepted, said = library()
    assert not accepted
    assert "Extra files" in said
    with pytest.raises(ReleaseError):
        verify_folder(folder, honest.P256.public)
    # Signed anew by the library itself, under the other name, it has the same subject.
    (folder / model_signing.FILE).unlink()
    sign_by_the_library(tools, folder)
    after = sigstore.unwrap((folder / model_signing.FILE).read_bytes(), "").payload
    assert json.loads(before)["subject"] == json.loads(after)["subject"]
    assert library()[0]
    with pytest.raises(ReleaseError):
        verify_folder(folder, honest.P256.public)


@pytest.mark.slow
def test_a_file_under_git_in_members_is_seen_by_us_and_on_request_by_the_library(
    tools: Path, folder: Path, library: Library
) -> None:
    sign(tools, folder)
    (folder / "members/.git").mkdir()
    (folder / "members/.git/evil").write_text("x")
    assert library()[0], "the library ignores it by default"
    assert not library("--no-ignore-git-paths")[0], "our model.sig asks for no exception"
    with pytest.raises(ReleaseError, match="unsafe or unknown name"):
        verify_folder(folder, honest.P256.public)


@pytest.mark.slow
def test_a_name_listed_twice_is_accepted_by_the_library_and_refused_by_us(
    folder: Path, library: Library
) -> None:
    change, _ = CHANGES["twice, the right digest last"]
    value = statement()
    change(value)
    (folder / model_signing.FILE).write_bytes(signature(value))
    assert library()[0]
    with pytest.raises(ReleaseError, match="listed twice"):
        verify_folder(folder, honest.P256.public)


@pytest.mark.slow
def test_further_fields_of_the_predicate_are_ignored_by_both(
    folder: Path, library: Library
) -> None:
    value = statement()
    value["predicate"]["model_card"] = {"license": "any"}
    (folder / model_signing.FILE).write_bytes(signature(value))
    assert library()[0]
    assert verify_folder(folder, honest.P256.public).kind == "release"


@pytest.mark.slow
def test_a_name_out_of_the_folder_can_be_accepted_by_the_library_and_is_refused_by_us(
    folder: Path, library: Library
) -> None:
    value = statement()
    renamed("../members/000001.onnx")(value)
    (folder / model_signing.FILE).write_bytes(signature(value))
    assert library("--ignore_unsigned_files")[0]
    with pytest.raises(ReleaseError, match="expected no such file"):
        verify_folder(folder, honest.P256.public)
