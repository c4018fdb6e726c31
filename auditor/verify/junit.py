"""A gate's report as JUnit XML: one test case for each check; undecided ones are errors."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from auditor.verify.check import Check
from auditor.verify.forms import Shown
from auditor.verify.gate import Report

_NAME = "audit gate"


def junit(report: Report, shown: Shown) -> str:
    """Return the report as one XML document, at the end of which stands a line feed."""
    counts = {
        "tests": str(len(report.checks)),
        "failures": str(sum(item.result == "fail" for item in report.checks)),
        "errors": str(sum(item.result == "undecided" for item in report.checks)),
        "skipped": "0",
        "time": "0",
    }
    root = ET.Element("testsuites", {"name": _NAME, **counts})
    suite = ET.SubElement(
        root, "testsuite", {"name": _NAME, **counts, "timestamp": report.now.removesuffix("Z")}
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("verdict", report.verdict),
        ("exitCode", str(shown.exit_code(report))),
        ("policySha256", report.policy.sha256),
        ("trustSha256", report.trust.sha256),
        ("certificateSha256", report.verified.digest if report.verified else ""),
        ("certificate", shown.uri),
    ):
        ET.SubElement(properties, "property", {"name": name, "value": value})
    for item in report.checks:
        _case(suite, item)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, item: Check) -> None:
    case = ET.SubElement(suite, "testcase", {"classname": item.id, "name": item.name, "time": "0"})
    said = f"expected {item.expected}, got {item.actual}"
    if item.result == "fail":
        ET.SubElement(case, "failure", {"message": said, "type": item.id})
    elif item.result == "undecided":
        ET.SubElement(case, "error", {"message": said, "type": "undecided"})
    else:
        ET.SubElement(case, "system-out").text = item.actual
