"""What a run will take and what it can reach, said before anything is spent."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from auditor import datasets, recipe, scratch
from auditor.guarantee.claim import Requirement
from auditor.guarantee.smoothing import rule_for
from auditor.randomness import draw_root
from auditor.run import commit, environment, tasks, user_code
from auditor.run.arrays import write_arrays
from auditor.run.executor import executor
from auditor.run.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run before it happens. Seconds are wall time with ``workers``; sizes are bytes.

    ``requirements`` say for every declared budget what it needs and whether this recipe can reach
    it at all, whatever the votes.
    """

    name: str
    shape: tuple[int, ...]
    members: int
    inputs: int
    views: int
    draws: int
    workers: int
    device: str
    randomised: bool
    training_seconds: float
    voting_seconds: float
    memory_bytes: int
    disk_bytes: int
    disk_free_bytes: int
    requirements: tuple[Requirement, ...]
    groups: int | None = None

    @property
    def reachable(self) -> bool:
        """Whether some declared budget above zero can be certified at all."""
        wanted = [need for need in self.requirements if need.budget.amounts]
        return not wanted or any(need.reachable for need in wanted)


def plan(recipe_path: Path | str, *, device: str = "auto", workers: int | None = None) -> Plan:
    """Measure a small part of the run that the recipe describes and scale it up.

    Raises RecipeError, DataError and RunError as ``run`` would.
    """
    loaded = user_code.listed(recipe.load(recipe_path))
    chosen = environment.device(device)
    count = environment.workers(workers, chosen)
    train, inputs = datasets.load(loaded)
    declared = commit.declare(inputs, b"a plan declares nothing")
    audit = commit.audit_of(loaded, train, declared, chosen)
    rule = rule_for(audit.to_dict())
    with scratch.folder("audit-plan-") as folder:
        (folder / "release" / "members").mkdir(parents=True)
        job = Job(
            folder=folder,
            base=loaded.base,
            audit=audit.to_dict(),
            draw_root=draw_root(bytes(32)),
            device=chosen,
        )
        write_arrays(folder, loaded, train, inputs)
        user_code.bring_front_end(loaded.resolved, loaded.base, folder)
        with executor(min(count, 1), tasks.start, (job,)) as pool:
            [(_, measured)] = pool.map(tasks.measure, [0])
    evidence = rule.row_size * len(inputs)
    return Plan(
        name=loaded.resolved["name"],
        shape=audit.shape,
        members=audit.members,
        inputs=len(inputs),
        views=rule.views,
        draws=audit.draws,
        workers=count,
        device=chosen,
        randomised=rule.randomised,
        training_seconds=measured.training_seconds / max(count, 1),
        voting_seconds=measured.voting_seconds / max(count, 1),
        memory_bytes=measured.process_bytes * max(count, 1),
        disk_bytes=measured.member_bytes + 2 * evidence,
        disk_free_bytes=shutil.disk_usage(Path.cwd()).free,
        requirements=tuple(rule.requirements()),
        groups=audit.groups,
    )
