"""A gate's report as SARIF 2.1.0 (OASIS), for code-scanning views.

One rule for each check id. Results are what did not pass: viewers show every result as a finding,
so a passed check has none. A result keeps its fingerprint from release to release.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final

from auditor.verify.check import TITLES, Check
from auditor.verify.forms import Shown
from auditor.verify.gate import Report

VERSION: Final = "2.1.0"
SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {"fail": "error", "undecided": "warning"}
_IDS: Final = tuple(sorted(TITLES))


def sarif(report: Report, shown: Shown) -> str:
    """Return the report as one SARIF log, at the end of which stands a line feed."""
    results = [_result(item, shown) for item in report.checks if item.result != "pass"]
    verified = report.verified
    run = {
        "tool": {
            "driver": {
                "name": "auditor",
                "semanticVersion": shown.version,
                "rules": [_rule(number) for number in _IDS],
            }
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "exitCode": shown.exit_code(report),
                "endTimeUtc": report.now,
            }
        ],
        "artifacts": [{"location": {"uri": shown.uri}, "mimeType": "application/json"}],
        "results": results,
        "columnKind": "unicodeCodePoints",
        "properties": {
            "verdict": report.verdict,
            "policySha256": report.policy.sha256,
            "trustSha256": report.trust.sha256,
            "certificateSha256": verified.digest if verified else None,
            "checked": len(report.checks),
            "levels": list(report.levels),
        },
    }
    log = {"$schema": SCHEMA, "version": VERSION, "runs": [run]}
    return json.dumps(log, ensure_ascii=True, indent=2) + "\n"


def _rule(number: str) -> dict[str, object]:
    return {
        "id": number,
        "shortDescription": {"text": TITLES[number]},
        "defaultConfiguration": {"level": "error"},
    }


def _result(item: Check, shown: Shown) -> dict[str, object]:
    location = {
        "physicalLocation": {
            "artifactLocation": {"uri": shown.uri, "index": 0},
            "region": {"startLine": 1},
        }
    }
    return {
        "ruleId": item.id,
        "ruleIndex": _IDS.index(item.id),
        "kind": "fail",
        "level": _LEVELS[item.result],
        "message": {"text": _sentence(item)},
        "locations": [location],
        # The second name is the one that GitHub reads.
        "partialFingerprints": {
            "auditorCheck/v1": _fingerprint(item),
            "primaryLocationLineHash": _fingerprint(item),
        },
        "properties": {"expected": item.expected, "actual": item.actual, "result": item.result},
    }


def _sentence(item: Check) -> str:
    said = f"{item.name}: expected {item.expected}, got {item.actual}."
    # What would be read as a link or as a placeholder (SARIF 2.1.0, 3.11.6 and 3.11.5) is neither.
    return said.replace("](", "] (").replace("{", "{{").replace("}", "}}")


def _fingerprint(item: Check) -> str:
    """Return what tells this finding from others, whatever numbers it has this time."""
    return hashlib.sha256(f"{item.id}\0{item.about}".encode()).hexdigest()
