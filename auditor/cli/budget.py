"""A budget as it is typed: AXIS=N,AXIS=N."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from auditor.errors import UsageError

if TYPE_CHECKING:
    from auditor.guarantee.threat import Budget


def budget_of(text: str, where: str) -> Budget:
    """Return the budget in ``trainExamples=5,inputFeatures=1``; "none" is no change at all.

    >>> str(budget_of("trainExamples=5,inputFeatures=1", "--at"))
    'trainExamples 5, inputFeatures 1'
    """
    from auditor.guarantee.threat import Budget

    amounts: dict[str, int] = {}
    for part in [] if text == "none" else text.split(","):
        match = re.fullmatch(r"\s*([A-Za-z]+)\s*=\s*([0-9]{1,15})\s*", part)
        if match is None or match[1] in amounts:
            raise UsageError(f"{where}: expected AXIS=N,AXIS=N or none, got {text!r}")
        amounts[match[1]] = int(match[2])
    read = Budget.from_json(amounts, where)
    read.check_partial(where)
    return read
