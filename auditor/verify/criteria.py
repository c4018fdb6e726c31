"""A policy's demands on what was audited: subject, data, inputs, threat, alpha and recipe.

Each demand of ``release.toml`` is one check. What the policy does not demand is not checked here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from auditor.format import input_list
from auditor.format.audit import Audit
from auditor.guarantee.sides import PLURALITY
from auditor.guarantee.test.units import Layout
from auditor.verify.check import Check, check
from auditor.verify.policy import Policy
from auditor.verify.verified import Verified


def content(verified: Verified, policy: Policy, resource_uri: str | None) -> Iterator[Check]:
    """Yield the checks of what the release is about; ``resource_uri`` is what the gate was told."""
    audit = verified.certificate.audit
    if policy.subject is not None:
        subject = verified.statement.subject_sha256
        yield check(
            "AUD-SUB-001",
            holds=subject == policy.subject,
            expected=f"members.sha256 {policy.subject}",
            actual=subject,
        )
    if policy.resource_uri is not None:
        untold = "nothing: this gate was told no --resource-uri"
        yield check(
            "AUD-SUB-003",
            holds=None if resource_uri is None else resource_uri == policy.resource_uri,
            expected=policy.resource_uri,
            actual=untold if resource_uri is None else resource_uri,
        )
    if policy.data_roots:
        yield check(
            "AUD-DAT-001",
            holds=audit.dataset_root in policy.data_roots,
            expected=f"root {_either(policy.data_roots)}",
            actual=audit.dataset_root,
        )
    yield from _inputs(verified, policy)
    yield from _threat(audit, policy)
    yield from _alpha(verified, policy)
    yield from _recipe(verified, policy)


def _inputs(verified: Verified, policy: Policy) -> Iterator[Check]:
    audit = verified.certificate.audit
    if policy.inputs is not None:
        leaves = [(claim.salt, claim.tensor, claim.true_label) for claim in verified.claims]
        differs = input_list.difference(policy.inputs, leaves, audit.classes)
        count = len(policy.inputs.entries)
        yield check(
            "AUD-INP-001",
            holds=differs is None,
            expected=f"the {count} inputs of the list {policy.inputs.sha256}, in order",
            actual=differs or f"all {count}, in order",
        )
    if policy.inputs_root is not None:
        yield check(
            "AUD-INP-002",
            holds=audit.inputs_root == policy.inputs_root,
            expected=f"root {policy.inputs_root}",
            actual=audit.inputs_root,
        )


def _threat(audit: Audit, policy: Policy) -> Iterator[Check]:
    moves = audit.moves
    if policy.unit is not None:
        yield check(
            "AUD-THR-001", holds=audit.unit == policy.unit, expected=policy.unit, actual=audit.unit
        )
    if policy.require_moves:
        yield check(
            "AUD-THR-002",
            holds=all(
                move in moves and moves[move] <= price
                for move, price in policy.require_moves.items()
            ),
            expected=", ".join(
                f"{move} at most {price}" for move, price in policy.require_moves.items()
            ),
            actual=prices(moves),
        )
    if policy.allow_moves:
        yield check(
            "AUD-THR-003",
            holds=moves.keys() <= set(policy.allow_moves),
            expected=f"only {', '.join(policy.allow_moves)}",
            actual=prices(moves),
        )
    if policy.feature_unit is not None:
        unit = _feature_unit(audit)
        # So many changed pixels hold more changed channels than so many channels.
        yield check(
            "AUD-THR-004",
            holds=policy.feature_unit == "channel" or unit == "pixel",
            expected=policy.feature_unit,
            actual=unit,
        )


def _alpha(verified: Verified, policy: Policy) -> Iterator[Check]:
    audit = verified.certificate.audit
    if policy.alpha is not None:
        yield check(
            "AUD-ALP-001",
            holds=Fraction(audit.alpha) <= policy.alpha,
            expected=f"alpha at most {policy.alpha}",
            actual=f"alpha {audit.alpha}",
        )
    if policy.scopes:
        certain = not verified.randomised
        yield check(
            "AUD-ALP-002",
            holds=certain or audit.scope in policy.scopes,
            expected=_either(policy.scopes),
            actual="nothing is random: all claims hold together" if certain else audit.scope,
        )


def _recipe(verified: Verified, policy: Policy) -> Iterator[Check]:
    audit = verified.certificate.audit
    if policy.smoothings:
        used = _methods(audit.recipe)
        yield check(
            "AUD-SMO-001",
            holds=used in policy.smoothings,
            expected=_either(" x ".join(pair) for pair in policy.smoothings),
            actual=" x ".join(used),
        )
    if policy.trusted is not None:
        others = [item for item in audit.trusted if item not in policy.trusted]
        yield check(
            "AUD-TRU-001",
            holds=not others,
            expected=f"no artefact but {_artefacts(policy.trusted)}",
            actual=f"also {_artefacts(others)}" if others else _artefacts(audit.trusted),
        )
    if policy.selections:
        yield check(
            "AUD-SEL-001",
            holds=audit.selection in policy.selections,
            expected=_either(policy.selections),
            actual=audit.selection,
        )
    if policy.determinism:
        stated = verified.certificate.determinism
        yield check(
            "AUD-DET-001",
            holds=stated in policy.determinism,
            expected=_either(policy.determinism),
            actual=f"{stated}, as the auditor states",
        )


def prices(moves: Mapping[str, int]) -> str:
    """Return what each move costs, in words.

    >>> prices({"relabel": 1, "modify": 2})
    'modify costs 2, relabel costs 1'
    """
    listed = ", ".join(f"{move} costs {price}" for move, price in sorted(moves.items()))
    return listed or "no training data can be changed"


def _methods(recipe: Mapping[str, object]) -> tuple[str, ...]:
    """Return the methods of both sides, and of the vote where it is no plurality."""
    smoothing = recipe["smoothing"]
    assert isinstance(smoothing, Mapping)  # noqa: S101 - step 5 of the verification read it
    sides = (str(smoothing["training"]["method"]), str(smoothing["test"]["method"]))
    vote = str(smoothing["vote"]["method"]) if "vote" in smoothing else PLURALITY
    return sides if vote == PLURALITY else (*sides, vote)


def _feature_unit(audit: Audit) -> str:
    """Return what a changed feature is: only images have pixels; in grey ones each value is one."""
    alphabet = audit.recipe["alphabet"]
    assert isinstance(alphabet, Mapping)  # noqa: S101 - step 5 of the verification read it
    layout = Layout(shape=audit.shape, unit=str(alphabet.get("unit", "channel")))
    if not layout.image:
        return "value"
    return "pixel" if layout.per_unit == layout.shape[0] else "channel"


def _either(items: Iterable[str]) -> str:
    return " or ".join(items)


def _artefacts(items: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name} (sha256 {digest})" for name, digest in items) or "none"
