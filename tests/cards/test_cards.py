"""Cards, read back by the libraries of those who read them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import model_index_to_eval_results
from markdown_it import MarkdownIt
from typer.testing import CliRunner, Result

from auditor.cards import cyclonedx, hugging_face, markdown
from auditor.cards.numbers import decimal
from auditor.cli.main import app
from auditor.verify.verified import Verified
from tests import gates, honest

KINDS = sorted(honest.KINDS)
RUNNER = CliRunner()
HOSTILE = '"><script>alert(1)</script> [x](https://a.b) ![i](c) | `d` **e** www.f.org g@h.org\n# i'


def verified(kind: str = "two-mask") -> Verified:
    return gates.verified(honest.build(kind, inputs=12))


def hostile() -> Verified:
    """Return a release whose names want to be more than names."""
    found = verified()
    audit = found.certificate.audit
    renamed = replace(
        audit, recipe={**audit.recipe, "name": HOSTILE}, source=HOSTILE, classes=(HOSTILE, "b")
    )
    return replace(found, certificate=replace(found.certificate, audit=renamed))


@pytest.mark.parametrize("kind", KINDS)
def test_the_hub_reads_every_result(kind: str) -> None:
    found = verified(kind)
    card = ModelCard(hugging_face.card(found))
    front = yaml.safe_load(card.content.split("---")[1])
    name, results = model_index_to_eval_results(front["model-index"])
    assert name == found.certificate.audit.recipe["name"]
    values = {result.metric_name: result.metric_value for result in results}
    assert values["no attack"] == pytest.approx(found.certificate.summary.correct / 12, abs=1e-4)
    certified = [each for each in results if each.metric_type == "certified_accuracy"]
    budgets = [budget for budget in found.budgets if budget.amounts]
    assert len(certified) == len(budgets)
    for result, budget in zip(certified, budgets, strict=True):
        exact = found.certified_accuracy(budget)
        assert exact - Fraction(1, 10_000) < Fraction(str(result.metric_value)) <= exact


@pytest.mark.parametrize("kind", KINDS)
def test_the_bill_of_materials_is_valid(kind: str) -> None:
    found = verified(kind)
    text = cyclonedx.bom(found)
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert error is None
    model, data = json.loads(text)["components"]
    assert model["type"] == "machine-learning-model"
    assert model["hashes"][0]["content"] == found.statement.subject_sha256
    assert data["hashes"][0]["content"] == found.certificate.audit.dataset_root
    (reference,) = model["externalReferences"]
    assert (reference["type"], reference["url"]) == ("attestation", "certificate.dsse.json")
    assert found.digest in reference["comment"]
    metrics = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    assert len(metrics) == 1 + sum(bool(budget.amounts) for budget in found.budgets)


def test_the_validator_refuses_what_is_wrong() -> None:
    """Or the test above could not fail."""
    broken = cyclonedx.bom(verified()).replace('"supervised"', '"guessed"')
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(broken) is not None


@pytest.mark.parametrize("kind", KINDS)
def test_the_section_has_the_numbers_of_the_certificate(kind: str) -> None:
    found = verified(kind)
    html = MarkdownIt("gfm-like", {"linkify": False}).render(markdown.section(found))
    cells = re.findall(r'<td style="text-align:right">([^<]*)</td>', html)
    counts = [int(cell) for cell in cells if cell.isdigit()]
    assert counts == [
        found.certificate.summary.correct,
        *(int(found.certified_accuracy(budget) * 12) for budget in found.budgets),
    ]
    for digest in (found.digest, found.keyid, found.statement.subject_sha256):
        assert digest in html


def test_no_card_moves_the_cursor() -> None:
    """Names come from whoever signed them, and cards are printed."""
    found = verified()
    audit = found.certificate.audit
    name = "a\x1b[2J\x9b\u202eb"
    renamed = replace(
        audit, recipe={**audit.recipe, "name": name}, source=name, classes=(name, "b")
    )
    renamed_found = replace(found, certificate=replace(found.certificate, audit=renamed))
    for write in (markdown.section, hugging_face.card, cyclonedx.bom):
        text = write(renamed_found)
        assert all(line.isprintable() for line in text.split("\n")), write


def test_names_are_only_text() -> None:
    found = hostile()
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markdown.section(found))
    assert re.findall(r"<(script|img|a)\b", html) == []
    assert "<strong>e</strong>" not in html
    assert html.count("<h2>") == 1
    assert "<h1>" not in html
    for start in ("- a", "+ a", "1. a", "2) a", "= a"):
        assert "<li>" not in MarkdownIt().render(markdown.plain(start)), start
        assert MarkdownIt().render(f"a\n{markdown.plain(start)}").count("<p>") == 1
    # Nothing is left of what renderers make links of by themselves.
    assert not re.search(r"https?:|www\.|\w@\w", markdown.section(found))
    card = ModelCard(hugging_face.card(found))
    assert card.data.model_name == HOSTILE  # type: ignore[attr-defined]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(cyclonedx.bom(found)) is None


@pytest.mark.parametrize("name", ["caf\u00e9", "\U0001f600 cats", "a\x7f\x85\u2028b", '\\ "#: -'])
def test_the_hub_reads_any_name(name: str) -> None:
    found = verified()
    audit = found.certificate.audit
    renamed = replace(audit, recipe={**audit.recipe, "name": name}, source=name)
    renamed_found = replace(found, certificate=replace(found.certificate, audit=renamed))
    card = ModelCard(hugging_face.card(renamed_found))
    assert card.data.model_name == name  # type: ignore[attr-defined]


@pytest.mark.parametrize(("part", "whole"), [(2, 3), (9999, 10_000), (99_999, 100_000), (0, 7)])
def test_shares_are_never_rounded_up(part: int, whole: int) -> None:
    shown = Fraction(decimal(part, whole))
    assert shown <= Fraction(part, whole) < shown + Fraction(1, 10_000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = honest.build("two-mask", inputs=12)
    made.write(tmp_path / "release")
    (tmp_path / "17.json").write_bytes(made.single(3))
    (tmp_path / "a.pub").write_text(honest.P256.public.pem)
    (tmp_path / "b.pub").write_text(honest.ED25519.public.pem)
    return tmp_path


def run(folder: Path, name: str, *extra: str, key: str = "a.pub") -> Result:
    return RUNNER.invoke(app, ["card", str(folder / name), "--key", str(folder / key), *extra])


@pytest.mark.parametrize("style", ["markdown", "hugging-face", "cyclonedx"])
def test_the_command_writes_the_same_bytes_to_a_file_and_to_stdout(
    folder: Path, style: str
) -> None:
    printed = run(folder, "release", "--format", style)
    assert printed.exit_code == 0, printed.output
    assert run(folder, "release", "--format", style, "-o", str(folder / "card")).exit_code == 0
    assert (folder / "card").read_text() == printed.stdout


def test_there_is_no_card_of_what_does_not_verify(folder: Path) -> None:
    refused = run(folder, "release", "-o", str(folder / "card"), key="b.pub")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert not (folder / "card").exists()
    single = run(folder, "17.json")
    assert (single.exit_code, single.stderr.count("\n")) == (2, 1)
