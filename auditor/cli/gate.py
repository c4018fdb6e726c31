"""``audit gate``: whether a release meets a policy, under a trust, now."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli import evidence
from auditor.cli.evidence import (
    CodeOption,
    DataOption,
    DeltaOption,
    Match,
    MatchOption,
    ReplayOption,
    RetrainOption,
    SeedOption,
)
from auditor.cli.failures import complain
from auditor.cli.progress import Style, display
from auditor.cli.screen import show
from auditor.errors import UsageError

if TYPE_CHECKING:
    from auditor.verify.forms import Shown
    from auditor.verify.gate import Report

_COLOURS = {"GATE PASSED": "green", "GATE FAILED": "red", "GATE UNDECIDED": "yellow"}


class Form(StrEnum):
    """What the report is written as."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"


def gate(
    path: Annotated[Path, typer.Argument(metavar="RELEASE", help="The release folder.")],
    *,
    trust: Annotated[Path, typer.Option(help="Who is believed: a trust.toml.")],
    policy: Annotated[Path, typer.Option(help="What is demanded: a release.toml.")],
    style: Annotated[Form, typer.Option("--format", help="What to write.")] = Form.TEXT,
    output: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the report here, not to stdout.")
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option(metavar="FORMAT=FILE", help="Write the report there in this form, too."),
    ] = None,
    replay: ReplayOption = None,
    retrain: RetrainOption = None,
    data: DataOption = None,
    delta: DeltaOption = "1/1000",
    sample_seed: SeedOption = None,
    match: MatchOption = Match.VOTES,
    allow_code: CodeOption = None,
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
    progress: Annotated[Style, typer.Option(help="How to show progress, on stderr.")] = Style.AUTO,
    warn_only: Annotated[
        bool, typer.Option("--warn-only", help="Report as ever, but end with exit code 0.")
    ] = False,
) -> None:
    """Decide by a policy whether a release may pass.

    It passes when it verifies under the trust, at least one demand of the policy was checked, and
    all of them hold. stdout has the report alone, whatever the verdict.

    Examples:
      audit gate build/digits --trust trust.toml --policy release.toml
      audit gate release --trust trust.toml --policy release.toml --also sarif=gate.sarif
      audit gate release --trust trust.toml --policy release.toml --replay all --data ~/data
    """
    from auditor import policyfiles
    from auditor.cli import gate_shell
    from auditor.verify import forms
    from auditor.verify.gate import judge

    progressing = display(progress if replay or retrain else Style.NONE)
    try:
        evidence.needed(replay, retrain)
        others = [_other(text) for text in also or ()]
        believed, demanded = policyfiles.load_trust(trust), policyfiles.load_policy(policy)
        wanted = gate_shell.attestation(vsa, vsa_key, verifier_id, resource_uri, demanded)
        asked, at = gate_shell.digest(subject), gate_shell.time(now)
        verified = gate_shell.verified(
            path,
            believed,
            replay=evidence.cells(replay),
            retrain=retrain,
            data=data,
            delta=delta,
            sample_seed=evidence.secret(sample_seed),
            match=match.value,
            allow_code=allow_code or (),
            now=at,
            progress=progressing,
        )
        report = judge(
            verified,
            believed,
            demanded,
            now=at,
            subject=gate_shell.subject(path, verified, asked, subject),
            resource_uri=resource_uri,
            baseline=gate_shell.baseline(policy, demanded, believed),
        )
    except UsageError as error:
        # A misused gate has no verdict; only who reads JSON gets an object in every case.
        if style is Form.JSON:
            _write(forms.failure_json(error), output, style)
        raise
    finally:
        progressing.done()
    shown = gate_shell.shown(path, warn_only=warn_only)
    _write(_rendered(report, shown, style), output, style)
    for form, file in others:
        _write(_rendered(report, shown, form), file, form)
    if output is not None:
        complain(f"gate: {report.verdict} ({output})")
    if wanted is not None:
        gate_shell.attest(wanted, path, report)
    raise typer.Exit(shown.exit_code(report))


def _other(text: str) -> tuple[Form, Path]:
    form, _, file = text.partition("=")
    if form not in list(Form) or not file:
        forms = ", ".join(Form)
        raise UsageError(f"--also: expected FORMAT=FILE with one of {forms}, got {text!r}")
    return Form(form), Path(file)


def _rendered(report: Report, shown: Shown, style: Form) -> str:
    from auditor.verify import forms, junit, sarif

    render = {
        Form.TEXT: forms.text,
        Form.JSON: forms.to_json,
        Form.SARIF: sarif.sarif,
        Form.JUNIT: junit.junit,
    }[style]
    return render(report, shown)


def _write(report: str, output: Path | None, style: Form) -> None:
    if output is not None:
        from auditor import files

        files.write_atomic(output, report.encode("utf-8"))
    elif style is Form.TEXT:
        show(report, _COLOURS)
    else:
        typer.echo(report, nl=False)
