"""One call: a release that verifies, the data it is about, and a campaign against it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from auditor import relying
from auditor.attack.campaign import Report, campaign, check
from auditor.attack.models import Factory
from auditor.errors import UsageError
from auditor.format.members import FRONT_END
from auditor.guarantee.threat import Budget
from auditor.learners.front_ends import own_graph
from auditor.progress import Progress
from auditor.recheck import retrain
from auditor.recheck.data import bring
from auditor.verify.trust import Trust
from auditor.verify.verified import Verified


def attack(
    folder: Path,
    *,
    keys: Sequence[Path],
    trust: Trust | None,
    data: Path | None,
    attacks: Sequence[str],
    budget: Budget,
    factors: Sequence[int],
    target: str | None,
    seed: int,
    allow_code: Sequence[str],
    progress: Progress,
) -> tuple[Verified, Report]:
    """Verify a release, and attack what it certifies. Raises as ``verify`` and ``campaign`` do."""
    verified, files = relying.opened(folder, keys=keys, trust=trust)
    names = verified.certificate.audit.classes
    if target is not None and target not in names:
        raise UsageError(f"attack: --target: expected one of {', '.join(names)}, got {target!r}")
    brought = bring(verified, files.contents["recipe.toml"], data, progress)
    check(verified, brought.train, budget)
    retrain.run_allowed_code(brought, allow_code)
    retrain.check_front_end_is_allowed(brought, allow_code)
    own = own_graph.named(brought.recipe.resolved)
    root = verified.challenge.root
    factory = Factory(
        recipe=brought.recipe,
        audit=verified.certificate.audit.to_dict(),
        draw_root=root if root is not None else bytes(32),
        front_end=None if own is None else (folder / FRONT_END).read_bytes(),
    )
    votes = files.contents["evidence.bin"]
    size = len(votes) // len(verified.claims)
    report = campaign(
        verified,
        factory,
        brought.train,
        brought.inputs,
        recorded=[votes[place : place + size] for place in range(0, len(votes), size)],
        attacks=attacks,
        budget=budget,
        factors=factors,
        target=0 if target is None else names.index(target),
        seed=seed,
        progress=progress,
    )
    return verified, report
