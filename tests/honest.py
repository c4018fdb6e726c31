"""Honest releases out of thin air: made-up votes, judged by the real rules, signed and complete.

Needs no training, no ONNX and no array library, so it serves the verifier's benchmark as well.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Final

from auditor.format import b64, dsse, leaf, members, merkle, sigstore, single
from auditor.format.audit import Audit
from auditor.format.challenge import Awaited, Challenge, Count
from auditor.format.examples import dataset_root, example_bytes, salted_digest, tensor_bytes
from auditor.format.keys import PrivateKey
from auditor.format.leaf import Input, Leaf
from auditor.format.predicate import Certificate, Precommitment, Summary, Threshold
from auditor.format.strict_json import canonical
from auditor.guarantee.claim import Rule
from auditor.guarantee.smoothing import rule_for, threat_for
from auditor.guarantee.threat import Budget
from auditor.guarantee.vote.plurality import encode_row
from auditor.guarantee.vote.run_off import RunOffRule
from auditor.verify.verified import Claim

# TEST ONLY: published with the project, so whatever they sign proves nothing.
P256: Final = PrivateKey.from_pem(
    b"-----BEGIN PRIVATE KEY-----\n"
    b"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgq6VGJEl842NlkDH2\n"
    b"ZAak00mL2gBDUKk+h86LAdpePVGhRANCAAR+aFarqjY72X9axfdk9Sl/rFROafqB\n"
    b"I6vwd+MMAWdy9rr8wB+rw0ChFKt8piotIaDGdpiwTeTIS5mgE4hYWP4k\n"
    b"-----END PRIVATE KEY-----\n"
)
ED25519: Final = PrivateKey.from_pem(
    b"-----BEGIN PRIVATE KEY-----\n"
    b"MC4CAQAwBQYDK2VwBCIEIH+1+Nk9UXYzK7jEFuJtvOT01KEUT3O1E4+dntAkUMZG\n"
    b"-----END PRIVATE KEY-----\n"
)

_PARTITION: Final = {"method": "partition", "parts": 7, "by": "index"}
_TRAINING_AND_INPUT: Final[tuple[dict[str, int], ...]] = (
    {},
    {"trainExamples": 1},
    {"trainExamples": 2, "inputFeatures": 1},
)
KINDS: Final[Mapping[str, Mapping[str, object]]] = {
    "partition": {
        "smoothing": {"training": _PARTITION, "test": {"method": "none"}},
        "budgets": ({}, {"trainExamples": 1}, {"trainExamples": 3}),
    },
    "two-mask": {
        "smoothing": {
            "training": _PARTITION,
            "test": {"method": "two-mask", "groups": 5, "pixels": 1},
        },
        "budgets": _TRAINING_AND_INPUT,
    },
    "views": {
        "smoothing": {
            "training": _PARTITION,
            "test": {"method": "views", "groups": 4, "partitions": 3},
        },
        "budgets": _TRAINING_AND_INPUT,
    },
    "grid": {
        "smoothing": {
            "training": {"method": "grid", "parts": 5, "by": "index", "down": 2, "across": 4},
            "test": {"method": "none"},
        },
        "members": 40,
        "budgets": (
            {},
            {"trainExamples": 1},
            {"trainExamples": 1, "inputFeatures": 1},
            {"inputPatch": 2},
            {"columns": 1},
            {"columns": 1, "inputFeatures": 1},
        ),
    },
    "finite-aggregation": {
        "smoothing": {
            "training": {"method": "finite-aggregation", "parts": 40, "by": "index", "spread": 4},
            "test": {"method": "none"},
        },
        "members": 40,
        "budgets": ({}, {"trainExamples": 1}, {"trainExamples": 4}),
    },
    "run-off": {
        "smoothing": {
            "training": {"method": "partition", "parts": 40, "by": "id"},
            "test": {"method": "none"},
            "vote": {"method": "run-off"},
        },
        "classes": ["0", "1", "2", "3"],
        "members": 40,
        "budgets": ({}, {"trainExamples": 1}, {"trainExamples": 12}),
    },
    "flip": {
        "smoothing": {
            "training": {"method": "flip", "keepFeatures": "205/256", "keepLabels": "205/256"},
            "test": {"method": "flip", "keep": "205/256"},
        },
        "members": 100,
        "alpha": "1/1000",
        "budgets": ({}, {"total": 1}, {"trainLabels": 1, "inputFeatures": 1}, {"total": 20}),
    },
    "bag": {
        "smoothing": {
            "training": {"method": "bag", "size": 3},
            "test": {"method": "hide", "show": "16/256"},
        },
        "members": 100,
        "alpha": "1/1000",
        "scope": "per-input",
        "budgets": ({}, {"trainExamples": 1, "inputFeatures": 1}, {"trainExamples": 90}),
    },
    "nested": {
        "smoothing": {"training": _PARTITION, "test": {"method": "flip", "keep": "205/256"}},
        "draws": 200,
        "alpha": "1/1000",
        "budgets": ({}, {"trainExamples": 1, "inputFeatures": 1}, {"trainExamples": 2}),
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Honest:
    """A complete release in memory: the files at its root, and those that vote."""

    key: PrivateKey
    contents: Mapping[str, bytes]
    voting: Mapping[str, bytes]
    precommitment: Precommitment
    certificate: Certificate
    leaves: tuple[bytes, ...]
    rows: tuple[bytes, ...]

    @property
    def digests(self) -> dict[str, str]:
        return {name: _sha256(data) for name, data in self.voting.items()}

    def single(self, index: int) -> bytes:
        return single.build(
            certificate=self.contents["certificate.dsse.json"],
            precommitment=self.contents["precommit.dsse.json"],
            leaf=self.leaves[index],
            row=self.rows[index],
            index=index,
            size=len(self.leaves),
            proof=merkle.Tree(self.leaves).proof(index),
            challenge=self.contents.get("challenge.dsse.json"),
            drand=self.contents.get("challenge.drand.json"),
            time=self.contents.get("precommit.tsr"),
        )

    def write(self, folder: Path) -> Path:
        (folder / "members").mkdir(parents=True)
        for name, data in {**self.contents, **self.voting}.items():
            (folder / name).write_bytes(data)
        return folder


def resolved(kind: str, **changes: object) -> dict[str, object]:
    """Return the resolved recipe of one kind; ``changes`` replace its parts."""
    spec = {**KINDS[kind], **changes}
    return {
        "version": 1,
        "name": f"made-up {kind}",
        "data": {"source": "made-up"},
        "unit": "example",
        "classes": spec.get("classes", ["0", "1"]),
        "alphabet": {"kind": "binary", "threshold": "8", "unit": "pixel"},
        "learner": {"name": "naive-bayes"},
        "training": {},
        "smoothing": spec["smoothing"],
        "members": spec.get("members", 7),
        "draws": spec.get("draws", 0),
        "claim": {
            "alpha": spec.get("alpha", "0"),
            "scope": spec.get("scope", "simultaneous"),
            "bound": "top",
            "budgets": [dict(budget) for budget in spec["budgets"]],  # type: ignore[attr-defined]
        },
        "inputs": {"take": "all"},
        "designSeed": "made-up",
        "selection": "none",
        "tau": "1/65536",
        "trusted": [],
        **{k: v for k, v in changes.items() if k in ("trusted", "selection", "classes")},
    }


def build(
    kind: str,
    *,
    inputs: int = 5,
    key: PrivateKey = P256,
    front_end: bool = False,
    awaited: Awaited = None,
    answer: Callable[[str], bytes] | None = None,
    **changes: object,
) -> Honest:
    """Return an honest release of one of KINDS, with ``inputs`` made-up inputs.

    ``awaited`` is the challenge that the precommitment waits for; ``answer`` makes the file of
    the challenge from the precommitment's digest.
    """
    recipe = resolved(kind, **changes)
    recipe_file = b"# " + kind.encode() + b"\n"
    named = [_named(index) for index in range(inputs)]
    truth = [index % 2 for index in range(inputs)]
    entries = [
        leaf.input_entry(i, name, label)
        for i, (name, label) in enumerate(zip(named, truth, strict=True))
    ]
    threat = threat_for(recipe)
    audit = Audit(
        recipe=recipe,
        recipe_file=_sha256(recipe_file),
        source="made-up",
        dataset_size=100,
        dataset_root=dataset_root(_examples()),
        classes=tuple(recipe["classes"]),  # type: ignore[arg-type]
        shape=(1, 4, 4),
        dropped=0,
        inputs_size=inputs,
        inputs_root=merkle.Tree(entries).root.hex(),
        members=int(str(recipe["members"])),
        draws=int(str(recipe["draws"])),
        unit=threat.unit,
        moves=dict(threat.moves),
        code_version="0.1.0",
        code_sha256=_sha256(b"code"),
        environment={"python": "3.11"},
    )
    precommitment = Precommitment(
        audit=audit,
        created_at="2026-11-23T10:00:00Z",
        serial="00" * 16,
        keyid=key.public.keyid,
        challenge=awaited,
    )
    rule = rule_for(audit.to_dict())
    rows = [_row(rule, index, label) for index, label in enumerate(truth)]
    parsed = []
    for index, row in enumerate(rows):
        verdict = rule.judge(row)
        parsed.append(
            Leaf(
                index=index,
                input=named[index],
                true_label=truth[index],
                label=verdict.label,
                row=leaf.row_digest(row),
                statistics=verdict.statistics,
                frontier=tuple(budget.to_json() for budget in verdict.frontier),
            )
        )
    committed = dsse.sign(precommitment.to_statement().to_payload(), key)
    voting = {members.shard_name(shard): b"shard %d" % shard for shard in range(2)}
    if front_end:
        voting[members.FRONT_END] = b"front end"
    digest = _sha256(dsse.parse(committed, "").payload)
    challenged = {} if answer is None else _challenge(answer(digest))
    lines = [item.to_bytes() for item in parsed]
    evidence = b"".join(rows)
    certificate = Certificate(
        audit=audit,
        precommitment=digest,
        challenge=_cited(challenged),
        determinism="bitwise",
        member_count=audit.members,
        shard_size=-(-audit.members // 2),
        graph=_sha256(b"graph"),
        evidence=_sha256(evidence),
        row_size=rule.row_size,
        evidence_size=inputs,
        thresholds=tuple(
            Threshold(
                budget=item.budget.to_json(),
                p_star=f"{item.p_star.p}/{item.p_star.q}",
                k_star=item.k_star,
            )
            for item in rule.thresholds()
        ),
        batch_size=inputs,
        batch_root=merkle.Tree(lines).root.hex(),
        summary=_summary(parsed, audit),
    )
    listing = members.build({name: _sha256(data) for name, data in voting.items()})
    signed = dsse.sign(certificate.to_statement(_sha256(listing)).to_payload(), key)
    return Honest(
        key=key,
        contents={
            "precommit.dsse.json": committed,
            "certificate.dsse.json": signed,
            "certificate.sigstore.json": sigstore.wrap(signed, key.public.keyid),
            "claims.jsonl": leaf.join(lines),
            "evidence.bin": evidence,
            "members.sha256": listing,
            "recipe.toml": recipe_file,
            **challenged,
        },
        voting=voting,
        precommitment=precommitment,
        certificate=certificate,
        leaves=tuple(lines),
        rows=tuple(rows),
    )


def challenge(
    digest: str,
    key: PrivateKey = ED25519,
    *,
    created_at: str = "2026-11-23T10:05:00Z",
    count: Count | None = None,
    **changes: str,
) -> bytes:
    """Return a signed challenge to the precommitment with this digest."""
    fields = {"precommitment": digest, "value": "5a" * 32, "keyid": key.public.keyid, **changes}
    answer = Challenge(created_at=created_at, count=count, **fields)
    return dsse.sign(answer.to_statement().to_payload(), key)


def _challenge(file: bytes) -> dict[str, bytes]:
    return {"challenge.dsse.json" if b"payload" in file else "challenge.drand.json": file}


def _cited(challenged: Mapping[str, bytes]) -> str | None:
    for name, file in challenged.items():
        return _sha256(file if "drand" in name else dsse.parse(file, name).payload)
    return None


def resign(
    release: Honest,
    *,
    certificate: Mapping[str, object] | None = None,
    precommitment: Mapping[str, object] | None = None,
) -> dict[str, bytes]:
    """Return the contents with other predicates, signed by the same key: a dishonest auditor.

    The certificate cites the new precommitment, and names its own precommitment only if given one.
    """
    contents = dict(release.contents)
    if precommitment is not None:
        statement = release.precommitment.to_statement()
        payload = replace(statement, predicate=precommitment).to_payload()
        contents["precommit.dsse.json"] = dsse.sign(payload, release.key)
    if certificate is not None:
        listing = _sha256(release.contents["members.sha256"])
        statement = release.certificate.to_statement(listing)
        payload = replace(statement, predicate=certificate).to_payload()
        contents["certificate.dsse.json"] = dsse.sign(payload, release.key)
        contents.pop("certificate.sigstore.json")
    return contents


def recommit(release: Honest, audit: Mapping[str, object]) -> dict[str, bytes]:
    """Return the contents with another audit in both statements, consistently signed."""
    first = {**release.precommitment.to_statement().predicate, "audit": audit}
    payload = replace(release.precommitment.to_statement(), predicate=first).to_payload()
    listing = _sha256(release.contents["members.sha256"])
    second = {
        **release.certificate.to_statement(listing).predicate,
        "audit": audit,
        "precommitment": {"sha256": _sha256(payload)},
    }
    return resign(release, certificate=second, precommitment=first)


def _row(rule: Rule, index: int, truth: int) -> bytes:
    """Return made-up votes, mostly for the true label; input 2 of each hundred is a toss-up."""
    rng = random.Random(index)
    error = 50 if index % 100 == 2 else (0, 5, 30, 1, 20)[index % 5]
    if rule.singly:
        dice = [rng.randrange(100) for _ in range(rule.members)]
        return bytes(255 if d == 99 and error else truth ^ (d < error) for d in dice)
    if isinstance(rule, RunOffRule):
        return _two_rounds(rule, rng, truth, error)
    tallies = []
    mean, deviation = (
        rule.voters * error / 100,
        (rule.voters * error * (100 - error)) ** 0.5 / 100,
    )
    for _ in range(rule.views):
        wrong = min(max(round(rng.gauss(mean, deviation)), 0), rule.voters)
        abstained = min(rng.randrange(100) == 99, rule.voters - wrong)
        votes = [0] * rule.classes
        votes[truth], votes[1 - truth] = rule.voters - wrong - abstained, wrong
        tallies.append([*votes, abstained])
    return encode_row(tallies)


def _two_rounds(rule: RunOffRule, rng: random.Random, truth: int, error: int) -> bytes:
    """Return made-up rounds: each member has scores, in which the true label is mostly ahead."""
    classes = range(rule.classes)
    pairs = list(combinations(classes, 2))
    first, second = [0] * (rule.classes + 1), [[0, 0, 0] for _ in pairs]
    for _ in range(rule.members):
        wrong = rng.randrange(100) < error
        scores = [rng.randrange(20) + 12 * (label == truth and not wrong) for label in classes]
        best = max(scores)
        first[scores.index(best) if scores.count(best) == 1 else rule.classes] += 1
        for tally, (b, c) in zip(second, pairs, strict=True):
            tally[2 if scores[b] == scores[c] else int(scores[c] > scores[b])] += 1
    return encode_row([first, *second])


def _summary(parsed: list[Leaf], audit: Audit) -> Summary:
    claims = [
        Claim.from_leaf(item, tuple(Budget.of(budget) for budget in item.frontier))
        for item in parsed
    ]
    correct = [claim for claim in claims if claim.label == claim.true_label]
    return Summary(
        inputs=len(claims),
        correct=len(correct),
        abstained=sum(claim.label is None for claim in claims),
        certified=tuple(
            (budget, sum(claim.certified(budget) for claim in correct)) for budget in audit.budgets
        ),
    )


def _named(index: int) -> Input:
    salt = hashlib.sha256(b"salt %d" % index).digest()[:16]
    symbols = index.to_bytes(16, "big")
    tensor = tensor_bytes(symbols, shape=(1, 4, 4), dtype="uint8")
    return Input(
        salt=salt.hex(),
        source=salted_digest(salt, hashlib.sha256(canonical({"made-up": index})).digest()),
        tensor=salted_digest(salt, hashlib.sha256(tensor).digest()),
    )


def _examples() -> list[bytes]:
    return [
        example_bytes(i.to_bytes(16, "big"), shape=(1, 4, 4), dtype="uint8", label=i % 2)
        for i in range(100)
    ]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


__all__ = ["ED25519", "KINDS", "P256", "Honest", "PrivateKey", "b64", "build", "recommit", "resign"]
