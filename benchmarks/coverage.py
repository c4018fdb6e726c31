"""What a linear program would gain over the sum of the heaviest parts of a Finite Aggregation.

    python -m benchmarks.coverage

Random votes of three classes, a share p of them for the label. Radii in rewritten parts, averaged:
the certified sum; the relaxation of the maximum-coverage problem, which a rational dual would
prove; and the largest number of parts at which a greedy attack fails, above which nothing is true.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, hstack, identity, vstack

from auditor.guarantee.threat import Budget
from auditor.guarantee.training.finite_aggregation import FiniteAggregation
from auditor.guarantee.vote.ballots import Ballots
from auditor.guarantee.vote.spread import Spread

_TRIALS = 10
_CLASSES = 3


def relaxed(weights: npt.NDArray[np.float64], fed: npt.NDArray[np.int64], taken: int) -> float:
    """Return the most weight that ``taken`` parts cover, in fractions of parts."""
    members = len(weights)
    parts = np.repeat(np.arange(members), fed.shape[1])
    ones = np.ones(parts.size)
    feeds = csr_matrix((ones, (fed.ravel(), parts)), shape=(members, members))
    # covered members come first, taken parts second
    covered = hstack([identity(members), -feeds])
    budget = csr_matrix(np.concatenate([np.zeros(members), np.ones(members)])[None])
    found = linprog(
        -np.concatenate([weights, np.zeros(members)]),
        A_ub=vstack([covered, budget]),
        b_ub=np.append(np.zeros(members), taken),
        bounds=(0, 1),
        method="highs",
    )
    return float(-found.fun)


def attacked(weights: npt.NDArray[np.float64], fed: npt.NDArray[np.int64], margin: int) -> int:
    """Return the most parts with which a greedy attack fails to exceed the margin."""
    left, taken = weights.copy(), 0
    while weights.sum() - left.sum() <= margin:
        left[fed[int(left[fed].sum(1).argmax())]] = 0
        taken += 1
    return taken - 1


def radii(parts: int, spread: int, share: float, source: np.random.Generator) -> tuple[int, ...]:
    """Return (sum, relaxation, attack) for one row of random votes; -1 without a label."""
    training = FiniteAggregation(parts=parts, by="index", spread=spread)
    fed = np.array([training.fed(part) for part in range(parts)])
    right = source.random(parts) < share
    cast = np.where(right, 0, source.integers(1, _CLASSES, parts)).astype(np.uint8)
    ballots = Ballots.read(cast.tobytes(), classes=_CLASSES, members=parts)
    best = (parts,) * 3
    for rival in range(1, _CLASSES):
        margin, weights = ballots.margin(0, rival), ballots.weights(0, rival)
        if margin < 0:
            return (-1, -1, -1)
        heaviest = Spread(training=training).heaviest(weights, Budget())
        certified = sum(weight <= margin for weight in heaviest) - 1
        real = np.array(weights, float)
        fractional = certified
        while relaxed(real, fed, fractional + 1) < margin + 1 - 1e-6:
            fractional += 1
        found = (certified, fractional, attacked(real, fed, margin))
        best = tuple(map(min, best, found))
    return best


def main() -> None:
    """Print one line for each size and share."""
    source = np.random.default_rng(0)
    print("parts spread share   sum    LP  attack")
    for parts, spread in ((80, 4), (200, 8), (240, 6), (300, 16)):
        for share in (0.6, 0.75, 0.9):
            found = [radii(parts, spread, share, source) for _ in range(_TRIALS)]
            means = np.mean([one for one in found if one[0] >= 0], axis=0)
            print(f"{parts:5} {spread:6} {share:5} " + " ".join(f"{mean:6.2f}" for mean in means))


if __name__ == "__main__":
    main()
