"""The whole run, top to bottom: recipe and data in, a verified release folder out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from auditor.datasets import Dataset
from auditor.files import write_atomic
from auditor.format import dsse, leaf, members, sigstore
from auditor.format.keys import PrivateKey
from auditor.format.leaf import Leaf
from auditor.format.predicate import Certificate
from auditor.progress import Progress, Silent
from auditor.recipe import Recipe
from auditor.release import verify
from auditor.replay.graph_digest import graph_digest
from auditor.report.gallery import shown_inputs
from auditor.report.html import render
from auditor.run import certify, challenged, early, environment, stages, tasks, user_code
from auditor.run.arrays import write_arrays
from auditor.run.certify import Outcome
from auditor.run.executor import executor
from auditor.run.job import Bench, Job
from auditor.run.prepare import prepare, refuse_existing
from auditor.run.shown import shown
from auditor.run.stages import Cost
from auditor.run.workspace import Workspace
from auditor.verify.verified import Verified


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
    challenge: Path | str | None = None,
    time: Path | str | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> RunResult:
    """Audit as the recipe says and write the release folder ``out``.

    A run that was killed continues where it was when it is called again with the same recipe, data
    and key, and signs the same payload. Without ``key`` (a PEM file), ``<out>.key`` is used, and
    made if it is not there. ``challenge`` is the file of the challenge that the precommitment
    waits for, ``time`` that of a time stamp on it. Raises a UsageError (recipe, data, run) for what
    the caller can mend; nothing is ever half-written into ``out``.
    """
    progress = progress or Silent()
    out = Path(out)
    refuse_existing(out, overwrite=overwrite)
    ready = prepare(recipe_path, out=out, key=key, device=device, progress=progress)
    loaded, train, inputs, audit = ready.loaded, ready.train, ready.inputs, ready.audit
    signing, declared = ready.signing, ready.declared
    count = environment.workers(workers, ready.device)
    with closing(Workspace(out)) as workspace:
        resumed = workspace.open(ready.identity, replace=overwrite)
        if resumed:
            progress.message(f"continuing the unfinished run in {workspace.root}")
        committed = challenged.precommitment(workspace, audit, signing)
        answered = challenged.answer(
            workspace,
            committed,
            None if challenge is None else Path(challenge),
            None if time is None else Path(time),
        )
        write_arrays(workspace.root, loaded, train, inputs)
        user_code.bring_front_end(loaded.resolved, loaded.base, workspace.root)
        job = Job(
            folder=workspace.root,
            base=loaded.base,
            audit=audit.to_dict(),
            draw_root=answered.draw_root,
            device=ready.device,
        )
        bench, cost = Bench(job), Cost(workspace)
        early.refuse_small_disk(bench)
        evidence, outcome = _train_and_vote(workspace, bench, count, cost, progress)
        with cost.stage("certifying"):
            progress.stage("certifying", len(declared), "inputs")
            judged = certify.leaves(bench.rule, declared, evidence, progress.advance)
            predicate = certify.certificate(
                audit,
                bench.rule,
                judged,
                evidence,
                precommitment=committed.digest,
                challenge=answered.cited,
                outcome=outcome,
            )
            _sign(workspace, bench, predicate, judged, evidence, key=signing)
        spent = cost.summary()
        _describe(workspace, loaded, train, inputs, spent)
        verified = verify(workspace.release, signing.public)
        looks = shown(inputs, loaded.resolved["alphabet"], shown_inputs(verified))
        page = render(verified, looks, spent)
        write_atomic(workspace.release / "report.html", page.encode())
        workspace.publish(replace=overwrite)
    progress.done()
    return RunResult(
        release=out, public_key=ready.public_key, verified=verified, resumed=resumed, cost=spent
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
        graph=graph_digest(first),
    )


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
