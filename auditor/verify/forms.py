"""A gate's report as text for people and as JSON for programs (schemas/gate-report.v1.json)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from auditor.errors import AuditorError
from auditor.verify.check import Check, plain
from auditor.verify.gate import Report
from auditor.verify.verified import Sampled, Verified

SCHEMA: Final = "urn:auditor:gate-report:v1"

_WORDS: Final = {"pass": "GATE PASSED", "fail": "GATE FAILED", "undecided": "GATE UNDECIDED"}
_MARKS: Final = {"pass": "pass", "fail": "FAIL", "undecided": "undecided"}
_INDENT: Final = " " * 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a report says besides what was found.

    ``release`` is the path as it was given, ``uri`` that of the certificate file (percent-encoded,
    relative to the working folder or absolute), ``version`` this software's. ``warn_only``: the
    process ends with code 0 whatever the verdict.
    """

    release: str
    uri: str
    version: str
    warn_only: bool

    def exit_code(self, report: Report) -> int:
        """Return the exit code of the process."""
        return 0 if self.warn_only else report.exit_code


def text(report: Report, shown: Shown) -> str:
    """Return the report in plain words; the first line is the verdict."""
    verified = report.verified
    digest = verified.digest if verified else "no certificate verified"
    lines = [
        f"{_WORDS[report.verdict]}  {digest}",
        "",
        f"release    {plain(shown.release)}",
        f"policy     sha256 {report.policy.sha256}",
        f"trust      sha256 {report.trust.sha256}",
        f"judged at  {report.now}",
    ]
    if verified is not None:
        lines.append(
            f"selection  {verified.certificate.audit.selection} (how the recipe was chosen)"
        )
    lines.append("")
    for item in report.checks:
        lines += _check_lines(item)
    if verified is not None:
        if verified.evidence is not None:
            lines += ["", f"sample     --sample-seed {verified.evidence.secret} draws it again"]
        trusted = [
            f"{name} (sha256 {digest})" for name, digest in verified.certificate.audit.trusted
        ]
        lines += ["", "assumes that nobody tampered with"]
        lines += [f"  {plain(item)}" for item in trusted or ["no artefact: none is trusted"]]
        lines += ["", "not checked"]
        lines += [f"  {plain(item)}" for item in verified.not_checked]
    if shown.warn_only and report.exit_code:
        lines += ["", f"only a warning was asked for: exit code 0 instead of {report.exit_code}"]
    return "\n".join(lines) + "\n"


def to_json(report: Report, shown: Shown) -> str:
    """Return the report as one JSON document, at the end of which stands a line feed."""
    verified = report.verified
    audit = verified.certificate.audit if verified else None
    return _dump(
        {
            "schema": SCHEMA,
            "verdict": report.verdict,
            "exitCode": shown.exit_code(report),
            "warnOnly": shown.warn_only,
            "now": report.now,
            "release": plain(shown.release),
            "trust": {
                "sha256": report.trust.sha256,
                "keys": [
                    {
                        "name": plain(entry.name),
                        "keyid": entry.key.keyid,
                        "roles": list(entry.roles),
                        "revoked": entry.revoked is not None,
                    }
                    for entry in report.trust.pinned
                ],
            },
            "policy": {"sha256": report.policy.sha256},
            "certificate": {"sha256": verified.digest} if verified else None,
            "subject": {"sha256": verified.statement.subject_sha256} if verified else None,
            "keyid": verified.keyid if verified else None,
            "checks": [
                {
                    "id": item.id,
                    "title": item.title,
                    "about": item.about,
                    "result": item.result,
                    "criterion": item.criterion,
                    "expected": item.expected,
                    "actual": item.actual,
                }
                for item in report.checks
            ],
            "levels": list(report.levels),
            "evidence": _evidence(verified),
            "inputs": audit.inputs_size if audit else None,
            "members": audit.members if audit else None,
            "trusted": [
                {"name": plain(name), "sha256": digest}
                for name, digest in (audit.trusted if audit else ())
            ],
            "selection": audit.selection if audit else None,
            "notChecked": [plain(line) for line in verified.not_checked] if verified else [],
        }
    )


def failure_json(error: AuditorError) -> str:
    """Return what stands for a report when the gate was misused: no verdict, and why not."""
    value = {
        "schema": SCHEMA,
        "verdict": "error",
        "exitCode": error.exit_code,
        "message": plain(str(error)),
    }
    return _dump(value)


def _check_lines(item: Check) -> list[str]:
    lines = [f"{_MARKS[item.result]:<9}  {item.id}  {item.name}"]
    if item.result == "pass":
        return [*lines, f"{_INDENT}{item.actual}"]
    return [*lines, f"{_INDENT}expected  {item.expected}", f"{_INDENT}got       {item.actual}"]


def _evidence(verified: Verified | None) -> dict[str, object] | None:
    if verified is None or verified.evidence is None:
        return None
    found = verified.evidence
    return {
        "sampleSeed": found.secret,
        "fresh": found.fresh,
        "votes": found.votes and _sampled(found.votes),
        "members": found.members and {**_sampled(found.members), "bitwise": found.bitwise},
    }


def _sampled(sample: Sampled) -> dict[str, object]:
    return {
        "of": sample.of,
        "sampled": sample.sampled,
        "found": sample.found,
        "delta": sample.delta,
        "undetected": sample.undetected,
    }


def _dump(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=True, indent=2) + "\n"
