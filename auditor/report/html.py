"""``report.html``: one page without a network, a script or a date, made from a ``Verified``."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from auditor.format.visible import visible
from auditor.report import sentences
from auditor.report.chart import curve_svg
from auditor.report.classes import class_rows
from auditor.report.curve import Line, lines
from auditor.report.earlier import steps
from auditor.report.facts import facts
from auditor.report.gallery import Exhibit, exhibits
from auditor.report.histogram import Bar, bars, histogram_svg
from auditor.report.subject import Subject
from auditor.report.surface import surface
from auditor.report.table import Row, rows
from auditor.report.votes import Panel, panels
from auditor.verify.compare import Comparison

_MAX_LINES = 6

Values = Sequence[tuple[str, str]]
"""An input of a table: (column, value) pairs in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How inputs look, by number: PNG files of images, values of tables' rows."""

    pictures: Mapping[int, bytes]
    values: Mapping[int, Values]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure:
    exhibit: Exhibit
    source: str | None
    alt: str
    values: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class _Curve:
    svg: str
    unit: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Votes:
    panel: Panel
    svg: str | None
    bars: Sequence[Bar]


def render(
    verified: Subject,
    shown: Shown,
    cost: Mapping[str, str],
    earlier: Comparison | None = None,
) -> str:
    """Return the page.

    ``gallery.shown_inputs`` says which inputs are shown; ``cost`` is what the run took, in words;
    ``earlier`` compares with a release of before. The same arguments give the same bytes.
    """
    from jinja2 import Environment, StrictUndefined

    audit = verified.audit
    environment = Environment(
        autoescape=True,
        finalize=_seen,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = "{:,}".format
    template = environment.from_string(_resource("report.html.j2"))
    least, most = exhibits(verified)
    table = rows(verified)
    first = sentences.headline(verified)
    inputs = int(verified.summary["inputs"])
    abstained = int(verified.summary["abstained"])
    budgets = tuple(row.budget for row in table if row.budget)
    return template.render(
        style=_resource("report.css"),
        name=audit["recipe"].get("name", "audit"),
        keyid=verified.keyid,
        object_sentence=sentences.object_sentence(audit),
        guarantee=sentences.guarantee_sentence(verified),
        certainty=sentences.certainty_sentence(audit),
        moves=sentences.moves_sentence(audit),
        assumptions=sentences.assumption_sentences(audit),
        headline=None if first is None else sentences.budget_words(audit, first[0]),
        headline_share=None if first is None else sentences.share(first[1], inputs),
        facts=facts(verified),
        rows=table,
        abstained=abstained,
        abstained_share=sentences.share(abstained, inputs),
        inputs=inputs,
        curve=_curve(verified, table),
        surface=surface(verified),
        votes=[_votes(panel) for panel in panels(verified)],
        class_budgets=[sentences.budget_words(audit, budget) for budget in budgets],
        classes=class_rows(verified, budgets),
        least=[_figure(exhibit, shown) for exhibit in least],
        most=[_figure(exhibit, shown) for exhibit in most],
        checked=verified.checked,
        not_checked=verified.not_checked,
        challenge=verified.challenge.text,
        earlier=None if earlier is None else earlier.old,
        steps=() if earlier is None else steps(audit, earlier),
        cost=cost,
    )


def _seen(value: object) -> object:
    """Spell out what cannot be seen in a text that goes into the page; markup of ours stays."""
    return visible(value, "\n") if type(value) is str else value


def _resource(name: str) -> str:
    return (resources.files("auditor.report") / name).read_text(encoding="utf-8")


def _curve(verified: Subject, table: tuple[Row, ...]) -> _Curve | None:
    drawn = lines(verified)[:_MAX_LINES]
    inputs = int(verified.summary["inputs"])
    if not drawn or not inputs:
        return None
    unit = sentences.unit_words(verified.audit, drawn[0].axis)
    told = "; ".join(f"{row.words}: {row.share}" for row in table)
    picture = curve_svg(
        drawn,
        inputs=inputs,
        correct=int(verified.summary["correct"]),
        label=f"{unit} an attacker may change",
        title=f"Share of inputs certified, falling as more {unit} may be changed. {told}.",
    )
    return _Curve(svg=picture, unit=unit, lines=drawn)


def _votes(panel: Panel) -> _Votes:
    drawn = bars(panel)
    if not drawn:
        return _Votes(panel=panel, svg=None, bars=())
    middle = sorted((*panel.right, *panel.wrong))[(len(panel.right) + len(panel.wrong)) // 2]
    needed = "; ".join(f"{need.words} needs {need.votes:,}" for need in panel.needs)
    title = (
        f"{panel.title}: inputs by their {panel.label}, from {drawn[0].low:,} to {panel.most:,}; "
        f"the middle input has {middle:,}. {needed}"
    )
    return _Votes(panel=panel, svg=histogram_svg(panel, title=title), bars=drawn)


def _figure(exhibit: Exhibit, shown: Shown) -> _Figure:
    png = shown.pictures.get(exhibit.index)
    encoded = None if png is None else base64.b64encode(png).decode("ascii")
    return _Figure(
        exhibit=exhibit,
        source=None if encoded is None else f"data:image/png;base64,{encoded}",
        alt=f"Input {exhibit.index}: truth {exhibit.truth}, answer {exhibit.answer}",
        values=shown.values.get(exhibit.index, ()),
    )
