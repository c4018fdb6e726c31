"""Histograms of votes: as many inputs beyond a line as the certificate counts at its budget."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from auditor.guarantee.threat import TRAIN_EXAMPLES
from auditor.report.histogram import bars, histogram_svg
from auditor.report.sentences import budget_words
from auditor.report.votes import Panel, panels
from auditor.verify.verified import Verified
from tests import gates, honest
from tests.report import synthetic
from tests.vectors.themes import honest_files

#: How many votes suffice depends on who casts them, or on more than one count.
NOT_COUNTED = {"grid", "finite-aggregation", "run-off", "runner-up"}
MORE: Mapping[str, Callable[[], honest.Honest]] = {
    "runner-up": honest_files.runner_up,
    "windows": honest_files.windows,
    "ablation": honest_files.ablation,
    "poisson-bag": honest_files.poisson_bag,
    "hidden-training": honest_files.hidden_training,
}
KINDS = sorted({*honest.KINDS, *MORE})


def verified(kind: str) -> Verified:
    return gates.verified(MORE[kind]() if kind in MORE else honest.build(kind, inputs=40))


def said(found: Verified, panel: Panel, place: int) -> dict[str, int]:
    """Return the certified inputs, by the words of each budget that the panel is about."""
    audit = found.audit
    nested = panel.title.startswith("Random views")
    counts = {}
    for row in found.summary["certified"]:  # type: ignore[attr-defined]
        budget = dict(row["budget"])
        if nested and budget.get(TRAIN_EXAMPLES, 0) != place:
            continue
        counts[budget_words(audit, budget)] = int(row["count"])
    return counts


@pytest.mark.parametrize("kind", KINDS)
def test_every_input_is_in_one_bar_or_silent(kind: str) -> None:
    found = verified(kind)
    shown = panels(found)
    assert shown
    for panel in shown:
        drawn = bars(panel)
        assert len(drawn) <= 25
        assert sum(bar.right for bar in drawn) == len(panel.right)
        assert sum(bar.wrong for bar in drawn) == len(panel.wrong)
        assert len(panel.right) + len(panel.wrong) + panel.silent == len(found.claims)
        assert all(a.high + 1 == b.low for a, b in itertools.pairwise(drawn))
        assert drawn[-1].high == panel.most
        assert 'role="img" aria-label="' in histogram_svg(panel, title=panel.title)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - NOT_COUNTED))
def test_as_many_right_inputs_have_the_votes_as_are_certified(kind: str) -> None:
    """The very counts of the certificate, seen from the votes; one vote fewer is not enough."""
    found = verified(kind)
    compared = 0
    for place, panel in enumerate(panels(found)):
        counts = said(found, panel, place)
        for need in panel.needs:
            for words in need.words.split("; "):
                full = words
                if "whatever is done to" in panel.title:
                    beside = panel.title.split("whatever is done to ")[1]
                    full = beside if words == "no change" else f"{words} and {beside}"
                enough = sum(votes >= need.votes for votes in panel.right)
                assert enough == counts[full], (kind, full)
                compared += 1
    assert compared, kind


@pytest.mark.parametrize("kind", sorted(NOT_COUNTED))
def test_no_line_is_drawn_where_no_number_of_votes_suffices(kind: str) -> None:
    (panel,) = panels(verified(kind))
    assert panel.needs == ()
    assert panel.label == "votes for the answer"


def test_votes_that_only_chose_the_answer_do_not_count() -> None:
    """Of 100 members, 20 chose the label: the other 80 are what can be had."""
    (panel,) = panels(verified("runner-up"))
    assert panel.most == 80
    assert panel.title == "Votes of 80 members"


def test_without_evidence_there_is_nothing_to_show() -> None:
    assert panels(synthetic.outcome()) == ()


def test_an_abstention_is_told_and_not_drawn() -> None:
    found = verified("partition")
    first = replace(found.claims[0], label=None, frontier=())
    (panel,) = panels(replace(found, claims=(first, *found.claims[1:])))
    assert panel.silent == 1 + sum(claim.label is None for claim in found.claims[1:])


def test_few_votes_have_a_bar_each() -> None:
    panel = Panel(title="t", label="l", most=7, right=(7, 7, 3), wrong=(1,), silent=0, needs=())
    drawn = bars(panel)
    assert [bar.words for bar in drawn] == [str(votes) for votes in range(8)]
    assert (drawn[7].right, drawn[3].right, drawn[1].wrong) == (2, 1, 1)
    below = bars(replace(panel, right=(-5, 7)))
    assert below[0].low == -5
    assert bars(replace(panel, right=(), wrong=())) == ()
