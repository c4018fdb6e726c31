"""Policy and trust from where the change that is judged cannot reach them."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

WORKSPACE: Final = "workspace"
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_DIGEST: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
# What a file may name without its digest covering it, unless the second key stands beside it.
_NAMED: Final = (("keys", "file", "keyid"), ("timestampers", "file", "sha256"))


class RefusedError(Exception):
    """The inputs of the action do not say where policy and trust are; the message is for people."""


def find(env: Mapping[str, str], scratch: Path) -> tuple[Path, Path]:
    """Return the files of policy and trust; a checkout that this takes is made below ``scratch``.

    They are read from the tree of POLICY_REF, by default the base branch, together with the files
    that they name. With POLICY_REF = workspace they are read as they lie there: then both digests
    are demanded, and nothing may be named whose contents those two files do not fix.
    """
    root = Path(env["GITHUB_WORKSPACE"])
    ref, where = env["POLICY_REF"], "the workspace"
    pinned = {name: _digest(env, name) for name in ("POLICY_SHA256", "TRUST_SHA256")}
    if ref == WORKSPACE:
        missing = [name for name, digest in pinned.items() if digest is None]
        if missing:
            names = " and ".join(name.lower().replace("_", "-") for name in missing)
            raise RefusedError(f"policy-ref: workspace takes {names}, so that no change is missed")
        tree = root
    else:
        commit = _commit(root, ref, env["BASE_REF"])
        where = f"{ref or env['BASE_REF']} ({commit})"
        tree = scratch / "base"
        _git(root, "worktree", "add", "--quiet", "--force", "--detach", str(tree), commit)
    policy = _file(tree, env["POLICY"], "policy", where)
    trust = _file(tree, env["TRUST"], "trust", where)
    for path, name in ((policy, "POLICY_SHA256"), (trust, "TRUST_SHA256")):
        got = hashlib.sha256(path.read_bytes()).hexdigest()
        if pinned[name] not in (None, got):
            key = name.lower().replace("_", "-")
            raise RefusedError(f"{key}: expected {pinned[name]}, got {got} from {where}")
    if ref == WORKSPACE:
        _fixed(policy, trust)
    return policy, trust


def forget(env: Mapping[str, str], scratch: Path) -> None:
    """Take the checkout away again."""
    if (scratch / "base").exists():
        root = Path(env["GITHUB_WORKSPACE"])
        _try(root, "worktree", "remove", "--force", str(scratch / "base"))


def _commit(root: Path, ref: str, base: str) -> str:
    """Return the commit to read from, fetched from where the workspace was checked out."""
    if not ref and not base:
        raise RefusedError("policy-ref: this event has no base branch, so name a ref")
    if _COMMIT.fullmatch(ref) and not _try(root, "cat-file", "-e", f"{ref}^{{commit}}"):
        return ref  # already here, and a commit cannot change
    wanted = ref or f"refs/heads/{base.removeprefix('refs/heads/')}"
    if _try(root, "check-ref-format", "--allow-onelevel", wanted) or wanted.startswith("-"):
        raise RefusedError(f"policy-ref: {wanted!r} is not the name of a commit, branch or tag")
    # A full clone must not become a shallow one for what comes after us.
    shallow = _git(root, "rev-parse", "--is-shallow-repository") == "true"
    depth = ["--depth=1"] if shallow else []
    failed = _try(root, "fetch", "--quiet", "--no-tags", *depth, "--", "origin", wanted)
    if failed:
        raise RefusedError(
            f"policy-ref: {wanted} cannot be fetched ({failed}); a private repository needs "
            "actions/checkout to keep its credentials"
        )
    return _git(root, "rev-parse", "--verify", "--quiet", "FETCH_HEAD^{commit}")


def _file(tree: Path, name: str, what: str, where: str) -> Path:
    path = (tree / name).resolve()
    if not path.is_relative_to(tree.resolve()):
        raise RefusedError(f"{what}: {name!r} is not inside the repository")
    if not path.is_file():
        raise RefusedError(f"{what}: there is no file {name!r} in {where}")
    return path


def _digest(env: Mapping[str, str], name: str) -> str | None:
    if not env[name]:
        return None
    match = _DIGEST.fullmatch(env[name])
    if match is None:
        key = name.lower().replace("_", "-")
        raise RefusedError(f"{key}: expected 64 lower-case hex digits, got {env[name]!r}")
    return match.group(1)


def _fixed(policy: Path, trust: Path) -> None:
    """Refuse files that name others by path alone: a digest of the one is none of the other."""
    for table, name, pin in _NAMED:
        items = _parsed(trust).get(table, ())
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict) and name in item and pin not in item:
                raise RefusedError(
                    f"{trust.name}: {table}: {item[name]!r} is named without its {pin}, and "
                    "policy-ref: workspace takes only what trust-sha256 covers"
                )
    baseline = _parsed(policy).get("baseline")
    if isinstance(baseline, dict) and "sha256" not in baseline:
        raise RefusedError(
            f"{policy.name}: baseline: has no sha256, and policy-ref: workspace takes only what "
            "policy-sha256 covers"
        )


def _parsed(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}  # the gate refuses it, and says where


def _git(root: Path, *arguments: str) -> str:
    done = _run(root, arguments)
    if done.returncode:
        raise RefusedError(f"git {arguments[0]}: {_said(done)}")
    return done.stdout.strip()


def _try(root: Path, *arguments: str) -> str:
    """Return what git complains of, or nothing."""
    done = _run(root, arguments)
    return (_said(done) or "failed") if done.returncode else ""


def _said(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join(done.stderr.split())[-300:]


def _run(root: Path, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    # No hook of the workspace, and no question on a terminal that nobody reads.
    options = ["-c", f"safe.directory={root}", "-c", "core.hooksPath=/dev/null"]
    options += ["-c", "credential.interactive=false"]
    return subprocess.run(  # noqa: S603 - no shell, and no argument can be an option
        ["git", "-C", str(root), *options, *arguments],  # noqa: S607 - the one of the machine
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
