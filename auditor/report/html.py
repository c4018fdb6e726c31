"""``report.html``: one page without a network, a script or a date, made from a ``Verified``."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from auditor.report import sentences
from auditor.report.chart import curve_svg
from auditor.report.curve import lines
from auditor.report.facts import facts
from auditor.report.gallery import Exhibit, exhibits
from auditor.report.subject import Subject
from auditor.report.table import Row, rows

_MAX_LINES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure:
    exhibit: Exhibit
    source: str | None
    alt: str


def render(verified: Subject, pictures: Mapping[int, bytes], cost: Mapping[str, str]) -> str:
    """Return the page.

    ``pictures`` are PNG files by input number (``gallery.shown_inputs`` says which are wanted; none
    for tables); ``cost`` is what the run took, in words. The same arguments give the same bytes.
    """
    from jinja2 import Environment, StrictUndefined

    audit = verified.audit
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(_resource("report.html.j2"))
    least, most = exhibits(verified)
    table = rows(verified)
    return template.render(
        style=_resource("report.css"),
        name=audit["recipe"].get("name", "audit"),
        object_sentence=sentences.object_sentence(audit),
        guarantee=sentences.guarantee_sentence(verified),
        certainty=sentences.certainty_sentence(audit),
        moves=sentences.moves_sentence(audit),
        assumptions=sentences.assumption_sentences(audit),
        facts=facts(verified),
        rows=table,
        abstained=int(verified.summary["abstained"]),
        inputs=int(verified.summary["inputs"]),
        chart=_chart(verified, table),
        least=[_figure(exhibit, pictures) for exhibit in least],
        most=[_figure(exhibit, pictures) for exhibit in most],
        checked=verified.checked,
        not_checked=verified.not_checked,
        challenge=verified.challenge.text,
        cost=cost,
    )


def _resource(name: str) -> str:
    return (resources.files("auditor.report") / name).read_text(encoding="utf-8")


def _chart(verified: Subject, table: tuple[Row, ...]) -> str | None:
    drawn = lines(verified)[:_MAX_LINES]
    inputs = int(verified.summary["inputs"])
    if not drawn or not inputs:
        return None
    unit = sentences.unit_words(verified.audit, drawn[0].axis)
    told = "; ".join(f"{row.words}: {row.share}" for row in table)
    return curve_svg(
        drawn,
        inputs=inputs,
        correct=int(verified.summary["correct"]),
        label=f"{unit} an attacker may change",
        title=f"Share of inputs certified, falling as more {unit} may be changed. {told}.",
    )


def _figure(exhibit: Exhibit, pictures: Mapping[int, bytes]) -> _Figure:
    png = pictures.get(exhibit.index)
    encoded = None if png is None else base64.b64encode(png).decode("ascii")
    return _Figure(
        exhibit=exhibit,
        source=None if encoded is None else f"data:image/png;base64,{encoded}",
        alt=f"Input {exhibit.index}: truth {exhibit.truth}, answer {exhibit.answer}",
    )
