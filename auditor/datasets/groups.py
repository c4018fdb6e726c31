"""What a person wants to know of groups before a run: how many, how large, in how many parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.datasets.dataset import Dataset
from auditor.guarantee.training import partition
from auditor.randomness import design_root


def advice(train: Dataset, recipe: Mapping[str, Any]) -> Iterator[str]:
    """Yield how many groups there are and what of that makes claims about groups hold for little.

    Nothing where groups are not what is attacked.
    """
    if recipe["unit"] != "group" or not train.groups:
        return
    sizes = Counter(train.groups)
    [(largest, most)] = sizes.most_common(1)
    share = most / len(train)
    yield (
        f"{len(sizes)} groups of {min(sizes.values())} to {most} training examples; the largest, "
        f"{largest!r}, holds {share:.0%} of all"
    )
    if share > 0.25:
        yield (
            f"a certificate against any one group is one against {largest!r} too: what the other "
            f"{1 - share:.0%} of the examples teach must be enough"
        )
    training = recipe["smoothing"]["training"]
    if training["method"] == "partition":
        yield from _parts(sizes, partition.Partition.from_dict(training, ""), recipe)
    elif training["method"] == "bag" and 2 * training["size"] > len(sizes):
        yield (
            f"a bag of {training['size']} groups of {len(sizes)} often holds any one of them: "
            "a smaller size covers more groups"
        )


def _parts(
    sizes: Mapping[str, int], params: partition.Partition, recipe: Mapping[str, Any]
) -> Iterator[str]:
    names = sorted(sizes)
    root = design_root(recipe["designSeed"])
    used = Counter(partition.assign(names, len(names), params, root))
    empty = params.parts - len(used)
    if empty:
        yield (
            f"{empty} of {params.parts} parts hold no group, and their members abstain, which "
            "counts against every claim: use fewer parts, or bags of groups"
        )
