"""``audit check``: what a person wants to know of the data before a run; never part of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditor.datasets import groups
from auditor.datasets.alphabet import symbol_count
from auditor.datasets.dataset import Dataset
from auditor.datasets.labels import no_examples
from auditor.datasets.load import build, chosen, faults, split
from auditor.datasets.rows import OTHER, Rows
from auditor.errors import DataError
from auditor.recipe import Recipe

_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitFacts:
    """One split: examples used, dropped, by class, and left out by label."""

    name: str
    size: int
    dropped: int
    counts: Mapping[str, int]
    unlisted: Mapping[str, int]
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What ``check`` found, one sentence each: ``problems`` to mend, ``advice`` to read.

    ``problems`` include malformed examples, which a run drops and goes on. ``str`` is the report.
    """

    source: str
    shape: tuple[int, ...]
    symbols: int
    splits: tuple[SplitFacts, ...]
    problems: tuple[str, ...]
    advice: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing needs mending."""
        return not self.problems

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """Yield the report line by line."""
        yield f"source: {self.source}"
        if self.shape:
            size = " x ".join(map(str, self.shape))
            yield f"examples: {size} features, {self.symbols} symbols"
        for facts in self.splits:
            classes = ", ".join(f"{name} {count}" for name, count in facts.counts.items())
            dropped = f", {facts.dropped} dropped" if facts.dropped else ""
            yield f"{facts.name}: {facts.size} examples ({classes}){dropped}"
            yield f"  root {facts.root}"
        for title, sentences in (("problem", self.problems), ("note", self.advice)):
            yield from (f"{title}: {sentence}" for sentence in sentences)
        yield "nothing to mend" if self.ok else f"{len(self.problems)} to mend"


def check(loaded: Recipe) -> Findings:
    """Read a recipe's data and report on it. Bad data raises nothing: it is what is reported."""
    recipe = loaded.resolved
    try:
        train_rows, test_rows = split(loaded)
        train, test = build(train_rows, recipe), build(test_rows, recipe)
    except DataError as error:
        return Findings(
            source=recipe["data"]["source"],
            shape=(),
            symbols=symbol_count(recipe["alphabet"]),
            splits=(),
            problems=(str(error),),
            advice=(),
        )
    named = (("training", train_rows, train), ("test", test_rows, test))
    problems = [line for name, rows, _ in named for line in _malformed(name, rows, recipe)]
    problems += _missing(named)
    try:
        chosen(recipe["inputs"]["take"], len(test))
    except DataError as error:
        problems.append(str(error))
    return Findings(
        source=recipe["data"]["source"],
        shape=train.shape,
        symbols=symbol_count(recipe["alphabet"]),
        splits=tuple(_facts(name, rows, data) for name, rows, data in named),
        problems=tuple(problems),
        advice=tuple(_advice(train_rows, train, test, recipe)),
    )


def _counts(data: Dataset) -> dict[str, int]:
    counts = np.bincount(data.labels, minlength=len(data.class_names)).tolist()
    return dict(zip(data.class_names, counts, strict=True))


def _facts(name: str, rows: Rows, data: Dataset) -> SplitFacts:
    return SplitFacts(
        name=name,
        size=len(data),
        dropped=data.dropped,
        counts=_counts(data),
        unlisted=dict(rows.unlisted),
        root=data.root,
    )


def _malformed(name: str, rows: Rows, recipe: Mapping[str, Any]) -> Iterator[str]:
    bad = {i: why for i, why in sorted(faults(rows, recipe).items()) if rows.labels[i] != OTHER}
    for row, why in list(bad.items())[:_SHOWN]:
        yield f"{name} example {rows.name(row)}: {why}; a run drops it"
    if len(bad) > _SHOWN:
        yield f"{name}: {len(bad) - _SHOWN} more malformed examples, which a run drops"


def _missing(named: tuple[tuple[str, Rows, Dataset], ...]) -> Iterator[str]:
    for name, rows, data in named:
        sentence = no_examples(_counts(data), rows.unlisted, name)
        if sentence:
            yield sentence


def _advice(rows: Rows, train: Dataset, test: Dataset, recipe: Mapping[str, Any]) -> Iterator[str]:
    if rows.unlisted:
        listed = ", ".join(f"{name!r} ({count})" for name, count in _most(rows.unlisted))
        yield f"left out, as classes does not list their labels: {listed}"
    yield from _duplicates(train, test)
    yield from groups.advice(train, recipe)
    if len(train):
        yield from _columns(rows, train, recipe)


def _duplicates(train: Dataset, test: Dataset) -> Iterator[str]:
    seen = Counter(train.source_digests)
    extra = sum(seen.values()) - len(seen)
    if extra:
        yield f"{extra} training examples repeat an earlier one, source byte for source byte"
    shared = sum(digest in seen for digest in test.source_digests)
    if shared:
        yield f"{shared} test examples are also training examples, source byte for source byte"
    labels: dict[bytes, int] = {}
    clash = sum(
        labels.setdefault(row.tobytes(), label) != label
        for row, label in zip(train.symbols, train.labels.tolist(), strict=True)
    )
    if clash:
        yield (
            f"{clash} training examples have the same symbols as an earlier one of another class "
            "(the alphabet does not tell them apart)"
        )
    if train.ids is not None and len(set(train.ids)) < len(train.ids):
        twice = Counter(train.ids).most_common(1)[0][0]
        yield f"data.id: some names occur twice, such as {twice!r}"


def _columns(rows: Rows, train: Dataset, recipe: Mapping[str, Any]) -> Iterator[str]:
    constant = np.flatnonzero((train.symbols == train.symbols[0]).all(0)).tolist()
    if constant:
        names = ", ".join(rows.columns[i] if rows.columns else str(i) for i in constant[:_SHOWN])
        more = ", ..." if len(constant) > _SHOWN else ""
        yield (
            f"{len(constant)} of {train.symbols.shape[1]} features have the same symbol in every "
            f"training example: {names}{more}"
        )
    if recipe["alphabet"]["kind"] == "grid":
        return
    used = set(np.unique(train.symbols).tolist())
    unused = [symbol for symbol in range(symbol_count(recipe["alphabet"])) if symbol not in used]
    if unused:
        finite = rows.values[np.isfinite(rows.values)]
        yield (
            f"symbols {', '.join(map(str, unused))} never occur in training: values run from "
            f"{finite.min()} to {finite.max()}"
        )


def _most(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return Counter(counts).most_common(_SHOWN)
