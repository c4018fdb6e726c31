"""The rules as their authors published them, floating-point numbers included.

They are here to be compared with, not to be used. Each takes what its authors count and returns the
largest radius that they would report. Sources are named with what was read; ``alpha`` is one
input's failure probability, so whoever wants all claims together divides it first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.stats import beta, norm


def clopper_pearson(count: int, draws: int, alpha: float) -> tuple[float, float]:
    """Return one-sided bounds of a chance from ``count`` of ``draws``, each at level ``alpha``.

    >>> [round(bound, 5) for bound in clopper_pearson(1000, 1000, 0.001)]
    [0.99312, 1.0]
    """
    low = float(beta.ppf(alpha, count, draws - count + 1)) if count else 0.0
    high = float(beta.ppf(1 - alpha, count + 1, draws - count)) if count < draws else 1.0
    return low, high


def rab_radius(count: int, draws: int, alpha: float, sigma: float) -> float:
    """RAB, Gaussian noise, two classes (Weber et al. 2023): joint l2 radius, negative for none.

    Hoeffding's bound, then sigma/2 (q(p) - q(1 - p)), q being the normal quantile
    (``eval.py`` of AI-secure/Robustness-Against-Backdoor-Attacks, commit 428c8a8).

    >>> round(rab_radius(1000, 1000, 0.001, 1.0), 3)
    1.565
    """
    low = count / draws - math.sqrt(math.log(1 / alpha) / (2 * draws))
    if low <= 0.5:
        return -1.0
    return float(sigma / 2 * (norm.ppf(low) - norm.ppf(1 - low)))


def rosenfeld_radius(p: float, q: float) -> int:
    """Label flips with chance ``q``, two classes (Rosenfeld et al. 2020): flips withstood, or -1.

    The Kullback-Leibler relaxation of the paper's abstract form, p being a bound on the chance of
    the label.

    >>> rosenfeld_radius(0.99, 0.4), rosenfeld_radius(0.9931, 0.2), rosenfeld_radius(0.5, 0.2)
    (19, 2, -1)
    """
    if p <= 0.5:
        return -1
    reach = math.log(4 * p * (1 - p)) / (2 * (1 - 2 * q) * math.log(q / (1 - q)))
    return math.floor(reach)


def jia_radius(votes: Sequence[int], draws: int, size: int, examples: int, alpha: float) -> int:
    """Bagging (Jia, Cao, Gong 2021): examples that may be inserted, deleted or rewritten, or -1.

    ``size`` draws a bag from ``examples``. Clopper-Pearson at alpha/K for each class, the runner-up
    at most 1 - p_A, and the condition of ``compute_certified_poisoning_size.py``
    (jinyuan-jia/BaggingCertifyDataPoisoning, commit c5b3c9e), with its cap at 1,500.

    >>> [jia_radius([1000] + [0] * 9, 1000, k, 60000, 1e-7) for k in (30, 50, 100)]
    [1300, 783, 393]
    """
    each, label = alpha / len(votes), max(range(len(votes)), key=votes.__getitem__)
    low, _ = clopper_pearson(votes[label], draws, each)
    rival = max(count for other, count in enumerate(votes) if other != label)
    high = min(clopper_pearson(rival, draws, each)[1], 1 - low)
    if low <= high:
        return -1

    def holds(changed: int) -> bool:
        worst = changed / (1 - 0.5 ** (1 / (size - 1)))
        larger = min(max(math.ceil(worst), examples), examples + changed)
        grown = (larger / examples) ** size
        shared = ((larger - changed) / examples) ** size
        return grown - 2 * shared + 1 - (low - high) < 0

    reach, high_cap = 0, 1500
    while reach < high_cap:
        middle = (reach + high_cap + 1) // 2
        if holds(middle):
            reach = middle
        else:
            high_cap = middle - 1
    return reach


def dpa_radius(votes: Sequence[int], label: int) -> int:
    """DPA (Levine, Feizi 2021): the largest symmetric difference of two training sets, or -1.

    Equation 10 as ``certify.py`` has it (alevine0/DPA, commit 4b80386). A rewritten example is
    deleted and inserted: two.

    >>> dpa_radius([70, 30], 0), dpa_radius([50, 50], 1), dpa_radius([50, 50], 0)
    (20, -1, 0)
    """
    gap = min(
        votes[label] - (count + (other < label))
        for other, count in enumerate(votes)
        if other != label
    )
    return gap // 2 if gap >= 0 else -1


def block_smoothing_holds(votes: Sequence[int], label: int, reached: int) -> bool:
    """Derandomised smoothing (Levine, Feizi 2020): whether a patch in so many views must fail.

    n_A >= n_b + 2 reached, and one more where b is the smaller index: theorem 1, with ``reached`` =
    m + s - 1 for bands of width s and (m + s - 1)^2 for blocks against a patch of side m.

    >>> block_smoothing_holds([20, 8], 0, 6), block_smoothing_holds([8, 20], 1, 6)
    (True, False)
    """
    return all(
        votes[label] >= count + 2 * reached + (other < label)
        for other, count in enumerate(votes)
        if other != label
    )
