"""What could be certified at best: against closed forms, and at the edge of each amount."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from auditor import recipe as recipes
from auditor.errors import RecipeError, UsageError
from auditor.recipe.vary import vary
from auditor.run.frontier import Frontier, frontiers
from tests.run import small

ONE = Fraction(1)


def frontier(folder: Path, training: str, test: str, **options: object) -> Frontier:
    path = small.recipe(folder, training, test)
    [found] = frontiers(path, shares=[Fraction(1, 2), Fraction(9, 10), ONE], **options)  # type: ignore[arg-type]
    return found


def test_fixed_members_and_views_reach_half_of_the_members(tmp_path: Path) -> None:
    found = frontier(tmp_path, "partition", "two-mask")
    # 9 members: margins 9 and, with 8 right, 7
    assert found.alone[ONE] == {"trainExamples": 4, "inputFeatures": 1}
    assert found.alone[Fraction(9, 10)] == {"trainExamples": 3, "inputFeatures": 1}
    assert found.alone[Fraction(1, 2)] == {}, "4 of 9 are no plurality"
    assert found.joint[ONE] == {1: 4}
    assert found.pair == ("trainExamples", "inputFeatures")


def test_a_bag_reaches_what_its_closed_form_says(tmp_path: Path) -> None:
    path = small.recipe(tmp_path, "bag", "none")
    [found] = frontiers(path, shares=[ONE])
    resolved = recipes.load(path).resolved
    examples, size = len(small.digits()["yTrain"]), 30
    alpha = Fraction(resolved["claim"]["alpha"])  # of each input by itself

    def holds(changed: int) -> bool:
        p_star = Fraction(3, 2) - Fraction(examples - changed, examples) ** size
        return p_star < 1 and p_star ** resolved["members"] <= alpha * Fraction(1023, 1024)

    most = found.alone[ONE]["trainExamples"]
    assert most > 0
    assert holds(most)
    assert not holds(most + 1)


def test_noisy_views_need_the_members_to_agree(tmp_path: Path) -> None:
    whole = frontier(tmp_path, "partition", "hide")
    split = frontier(tmp_path, "partition", "hide", agreement=Fraction(8, 9))
    assert whole.alone[ONE]["trainExamples"] == 4
    assert split.alone[ONE]["trainExamples"] == 3
    assert whole.alone[ONE]["inputFeatures"] == split.alone[ONE]["inputFeatures"] > 0
    assert whole.draws > 0


def test_more_shares_are_looked_at_one_axis_at_a_time(tmp_path: Path) -> None:
    path = small.recipe(tmp_path, "partition", "none")
    third = Fraction(2, 3)
    [found] = frontiers(path, shares=[ONE], more=[third])
    assert found.alone[third] == {"trainExamples": 1}, "6 of 9: a margin of 3"
    assert found.pair is None
    assert found.joint == {}


def test_what_follows_from_a_varied_key_follows_again(tmp_path: Path) -> None:
    path = small.recipe(tmp_path, "partition", "two-mask")
    changes = [{"smoothing.training.parts": "5"}, {"smoothing.training.parts": "7"}]
    found = frontiers(path, shares=[ONE], changes=changes)
    assert [one.members for one in found] == [5, 7]
    assert [one.alone[ONE]["trainExamples"] for one in found] == [2, 3]
    assert found[0].words == "smoothing.training.parts = 5"


def test_values_that_are_no_toml_are_text(tmp_path: Path) -> None:
    path = small.recipe(tmp_path, "partition", "hide")
    resolved = vary(recipes.load(path), {"smoothing.test.show": "16/256", "draws": "50"})
    assert resolved["smoothing"]["test"]["show"] == "16/256"
    assert resolved["draws"] == 50


def test_keys_that_change_how_data_are_read_are_refused(tmp_path: Path) -> None:
    path = small.recipe(tmp_path, "partition", "hide")
    with pytest.raises(UsageError, match="expected a key of smoothing"):
        vary(recipes.load(path), {"classes": '["0", "1"]'})
    with pytest.raises(RecipeError, match=r"with smoothing\.test\.show = 2: .*show"):
        vary(recipes.load(path), {"smoothing.test.show": "2"})
    with pytest.raises(RecipeError, match="expected method to be a table"):
        vary(recipes.load(path), {"smoothing.test.method.show": "2"})
