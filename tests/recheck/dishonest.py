"""What an auditor who holds the key can sign: any votes, any members, consistently."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from auditor import keyfiles
from auditor.format import dsse, leaf, members, statement
from auditor.format.leaf import parse_leaf
from auditor.format.predicate import Certificate, Precommitment
from auditor.guarantee.claim import Rule
from auditor.guarantee.smoothing import rule_for
from auditor.progress import Silent
from auditor.recheck.data import bring
from auditor.recheck.replay import polls_of
from auditor.replay.cast import Polls
from auditor.run import certify
from auditor.run.commit import DeclaredInput
from tests.recheck.made import Made


def certificate_of(folder: Path) -> Certificate:
    envelope = dsse.parse((folder / "certificate.dsse.json").read_bytes(), "certificate")
    parsed = statement.parse(
        envelope.payload,
        "certificate",
        predicate_type=statement.CERTIFICATE,
        subject="members.sha256",
    )
    return Certificate.from_dict(parsed.predicate)


def rule_of(folder: Path) -> Rule:
    return rule_for(certificate_of(folder).audit.to_dict())


def sign(
    folder: Path,
    key: Path,
    *,
    evidence: bytes | None = None,
    voting: Mapping[str, bytes] | None = None,
    **fields: object,
) -> None:
    """Put other votes or members into a release and sign it anew, all of it consistent."""
    signed = certificate_of(folder)
    rule = rule_for(signed.audit.to_dict())
    votes = (folder / "evidence.bin").read_bytes() if evidence is None else evidence
    lines = leaf.split((folder / "claims.jsonl").read_bytes())
    declared = [
        DeclaredInput(index=one.index, name=one.input, true_label=one.true_label or 0)
        for one in (parse_leaf(line, "leaf") for line in lines)
    ]
    judged = certify.leaves(rule, declared, votes, lambda _: None)
    for name, data in (voting or {}).items():
        (folder / name).write_bytes(data)
    listed = members.parse((folder / "members.sha256").read_bytes())
    listing = members.build(
        {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in listed}
    )
    outcome = certify.Outcome(
        determinism=signed.determinism, shard_size=signed.shard_size, graph=signed.graph
    )
    forged = certify.certificate(
        signed.audit,
        rule,
        judged,
        votes,
        precommitment=signed.precommitment,
        challenge=signed.challenge,
        outcome=outcome,
    )
    forged = replace(forged, **fields)  # type: ignore[arg-type]
    payload = forged.to_statement(hashlib.sha256(listing).hexdigest()).to_payload()
    (folder / "members.sha256").write_bytes(listing)
    (folder / "evidence.bin").write_bytes(votes)
    (folder / "claims.jsonl").write_bytes(leaf.join([one.to_bytes() for one in judged]))
    (folder / "certificate.dsse.json").write_bytes(dsse.sign(payload, keyfiles.load_private(key)))
    (folder / "certificate.sigstore.json").unlink(missing_ok=True)


def resign_recipe(folder: Path, key: Path, *, data_path: str | None = None) -> None:
    """Sign a release whose recipe file, or data path, is another than that of the run."""
    signing = keyfiles.load_private(key)
    signed = certificate_of(folder)
    recipe = dict(signed.audit.recipe)
    if data_path is not None:
        recipe["data"] = {**recipe["data"], "path": data_path}  # type: ignore[dict-item]
    file = hashlib.sha256((folder / "recipe.toml").read_bytes()).hexdigest()
    audit = replace(signed.audit, recipe=recipe, recipe_file=file)
    first = dsse.parse((folder / "precommit.dsse.json").read_bytes(), "precommit")
    parsed = statement.parse(
        first.payload, "p", predicate_type=statement.PRECOMMITMENT, subject="recipe.toml"
    )
    committed = replace(Precommitment.from_dict(parsed.predicate), audit=audit)
    payload = committed.to_statement().to_payload()
    certificate = replace(signed, audit=audit, precommitment=hashlib.sha256(payload).hexdigest())
    listing = hashlib.sha256((folder / "members.sha256").read_bytes()).hexdigest()
    (folder / "precommit.dsse.json").write_bytes(dsse.sign(payload, signing))
    (folder / "certificate.dsse.json").write_bytes(
        dsse.sign(certificate.to_statement(listing).to_payload(), signing)
    )
    (folder / "certificate.sigstore.json").unlink(missing_ok=True)


def tallies(made: Made, voting: Mapping[str, bytes]) -> bytes:
    """Return the evidence that fixed members really give once ``voting`` replaces their files."""
    polls, inputs = _polls(made)
    shards: list[Callable[[], bytes]] = list(polls.ensemble.shards)
    for name, data in voting.items():
        shards[int(name[8:14])] = partial(bytes, data)
    ensemble = replace(polls.ensemble, shards=shards)
    counts = replace(polls, ensemble=ensemble).tallies(inputs, range(len(inputs)))
    return counts.astype("<u2").tobytes()


def cast(made: Made) -> npt.NDArray[np.uint8]:
    """Return the votes (members, inputs) of the first shard's fixed members."""
    polls, inputs = _polls(made)
    return polls.ensemble.cast(0, polls.rows(inputs, range(len(inputs))))


def _polls(made: Made) -> tuple[Polls, npt.NDArray[np.integer]]:
    verified = made.verify()
    listing = (made.release / "members.sha256").read_bytes()
    brought = bring(verified, (made.release / "recipe.toml").read_bytes(), made.data, Silent())
    rule = rule_for(verified.certificate.audit.to_dict())
    return polls_of(verified, rule, made.release, listing, None), brought.inputs.symbols
