"""A gate's report as a table for the summary page of a job.

The table is HTML, which the page takes inside Markdown: in Markdown, text from a release could
become a link, an image or a second row. Here every character of it is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any, Final

_WORDS: Final = {
    "pass": "&#x2705; passed",
    "fail": "&#x274C; failed",
    "undecided": "&#x2753; undecided",
}
_ORDER: Final = ("fail", "undecided", "pass")
_LONGEST: Final = 800_000  # the page takes a mebibyte for each step


def table(report: Mapping[str, Any]) -> str:
    """Return the summary of a report with a verdict; what did not pass comes first."""
    verdict, checks = report["verdict"], report["checks"]
    lines = [f"## audit gate: {_WORDS[verdict]}", ""]
    if report["warnOnly"] and verdict != "pass":
        lines += ["Only a warning was asked for: the job does not fail.", ""]
    lines += [
        "<table>",
        "<tr><th>result</th><th>check</th><th>expected</th><th>found</th></tr>",
        *_rows(checks),
        "</table>",
        "",
        "<table>",
        *(
            f"<tr><td>{name}</td><td>{_code(value)}</td></tr>"
            for name, value in _facts(report)
            if value is not None
        ),
        "</table>",
        "",
    ]
    return "\n".join(lines)


def error(message: str) -> str:
    """Return the summary of a gate that could not judge."""
    said = f"<p>{_code(message)}</p>"
    return f"## audit gate: &#x26A0; no verdict\n\n{said}\n"


def _rows(checks: Sequence[Mapping[str, Any]]) -> list[str]:
    rows, length = [], 0
    ordered = sorted(checks, key=lambda item: _ORDER.index(item["result"]))
    for place, item in enumerate(ordered):
        name = f"{item['title']}: {item['about']}" if item["about"] else item["title"]
        row = (
            f"<tr><td>{_WORDS[item['result']]}</td><td>{_code(item['id'])} {_text(name)}</td>"
            f"<td>{_code(item['expected'])}</td><td>{_code(item['actual'])}</td></tr>"
        )
        length += len(row)
        if length > _LONGEST:
            left = len(ordered) - place
            rows.append(f'<tr><td colspan="4">and {left} more, in the report</td></tr>')
            break
        rows.append(row)
    return rows


def _facts(report: Mapping[str, Any]) -> list[tuple[str, object]]:
    evidence = report["evidence"]
    return [
        ("release", report["release"]),
        ("certificate", report["certificate"] and report["certificate"]["sha256"]),
        ("policy", report["policy"]["sha256"]),
        ("trust", report["trust"]["sha256"]),
        ("judged at", report["now"]),
        ("done here", " ".join(report["levels"]) or None),
        ("sample seed", evidence and evidence["sampleSeed"]),
    ]


def _code(value: object) -> str:
    return f"<code>{_text(value)}</code>"


def _text(value: object) -> str:
    """Return text on one line: an empty one would end the table for a Markdown reader."""
    return html.escape(" ".join(str(value).split()))
