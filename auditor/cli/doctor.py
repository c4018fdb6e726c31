"""``audit doctor``: what is installed here, whether it works, and what to install."""

from __future__ import annotations

import json
import platform
import re
import shutil
from importlib import metadata
from pathlib import Path
from typing import Annotated, Final

import typer

from auditor.cli.failures import USAGE
from auditor.cli.screen import safe, table
from auditor.cli.verify import Format

_EXTRAS: Final = ("", "replay", "run", "witness", "modelsign")
# They install the same module, so that asking for the other one beside it would break both.
_STANDS_IN: Final = {"onnxruntime": "onnxruntime-gpu"}


def doctor(
    *,
    style: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
) -> None:
    """Say what is installed here, and what to install for more.

    Reads the requirements from the installed package's own metadata. Ends with exit code 2 when a
    package is out of range or a package that the verifier itself needs is missing.

    Examples:
      audit doctor
      audit doctor --format json
    """
    found = packages(metadata.requires("auditor") or [])
    bad = [
        each
        for each in found
        if each["state"] == "out of range" or (each["state"] == "missing" and not each["extra"])
    ]
    free = shutil.disk_usage(Path.cwd()).free
    gpu = _cuda()
    if style is Format.JSON:
        value = {
            "python": platform.python_version(),
            "packages": found,
            "cuda": gpu,
            "freeBytes": free,
            "ok": not bad,
        }
        typer.echo(json.dumps(value, indent=2))
    else:
        typer.echo(safe("\n".join(_lines(found, gpu, free))))
    if bad:
        raise typer.Exit(USAGE)


def packages(requirements: list[str]) -> list[dict[str, str]]:
    """Return each requirement that applies on this machine: extra, name, range, version, state.

    A requirement under no extra we publish for users (``dev``) is left out.
    """
    found = []
    for text in requirements:
        spec, _, marker = text.partition(";")
        named = re.search(r"extra == ['\"]([^'\"]+)['\"]", marker)
        extra = named[1] if named else ""
        parts = re.match(r"\s*([A-Za-z0-9._-]+)\s*(.*?)\s*$", spec)
        if extra not in _EXTRAS or parts is None or not _applies(marker):
            continue
        name, wanted = parts[1], parts[2]
        version = _version(name)
        if not version and (other := _STANDS_IN.get(name)) and (version := _version(other)):
            name = other
        state = "missing" if not version else "ok" if within(version, wanted) else "out of range"
        found.append(
            {"extra": extra, "name": name, "range": wanted, "version": version, "state": state}
        )
    return sorted(found, key=lambda each: _EXTRAS.index(each["extra"]))


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def within(version: str, wanted: str) -> bool:
    """Whether a version lies in a range of comma-separated bounds, by its release numbers.

    >>> within("2.5.1+cu124", "<3,>=2.5"), within("3.0", ">=2.5,<3"), within("1.0", "==1.0.0")
    (True, False, True)
    """
    mine = _release(version)
    for bound in filter(None, (part.strip(" ()") for part in wanted.split(","))):
        sign = next((each for each in (">=", "<=", "==", "<", ">") if bound.startswith(each)), "")
        number = bound.removeprefix(sign).strip()
        other = _release(number)
        held = {
            ">=": mine >= other, "<=": mine <= other, "<": mine < other, ">": mine > other
        }.get(sign, mine == other)  # fmt: skip
        if not held:
            return False
    return True


def _release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, without closing zeros: 1.0 and 1.0.0 are the same."""
    leading = re.match(r"[0-9]+(\.[0-9]+)*", version)
    text = "0" if leading is None else leading[0]
    return tuple(map(int, re.sub(r"(\.0+)+$", "", text).split(".")))


def _applies(marker: str) -> bool:
    """Whether a marker of ours holds here: ``onnxruntime-gpu`` is for Linux on x86-64 alone."""
    special = platform.system() == "Linux" and platform.machine() == "x86_64"
    if "platform_system ==" in marker:
        return special
    return not special if "platform_system !=" in marker else True


def _cuda() -> str | None:
    """Return the name of the CUDA device that torch sees, or None."""
    try:
        import torch
    except ImportError:
        return None
    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else None


def _lines(found: list[dict[str, str]], gpu: str | None, free: int) -> list[str]:
    lines = [
        f"Python {platform.python_version()}, {free / 1e9:,.1f} GB free here",
        f"CUDA device: {gpu or 'none that torch sees'}",
    ]
    for extra in _EXTRAS:
        mine = [each for each in found if each["extra"] == extra]
        if not mine:
            continue
        rows = [(e["name"], e["range"] or "any", e["version"] or "-", e["state"]) for e in mine]
        lines += ["", f"auditor[{extra}]" if extra else "auditor", *table(rows)]
        if any(each["state"] != "ok" for each in mine):
            lines.append(f"  to mend: pip install 'auditor{f'[{extra}]' if extra else ''}'")
    return lines
