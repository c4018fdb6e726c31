"""No smoothing of the test side: a member sees the input as it is; no change is covered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from auditor.guarantee import fields
from auditor.guarantee.test.units import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class NoTest:
    """One view: everything."""

    method: ClassVar[str] = "none"
    axes: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str) -> NoTest:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method",), where)
        return cls()

    def views(self, layout: Layout, design_root: bytes) -> tuple[bytes, ...]:
        """Return the masks shown, 1 = visible."""
        del design_root
        return (layout.visible(()),)
