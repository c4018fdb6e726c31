"""The report in a real browser: what it asks for, what fits, what is drawn, what is read out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from auditor.report.gallery import shown_inputs
from auditor.report.html import Shown, render
from auditor.verify.checking import release
from tests import honest
from tests.chromium import CONTRASTS, chromium, watched
from tests.report import synthetic

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A grey dot: one pixel of PNG.
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c6368000000820081dd436af40000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    outcome = synthetic.outcome()
    looks = Shown(pictures=dict.fromkeys(shown_inputs(outcome), DOT), values={})
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(outcome, looks, {"training": "3.1 s"}), encoding="utf-8")
    return path


@pytest.fixture(scope="module", params=["two-mask", "flip", "nested", "run-off", "grid"])
def checked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = honest.build(request.param, inputs=40)
    verified = release(made.contents, made.digests, [made.key.public])
    rows = {i: [("f" * 70, "at least 0.5")] * 60 for i in shown_inputs(verified)}
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(verified, Shown(pictures={}, values=rows), {}), encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_asks_for_nothing_and_fits(
    browser: Browser, checked: Path, width: int, scheme: str
) -> None:
    seen = watched(browser, checked, width=width, scheme=scheme)
    assert (seen.said, seen.asked) == ([], [])
    assert seen.page.evaluate("document.documentElement.scrollWidth") == width
    wide = seen.page.eval_on_selector_all(
        "svg, td, th, dd, p, figcaption",
        """(all, width) => all.filter((one) => one.checkVisibility()
             && !one.closest('.wide')
             && one.getBoundingClientRect().right > width + 1).map((one) => one.textContent)""",
        width,
    )
    assert wide == []
    seen.page.close()


def test_every_plot_has_a_name_its_numbers_and_lines(browser: Browser, checked: Path) -> None:
    seen = watched(browser, checked)
    plots = seen.page.locator("figure.plot")
    assert plots.count() >= 1
    for place in range(plots.count()):
        plot = plots.nth(place)
        picture = plot.locator("svg")
        assert len(picture.get_attribute("aria-label") or "") > 40
        assert picture.locator("path").count() > 10
        box = picture.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) > 150
        plot.locator("summary").click()
        assert plot.locator("tbody tr").count() >= 2
        assert plot.locator("tbody tr").first.is_visible()
    assert seen.said == []
    seen.page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(
    browser: Browser, checked: Path, scheme: str
) -> None:
    seen = watched(browser, checked, scheme=scheme)
    worst = seen.page.evaluate(CONTRASTS)
    assert worst
    assert worst[0][0] >= 4.5, worst
    seen.page.close()


def test_pictures_are_drawn_and_described(browser: Browser, page: Path) -> None:
    seen = watched(browser, page)
    loaded = seen.page.eval_on_selector_all(
        "img", "all => all.map((one) => [one.complete && one.naturalWidth > 0, one.alt])"
    )
    assert len(loaded) == 16
    assert all(drawn and alt.startswith("Input ") for drawn, alt in loaded)
    seen.page.close()


def test_everything_can_be_reached_by_keyboard(browser: Browser, checked: Path) -> None:
    """Tab goes through the way to the guarantee, every scrolling table and every summary."""
    seen = watched(browser, checked, width=390)
    expected = seen.page.locator("a.skip, .wide:visible, summary, pre").count()
    reached = []
    for _ in range(expected + 5):
        seen.page.keyboard.press("Tab")
        reached.append(
            seen.page.evaluate("document.activeElement.className || document.activeElement.tagName")
        )
    assert reached[0] == "skip"
    assert {"wide", "SUMMARY", "PRE"} <= set(reached)
    seen.page.close()


def test_headings_are_in_order_and_regions_have_names(browser: Browser, checked: Path) -> None:
    seen = watched(browser, checked)
    levels = seen.page.eval_on_selector_all("h1, h2, h3", "all => all.map((h) => +h.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    names = seen.page.eval_on_selector_all("[role=region]", "all => all.map((r) => r.ariaLabel)")
    assert all(names)
    headers = seen.page.eval_on_selector_all("th", "all => all.map((th) => th.scope)")
    assert set(headers) <= {"row", "col"}
    seen.page.close()


def test_on_paper_it_is_black_on_white_and_nothing_is_cut(browser: Browser, checked: Path) -> None:
    seen = watched(browser, checked, width=700, scheme="dark")
    seen.page.emulate_media(media="print")
    colours = seen.page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    cut = seen.page.eval_on_selector_all(
        ".wide", "all => all.filter((one) => one.scrollWidth > 700).length"
    )
    assert cut == 0
    assert seen.page.pdf(format="A4").startswith(b"%PDF")
    seen.page.close()
