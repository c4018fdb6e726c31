"""``--retrain``: sampled members trained again from the verifier's data, and compared.

Same bits are the same member. On another machine honest bits may differ, so a member that differs
is asked for its votes on every input: where those agree everywhere, no claim can tell it from the
committed one; where they do not, it is charged as forged.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from auditor import scratch
from auditor.errors import ClaimError, RecipeError, UndecidedError, UsageError
from auditor.learners import own_code
from auditor.learners.front_ends import own_graph
from auditor.progress import Progress
from auditor.recheck.comparison import Comparison
from auditor.recheck.data import Brought
from auditor.replay.form import Opener
from auditor.replay.shards import shards
from auditor.run import user_code
from auditor.run.arrays import write_arrays
from auditor.run.job import Bench, Job
from auditor.verify.evidence import Retrained
from auditor.verify.verified import Verified

Match = Literal["votes", "bitwise"]


def retrain(
    verified: Verified,
    brought: Brought,
    *,
    folder: Path,
    listing: bytes,
    members: Sequence[int],
    match: Match,
    allowed: Sequence[str],
    device: str,
    opener: Opener | None,
    progress: Progress,
) -> Retrained:
    """Train ``members`` of a verified release again and compare them with its files.

    ``opener`` loads the release's own graphs. ``match`` "bitwise" refutes a member whose bits
    differ; "votes" asks it for its votes. ``allowed`` are the digests (sha256:HEX) of source files
    and graphs that may be run as a recipe's own code and front end. Raises ClaimError when a member
    is refuted or the graph is not the recipe's, UsageError when the recipe has code that was not
    allowed, UndecidedError when it cannot be trained here.
    """
    if verified.challenge.root is None:
        raise UndecidedError("challenge: its file is missing, so no member can be drawn again")
    run_allowed_code(brought, allowed)
    check_front_end_is_allowed(brought, allowed)
    files, front_end = shards(folder, listing)
    with scratch.folder("audit-retrain-") as place:
        write_arrays(place, brought.recipe, brought.train, brought.inputs)
        if front_end is not None and own_graph.named(brought.recipe.resolved):
            user_code.keep_front_end(front_end, place)
        job = Job(
            folder=place,
            base=None,
            audit=verified.certificate.audit.to_dict(),
            draw_root=verified.challenge.root,
            device=device,
        )
        bench = Bench(job)
        try:
            comparison = Comparison(bench, verified, files, opener)
            comparison.check_graphs(listing)
        except RecipeError as error:
            raise UndecidedError(f"the learner cannot be built here: {error}") from error
        progress.stage("training again", len(members), "members")
        bitwise = by_votes = 0
        for member in members:
            if comparison.same_bits(member):
                bitwise += 1
            elif match == "bitwise":
                raise ClaimError(f"member {member}: trained again, its file has other bits")
            elif comparison.same_votes(member):
                by_votes += 1
            progress.advance(1)
    return Retrained(members=members, bitwise=bitwise, by_votes=by_votes)


def check_front_end_is_allowed(brought: Brought, allowed: Sequence[str]) -> None:
    """Raise UsageError unless the recipe's own front end, if it has one, is among the ``allowed``.

    Training runs it in this process. Its bytes are the release's, which the listing names.
    """
    found = own_graph.named(brought.recipe.resolved)
    if found is not None and f"sha256:{found[1]}" not in allowed:
        raise UsageError(
            f"this recipe has a front end of its own ({found[0]}, sha256 {found[1]}): satisfy "
            f"yourself of what it is, then allow it with --allow-code sha256:{found[1]}"
        )


def run_allowed_code(brought: Brought, allowed: Sequence[str]) -> None:
    """Run a recipe's own code, if it has any and its digest is among the ``allowed``.

    The file is looked for beside the data and where Python looks, and nothing else of that folder
    is importable: what runs is the bytes whose digest was allowed. Raises UsageError.
    """
    recipe = brought.recipe.resolved
    name = own_code.named(recipe)
    if name is None:
        return
    signed = next(e["sha256"] for e in recipe["trusted"] if e["name"] == f"python:{name[0]}")
    if f"sha256:{signed}" not in allowed:
        raise UsageError(
            f"this recipe runs code of its own ({name[0]}, sha256 {signed}): read it, then allow "
            f"it with --allow-code sha256:{signed}"
        )
    try:
        found = own_code.find(recipe, brought.recipe.base)
    except RecipeError as error:
        raise UsageError(str(error)) from error
    if found is None or found.sha256 != signed:
        got = "none" if found is None else f"{found.path} with {found.sha256}"
        raise UsageError(f"{name[0]}: expected a source file with SHA-256 {signed}, got {got}")
    try:
        own_code.load(found)
    except RecipeError as error:
        raise UndecidedError(f"{error} (only this one file is allowed to run)") from error
