from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from auditor.report.gallery import exhibits, shown_inputs
from auditor.report.html import Shown, render
from auditor.verify.checking import release
from tests import honest
from tests.report import synthetic

NOTHING = Shown(pictures={}, values={})


class Reader(HTMLParser):
    """Collects text, attributes that could fetch something, and unbalanced elements."""

    void = frozenset({"meta", "img", "br", "path", "use", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.alternatives: list[str | None] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.sources += [
            str(found[name]) for name in ("src", "href", "xlink:href") if name in found
        ]
        if tag == "img":
            self.alternatives.append(found.get("alt"))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.void:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [], "every element is closed"
    return reader


def page(**changes: object) -> str:
    outcome = synthetic.outcome(**changes)  # type: ignore[arg-type]
    pictures = dict.fromkeys(shown_inputs(outcome), b"\x89PNG")
    return render(outcome, Shown(pictures=pictures, values={}), {"training": "3.1 s"})


def test_the_page_names_the_neighbours_that_vote() -> None:
    audit = synthetic.audit(members=1)
    audit["recipe"]["smoothing"]["training"] = {"method": "neighbours", "count": 41}
    text = read(page(audit=audit)).text
    assert "the vote of the 41 nearest training examples" in text
    assert "neighbours: the nearest training examples vote (count 41)" in text


def test_the_page_says_what_is_certified_what_is_assumed_and_what_was_checked() -> None:
    text = " ".join(read(page()).text.split())
    assert "ensemble of 60 members" in text
    assert "For 22 of 40 inputs (55.0 %) the answer is right and stays the same" in text
    assert "within 5 training examples and 1 input pixel" in text
    assert "no sampling is involved (alpha = 0)" in text
    assert "rewriting one costs 1" in text
    assert "no hyper-parameter was chosen by looking at data" in text
    assert "arithmetic of every claim" in text
    assert "that the members cast these votes" in text
    assert "no attack: the vote is right 38 95.0 %" in text
    assert "training3.1 s" in text


def test_the_page_fetches_nothing() -> None:
    reader = read(page())
    assert reader.sources, "there are pictures"
    assert all(source.startswith(("data:image/png;base64,", "#")) for source in reader.sources)
    assert "default-src 'none'" in page()
    assert "<script" not in page()


def test_every_picture_has_a_description() -> None:
    reader = read(page())
    assert len(reader.alternatives) == 16
    assert all(alt and alt.startswith("Input ") for alt in reader.alternatives)
    assert 'role="img" aria-label="Share of inputs certified' in page()


def test_the_same_numbers_give_the_same_bytes() -> None:
    assert page() == page()
    assert not re.search(r"20\d\d-\d\d-\d\d", page()), "no date"


def test_names_from_outside_are_only_text() -> None:
    audit = synthetic.audit()
    audit["recipe"]["name"] = "<script>alert(1)</script>"
    audit["dataset"]["classes"] = ['"><img src=x onerror=alert(1)>', "7"]
    text = page(audit=audit)
    assert "<script" not in text
    assert "<img src=x" not in text
    read(text)


def test_names_from_outside_turn_no_text_and_hide_no_letter() -> None:
    audit = synthetic.audit()
    audit["recipe"]["name"] = "digits\u202e\u034f"
    text = page(audit=audit)
    assert "digits\\u202e\\u034f" in text
    assert not set(text) & {"\u202e", "\u034f"}


def test_a_table_has_no_pictures_and_a_hopeless_run_no_curve() -> None:
    reader = read(render(synthetic.outcome(), NOTHING, {}))
    assert reader.alternatives == []
    claims = tuple(synthetic.claim(index, None, 0) for index in range(3))
    summary = {"inputs": 3, "correct": 0, "abstained": 3, "certified": []}
    text = render(synthetic.outcome(claims=claims, summary=summary), NOTHING, {})
    assert "No input is certified to survive any change" in text
    assert "<svg" not in text
    read(text)


def test_least_and_most_robust_do_not_overlap() -> None:
    for inputs in (1, 2, 5, 15, 40):
        least, most = exhibits(synthetic.outcome(inputs))
        shown = [exhibit.index for exhibit in (*least, *most)]
        assert len(shown) == len(set(shown)) == min(inputs, 16)
    least, most = exhibits(synthetic.outcome())
    assert [exhibit.index for exhibit in least[:2]] == [0, 1], "abstained and wrong come first"
    assert (least[0].answer, least[1].right) == ("none: abstained", False)
    assert most[0].index in {38, 39}
    assert most[0].survives[0] == "19 training examples"


@pytest.mark.parametrize("kind", sorted(honest.KINDS))
def test_every_kind_of_verified_release_has_a_report(kind: str) -> None:
    made = honest.build(kind, inputs=12)
    verified = release(made.contents, made.digests, [made.key.public])
    reader = read(render(verified, NOTHING, {}))
    assert f"made-up {kind}" in reader.text


def test_the_page_is_one_small_file(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page(), encoding="utf-8")
    assert path.stat().st_size < 100_000


def test_a_hostile_column_is_no_markup_in_the_words_of_groups() -> None:
    audit = synthetic.audit()
    audit["recipe"]["data"] = {"source": "table", "group": "<b onclick='x'>$_who$"}
    audit["dataset"]["groups"] = 14
    audit["threat"] = {"unit": "group", "moves": {"modify": 1, "relabel": 1}}
    made = page(audit=audit)
    assert "<b onclick" not in made
    text = " ".join(read(made).text.split())
    assert "training groups (of 14, by \"<b onclick='x'>$_who$\") an attacker may change" in text
