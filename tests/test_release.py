"""Release folders on disk: what is read, what is refused, what is cut out."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from auditor import files, keyfiles, release
from auditor.errors import (
    ClaimError,
    InclusionError,
    ReleaseError,
    UndecidedError,
    UsageError,
    VerificationError,
)
from auditor.format.keys import PrivateKey
from tests import honest

P256 = honest.P256.public


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return honest.build("two-mask", front_end=True).write(tmp_path / "release")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "release.pub"
    path.write_text(P256.pem)
    return path


def test_a_folder_and_its_single_inputs(folder: Path, key: Path, tmp_path: Path) -> None:
    whole = release.verify(folder, key)
    assert release.verify(str(folder), [str(key), honest.ED25519.public]) == whole
    for index in range(5):
        data = release.extract(folder, index)
        assert data == honest.build("two-mask", front_end=True).single(index)
        path = tmp_path / "input.cert.json"
        path.write_bytes(data)
        assert release.verify(path, P256).claims == (whole.claims[index],)


@pytest.mark.parametrize("index", [-1, 5])
def test_no_such_input(folder: Path, index: int) -> None:
    with pytest.raises(UsageError, match="expected 0 to 4"):
        release.extract(folder, index)


def test_extract_refuses_claims_that_do_not_fit(folder: Path) -> None:
    claims = (folder / "claims.jsonl").read_bytes()
    (folder / "claims.jsonl").write_bytes(claims.replace(b'"index":3', b'"index":4'))
    with pytest.raises(ReleaseError, match="signs"):
        release.extract(folder, 3)


@pytest.mark.parametrize(
    "name",
    ["precommit.dsse.json", "claims.jsonl", "recipe.toml", "members/000001.onnx", "frontend.onnx"],
)
def test_missing_linked_and_strange_files(folder: Path, name: str) -> None:
    path = folder / name
    data = path.read_bytes()
    path.unlink()
    with pytest.raises(UndecidedError, match="missing"):
        release.verify(folder, P256)
    aside = folder.parent / "aside"
    aside.write_bytes(data)
    path.symlink_to(aside)
    with pytest.raises(ReleaseError, match="symbolic link"):
        release.verify(folder, P256)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ReleaseError, match="regular"):
        release.verify(folder, P256)
    path.unlink()
    path.mkdir()
    with pytest.raises(VerificationError):
        release.verify(folder, P256)


def test_the_bundle_may_be_left_out(folder: Path) -> None:
    (folder / "certificate.sigstore.json").unlink()
    release.verify(folder, P256)


@pytest.mark.parametrize("name", ["extra.onnx", "000002.onnx", ".hidden", "000001.onnx.bak"])
def test_anything_more_among_the_members(folder: Path, name: str) -> None:
    (folder / "members" / name).write_bytes(b"")
    with pytest.raises(ReleaseError):
        release.verify(folder, P256)


def test_a_folder_among_the_members(folder: Path) -> None:
    (folder / "members" / "000002.onnx").mkdir()
    with pytest.raises(ReleaseError):
        release.verify(folder, P256)


def test_a_linked_folder_of_members(folder: Path) -> None:
    (folder / "members").rename(folder.parent / "elsewhere")
    (folder / "members").symlink_to(folder.parent / "elsewhere")
    with pytest.raises(ReleaseError, match="symbolic link"):
        release.verify(folder, P256)


def test_unsigned_files_beside_are_not_read(folder: Path) -> None:
    (folder / "report.html").write_text("<script>")
    (folder / "notes").mkdir()
    assert any("report.html" in line for line in release.verify(folder, P256).not_checked)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(UndecidedError, match="missing"):
        release.verify(tmp_path / "none", P256)
    with pytest.raises(UndecidedError, match="missing"):
        release.verify(tmp_path, P256)


def test_keys_that_are_none(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="missing"):
        release.verify(folder, tmp_path / "none.pub")
    (tmp_path / "bad.pub").write_text("no key")
    with pytest.raises(UsageError, match=r"bad\.pub"):
        release.verify(folder, tmp_path / "bad.pub")


def test_a_member_full_of_holes(folder: Path, key: Path) -> None:
    with (folder / "members/000000.onnx").open("r+b") as file:
        file.truncate(2**42)
    with pytest.raises(ReleaseError, match=r"000000.onnx: 4398046511104 bytes"):
        release.verify(folder, key)


@pytest.mark.parametrize("name", ["claims.jsonl", "evidence.bin"])
def test_files_are_read_as_far_as_signed(folder: Path, key: Path, name: str) -> None:
    """A file of holes costs its maker nothing, and must not cost a verifier 4 GiB."""
    with (folder / name).open("r+b") as file:
        file.truncate(2**42)
    expected = InclusionError if name == "claims.jsonl" else ClaimError
    with pytest.raises(expected, match=rf"{name}: expected (5 lines|450 bytes)"):
        release.verify(folder, key)
    assert release.read(folder, [P256]).contents[name].count(b"\0") < 400_000


def test_nothing_is_read_after_the_first_wrong_member(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def digest(path: Path, *, limit: int) -> str:
        looked.append(path.name)
        return "0" * 64

    monkeypatch.setattr(files, "sha256", digest)
    with pytest.raises(ReleaseError, match=r"frontend\.onnx: expected"):
        release.verify(folder, P256)
    assert looked == ["frontend.onnx"]
    looked.clear()
    (folder / "members" / "000002.onnx").write_bytes(b"")
    with pytest.raises(ReleaseError, match=r"000002\.onnx: not in members"):
        release.verify(folder, P256)
    (folder / "members.sha256").write_bytes(b"")
    with pytest.raises(ReleaseError, match=r"members\.sha256: expected"):
        release.verify(folder, P256)
    assert not looked


def test_a_key_that_links_to_itself(folder: Path, tmp_path: Path) -> None:
    loop = tmp_path / "loop.pub"
    loop.symlink_to(loop)
    with pytest.raises(UsageError, match=r"loop\.pub"):
        release.verify(folder, loop)


def test_oversized_files(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(11))
    assert files.read(path, limit=11) == bytes(11)
    with pytest.raises(ReleaseError, match="at most 10"):
        files.read(path, limit=10)


def test_files_are_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    files.write_atomic(path, b"old")

    def fail(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="space"):
        files.write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["no/such/file", "a-file/below", "a-folder"])
def test_what_cannot_be_written_is_named_as_the_caller_named_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "a-folder").mkdir()
    (tmp_path / "a-file").touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OSError, match=name) as raised:
        files.write_atomic(tmp_path / name, b"new")
    assert raised.value.filename == str(tmp_path / name)
    assert "tmp'" not in str(raised.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_key_files(tmp_path: Path) -> None:
    key = PrivateKey.generate()
    path = tmp_path / "release.key"
    old = os.umask(0)
    try:
        public = keyfiles.save(key, path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert public == tmp_path / "release.pub"
    assert keyfiles.load_private(path).public == keyfiles.load_public(public) == key.public
    with pytest.raises(UsageError, match="not overwritten"):
        keyfiles.save(PrivateKey.generate(), path)
    public.unlink()
    with pytest.raises(UsageError, match="not overwritten"):
        keyfiles.save(PrivateKey.generate(), path)
    assert keyfiles.load_private(path).public == key.public
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="not overwritten"):
        keyfiles.save(key, path)
    assert not (tmp_path / "elsewhere").exists()
