"""How many claims stand when so many cells of all the evidence may be forged, no matter which."""

from __future__ import annotations

from collections.abc import Iterable


def standing(slacks: Iterable[int], forged: int) -> int:
    """Return how many claims are true for certain if at most ``forged`` cells are.

    ``slacks``: for each claim about an input of its own, how many forged cells of its row leave it
    standing (:meth:`~auditor.guarantee.claim.Rule.slack`); -1 where it does not hold anyway. A
    claim falls only if more cells of its row are forged than that, and rows share no cell, so no
    more fall than the cheapest whose costs, slack + 1 each, add up to ``forged`` at most
    (docs/guarantee.md, section 7). Raises ValueError when ``forged`` is negative.

    >>> standing([0, 0, 4, 9, -1], 0), standing([0, 0, 4, 9, -1], 6), standing([0, 0, 4, 9, -1], 7)
    (4, 2, 1)
    """
    if forged < 0:
        message = f"forged: expected a count, got {forged}"
        raise ValueError(message)
    costs = sorted(slack + 1 for slack in slacks if slack >= 0)
    left = forged
    for fallen, cost in enumerate(costs):
        left -= cost
        if left < 0:
            return len(costs) - fallen
    return 0
