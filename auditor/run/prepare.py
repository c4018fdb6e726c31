"""What a run knows before it commits: recipe, data, key, and the audit that follows from them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from auditor import datasets, files, keyfiles, recipe
from auditor.datasets import Dataset, groups
from auditor.errors import RunError
from auditor.format.audit import Audit
from auditor.format.keys import PrivateKey
from auditor.format.strict_json import canonical
from auditor.guarantee.claim import Rule
from auditor.guarantee.smoothing import rule_for
from auditor.progress import Progress
from auditor.randomness import derive
from auditor.recipe import Recipe
from auditor.run import commit, early, environment, user_code
from auditor.run.commit import DeclaredInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Nothing of it is random or has a time: the same files give the same."""

    loaded: Recipe
    train: Dataset
    inputs: Dataset
    signing: PrivateKey
    public_key: Path
    declared: tuple[DeclaredInput, ...]
    audit: Audit
    rule: Rule
    device: str

    @property
    def identity(self) -> dict[str, str]:
        """What makes a run this run and no other, by the name of what may differ."""
        surroundings = json.dumps(dict(self.audit.environment), sort_keys=True)
        return {
            "recipe": self.audit.recipe_file,
            "data set": self.audit.dataset_root,
            "list of inputs": self.audit.inputs_root,
            "version of this software": self.audit.code_sha256,
            "environment": derive("environment", surroundings.encode()).hex(),
            "key": self.signing.public.keyid,
            # all that is left
            "audit": hashlib.sha256(canonical(self.audit.to_dict())).hexdigest(),
        }


def refuse_existing(out: Path, *, overwrite: bool) -> None:
    """Raise RunError when ``out`` is there and may not be replaced."""
    if out.exists() and not overwrite:
        msg = f"{out}: already exists; expected a new folder (or --overwrite to replace it)"
        raise RunError(msg)


def prepare(
    recipe_path: Path | str,
    *,
    out: Path,
    key: Path | str | None,
    device: str,
    progress: Progress,
) -> Prepared:
    """Read recipe, data and key (made if there is none) and resolve them to an audit.

    Raises a UsageError for what the caller can mend, and RunError when nothing could be certified.
    """
    loaded = user_code.listed(recipe.load(recipe_path))
    chosen = environment.device(device)
    progress.stage("reading data", 1, "data set")
    train, inputs = datasets.load(loaded)
    progress.advance(1)
    for sentence in groups.advice(train, loaded.resolved):
        progress.message(f"note: {sentence}")
    signing, public_key = _signing_key(out, key, progress)
    declared = commit.declare(inputs, commit.salt_secret(signing))
    audit = commit.audit_of(loaded, train, declared, chosen)
    rule = rule_for(audit.to_dict())
    early.refuse_unreachable(rule)
    return Prepared(
        loaded=loaded,
        train=train,
        inputs=inputs,
        signing=signing,
        public_key=public_key,
        declared=declared,
        audit=audit,
        rule=rule,
        device=chosen,
    )


def _signing_key(out: Path, key: Path | str | None, progress: Progress) -> tuple[PrivateKey, Path]:
    """Return the key to sign with, and the file of its public half."""
    out.parent.mkdir(parents=True, exist_ok=True)
    path = out.with_name(out.name + ".key") if key is None else Path(key)
    if key is None and not path.exists():
        public = keyfiles.save(PrivateKey.generate(), path)
        progress.message(f"made a new key pair: {path} (keep it secret) and {public}")
    signing = keyfiles.load_private(path)
    public = path.with_suffix(".pub")
    if not public.exists():
        files.create(public, signing.public.pem.encode("ascii"), mode=0o644)
    return signing, public
