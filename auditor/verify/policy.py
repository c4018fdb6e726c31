"""What is demanded of a release: ``release.toml`` (schemas/release.v1.json).

Every key is a demand of its own and every one is optional; a policy that demands nothing lets
nothing pass. Shares are exact: no number of a policy passes through a float.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from auditor.errors import UsageError
from auditor.format import input_list
from auditor.format.input_list import InputList
from auditor.guarantee.sides import PLURALITY, TEST_METHODS, TRAINING_METHODS, VOTE_METHODS
from auditor.guarantee.threat import Budget
from auditor.verify.settings import Settings, read

MOVES: Final = ("insert", "delete", "modify", "relabel")
KINDS: Final = ("not-needed", "self-derived", "signed", "drand")
MAX_COUNT: Final = 2**53 - 1

_TABLES: Final = {
    "subject": ("sha256", "resourceUri"),
    "data": ("roots",),
    "inputs": ("list", "sha256", "root"),
    "threat": ("unit", "featureUnit", "requireMoves", "allowMoves"),
    "claim": ("alphaAtMost", "scopes"),
    "recipe": ("smoothings", "trusted", "selections", "determinism"),
    "accuracy": ("certified", "cleanAtLeast", "abstentionAtMost", "given"),
    "challenge": ("kinds", "ofKeyAtMost", "ofDataAtMost"),
    "evidence": ("replay", "retrain", "match", "deltaAtMost"),
    "baseline": ("release", "sha256", "maxDrop", "at"),
}
_HOMES: Final = {
    key: table for table, keys in _TABLES.items() for key in keys if key not in {"sha256", "at"}
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """An earlier release and how much certified accuracy may be lost against it.

    ``release`` is a path relative to the policy, ``sha256`` the digest (hex) of its certificate's
    payload or None, ``at`` the budgets to compare at; empty: all that it declares.
    """

    release: str
    sha256: str | None
    max_drop: Fraction
    at: tuple[Budget, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The demands of a policy; None (or an empty tuple): not demanded. Digests in hex.

    ``require_moves`` gives the highest price of each demanded move, ``certified`` the least
    certified accuracy at each named budget, ``smoothings`` the methods (training, test, and the
    vote where it is no plurality), ``trusted`` pairs (name, SHA-256), ``replay`` a number of cells
    or "all", ``retrain`` a number of members, ``bitwise`` that all of those have the same bits;
    ``given_members``: shares are counted as if all members were what training gives. ``sha256`` is
    the digest of the file, which pins ``inputs`` too.
    """

    sha256: str
    subject: str | None
    resource_uri: str | None
    data_roots: tuple[str, ...]
    inputs: InputList | None
    inputs_root: str | None
    unit: str | None
    feature_unit: str | None
    require_moves: Mapping[str, int]
    allow_moves: tuple[str, ...]
    alpha: Fraction | None
    scopes: tuple[str, ...]
    smoothings: tuple[tuple[str, ...], ...]
    trusted: tuple[tuple[str, str], ...] | None
    selections: tuple[str, ...]
    determinism: tuple[str, ...]
    certified: tuple[tuple[Budget, Fraction], ...]
    clean: Fraction | None
    abstention: Fraction | None
    given_members: bool
    challenges: tuple[str, ...]
    of_key: int | None
    of_data: int | None
    replay: int | Literal["all"] | None
    retrain: int | None
    bitwise: bool
    delta: Fraction | None
    baseline: Baseline | None


def parse(data: bytes, where: str, file: Callable[[str], bytes]) -> Policy:
    """Return the policy in ``release.toml``; raise UsageError, naming file and key.

    ``file`` returns the bytes of a file that it names, relative to itself.
    """
    document = read(data, where, _HOMES)
    # A file without any key is an empty policy, and the gate says what comes of that.
    document.only(("version", *_TABLES), ("version",) if document.value else ())
    if document.value and document.integer("version", low=1, high=2**31) != 1:
        raise document.refuse("version", "1")
    tables = {name: _table(document, name) for name in _TABLES}
    subject, inputs, threat = tables["subject"], tables["inputs"], tables["threat"]
    claim, recipe, accuracy = tables["claim"], tables["recipe"], tables["accuracy"]
    challenge, evidence = tables["challenge"], tables["evidence"]
    if accuracy.value and not ("list" in inputs or "root" in inputs):
        raise UsageError(
            f"{where}: accuracy: expected [inputs] with list or root beside it: of inputs that the "
            "auditor chose, any share can be certified"
        )
    return Policy(
        sha256=hashlib.sha256(data).hexdigest(),
        subject=subject.hexadecimal("sha256") if "sha256" in subject else None,
        resource_uri=subject.text("resourceUri") if "resourceUri" in subject else None,
        data_roots=tables["data"].digests("roots") if "roots" in tables["data"] else (),
        inputs=_inputs(inputs, file),
        inputs_root=inputs.hexadecimal("root") if "root" in inputs else None,
        unit=threat.choice("unit", ("example", "group")) if "unit" in threat else None,
        feature_unit=(
            threat.choice("featureUnit", ("pixel", "channel")) if "featureUnit" in threat else None
        ),
        require_moves=_prices(threat),
        allow_moves=_choices(threat, "allowMoves", MOVES),
        alpha=_share(claim, "alphaAtMost", zero=True, one=False),
        scopes=_choices(claim, "scopes", ("simultaneous", "per-input")),
        smoothings=_smoothings(recipe),
        trusted=_trusted(recipe),
        selections=_choices(recipe, "selections", ("none", "trusted-data", "pilot")),
        determinism=_choices(recipe, "determinism", ("bitwise", "assumed")),
        certified=_certified(accuracy),
        clean=_share(accuracy, "cleanAtLeast", zero=False, one=True),
        abstention=_share(accuracy, "abstentionAtMost", zero=True, one=False),
        given_members="given" in accuracy and accuracy.choice("given", ("members",)) == "members",
        challenges=_choices(challenge, "kinds", KINDS),
        of_key=_count(challenge, "ofKeyAtMost"),
        of_data=_count(challenge, "ofDataAtMost"),
        replay=_replay(evidence),
        retrain=_count(evidence, "retrain"),
        bitwise="match" in evidence and evidence.choice("match", ("bitwise",)) == "bitwise",
        delta=_share(evidence, "deltaAtMost", zero=False, one=False),
        baseline=_baseline(tables["baseline"]) if tables["baseline"].value else None,
    )


def _table(document: Settings, name: str) -> Settings:
    if name not in document:
        return Settings({}, document.where, name, _HOMES)
    required = {"inputs": (), "baseline": ("release", "maxDrop")}.get(name, ())
    return document.table(name).only(_TABLES[name], required)


def _inputs(inputs: Settings, file: Callable[[str], bytes]) -> InputList | None:
    """Return the list, if one is named: its digest stands in the policy, and must be its own."""
    if "list" not in inputs and "sha256" not in inputs:
        return None
    inputs.only(_TABLES["inputs"], ("list", "sha256"))
    name = inputs.text("list")
    found = input_list.parse(file(name), name)
    if inputs.hexadecimal("sha256") != found.sha256:
        raise inputs.refuse("sha256", f"{found.sha256}, the digest of {name}")
    return found


def _prices(threat: Settings) -> dict[str, int]:
    if "requireMoves" not in threat:
        return {}
    moves = threat.table("requireMoves").only(MOVES)
    return {move: moves.integer(move, low=1, high=MAX_COUNT) for move in MOVES if move in moves}


def _smoothings(recipe: Settings) -> tuple[tuple[str, ...], ...]:
    if "smoothings" not in recipe:
        return ()
    items = recipe.tables("smoothings")
    for item in items:
        item.only(("training", "test", "vote"), ("training", "test"))
    return tuple(map(_smoothing, items))


def _smoothing(item: Settings) -> tuple[str, ...]:
    sides = (item.choice("training", TRAINING_METHODS), item.choice("test", TEST_METHODS))
    vote = item.choice("vote", VOTE_METHODS) if "vote" in item else PLURALITY
    return sides if vote == PLURALITY else (*sides, vote)


def _trusted(recipe: Settings) -> tuple[tuple[str, str], ...] | None:
    if "trusted" not in recipe:
        return None
    items = recipe.tables("trusted", empty=True)
    for item in items:
        item.only(("name", "sha256"), ("name", "sha256"))
    return tuple((item.text("name"), item.hexadecimal("sha256")) for item in items)


def _certified(accuracy: Settings) -> tuple[tuple[Budget, Fraction], ...]:
    if "certified" not in accuracy:
        return ()
    items = accuracy.tables("certified")
    for item in items:
        item.only(("budget", "atLeast"), ("budget", "atLeast"))
    found = tuple(
        (item.budget("budget"), item.share("atLeast", zero=False, one=True)) for item in items
    )
    if len({budget for budget, _ in found}) != len(found):
        raise accuracy.refuse("certified", "no budget twice")
    return found


def _replay(evidence: Settings) -> int | Literal["all"] | None:
    if "replay" not in evidence:
        return None
    if evidence.value["replay"] == "all":
        return "all"
    if not isinstance(evidence.value["replay"], int):
        raise evidence.refuse("replay", 'a number of cells or "all"')
    return evidence.integer("replay", low=1, high=MAX_COUNT)


def _baseline(baseline: Settings) -> Baseline:
    return Baseline(
        release=baseline.text("release"),
        sha256=baseline.hexadecimal("sha256") if "sha256" in baseline else None,
        max_drop=baseline.share("maxDrop", zero=True, one=False),
        at=baseline.budgets("at") if "at" in baseline else (),
    )


def _choices(table: Settings, key: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    return table.choices(key, allowed) if key in table else ()


def _share(table: Settings, key: str, *, zero: bool, one: bool) -> Fraction | None:
    return table.share(key, zero=zero, one=one) if key in table else None


def _count(table: Settings, key: str) -> int | None:
    return table.integer(key, low=1, high=MAX_COUNT) if key in table else None
