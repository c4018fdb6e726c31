"""The whole run, top to bottom: recipe and data in, a verified release folder out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from auditor import datasets, files, keyfiles, recipe
from auditor.datasets import Dataset
from auditor.errors import RunError
from auditor.files import write_atomic
from auditor.format import dsse, leaf, members, sigstore, statement
from auditor.format.audit import Audit
from auditor.format.keys import PrivateKey
from auditor.format.leaf import Leaf
from auditor.format.predicate import Certificate, Precommitment
from auditor.format.strict_json import canonical
from auditor.guarantee.smoothing import rule_for
from auditor.learners import export
from auditor.randomness import derive, draw_root
from auditor.recipe import Recipe
from auditor.release import verify
from auditor.report.gallery import shown_inputs
from auditor.report.html import render
from auditor.run import certify, commit, early, environment, stages, tasks, user_code
from auditor.run.certify import Outcome
from auditor.run.executor import executor
from auditor.run.job import Bench, Job
from auditor.run.pictures import pictures
from auditor.run.prepare import write_arrays
from auditor.run.progress import Progress, Silent
from auditor.run.stages import Cost
from auditor.run.workspace import Workspace
from auditor.verify.verified import Verified

_PRECOMMITMENT = "precommit.dsse.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """A finished run. ``verified`` is what a relying party holds after checking it."""

    release: Path
    public_key: Path
    verified: Verified
    resumed: bool
    cost: Mapping[str, str]


def run(
    recipe_path: Path | str,
    *,
    out: Path | str,
    key: Path | str | None = None,
    device: str = "auto",
    workers: int | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> RunResult:
    """Audit as the recipe says and write the release folder ``out``.

    A run that was killed continues where it was when it is called again with the same recipe, data
    and key, and signs the same payload. Without ``key`` (a PEM file), ``<out>.key`` is used, and
    made if it is not there. Raises a UsageError (recipe, data, run) for what the caller can mend;
    nothing is ever half-written into ``out``.
    """
    progress = progress or Silent()
    out = Path(out)
    if out.exists() and not overwrite:
        msg = f"{out}: already exists; expected a new folder (or --overwrite to replace it)"
        raise RunError(msg)
    loaded = user_code.listed(recipe.load(recipe_path))
    chosen = environment.device(device)
    count = environment.workers(workers, chosen)
    progress.stage("reading data", 1, "data set")
    train, inputs = datasets.load(loaded)
    progress.advance(1)
    signing, public_key = _signing_key(out, key, progress)
    declared = commit.declare(inputs, commit.salt_secret(signing, loaded))
    audit = commit.audit_of(loaded, train, declared, chosen)
    early.refuse_unreachable(rule_for(audit.to_dict()))
    with closing(Workspace(out)) as workspace:
        resumed = workspace.open(_identity(audit, signing), replace=overwrite)
        if resumed:
            progress.message(f"continuing the unfinished run in {workspace.root}")
        payload = _precommitment(workspace, audit, signing)
        digest = hashlib.sha256(payload).digest()
        write_arrays(workspace.root, loaded, train, inputs)
        job = Job(
            folder=workspace.root,
            base=loaded.base,
            audit=audit.to_dict(),
            draw_root=draw_root(digest),
            device=chosen,
        )
        bench, cost = Bench(job), Cost(workspace)
        early.refuse_small_disk(bench)
        evidence, outcome = _train_and_vote(workspace, bench, count, cost, progress)
        with cost.stage("certifying"):
            progress.stage("certifying", len(declared), "inputs")
            judged = certify.leaves(bench.rule, declared, evidence, progress.advance)
            predicate = certify.certificate(
                audit, bench.rule, judged, evidence, precommitment=digest.hex(), outcome=outcome
            )
            _sign(workspace, bench, predicate, judged, evidence, key=signing)
        spent = cost.summary()
        _describe(workspace, loaded, train, inputs, spent)
        verified = verify(workspace.release, signing.public)
        shown = pictures(inputs, loaded.resolved["alphabet"], shown_inputs(verified))
        page = render(verified, shown, spent)
        write_atomic(workspace.release / "report.html", page.encode())
        workspace.publish(replace=overwrite)
    progress.done()
    return RunResult(
        release=out, public_key=public_key, verified=verified, resumed=resumed, cost=spent
    )


def _train_and_vote(
    workspace: Workspace, bench: Bench, workers: int, cost: Cost, progress: Progress
) -> tuple[bytes, Outcome]:
    """Return the evidence rows, and what training left behind."""
    with executor(workers, tasks.start, (bench.job,)) as pool:
        with cost.stage("training"):
            stages.train(workspace, bench, pool, progress)
        with cost.stage("self-test"):
            determinism = stages.self_test(workspace, pool, progress)
        with cost.stage("voting"):
            evidence = stages.cast_votes(workspace, bench, pool, progress)
    first = (workspace.release / members.shard_name(0)).read_bytes()
    return evidence, Outcome(
        determinism=determinism,
        shard_size=bench.learner.chunk,
        graph=export.graph_digest(first),
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


def _identity(audit: Audit, key: PrivateKey) -> dict[str, str]:
    surroundings = json.dumps(dict(audit.environment), sort_keys=True)
    return {
        "recipe": audit.recipe_file,
        "data set": audit.dataset_root,
        "list of inputs": audit.inputs_root,
        "version of this software": audit.code_sha256,
        "environment": derive("environment", surroundings.encode()).hex(),
        "key": key.public.keyid,
        "audit": hashlib.sha256(canonical(audit.to_dict())).hexdigest(),  # all that is left
    }


def _precommitment(workspace: Workspace, audit: Audit, key: PrivateKey) -> bytes:
    """Return the payload of the signed precommitment, made once a run and before anything else.

    The draws come from it, so what was drawn for a precommitment that is gone goes with it.
    """
    path = workspace.release / _PRECOMMITMENT
    if not path.exists():
        workspace.start_over()
        write_atomic(path, commit.precommit(audit, key))
    payload = dsse.parse(path.read_bytes(), str(path)).payload
    parsed = statement.parse(
        payload, str(path), predicate_type=statement.PRECOMMITMENT, subject="recipe.toml"
    )
    if Precommitment.from_dict(parsed.predicate).audit.to_dict() != audit.to_dict():
        msg = f"{path}: expected the precommitment to this audit, got another; use --overwrite"
        raise RunError(msg)
    return payload


def _sign(
    workspace: Workspace,
    bench: Bench,
    predicate: Certificate,
    judged: Sequence[Leaf],
    evidence: bytes,
    *,
    key: PrivateKey,
) -> None:
    """Write everything that is signed, directly or by digest."""
    listing = members.build(stages.digests(bench))
    payload = predicate.to_statement(hashlib.sha256(listing).hexdigest()).to_payload()
    envelope = dsse.sign(payload, key)
    for name, data in (
        ("members.sha256", listing),
        ("evidence.bin", evidence),
        ("claims.jsonl", leaf.join([item.to_bytes() for item in judged])),
        ("certificate.dsse.json", envelope),
        ("certificate.sigstore.json", sigstore.wrap(envelope, key.public.keyid)),
    ):
        write_atomic(workspace.release / name, data)


def _describe(
    workspace: Workspace, loaded: Recipe, train: Dataset, inputs: Dataset, cost: Mapping[str, str]
) -> None:
    """Write what is good to know and not signed, and the recipe as it was given."""
    manifest = {
        "trainingSet": train.manifest(),
        "inputs": inputs.manifest(),
        "cost": dict(cost),
    }
    write_atomic(workspace.release / "manifest.json", json.dumps(manifest, indent=1).encode())
    write_atomic(workspace.release / "recipe.toml", loaded.text)
