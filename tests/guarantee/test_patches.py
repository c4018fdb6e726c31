"""Ablated views and their margins, worked out again from nothing but the masks.

Where a view lies is compared with its mask, pixel by pixel, and the margins with the worst over all
places of a patch and all sets of pixels.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import RecipeError
from auditor.guarantee.smoothing import rule_for, views_for
from auditor.guarantee.test.ablation import Ablation
from auditor.guarantee.test.units import Layout
from auditor.guarantee.threat import INPUT_FEATURES, INPUT_PATCH, TRAIN_EXAMPLES, Budget
from auditor.guarantee.vote.margin import MarginRule
from auditor.guarantee.vote.plurality import encode_row, margin, plurality
from auditor.randomness import design_root
from tests.guarantee.audits import NONE, Json, audit, partition
from tests.guarantee.patches import bands, blocks, joint, squares, units

ROOT = design_root("patches")
Views = frozenset[int]


# --- where the views lie ------------------------------------------------------------------------


@st.composite
def families(draw: st.DrawFn) -> tuple[Ablation, Layout]:
    height, width = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    channels, unit = draw(st.sampled_from([1, 3])), draw(st.sampled_from(["pixel", "channel"]))
    layout = Layout(shape=(channels, height, width), unit=unit)
    region = draw(st.sampled_from(["block", "columns", "rows"]))
    side = {"block": min(height, width), "columns": width, "rows": height}[region]
    value = blocks(
        draw(st.integers(1, side)),
        step=draw(st.integers(1, side)),
        wrap=draw(st.booleans()),
        region=region,
    )
    return Ablation.from_dict(value, "here", layout), layout


@given(families())
def test_the_views_that_a_square_reaches_are_those_that_show_some_of_it(
    family: tuple[Ablation, Layout],
) -> None:
    params, layout = family
    masks = params.views(layout, ROOT)
    assert len(masks) == params.count
    for side in range(1, min(layout.shape[1:]) + 1):
        seen = {
            sum(1 << view for view, mask in enumerate(masks) if any(mask[i] for i in changed))
            for changed in squares(layout.shape, side)
        }
        found = params.reached(side)
        assert set(found) == seen
        assert len(found) == len(seen)
    assert params.reached(0) == (0,)


@given(families())
def test_all_channels_of_a_place_are_shown_together(family: tuple[Ablation, Layout]) -> None:
    params, layout = family
    places = layout.shape[1] * layout.shape[2]
    for mask in params.views(layout, ROOT):
        assert {mask[start : start + places] for start in range(0, len(mask), places)} == {
            mask[:places]
        }


def test_blocks_go_round_the_border_or_stop_at_it() -> None:
    layout = Layout(shape=(1, 3, 4), unit="pixel")

    def shown(value: Json) -> list[list[int]]:
        masks = Ablation.from_dict(value, "here", layout).views(layout, ROOT)
        return [[i for i, visible in enumerate(mask) if visible] for mask in masks]

    assert shown(blocks(2))[3] == [0, 3, 4, 7]  # columns 3 and 0 of the first two rows
    assert shown(blocks(2))[-1] == [0, 3, 8, 11]
    assert shown(blocks(2, wrap=False)) == [
        [top * 4 + left + i for i in (0, 1, 4, 5)] for top in (0, 1) for left in (0, 1, 2)
    ]
    assert shown(bands(2, step=2, wrap=False)) == [[0, 1, 4, 5, 8, 9], [2, 3, 6, 7, 10, 11]]
    assert shown(bands(2, region="rows"))[2] == [0, 1, 2, 3, 8, 9, 10, 11]


REFUSED: dict[str, tuple[Json, tuple[int, ...], str]] = {
    "a flat input": (blocks(1), (9,), "regions need images"),
    "a block longer than the shorter side": (blocks(4), (1, 3, 5), "from 1 to 3"),
    "a band wider than the image": (bands(6), (1, 3, 5), "from 1 to 5"),
    "rows taller than the image": (bands(4, region="rows"), (1, 3, 5), "from 1 to 3"),
    "a step of nothing": (blocks(1, step=0), (1, 3, 5), "from 1 to 3"),
    "an unknown region": (blocks(1, region="disc"), (1, 3, 5), "one of 'block'"),
    "a border neither open nor closed": ({**blocks(1), "wrap": 1}, (1, 3, 5), "true or false"),
    "another key": ({**blocks(1), "patch": 1}, (1, 3, 5), "unknown key 'patch'"),
    "too many views": (blocks(1), (1, 32, 33), "1056 views exceed the limit of 1024"),
    "half of the windows": (
        {"method": "two-mask", "groups": 3, "pixels": 1, "window": 2},
        (1, 3, 5),
        "step",
    ),
    "too many masks": (joint(30, 1, 2, 1, 1), (1, 7, 7), "1080 masks exceed"),
    "too many unions": (joint(28, 1, 2, 1, 1), (1, 7, 7), "270396 views exceed"),
    "windows that leave a gap": (joint(5, 1, 2, 2, 2), (1, 5, 5), "no window covers"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_proves_nothing_is_refused(name: str) -> None:
    value, shape, message = REFUSED[name]
    with pytest.raises(RecipeError, match=message):
        rule_for(audit(partition(3), value, [{}], members=3, shape=shape))


def test_patches_that_are_not_squares_of_the_image_are_refused() -> None:
    """There is no such place, and a claim about none of them would be one about smaller ones."""

    def built(side: int) -> None:
        rule_for(audit(partition(3), blocks(2), [{INPUT_PATCH: side}], members=3, shape=(1, 3, 5)))

    built(3)
    with pytest.raises(RecipeError, match=r"inputPatch 4 exceeds what fits the image: .* most 3"):
        built(4)


def test_what_is_counted_at_every_place_is_capped() -> None:
    def built(sides: int, classes: int) -> None:
        budgets = [{INPUT_PATCH: side} for side in range(1, sides + 1)]
        rule_for(audit(NONE, bands(1), budgets, members=1, shape=(1, 9, 9), classes=classes))

    built(3, 255)
    with pytest.raises(RecipeError, match=r"5 sides of a patch .* and 255 classes"):
        built(4, 255)


# --- the margins, from the masks ----------------------------------------------------------------


class Masked:
    """A rule over an image, and what its masks show: nothing of how its bound is computed."""

    def __init__(
        self, test: Json, shape: Sequence[int], budgets: object = None, **more: object
    ) -> None:
        budgets = [
            {INPUT_FEATURES: t, INPUT_PATCH: s}
            for t, s in product(range(3), range(min(shape[1:]) + 1))
        ]
        description = audit(partition(4), test, budgets, members=4, shape=shape, **more)  # type: ignore[arg-type]
        rule = rule_for(description)
        assert isinstance(rule, MarginRule)
        self.rule, self.shape = rule, shape
        recipe: Json = description["recipe"]  # type: ignore[assignment]
        self.layout = Layout(shape=tuple(shape), unit=str(more.get("unit", "pixel")))
        self.masks = views_for(recipe, shape)

    def showing(self, changed: Sequence[int]) -> Views:
        return frozenset(
            view for view, mask in enumerate(self.masks) if any(mask[i] for i in changed)
        )

    def changes(self, pixels: int, side: int) -> set[Views]:
        """The views that show something of a change, for every change."""
        return {
            self.showing((*spots, *patch))
            for patch in squares(self.shape, side)
            for spots in units(self.layout, pixels)
        }


def random_tallies(source: random.Random, rule: MarginRule) -> list[tuple[int, ...]]:
    bias = source.choice([0.5, 0.8, 0.95])
    favourite = source.randrange(rule.classes)
    rows = []
    for _ in range(rule.views):
        said = source.randrange(rule.classes + 1) if source.random() > bias else favourite
        likely = source.choice([0.5, 0.9, 1])
        votes = [
            said if source.random() < likely else source.randrange(rule.classes + 1)
            for _ in range(rule.members)
        ]
        rows.append(tuple(votes.count(k) for k in range(rule.classes + 1)))
    return rows


def truth(rule: MarginRule, label: int, rows: Sequence[Sequence[int]], seen: set[Views]) -> int:
    """The largest m at which views settled at m, and not seen, carry the label whatever is seen."""

    def carried(least: int) -> bool:
        settled = []
        for *votes, abstained in rows:
            own = plurality(votes, abstained)
            safe = own is not None and margin(votes, abstained, own) >= least
            settled.append(own if safe else None)
        for reached in seen:
            labels = [None if view in reached else said for view, said in enumerate(settled)]
            counts = [labels.count(k) for k in range(rule.classes)]
            if margin(counts, labels.count(None), label) < 0:
                return False
        return True

    return max((m for m in range(rule.members + 1) if carried(m)), default=rule.worst)


ABLATED: dict[str, Masked] = {
    "blocks": Masked(blocks(2), (1, 4, 4), classes=3),
    "blocks inside": Masked(blocks(2, wrap=False), (1, 4, 5)),
    "blocks apart": Masked(blocks(2, step=2, wrap=False), (1, 4, 5), classes=3),
    "colours": Masked(blocks(2), (3, 3, 3), classes=3, unit="channel"),
    "colours as pixels": Masked(blocks(1), (3, 3, 4)),
    "columns": Masked(bands(2), (1, 3, 7), classes=4),
    "columns inside": Masked(bands(1, wrap=False), (1, 3, 8)),
    "rows": Masked(bands(1, region="rows"), (1, 9, 2), classes=3),
}


@pytest.mark.parametrize("name", ABLATED)
def test_margins_over_ablated_views_are_the_worst_over_all_places(name: str) -> None:
    world = ABLATED[name]
    rule, source = world.rule, random.Random(name)
    changes = {amounts: world.changes(*amounts) for amounts in rule.amounts}
    exact = below = 0
    for _ in range(40):
        rows = random_tallies(source, rule)
        verdict = rule.judge(encode_row(rows))
        if verdict.label is None:
            assert verdict.statistics == {"margins": []}
            continue
        entries = verdict.statistics["margins"]
        assert isinstance(entries, list)
        assert [tuple(entry[:2]) for entry in entries] == list(rule.amounts)
        for pixels, side, found in entries:
            worst = truth(rule, verdict.label, rows, changes[pixels, side])
            if pixels == 0 or (pixels == 1 and side == 0):
                assert found == worst
                exact += found >= 0
            else:  # what pixels reach twice is charged twice
                assert found <= worst
                below += found < worst
    assert exact > 20


def test_one_pixel_is_a_patch_of_side_one() -> None:
    world = ABLATED["blocks"]
    source = random.Random(4)
    for _ in range(40):
        entries = world.rule.judge(encode_row(random_tallies(source, world.rule))).statistics
        margins = {(t, s): m for t, s, m in entries["margins"]}  # type: ignore[attr-defined]
        assert margins.get((1, 0)) == margins.get((0, 1))


def test_settled_views_of_other_classes_are_no_votes_for_the_strongest_rival() -> None:
    """Eight columns of one pixel: 5 say A, 2 say B, 1 says C, and a pixel takes one of A's."""
    rule = rule_for(
        audit(NONE, bands(1), [{INPUT_PATCH: 1}], members=1, shape=(1, 1, 8), classes=3)
    )
    rows = [(1, 0, 0, 0)] * 5 + [(0, 1, 0, 0)] * 2 + [(0, 0, 1, 0)]
    verdict = rule.judge(encode_row(rows))
    assert verdict.statistics == {"margins": [[0, 0, 1], [0, 1, 1]]}
    # 4 for A, and 2 + 1 against it; by counting good views alone, 4 of 8 would not be enough
    assert verdict.frontier == (Budget.of({INPUT_PATCH: 1}),)
    lost = rule.judge(encode_row([(0, 0, 0, 1), *rows[1:]]))
    assert lost.frontier == (Budget(),)


def test_one_vote_fewer_loses_the_block() -> None:
    """Sixteen blocks of 2 x 2: a patch of 2 x 2 reaches nine, and seven are left."""
    budgets = [{TRAIN_EXAMPLES: 1, INPUT_PATCH: side} for side in (1, 2)]
    rule = rule_for(audit(partition(5), blocks(2), budgets, members=5, shape=(1, 4, 4)))
    assert rule.judge(encode_row([(4, 1, 0)] * 16)).statistics == {
        "margins": [[0, 0, 3], [0, 1, 3], [0, 2, -6]]
    }
    for label, most in ((0, 4), (1, 3)):  # a pixel reaches four: 12 - w against 4 + w
        strong, poor = ([4, 1], [3, 2]) if label == 0 else ([1, 4], [2, 3])
        for weak in range(7):
            row = [(*strong, 0)] * (16 - weak) + [(*poor, 0)] * weak
            frontier = rule.judge(encode_row(row)).frontier
            assert any(most_.covers(Budget.of(budgets[0])) for most_ in frontier) == (weak <= most)


@pytest.mark.parametrize(
    ("budget", "reached"),
    [
        ({INPUT_PATCH: 2}, 9),
        ({INPUT_PATCH: 1}, None),
        ({INPUT_FEATURES: 2}, None),  # eight of 16 views: half is enough for the first class
        ({INPUT_FEATURES: 3}, 12),
        ({INPUT_FEATURES: 1, INPUT_PATCH: 1}, None),
        ({INPUT_FEATURES: 1 << 40}, 16),
    ],
)
def test_what_reaches_most_views_is_never_certified(
    budget: dict[str, int], reached: int | None
) -> None:
    rule = rule_for(audit(partition(5), blocks(2), [budget], members=5, shape=(1, 4, 4)))
    [needed] = rule.requirements()
    assert needed.reachable == (reached is None)
    if reached is not None:
        assert f"some such change reaches {reached} of 16 views" in needed.reason
    certified = rule.judge(encode_row([(5, 0, 0)] * 16)).frontier
    assert any(most.covers(Budget.of(budget)) for most in certified) == needed.reachable
