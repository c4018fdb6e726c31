from __future__ import annotations

from pathlib import Path
from typing import Any

from flint import fmpq

from auditor.cli.closing import closing
from auditor.cli.forecast import forecast
from auditor.guarantee.claim import Requirement
from auditor.guarantee.threat import Budget
from auditor.run.plan import Plan
from tests.report import synthetic

RECIPE: dict[str, Any] = {
    "unit": "example",
    "alphabet": {"kind": "binary", "unit": "pixel"},
    "smoothing": {"training": {"method": "bag", "size": 9}},
}


def plan(*needs: Requirement, **changes: Any) -> Plan:
    fields: dict[str, Any] = {
        "name": "digits",
        "shape": (1, 8, 8),
        "members": 1000,
        "inputs": 120,
        "views": 1,
        "draws": 0,
        "workers": 2,
        "device": "cpu",
        "randomised": True,
        "training_seconds": 75.0,
        "voting_seconds": 4.0,
        "memory_bytes": 800_000_000,
        "disk_bytes": 5_000_000,
        "disk_free_bytes": 9_000_000_000,
        "requirements": needs,
    }
    return Plan(**{**fields, **changes})


def test_the_closing_table_says_what_holds_and_where_things_are() -> None:
    text = closing(synthetic.outcome(), Path("build/digits"), Path("build/digits.pub"))
    assert "no attack: the vote is right" in text
    assert "5 training examples and 1 input pixel" in text
    assert "the vote abstained" in text
    assert "ensemble of 60 members" in text
    assert "build/digits/report.html" in text
    assert "audit verify build/digits --key build/digits.pub" in text


def test_a_plan_names_time_memory_disk_and_what_each_budget_needs() -> None:
    four = Requirement(
        budget=Budget.of({"inputFeatures": 4}),
        reachable=False,
        reason="",
        share=fmpq(9970, 10000),
        least_draws=6953,
    )
    one = Requirement(
        budget=Budget.of({"inputFeatures": 1}),
        reachable=True,
        reason="",
        share=fmpq(80001, 100000),
        count=860,
        least_draws=60,
    )
    never = Requirement(
        budget=Budget.of({"inputFeatures": 99}), reachable=False, reason="", share=fmpq(1)
    )
    text = forecast(plan(one, four, never), RECIPE)
    assert "about 1 min 15 s" in text
    assert "800.0 MB" in text
    lines = text.splitlines()
    assert lines[-3].split("  ")[1:2] == ["1 input pixel"]
    assert "above 80.1 %, 860 votes" in lines[-3]
    assert lines[-3].endswith("yes")
    assert lines[-2].endswith("impossible: needs 6,953")
    assert lines[-1].endswith("impossible")


def test_a_plan_of_fixed_members_speaks_of_margins() -> None:
    need = Requirement(
        budget=Budget.of({"trainExamples": 65}),
        reachable=False,
        reason="",
        margin=130,
        least_members=131,
    )
    text = forecast(plan(need, views=128), RECIPE)
    assert "128 views each" in text
    assert "margin 130 in a view" in text
    assert text.endswith("impossible: needs 131")


def test_a_plan_says_whom_the_attacker_is() -> None:
    need = Requirement(budget=Budget.of({"trainExamples": 2}), reachable=True, reason="", margin=4)
    recipe = {**RECIPE, "unit": "group", "threat": "labels", "data": {"group": "who"}}
    text = forecast(plan(need, groups=14), recipe)
    assert "2 training groups (of 14, by 'who', labels only)" in text
