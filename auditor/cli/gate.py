"""``audit gate``: does a release meet a policy, under a trust, now?"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from auditor.cli.failures import complain
from auditor.cli.screen import show
from auditor.errors import UsageError, VerificationError

if TYPE_CHECKING:
    from auditor.verify.forms import Shown
    from auditor.verify.gate import Report
    from auditor.verify.policy import Policy
    from auditor.verify.trust import Trust
    from auditor.verify.verified import Verified
    from auditor.verify.witness import TrustedTime

_COLOURS = {"GATE PASSED": "green", "GATE FAILED": "red", "GATE UNDECIDED": "yellow"}


class Form(StrEnum):
    """What the report is written as."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"


class Match(StrEnum):
    """When a retrained member counts as the same."""

    VOTES = "votes"
    BITWISE = "bitwise"


def gate(
    path: Annotated[Path, typer.Argument(metavar="RELEASE", help="The release folder.")],
    *,
    trust: Annotated[Path, typer.Option(help="Who is believed: a trust.toml.")],
    policy: Annotated[Path, typer.Option(help="What is demanded: a release.toml.")],
    style: Annotated[Form, typer.Option("--format", help="What to write.")] = Form.TEXT,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the report here, not to stdout.")
    ] = None,
    replay: Annotated[
        str | None, typer.Option(metavar="all|K", help="Cast all votes, or K of them, again.")
    ] = None,
    retrain: Annotated[
        int | None, typer.Option(min=1, help="Train so many members again.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Your copy of the data, for --replay and --retrain.")
    ] = None,
    delta: Annotated[
        str, typer.Option(help="The chance that a sample misses more than is counted.")
    ] = "1/1000",
    match: Annotated[
        Match, typer.Option(help="When a retrained member counts as the same.")
    ] = Match.VOTES,
    allow_code: Annotated[
        list[str] | None,
        typer.Option(metavar="sha256:HEX", help="User code that may be run. Repeatable."),
    ] = None,
    sample_seed: Annotated[
        str | None, typer.Option(metavar="HEX", help="Draw an earlier sample once more.")
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Also ask if this file (or sha256:HEX) is part of it."),
    ] = None,
    vsa: Annotated[
        Path | None, typer.Option(help="Write the verdict here, signed, as a SLSA VSA.")
    ] = None,
    vsa_key: Annotated[
        Path | None, typer.Option(help="The gate's own private key, for --vsa.")
    ] = None,
    resource_uri: Annotated[
        str | None, typer.Option(help="What the release is called, for --vsa and the policy.")
    ] = None,
    verifier_id: Annotated[
        str | None, typer.Option(metavar="URI", help="Who you are, for --vsa.")
    ] = None,
    now: Annotated[
        str | None, typer.Option(metavar="TIME", help="Judge as of this time (UTC).")
    ] = None,
    warn_only: Annotated[
        bool, typer.Option("--warn-only", help="Report as ever, but end with exit code 0.")
    ] = False,
) -> None:
    """Decide whether a release may pass: exit code 0, 1 (no) or 3 (undecided).

    It passes when it verifies under the trust, at least one demand of the policy was checked, and
    all of them hold. stdout has the report alone, whatever the verdict.

    Examples:
      audit gate build/digits --trust trust.toml --policy release.toml
      audit gate release --trust trust.toml --policy release.toml --format sarif -o gate.sarif
      audit gate release --trust trust.toml --policy release.toml --replay all --data data.npz
    """
    from auditor import policyfiles
    from auditor.cli import gate_shell
    from auditor.verify import forms
    from auditor.verify.gate import judge

    try:
        summary = gate_shell.summary(vsa, vsa_key, verifier_id)
        believed, demanded = policyfiles.load_trust(trust), policyfiles.load_policy(policy)
        at = gate_shell.time(now)
        verified = gate_shell.verified(
            path,
            believed,
            replay=gate_shell.replays(replay),
            retrain=retrain,
            data=data,
            delta=delta,
            match=match.value,
            allow_code=allow_code or (),
            sample_seed=gate_shell.seed(sample_seed),
            now=at,
        )
        report = judge(
            verified,
            believed,
            demanded,
            now=at,
            time=gate_shell.trusted_time(path, verified, believed),
            subject=gate_shell.subject(path, verified, subject),
            resource_uri=resource_uri,
            baseline=gate_shell.baseline(policy, demanded, believed, now=at),
        )
        if summary is not None:
            gate_shell.attest(summary, path, report, resource_uri, policy)
    except UsageError as error:
        # A misused gate has no verdict; only who reads JSON gets an object in every case.
        if style is Form.JSON:
            _write(forms.failure_json(error), output)
        raise
    shown = gate_shell.shown(path, warn_only=warn_only)
    _write(_rendered(report, shown, style), output, colour=style is Form.TEXT)
    raise typer.Exit(shown.exit_code(report))
