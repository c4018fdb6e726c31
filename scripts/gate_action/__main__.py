"""The step of ``action.yml`` that judges: inputs from the environment, one ``audit gate``, outputs.

Run isolated, as ``python -I scripts/gate_action``, by the Python that auditor is installed for.
It ends with 0 once it has written ``exit-code``, so that the findings can still be handed on; the
last step of the action ends with that code.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import policy
import summary

_USAGE: Final = 2
_BUG: Final = 70
_CODES: Final = {"pass": 0, "fail": 1, "undecided": 3}
_PROGRAM: Final = "from auditor.cli.main import main; main()"
_OPTIONS: Final = {
    "REPLAY": "--replay",
    "RETRAIN": "--retrain",
    "DATA": "--data",
    "SUBJECT": "--subject",
    "RESOURCE_URI": "--resource-uri",
}


def main() -> None:
    """Judge, and write the outputs and the summary of the step."""
    env = dict(os.environ)
    key = env.pop("VSA_KEY", "")  # no other process gets to see it
    place = Path(tempfile.mkdtemp(prefix="audit-gate-", dir=env["RUNNER_TEMP"]))
    outputs = {"verdict": "error", "exit-code": str(_USAGE)}
    try:
        _flag(env, "WARN_ONLY")
        outputs |= _judged(env, key, place)
    except policy.RefusedError as refusal:
        _print(f"audit gate: {refusal}")
        _append(env["GITHUB_STEP_SUMMARY"], summary.error(str(refusal)))
    finally:
        (place / "vsa.key").unlink(missing_ok=True)
        _append(env["GITHUB_OUTPUT"], "".join(f"{k}={v}\n" for k, v in outputs.items()))
        policy.forget(env, place)


def _judged(env: Mapping[str, str], key: str, place: Path) -> dict[str, str]:
    """Return the outputs of the gate."""
    demanded, believed = policy.find(env, place)
    arguments = [f"--trust={believed}", f"--policy={demanded}"]
    arguments += [f"{option}={env[name]}" for name, option in _OPTIONS.items() if env[name]]
    if env["WARN_ONLY"] == "true":
        arguments.append("--warn-only")
    report, vsa, signing = place / "gate.json", place / "gate.vsa.dsse.json", []
    if key:
        descriptor = os.open(place / "vsa.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(key)
        signing = [f"--vsa={vsa}", f"--vsa-key={place / 'vsa.key'}"]
        signing += [f"--verifier-id={env['VERIFIER_ID']}"] if env["VERIFIER_ID"] else []
    log = place / "gate.sarif"
    code = _gate(env, report, [f"--also=sarif={log}", *arguments, *signing])
    found = _read(report)
    if found is None or found["verdict"] not in _CODES:
        code = code or _BUG  # a gate without a verdict has not passed
        said = "see the log" if found is None else str(found.get("message"))
        _append(env["GITHUB_STEP_SUMMARY"], summary.error(said))
        return {"verdict": "error", "exit-code": str(code)}
    expected = 0 if env["WARN_ONLY"] == "true" else _CODES[found["verdict"]]
    if code != expected:
        _append(env["GITHUB_STEP_SUMMARY"], summary.error(f"exit code {code}, see the log"))
        return {"verdict": "error", "exit-code": str(code or _BUG)}
    _append(env["GITHUB_STEP_SUMMARY"], summary.table(found))
    outputs = {"verdict": found["verdict"], "exit-code": str(code), "report-path": str(report)}
    if vsa.exists():
        outputs["vsa-path"] = str(vsa)
    if log.exists():
        outputs["sarif-path"] = str(log)
    return outputs


def _gate(env: Mapping[str, str], output: Path, arguments: list[str]) -> int:
    """Run ``audit gate`` in the workspace; return its exit code.

    Options and values are one argument each, and the release comes after ``--``: whatever an input
    holds, it is a value.
    """
    command = [sys.executable, "-I", "-c", _PROGRAM, "gate", "--format=json"]
    command += [f"--out={output}", *arguments, "--", env["RELEASE"]]
    # What it prints may quote a release, and must not be a command to the runner.
    token = secrets.token_hex(16)
    _print(f"::stop-commands::{token}")
    try:
        return subprocess.run(  # noqa: S603 - as above
            command, cwd=env["GITHUB_WORKSPACE"], env=env, check=False, stdin=subprocess.DEVNULL
        ).returncode
    finally:
        _print(f"::{token}::")


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _flag(env: Mapping[str, str], name: str) -> None:
    if env[name] not in {"true", "false"}:
        key = name.lower().replace("_", "-")
        raise policy.RefusedError(f"{key}: expected true or false, got {env[name]!r}")


def _print(line: str) -> None:
    print(line.replace("\n", " "), flush=True)


def _append(file: str, text: str) -> None:
    with Path(file).open("a", encoding="utf-8") as stream:
        stream.write(text)


if __name__ == "__main__":
    main()
