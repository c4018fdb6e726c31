"""The audit section: everything fixed before the first draw, identical in both statements."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from auditor.errors import StatementError
from auditor.format.fields import Fields

# What a signed number may ask of a verifier. Larger audits need a new version of the format.
MAX_INPUTS: Final = 1_000_000
MAX_MEMBERS: Final = 1_000_000
MAX_DRAWS: Final = 10_000_000
MAX_CLASSES: Final = 255
MAX_FEATURES: Final = 2**24
MAX_BUDGETS: Final = 4096
MAX_TRUSTED: Final = 64

_MOVES: Final = frozenset({"insert", "delete", "modify", "relabel"})
_ALPHA: Final = re.compile(r"0|[1-9][0-9]{0,30}/[1-9][0-9]{0,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What is audited and how, resolved; digests in lower-case hex."""

    recipe: Mapping[str, object]
    recipe_file: str
    source: str
    dataset_size: int
    dataset_root: str
    classes: tuple[str, ...]
    shape: tuple[int, ...]
    dropped: int
    inputs_size: int
    inputs_root: str
    members: int
    draws: int
    unit: str
    moves: Mapping[str, int]
    code_version: str
    code_sha256: str
    environment: Mapping[str, str]
    groups: int | None = None
    """How many groups the training examples have, where the unit is a group."""

    def to_dict(self) -> dict[str, object]:
        """Return the JSON object; ``from_dict`` is its inverse."""
        return {
            "recipe": dict(self.recipe),
            "recipeFile": {"sha256": self.recipe_file},
            "dataset": {
                "source": self.source,
                "size": self.dataset_size,
                "rootHash": self.dataset_root,
                "classes": list(self.classes),
                "shape": list(self.shape),
                "dropped": self.dropped,
                **({} if self.groups is None else {"groups": self.groups}),
            },
            "inputs": {"size": self.inputs_size, "rootHash": self.inputs_root},
            "members": self.members,
            "draws": self.draws,
            "threat": {"unit": self.unit, "moves": dict(self.moves)},
            "code": {"version": self.code_version, "sha256": self.code_sha256},
            "environment": dict(self.environment),
        }

    @classmethod
    def from_dict(cls, value: object, where: str = "audit") -> Audit:
        """Return the audit in a parsed JSON object; raise StatementError naming the field."""
        fields = Fields(value, where).only(
            (
                *("recipe", "recipeFile", "dataset", "inputs", "members", "draws"),
                *("threat", "code", "environment"),
            )
        )
        dataset = fields.section("dataset").only(
            ("source", "size", "rootHash", "classes", "shape", "dropped"), ("groups",)
        )
        classes = dataset.texts("classes", limit=MAX_CLASSES)
        if len(classes) < 2 or len(set(classes)) != len(classes):
            raise StatementError(f"{dataset.where}.classes: expected at least two, all different")
        shape = dataset.integers("shape", limit=8, low=1)
        if not shape or math.prod(shape) > MAX_FEATURES:
            raise StatementError(f"{dataset.where}.shape: expected 1 to {MAX_FEATURES} features")
        inputs = fields.section("inputs").only(("size", "rootHash"))
        threat = fields.section("threat").only(("unit", "moves"))
        moves = threat.counts("moves")
        if not moves.keys() <= _MOVES:
            raise StatementError(f"{threat.where}.moves: expected only {sorted(_MOVES)}")
        code = fields.section("code").only(("version", "sha256"))
        environment = fields.section("environment")
        if len(environment.value) > 256:
            raise StatementError(f"{environment.where}: expected at most 256 entries")
        _check_recipe(fields.section("recipe"))
        return cls(
            recipe=fields.section("recipe").value,
            recipe_file=fields.section("recipeFile").only(("sha256",)).hexadecimal("sha256"),
            source=dataset.text("source", limit=1024),
            dataset_size=dataset.integer("size"),
            dataset_root=dataset.hexadecimal("rootHash"),
            classes=classes,
            shape=shape,
            dropped=dataset.integer("dropped"),
            inputs_size=inputs.integer("size", low=1, high=MAX_INPUTS),
            inputs_root=inputs.hexadecimal("rootHash"),
            members=fields.integer("members", low=1, high=MAX_MEMBERS),
            draws=fields.integer("draws", high=MAX_DRAWS),
            unit=threat.choice("unit", ("example", "group")),
            moves=moves,
            code_version=code.text("version", limit=256),
            code_sha256=code.hexadecimal("sha256"),
            environment={name: environment.text(name) for name in environment.value},
            groups=dataset.integer("groups", low=1) if "groups" in dataset.value else None,
        )

    @property
    def budgets(self) -> tuple[dict[str, int], ...]:
        """The declared budgets, in declared order."""
        return _budgets(Fields(self.recipe, "recipe").section("claim"))

    @property
    def alpha(self) -> str:
        """The failure probability, "0" or "a/b"."""
        return Fields(self.recipe, "recipe").section("claim").text("alpha")

    @property
    def scope(self) -> str:
        """``simultaneous`` or ``per-input``."""
        return Fields(self.recipe, "recipe").section("claim").text("scope")

    @property
    def selection(self) -> str:
        """How the recipe says that it was chosen."""
        return Fields(self.recipe, "recipe").text("selection")

    @property
    def trusted(self) -> tuple[tuple[str, str], ...]:
        """(name, SHA-256) of every artefact that the guarantee assumes to be untampered."""
        items = Fields(self.recipe, "recipe").sections("trusted", limit=MAX_TRUSTED)
        return tuple((item.text("name", limit=1024), item.hexadecimal("sha256")) for item in items)


def _check_recipe(recipe: Fields) -> None:
    """Check the parts of the recipe that a verdict quotes; the rule reads its own parts."""
    if recipe.integer("version") != 1:
        raise StatementError(f"{recipe.where}.version: expected 1")
    recipe.text("name", limit=1024)
    recipe.choice("selection", ("none", "trusted-data", "pilot"))
    claim = recipe.section("claim")
    if not _ALPHA.fullmatch(claim.text("alpha")):
        raise StatementError(f"{claim.where}.alpha: expected '0' or 'a/b'")
    claim.choice("scope", ("simultaneous", "per-input"))
    _budgets(claim)
    for item in recipe.sections("trusted", limit=MAX_TRUSTED):
        item.only(("name", "sha256"))
        item.text("name", limit=1024)
        item.hexadecimal("sha256")


def _budgets(claim: Fields) -> tuple[dict[str, int], ...]:
    """Return the declared budgets; an amount of zero says the same as none."""
    items = claim.sections("budgets", limit=MAX_BUDGETS)
    amounts = (Fields({"budget": item.value}, item.where).counts("budget", low=0) for item in items)
    return tuple({axis: n for axis, n in budget.items() if n} for budget in amounts)
