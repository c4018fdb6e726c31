"""The page grades every vector of a single input as the other verifiers do."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.checker.driver import Checker

VECTORS = sorted((Path(__file__).parents[1] / "vectors").glob("*.json"))
# What the vectors call a grade, in the page's words.
STARTS = {
    "success": "Verified: ",
    "undecided": "Undecided. ",
    "usage": "The files do not fit. ",
    "envelope": "Refused: not in the form",
    "signature": "Refused: not signed",
    "statement": "Refused: the statement",
    "inclusion": "Refused: the claim is not among",
    "claim": "Refused: the votes do not support",
    "release": "Refused: the files are not",
}


def run_vectors(checker: Checker, paths: list[Path]) -> set[str]:
    """Give the page what each vector has; return the grades seen."""
    grades = set()
    for path in paths:
        vector = json.loads(path.read_text())
        if checker.seen.page.is_visible("#clear"):
            checker.seen.page.click("#clear")
        for pem in vector["publicKeys"]:
            checker.give("key", pem.encode(), "auditor.pub")
        for pem in vector.get("challengers", ()):
            checker.give("challenger", pem.encode(), "challenger.pub")
        checker.give("certificate", base64.b64decode(vector["file"]), "input.json")
        if not vector["publicKeys"]:
            assert checker.text("#verdict") == "Waiting for the auditor's public key."
            continue
        found = checker.verdict()
        grade = checker.seen.page.get_attribute("#verdict", "data-grade")
        assert (grade, found[: len(STARTS[vector["expect"]])]) == (
            vector["expect"],
            STARTS[vector["expect"]],
        ), f"{path.stem}: {found}"
        if grade == "success" and "origin" in vector:
            kinds = {"not-needed": "not needed", "drand": "self-derived"}
            told = f"Who fixed the draws: {kinds.get(vector['origin'], vector['origin'])}"
            assert told in checker.text(), path.stem
        assert bool(checker.text()) is (grade == "success")
        grades.add(vector["expect"])
    return grades


def singles() -> dict[str, list[Path]]:
    """Return the vectors of single-input files by the grade that they expect."""
    found: dict[str, list[Path]] = {}
    for path in VECTORS:
        vector = json.loads(path.read_text())
        if "file" in vector:
            found.setdefault(vector["expect"], []).append(path)
    return found


def test_vectors_of_every_grade(checker: Checker) -> None:
    listed = singles()
    some = [path for paths in listed.values() for path in (*paths[:4], *paths[::20])]
    assert run_vectors(checker, some) == listed.keys()


@pytest.mark.slow
def test_every_vector_of_a_single_input(checker: Checker) -> None:
    listed = singles()
    every = [path for paths in listed.values() for path in paths]
    assert len(every) > 700
    assert run_vectors(checker, every) == listed.keys()
