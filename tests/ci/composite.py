"""Run a composite action as a runner of GitHub does: its ``run:`` steps, with bash, in order.

``uses:`` steps are recorded with what they are given, not run. Of the expression language there is
what ``action.yml`` uses: names, texts in quotes, ``==``, ``!=``, ``&&`` and ``||``.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

ROOT: Final = Path(__file__).parents[2]
EXPRESSION: Final = re.compile(r"\$\{\{(.*?)\}\}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_TEXT: Final = re.compile(r"'([^']*)'")
# What the runner starts for `shell: bash`.
_BASH: Final = ("bash", "--noprofile", "--norc", "-eo", "pipefail")


def load(path: Path = ROOT / "action.yml") -> dict[str, Any]:
    """Return the action (or a workflow) as YAML 1.2 reads it."""
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text())
    return found


@dataclass(kw_only=True)
class Done:
    """What a run left behind: exit code, log, outputs, summary, and the actions it would use."""

    code: int = 0
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    used: list[tuple[str, dict[str, str]]] = field(default_factory=list)


def run(
    workspace: Path,
    temporary: Path,
    *,
    inputs: Mapping[str, str],
    github: Mapping[str, Any],
    given: Mapping[str, Mapping[str, str]] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Done:
    """Run the action in ``workspace``; ``given`` are outputs of steps that are then left out."""
    action = load()
    unknown = inputs.keys() - action["inputs"].keys()
    assert not unknown, f"the runner warns of unknown inputs: {unknown}"
    defaults = {name: item.get("default", "") for name, item in action["inputs"].items()}
    steps: dict[str, dict[str, dict[str, str]]] = {
        name: {"outputs": dict(outputs)} for name, outputs in (given or {}).items()
    }
    context = {"inputs": {**defaults, **inputs}, "github": github, "steps": steps}
    done = Done()
    for step in action["runs"]["steps"]:
        if step.get("id") in (given or {}):
            continue
        if not _holds(step.get("if", "${{ 'true' != '' }}"), context):
            continue
        if "uses" in step:
            values = {key: _filled(value, context) for key, value in step.get("with", {}).items()}
            done.used.append((step["uses"], values))
            continue
        assert step["shell"] == "bash"
        variables = {key: _filled(value, context) for key, value in step.get("env", {}).items()}
        outputs = _bash(
            step["run"], workspace, temporary, {**(environment or {}), **variables}, done
        )
        if "id" in step:
            steps[step["id"]] = {"outputs": outputs}
        if done.code:
            break
    done.outputs = {
        name: _filled(item["value"], context) for name, item in action["outputs"].items()
    }
    return done


def _bash(
    script: str, workspace: Path, temporary: Path, variables: Mapping[str, str], done: Done
) -> dict[str, str]:
    file, output, summary = (temporary / name for name in ("step.sh", "output", "summary"))
    file.write_text(script)
    output.write_text("")
    summary.write_text("")
    kept = ("PATH", "HOME", "LANG", "PIP_INDEX_URL", "PIP_CONFIG_FILE")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    env |= {
        "CI": "true",
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_WORKSPACE": str(workspace),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(summary),
        "RUNNER_TEMP": str(temporary),
        **variables,
    }
    ran = subprocess.run(
        [*_BASH, str(file)], cwd=workspace, env=env, capture_output=True, text=True, check=False
    )
    done.code = ran.returncode
    done.log += ran.stdout + ran.stderr
    done.summary += summary.read_text()
    lines = output.read_text().splitlines()
    assert all("=" in line for line in lines), lines
    return dict(line.split("=", 1) for line in lines)


def _filled(value: str, context: Mapping[str, Any]) -> str:
    return EXPRESSION.sub(lambda match: _value(match.group(1), context), str(value))


def _holds(condition: str, context: Mapping[str, Any]) -> bool:
    match = EXPRESSION.fullmatch(condition.strip())
    assert match is not None, condition
    return all(_compared(part, context) for part in match.group(1).split("&&"))


def _compared(part: str, context: Mapping[str, Any]) -> bool:
    left, sign, right = re.split(r"(==|!=)", part)
    same = _value(left, context) == _value(right, context)
    return same if sign == "==" else not same


def _value(expression: str, context: Mapping[str, Any]) -> str:
    """Return the first of several values that is not empty, else an empty text."""
    for part in expression.split("||"):
        found = _term(part.strip(), context)
        if found:
            return found
    return ""


def _term(term: str, context: Mapping[str, Any]) -> str:
    text = _TEXT.fullmatch(term)
    if text:
        return text.group(1)
    assert _NAME.fullmatch(term), f"not understood: {term}"
    found: Any = context
    for name in term.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return "" if found is None else str(found)
