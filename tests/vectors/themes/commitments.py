"""What precommitment and certificate must say of each other, and what their numbers must fit."""

from __future__ import annotations

from dataclasses import replace

from tests.vectors.forging import BASE, forged, put
from tests.vectors.form import Vector, single, vector
from tests.vectors.themes.envelopes import signed
from tests.vectors.themes.statements import DIGEST, lies


@vector
def another_precommitment() -> Vector:
    """A precommitment with a later serial than the one that the certificate cites."""
    first = replace(BASE.precommitment, serial="f" * 32).to_statement().to_payload()
    return single("statement", BASE, precommitment=signed(first))


@vector
def another_audit() -> Vector:
    """The certificate's audit differs from the precommitment's."""
    lie = put("audit", "environment", value={"python": "3.12"})
    return single("statement", forged(second=lie))


lies(
    "statement",
    {
        "data-set-swapped-after-commitment": (
            "Another data set than the committed one.",
            {"second": put("audit", "dataset", "rootHash", value=DIGEST)},
        ),
        "inputs-swapped-after-commitment": (
            "Another list of inputs than the committed one.",
            {"second": put("audit", "inputs", "rootHash", value=DIGEST)},
        ),
        "budgets-added-after-commitment": (
            "A budget that was not committed.",
            {
                "second": lambda p: p["audit"]["recipe"]["claim"]["budgets"].append(
                    {"inputFeatures": 1}
                )
            },
        ),
        "alpha-raised-after-commitment": (
            "Another alpha than the committed one.",
            {"second": put("audit", "recipe", "claim", "alpha", value="1/4")},
        ),
        "key-of-another": (
            "The precommitment names a key that did not sign it.",
            {"first": put("keyid", value=DIGEST)},
        ),
        "fewer-members": (
            "A member that was dropped after the commitment.",
            {"second": put("members", "count", value=6)},
        ),
        "more-members": (
            "A member that was added after the commitment.",
            {"second": put("members", "count", value=8)},
        ),
        "row-size-of-another-rule": (
            "Rows of another length than the rule's.",
            {"second": put("evidence", "rowSize", value=89)},
        ),
        "row-size-beyond-the-cap": (
            "Rows of more than 16 MiB.",
            {"second": put("evidence", "rowSize", value=2**24 + 1)},
        ),
        "evidence-for-more-inputs": (
            "Rows for an input that was not committed.",
            {"second": put("evidence", "size", value=6)},
        ),
        "batch-of-fewer-inputs": (
            "A claim left out of the signed tree.",
            {"second": put("batch", "size", value=4)},
        ),
        "batch-beyond-the-cap": (
            "More than a million inputs.",
            {"second": put("batch", "size", value=1_000_001)},
        ),
        "summary-of-more-inputs": (
            "Totals over an input that was not committed.",
            {"second": put("summary", "inputs", value=6)},
        ),
        "shards-of-no-member": (
            "A shard has at least one member.",
            {"second": put("members", "shardSize", value=0)},
        ),
        "no-members": ("An audit of no members.", {"audit": put("members", value=0)}),
        "members-of-another-recipe": (
            "More members in the audit than in its recipe.",
            {"audit": put("members", value=8)},
        ),
        "draws-of-fixed-views": (
            "Draws where nothing is drawn.",
            {"audit": put("draws", value=1)},
        ),
        "no-inputs": ("An audit of no inputs.", {"audit": put("inputs", "size", value=0)}),
        "more-inputs-than-leaves": (
            "More inputs committed than claimed.",
            {"audit": put("inputs", "size", value=6)},
        ),
        "one-class": ("A single class.", {"audit": put("dataset", "classes", value=["0"])}),
        "classes-with-one-name": (
            "Two classes of one name.",
            {"audit": put("dataset", "classes", value=["0", "0"])},
        ),
        "256-classes": (
            "More classes than a vote in one byte can tell apart.",
            {"audit": put("dataset", "classes", value=[str(i) for i in range(256)])},
        ),
        "three-classes-in-rows-of-two": (
            "A class more than the rows have counts for.",
            {"audit": put("dataset", "classes", value=["0", "1", "2"])},
        ),
        "shape-of-nothing": (
            "An input without size.",
            {"audit": put("dataset", "shape", value=[])},
        ),
        "shape-with-a-zero": (
            "An input of no features.",
            {"audit": put("dataset", "shape", value=[1, 0, 4])},
        ),
        "shape-beyond-the-cap": (
            "More than 2^24 features.",
            {"audit": put("dataset", "shape", value=[1, 4096, 4097])},
        ),
        "shape-of-nine-sizes": (
            "More sizes than a shape has.",
            {"audit": put("dataset", "shape", value=[1] * 9)},
        ),
        "environment-of-numbers": (
            "Versions are text.",
            {"audit": put("environment", value={"python": 3})},
        ),
        "move-of-another-name": (
            "A move that there is not.",
            {"audit": put("threat", "moves", value={"modify": 1, "relabel": 1, "duplicate": 1})},
        ),
        "unit-of-another-name": (
            "A unit that there is not.",
            {"audit": put("threat", "unit", value="row")},
        ),
        "threat-not-of-the-recipe": (
            "The audit claims a move that partitions by index do not cover.",
            {"audit": put("threat", "moves", value={"insert": 1, "modify": 1, "relabel": 1})},
        ),
        "threat-at-a-lower-price": (
            "A move at another price than the rule's.",
            {"audit": put("threat", "moves", value={"modify": 2, "relabel": 1})},
        ),
        "threat-by-group": (
            "Groups are covered where parts are made by group.",
            {"audit": put("threat", "unit", value="group")},
        ),
    },
)


@vector
def data_set_swapped_from_the_start() -> Vector:
    """Both statements name another data set: no step sees the data, as every verdict says."""
    return single("success", forged(audit=put("dataset", "rootHash", value=DIGEST)))
