"""The verification steps, numbered as in ``schemas/README.md``, section 8. Each returns or raises.

All steps are functions of bytes and keys. A step uses only what earlier steps established.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence

from auditor.errors import (
    ClaimError,
    InclusionError,
    SignatureError,
    StatementError,
    UndecidedError,
    UsageError,
)
from auditor.format import dsse, merkle, statement
from auditor.format.dsse import Envelope
from auditor.format.keys import PublicKey
from auditor.format.leaf import Leaf, parse_leaf, row_digest, split
from auditor.format.predicate import Certificate, Precommitment, Summary, Threshold
from auditor.format.statement import CERTIFICATE, PRECOMMITMENT, Statement
from auditor.format.strict_json import canonical
from auditor.guarantee.claim import Rule
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.threat import Budget
from auditor.verify import names, totals
from auditor.verify.verified import Claim


def signer(
    precommitment: Envelope, certificate: Envelope, keys: Sequence[PublicKey]
) -> tuple[PublicKey, ...]:
    """(2) Return the pinned keys that signed both envelopes: at least one."""
    if not keys:
        raise UndecidedError("key: no key is pinned, so no signature can be trusted")
    first = dsse.verify(precommitment, keys, "precommit.dsse.json")
    second = dsse.verify(certificate, keys, "certificate.dsse.json")
    both = tuple(key for key in first if key in second)
    if not both:
        raise SignatureError("certificate.dsse.json: another key signed precommit.dsse.json")
    return both


def statements(
    precommitment: Envelope, certificate: Envelope
) -> tuple[Precommitment, Certificate, Statement]:
    """(3) Return both predicates, and the certificate's statement, from the signed payloads."""
    first = statement.parse(
        precommitment.payload, "precommitment", predicate_type=PRECOMMITMENT, subject="recipe.toml"
    )
    second = statement.parse(
        certificate.payload, "certificate", predicate_type=CERTIFICATE, subject="members.sha256"
    )
    predicates = Precommitment.from_dict(first.predicate), Certificate.from_dict(second.predicate)
    if first.subject_sha256 != predicates[0].audit.recipe_file:
        raise StatementError("precommitment.subject: not the recipe file that its audit names")
    return (*predicates, second)


def commitment(
    envelope: Envelope,
    precommitment: Precommitment,
    certificate: Certificate,
    signers: Sequence[PublicKey],
) -> PublicKey:
    """(4) Return the key, if the certificate is about this precommitment and its very audit."""
    digest = hashlib.sha256(envelope.payload).hexdigest()
    if certificate.precommitment != digest:
        raise StatementError(
            f"certificate.precommitment: expected {digest}, got {certificate.precommitment}"
        )
    if canonical(precommitment.audit.to_dict()) != canonical(certificate.audit.to_dict()):
        raise StatementError("certificate.audit: differs from the precommitment's")
    for key in signers:
        if key.keyid == precommitment.keyid:
            return key
    raise StatementError(f"precommitment.keyid: {precommitment.keyid} did not sign it")


def rule(certificate: Certificate) -> Rule:
    """(5) Return the rule that the audit defines, if all signed sizes fit it."""
    audit = certificate.audit
    try:
        built = rule_for(audit.to_dict())
    except UsageError as error:
        raise StatementError(f"audit: {error}") from error
    for what, expected, got in (
        ("dataset.classes", built.classes, len(audit.classes)),
        ("audit.members", built.members, audit.members),
        ("members.count", audit.members, certificate.member_count),
        ("evidence.rowSize", built.row_size, certificate.row_size),
        ("evidence.size", audit.inputs_size, certificate.evidence_size),
        ("batch.size", audit.inputs_size, certificate.batch_size),
        ("summary.inputs", audit.inputs_size, certificate.summary.inputs),
    ):
        if expected != got:
            raise StatementError(f"certificate.{what}: expected {expected}, got {got}")
    names.check(audit)
    return built


def thresholds(built: Rule, certificate: Certificate) -> None:
    """(6) Check that the signed thresholds are the ones that the rule gives."""
    expected = tuple(
        Threshold(
            budget=item.budget.to_json(),
            p_star=f"{item.p_star.p}/{item.p_star.q}",
            k_star=item.k_star,
        )
        for item in built.thresholds()
    )
    if len(expected) != len(certificate.thresholds):
        raise ClaimError(f"thresholds: expected {len(expected)}, got {len(certificate.thresholds)}")
    for ours, theirs in zip(expected, certificate.thresholds, strict=True):
        if ours != theirs:
            raise ClaimError(f"thresholds: expected {ours.to_dict()}, got {theirs.to_dict()}")


def leaves(claims: bytes, certificate: Certificate) -> tuple[Leaf, ...]:
    """(7, folder) Return the leaves: line i is leaf i of the signed tree."""
    # Counted before they are cut apart: a file of line feeds must not cost memory.
    count = claims.count(b"\n") + (not claims.endswith(b"\n"))
    if count != certificate.batch_size:
        raise InclusionError(f"claims.jsonl: expected {certificate.batch_size} lines, got {count}")
    lines = split(claims)
    if len(lines) != count:
        raise InclusionError("claims.jsonl: the last line has no line feed")
    root = merkle.Tree(lines).root.hex()
    if root != certificate.batch_root:
        raise InclusionError(f"claims.jsonl: expected root {certificate.batch_root}, got {root}")
    parsed = tuple(parse_leaf(line, f"claims.jsonl[{i}]") for i, line in enumerate(lines))
    for i, leaf in enumerate(parsed):
        if leaf.index != i:
            raise StatementError(f"claims.jsonl[{i}].index: expected {i}, got {leaf.index}")
    return parsed


def included(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], certificate: Certificate
) -> Leaf:
    """(7, single input) Return the leaf, if it is in the signed tree at its own index."""
    if size != certificate.batch_size:
        raise InclusionError(f"inclusion.size: expected {certificate.batch_size}, got {size}")
    root = bytes.fromhex(certificate.batch_root)
    merkle.verify_inclusion(leaf, index, certificate.batch_size, proof, root)
    parsed = parse_leaf(leaf, "leaf")
    if parsed.index != index:
        raise InclusionError(f"leaf.index: expected {index}, got {parsed.index}")
    return parsed


def true_label(leaf: Leaf, certificate: Certificate) -> None:
    """(8) Check that the true label, if there is one, is a class."""
    classes = len(certificate.audit.classes)
    if leaf.true_label is not None and leaf.true_label >= classes:
        raise StatementError(f"leaf {leaf.index}.trueLabel: expected below {classes}")


def inputs(parsed: Sequence[Leaf], certificate: Certificate) -> None:
    """(8) Check that the inputs and true labels are the committed ones, each once, in order."""
    seen: dict[object, int] = {}
    for leaf in parsed:
        true_label(leaf, certificate)
        first = seen.setdefault(leaf.input, leaf.index)
        if first != leaf.index:
            raise StatementError(f"leaf {leaf.index}.input: the same as leaf {first}")
    root = merkle.Tree(leaf.input_entry() for leaf in parsed).root.hex()
    if root != certificate.audit.inputs_root:
        raise StatementError(f"inputs: expected root {certificate.audit.inputs_root}, got {root}")


def evidence(data: bytes, certificate: Certificate) -> Callable[[int], bytes]:
    """(9, folder) Return the rows' reader, if ``evidence.bin`` is the signed one."""
    size = certificate.row_size
    if len(data) != size * certificate.evidence_size:
        raise ClaimError(
            f"evidence.bin: expected {size * certificate.evidence_size} bytes, got {len(data)}"
        )
    digest = hashlib.sha256(data).hexdigest()
    if digest != certificate.evidence:
        raise ClaimError(f"evidence.bin: expected {certificate.evidence}, got {digest}")
    return lambda index: data[index * size : (index + 1) * size]


def judged(leaf: Leaf, row: bytes, built: Rule) -> Claim:
    """(9, 10) Return the claim, if it is what its row of votes gives."""
    where = f"leaf {leaf.index}"
    if len(row) != built.row_size:
        raise ClaimError(f"{where}: expected a row of {built.row_size} bytes, got {len(row)}")
    if row_digest(row) != leaf.row:
        raise ClaimError(f"{where}.evidence.row: not the digest of its row of evidence.bin")
    verdict = built.judge(row)
    if verdict.label != leaf.label:
        raise ClaimError(f"{where}.label: expected {verdict.label}, got {leaf.label}")
    if verdict.statistics != leaf.statistics:
        raise ClaimError(f"{where}.evidence: not the statistics of its row of votes")
    frontier = [budget.to_json() for budget in verdict.frontier]
    if frontier != list(leaf.frontier):
        raise ClaimError(
            f"{where}.frontier: expected {frontier}, got {[dict(b) for b in leaf.frontier]}"
        )
    # Once more from the leaf alone, as a reader without the row would; true is not 1 here.
    built.check(leaf.label, leaf.statistics, verdict.frontier)
    return Claim.from_leaf(leaf, verdict.frontier)


def summary(claims: Sequence[Claim], certificate: Certificate) -> None:
    """(11) Check the signed totals against all the claims."""
    correct = Counter(c.frontier for c in claims if c.label is not None and c.label == c.true_label)
    budgets = certificate.audit.budgets
    counts = totals.certified([Budget.of(budget) for budget in budgets], correct)
    expected = Summary(
        inputs=len(claims),
        correct=correct.total(),
        abstained=sum(c.label is None for c in claims),
        certified=tuple(zip(budgets, counts, strict=True)),
    )
    if expected != certificate.summary:
        raise ClaimError(
            f"summary: expected {expected.to_dict()}, got {certificate.summary.to_dict()}"
        )
