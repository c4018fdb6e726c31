"""A repository with a base branch and a change to it, checked out as a pull request is."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from auditor.format import dsse
from tests import gates, honest
from tests.honest import Honest

POLICY: Final[Mapping[str, Any]] = {"version": 1, "threat": {"unit": "example"}}
UNMET: Final[Mapping[str, Any]] = {"version": 1, "threat": {"unit": "group"}}
TRUST: Final[Mapping[str, Any]] = {
    "version": 1,
    "keys": [{"name": "auditor", "file": "auditor.pub", "roles": ["auditor"]}],
}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _dated() -> Honest:
    """Return a release of a day that is past on every machine: a gate looks at its clock."""
    built = honest.build("two-mask", inputs=4)
    statement = built.precommitment.to_statement()
    first = {**statement.predicate, "createdAt": "2020-01-01T00:00:00Z"}
    payload = replace(statement, predicate=first).to_payload()
    listing = _sha256(built.contents["members.sha256"])
    second = built.certificate.to_statement(listing).predicate
    cited = {**second, "precommitment": {"sha256": _sha256(payload)}}
    return replace(built, contents=honest.resign(built, certificate=cited, precommitment=first))


BUILT: Final = _dated()


def git(folder: Path, *arguments: str) -> str:
    """Run git, untouched by the configuration of whoever runs the tests."""
    settings = ["user.name=t", "user.email=t@example.com", "init.defaultBranch=main"]
    settings += ["commit.gpgSign=false", "protocol.file.allow=always", "advice.detachedHead=false"]
    options = [part for setting in settings for part in ("-c", setting)]
    done = subprocess.run(
        ["git", "-C", str(folder), *options, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def origin(folder: Path, files: Mapping[str, bytes] | None = None) -> Path:
    """Return a repository whose branch ``main`` has policy, trust and key, and no release."""
    folder.mkdir()
    git(folder, "init", "--quiet")
    write(
        folder,
        {
            "release.toml": gates.document(POLICY),
            "trust.toml": gates.document(TRUST),
            "auditor.pub": honest.P256.public.pem.encode(),
            **(files or {}),
        },
    )
    commit(folder, "base")
    return folder


def change(
    repository: Path, files: Mapping[str, bytes], *, release: Honest = BUILT, place: str = "model"
) -> None:
    """Add the branch ``change``: a release, and whatever else a contributor wrote."""
    git(repository, "switch", "--quiet", "--create", "change", "main")
    release.write(repository / place)
    write(repository, files)
    commit(repository, "change")
    git(repository, "switch", "--quiet", "main")


def checkout(repository: Path, folder: Path, ref: str = "change", *, full: bool = False) -> Path:
    """Check out as actions/checkout does: one commit, unless all of the history is asked for."""
    depth = [] if full else ["--depth=1"]
    url = repository.as_uri()
    git(repository, "clone", "--quiet", *depth, "--branch", ref, url, str(folder))
    return folder


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(data)


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "-m", message)


def signed_payload(path: Path) -> bytes:
    """Return what an envelope that the gate wrote says."""
    return dsse.parse(path.read_bytes(), str(path)).payload
