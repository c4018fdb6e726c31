"""Everything that is fixed, and signed, before a random bit is drawn."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.clock import now
from auditor.datasets import Dataset
from auditor.format import dsse, merkle
from auditor.format.audit import Audit
from auditor.format.challenge import Awaited
from auditor.format.examples import salted_digest
from auditor.format.keys import PrivateKey
from auditor.format.leaf import Input, input_entry
from auditor.format.predicate import Precommitment
from auditor.guarantee.smoothing import threat_for
from auditor.randomness import derive
from auditor.recipe import Recipe
from auditor.run.environment import code, environment


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredInput:
    """One input that was declared before the draws, as the leaves will name it."""

    index: int
    name: Input
    true_label: int

    def entry(self) -> bytes:
        """Return the input's leaf of the committed tree."""
        return input_entry(self.index, self.name, self.true_label)


def declare(inputs: Dataset, secret: bytes) -> tuple[DeclaredInput, ...]:
    """Name the inputs to certify, in order: salted digests and true labels.

    The salts come from ``secret``, so that a reader of one leaf cannot test guesses about the
    other inputs. Besides, an input's salt depends on its own bytes alone (and, where the same bytes
    are listed again, on how often they came before): whoever holds the secret names it alike in
    every release, so that two releases can be compared input by input.
    """
    declared = []
    seen: Counter[str] = Counter()
    for index, (source, label) in enumerate(
        zip(inputs.source_digests, inputs.labels.tolist(), strict=True)
    ):
        own = bytes.fromhex(source)
        salt = derive("auditor/salt/v1", secret, own, seen[source].to_bytes(8, "big"))[:16]
        seen[source] += 1
        name = Input(
            salt=salt.hex(),
            source=salted_digest(salt, own),
            tensor=salted_digest(salt, hashlib.sha256(inputs.tensor(index)).digest()),
        )
        declared.append(DeclaredInput(index=index, name=name, true_label=label))
    return tuple(declared)


def salt_secret(key: PrivateKey) -> bytes:
    """Return a secret that only the key's holder can make, the same every time.

    Both signature schemes in use are deterministic (RFC 6979; RFC 8032).
    """
    return derive("auditor/salt-secret/v1", key.sign(b"auditor/salt/v1"))


def audit_of(
    recipe: Recipe, train: Dataset, declared: Sequence[DeclaredInput], device: str
) -> Audit:
    """Return the audit section: what both statements carry, identically."""
    resolved = recipe.resolved
    threat = threat_for(resolved)
    made = code()
    return Audit(
        recipe=resolved,
        recipe_file=recipe.sha256,
        source=resolved["data"]["source"],
        dataset_size=len(train),
        dataset_root=train.root,
        classes=tuple(train.class_names),
        shape=tuple(train.shape),
        dropped=train.dropped,
        inputs_size=len(declared),
        inputs_root=merkle.Tree(item.entry() for item in declared).root.hex(),
        members=resolved["members"],
        draws=resolved["draws"],
        unit=threat.unit,
        moves=dict(threat.moves),
        code_version=made["version"],
        code_sha256=made["sha256"],
        environment=environment(device),
        groups=train.group_count if threat.unit == "group" else None,
    )


def precommit(audit: Audit, key: PrivateKey, awaited: Awaited) -> bytes:
    """Return the signed precommitment (a DSSE envelope) to ``audit``, made now.

    ``awaited`` is the challenge that its draws wait for.
    """
    created = now()
    serial = derive(
        "auditor/serial/v1", created.encode(), key.public.keyid.encode(), _digest_input(audit)
    )
    statement = Precommitment(
        audit=audit,
        created_at=created,
        serial=serial[:16].hex(),
        keyid=key.public.keyid,
        challenge=awaited,
    ).to_statement()
    return dsse.sign(statement.to_payload(), key)


def _digest_input(audit: Audit) -> bytes:
    return bytes.fromhex(audit.recipe_file + audit.dataset_root + audit.inputs_root)
