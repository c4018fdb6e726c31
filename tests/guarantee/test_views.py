"""Views and masks: what is hidden, that every attack fits under a mask, and the canonical order."""

from __future__ import annotations

from itertools import combinations, pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import RecipeError
from auditor.guarantee.smoothing import views_for
from auditor.guarantee.test.two_mask import GroupMasks, WindowMasks, decide
from auditor.guarantee.test.units import Layout, hilbert, jittered_groups
from auditor.guarantee.test.views import Views
from tests.guarantee.audits import Json

ROOT = bytes(range(32))
DIGITS = Layout(shape=(1, 8, 8), unit="pixel")
COLOUR = Layout(shape=(3, 5, 6), unit="pixel")
CHANNELS = Layout(shape=(3, 5, 6), unit="channel")
FLAT = Layout(shape=(30,), unit="channel")
LAYOUTS = (DIGITS, COLOUR, CHANNELS, FLAT)


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (5, 6), (28, 28), (1, 9)])
def test_the_curve_visits_every_place_once(size: tuple[int, int]) -> None:
    curve = hilbert(*size)
    assert sorted(curve) == sorted(product(range(size[0]), range(size[1])))


def test_the_curve_moves_to_a_neighbour() -> None:
    curve = hilbert(16, 16)
    steps = pairwise(curve)
    assert all(abs(a - c) + abs(b - d) == 1 for (a, b), (c, d) in steps)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("groups", [2, 7, 12])
def test_groups_cut_the_input_and_no_unit(layout: Layout, groups: int) -> None:
    cut = jittered_groups(layout, groups, ROOT)
    assert sorted(index for group in cut for index in group) == list(range(layout.features))
    for unit in layout.ordered_units():
        assert len({g for g, group in enumerate(cut) for index in unit if index in group}) == 1
    sizes = [len(group) for group in cut]
    assert max(sizes) - min(sizes) <= layout.per_unit


def test_groups_differ_between_partitions() -> None:
    assert jittered_groups(DIGITS, 8, ROOT, 0) != jittered_groups(DIGITS, 8, ROOT, 1)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_unit_is_visible_in_one_view_of_each_partition(layout: Layout) -> None:
    params = Views(groups=6, partitions=4)
    masks = params.views(layout, ROOT)
    assert len(masks) == params.count == 24
    for partition in range(4):
        family = masks[6 * partition : 6 * partition + 6]
        for unit in layout.ordered_units():
            shown = [mask for mask in family if any(mask[index] for index in unit)]
            assert len(shown) == 1
            assert all(shown[0][index] for index in unit)


@pytest.mark.parametrize("layout", [DIGITS, COLOUR, FLAT])
@pytest.mark.parametrize("params", [GroupMasks(groups=5, pixels=1), GroupMasks(groups=6, pixels=2)])
def test_every_set_of_units_lies_under_a_mask(layout: Layout, params: GroupMasks) -> None:
    masks = params.views(layout, ROOT)[: params.masks]
    hidden = [{i for i, shown in enumerate(mask) if not shown} for mask in masks]
    for units in combinations(layout.ordered_units(), params.pixels):
        changed = {index for unit in units for index in unit}
        assert any(changed <= under for under in hidden)


def windows(window: int, step: int, patch: int, layout: Layout = DIGITS) -> WindowMasks:
    value: Json = {"method": "two-mask", "window": window, "step": step, "patch": patch}
    return WindowMasks.from_dict(value, "smoothing.test", layout)


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_windows_cover_every_patch_or_are_refused(
    size: tuple[int, int], window: int, step: int, patch: int
) -> None:
    layout = Layout(shape=(1, *size), unit="pixel")
    try:
        params = windows(window, step, patch, layout)
    except RecipeError:
        side = min(size)
        impossible = max(window, step, patch) > side
        assert impossible or step > window - patch + 1
        return
    masks = params.views(layout, ROOT)[: params.masks]
    height, width = size
    for top, left in product(range(height - patch + 1), range(width - patch + 1)):
        square = [
            (top + row) * width + left + column for row, column in product(range(patch), repeat=2)
        ]
        assert any(not any(mask[index] for index in square) for mask in masks)


def test_windows_hide_all_channels() -> None:
    params = windows(2, 1, 1, COLOUR)
    first = params.views(COLOUR, ROOT)[0]
    assert [i for i, shown in enumerate(first) if not shown] == [
        channel * 30 + place for channel in range(3) for place in (0, 1, 6, 7)
    ]


@pytest.mark.parametrize(
    ("params", "masks", "views"),
    [
        (GroupMasks(groups=12, pixels=1), 12, 78),
        (GroupMasks(groups=16, pixels=1), 16, 136),
        (GroupMasks(groups=12, pixels=2), 66, 781),
        (windows(8, 4, 5, Layout(shape=(1, 28, 28), unit="pixel")), 36, 666),
        (windows(7, 3, 5, Layout(shape=(1, 28, 28), unit="pixel")), 64, 2080),
    ],
)
def test_counts_of_masks_and_unions(
    params: GroupMasks | WindowMasks, masks: int, views: int
) -> None:
    unions = params.unions()
    assert (params.masks, params.count) == (masks, views)
    assert len(unions) == len(set(unions)) == views
    pairs = {tuple(sorted({*one, *other})) for one, other in product(unions[:masks], repeat=2)}
    assert pairs == set(unions)
    assert all(hidden == tuple(sorted(set(hidden))) for hidden in unions)


def test_a_view_hides_exactly_its_pieces() -> None:
    params = GroupMasks(groups=5, pixels=2)
    groups = jittered_groups(FLAT, 5, ROOT)
    for hidden, mask in zip(params.unions(), params.views(FLAT, ROOT), strict=True):
        away = {index for piece in hidden for index in groups[piece]}
        assert [i for i, shown in enumerate(mask) if not shown] == sorted(away)


def test_random_noise_has_no_fixed_views() -> None:
    recipe: Json = {
        "alphabet": {"kind": "binary", "threshold": "8", "unit": "pixel"},
        "smoothing": {"training": {"method": "none"}, "test": {"method": "hide", "show": "1/4"}},
        "designSeed": "x",
    }
    with pytest.raises(RecipeError, match="random"):
        views_for(recipe, (1, 8, 8))


labels = st.one_of(st.none(), st.integers(0, 2))


@given(st.lists(labels, min_size=1, max_size=6), st.data())
def test_the_two_mask_decision(first: list[int | None], data: st.DataObject) -> None:
    """Against its definition, with a symmetric second round that agrees with the first on i = j."""
    size = len(first)
    table: dict[tuple[int, int], int | None] = {(i, i): first[i] for i in range(size)}
    for i, j in combinations(range(size), 2):
        table[i, j] = table[j, i] = data.draw(labels)
    found = decide(first, lambda i, j: table[i, j])
    known = [label for label in first if label is not None]
    if not known:
        assert found is None
        return
    majority = min(set(known), key=lambda label: (-known.count(label), label))
    passing = [
        first[i]
        for i in range(size)
        if first[i] not in (None, majority) and all(table[i, j] == first[i] for j in range(size))
    ]
    assert found == (passing[0] if passing else majority)
    # two masks that pass agree, since they share a view
    assert len(set(passing)) <= 1


@given(st.lists(labels, min_size=1, max_size=6), st.data())
def test_a_mask_under_which_everything_agrees_decides(
    first: list[int | None], data: st.DataObject
) -> None:
    """The heart of the proof: one mask whose every union says 1 forces 1, whatever the rest."""
    star = data.draw(st.integers(0, len(first) - 1))
    first[star] = 1
    others = {(i, j): data.draw(labels) for i in range(len(first)) for j in range(len(first))}

    def second(i: int, j: int) -> int | None:
        return 1 if star in (i, j) else others[min(i, j), max(i, j)]

    assert decide(first, second) == 1
