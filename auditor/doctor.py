"""Whether this machine can do what the commands need, and what to install where it cannot."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

Result = Literal["ok", "missing", "broken"]

EXTRAS: Final = ("replay", "run", "notebook", "witness", "modelsign")
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[[^]]*\])?\s*([^;]*)(?:;(.*))?")
_EXTRA: Final = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. ``advice``: what to do, "" where nothing is to be done."""

    what: str
    result: Result
    detail: str
    advice: str = ""


def examine(folder: Path) -> list[Finding]:
    """Look at Python, packages, accelerators, the sandbox, and the disk of ``folder``.

    ``missing`` is what nobody installed, and ``broken`` what is installed and does not work.
    """
    found = [
        Finding(what="python", result="ok", detail=f"{platform.python_version()}, {sys.platform}")
    ]
    found += _packages()
    if find_spec("torch") is not None:
        found.append(_torch())
    if find_spec("onnxruntime") is not None:
        found.append(_onnxruntime())
    if all(find_spec(name) is not None for name in ("numpy", "onnx", "onnxruntime")):
        found.append(_sandbox())
    found += _machine(folder)
    return found


def _packages() -> Iterator[Finding]:
    """Yield one finding for the base install and one an extra."""
    needed: dict[str, list[tuple[str, str]]] = {"base": [], **{extra: [] for extra in EXTRAS}}
    for text in metadata.requires("auditor") or ():
        parsed = _REQUIREMENT.fullmatch(text.strip())
        if parsed is None:
            continue
        name, versions, marker = parsed[1], parsed[2].strip(), parsed[3] or ""
        extra = _EXTRA.search(marker)
        group = extra[1] if extra else "base"
        if group in needed and _applies(marker):
            needed[group].append((name, versions))
    for group, packages in needed.items():
        absent, wrong = [], []
        for name, versions in packages:
            installed = _version(name)
            if installed is None:
                absent.append(name)
            elif not _within(installed, versions):
                wrong.append(f"{name} {installed}, expected {versions}")
        advice = "pip install auditor" if group == "base" else f"pip install 'auditor[{group}]'"
        what = "packages" if group == "base" else f"packages of [{group}]"
        if wrong:
            yield Finding(what=what, result="broken", detail="; ".join(wrong), advice=advice)
        elif absent:
            detail = f"not installed: {', '.join(absent)}"
            yield Finding(what=what, result="missing", detail=detail, advice=advice)
        else:
            yield Finding(what=what, result="ok", detail=f"all {len(packages)} installed")


def _version(name: str) -> str | None:
    """Return the installed version; that for graphics cards does for onnxruntime."""
    for each in (name, f"{name}-gpu"):
        with suppress(metadata.PackageNotFoundError):
            return metadata.version(each)
    return None


def _applies(marker: str) -> bool:
    """Whether a requirement is for this platform: all that our markers ask beside the extra."""
    asked = re.findall(
        r"(platform_system|platform_machine)\s*(==|!=)\s*[\"']([^\"']+)[\"']", marker
    )
    here = {"platform_system": platform.system(), "platform_machine": platform.machine()}
    answers = [(here[name] == value) == (sign == "==") for name, sign, value in asked]
    return any(answers) if " or " in marker else all(answers)


def _within(installed: str, versions: str) -> bool:
    """Whether a version meets ``>=1.2,<2``; what cannot be read is not called wrong."""
    mine = _numbers(installed)
    for sign, text in re.findall(r"(>=|<=|==|<|>)\s*([0-9][0-9.]*)", versions):
        asked = _numbers(text)
        width = max(len(mine), len(asked))
        a, b = (numbers + (0,) * (width - len(numbers)) for numbers in (mine, asked))
        held = {">=": a >= b, "<=": a <= b, "==": a == b, "<": a < b, ">": a > b}[sign]
        if not held:
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    release = re.match(r"[0-9]+(?:\.[0-9]+)*", version)
    return tuple(map(int, release[0].split("."))) if release else ()


def _torch() -> Finding:
    try:
        import torch

        if torch.cuda.is_available():
            names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
            return Finding(
                what="torch", result="ok", detail=f"{torch.__version__}, {', '.join(names)}"
            )
        detail = f"{torch.__version__}, no CUDA device: members are trained on the CPU"
        return Finding(what="torch", result="ok", detail=detail)
    except Exception as error:  # noqa: BLE001 - whatever an installation is broken by
        return _broken("torch", error, "pip install --force-reinstall torch torchvision")


def _onnxruntime() -> Finding:
    try:
        both = [metadata.version(name) for name in ("onnxruntime", "onnxruntime-gpu")]
    except metadata.PackageNotFoundError:
        both = []
    if both:
        detail = "onnxruntime and onnxruntime-gpu are one module, and the later one overwrote it"
        advice = "pip uninstall onnxruntime onnxruntime-gpu, then install the one you want again"
        return Finding(what="onnxruntime", result="broken", detail=detail, advice=advice)
    try:
        import onnxruntime as ort

        names = [each.removesuffix("ExecutionProvider") for each in ort.get_available_providers()]
        detail = f"{ort.__version__}: {', '.join(names)}"
        return Finding(what="onnxruntime", result="ok", detail=detail)
    except Exception as error:  # noqa: BLE001 - whatever an installation is broken by
        return _broken("onnxruntime", error, "pip install --force-reinstall onnxruntime")


def _sandbox() -> Finding:
    """Start the confined process, as replay does, and ask it for two sums."""
    try:
        import numpy as np

        from auditor.replay.form import Form
        from auditor.replay.sandbox import Sandbox

        form = Form(width=2, members=None, outputs=None)
        with Sandbox() as box:
            sums = box.open(_sum(), form, "sandbox")(np.ones((1, 2), np.float32))
    except Exception as error:  # noqa: BLE001 - whatever a machine refuses
        advice = "audit verify --replay cannot run members here: use another machine"
        return _broken("sandbox", error, advice)
    if sums.tolist() != [[2, 3]]:
        return _broken("sandbox", ValueError(f"1 + 1, 1 + 2: got {sums.tolist()}"), "reinstall")
    return Finding(what="sandbox", result="ok", detail="strangers' members can be run")


def _sum() -> bytes:
    """Return a graph in the form of our members that adds 1 and 2 to two numbers."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    from auditor.replay.graph_digest import IR_VERSION, OPSET, PRODUCER

    row: list[str | int | None] = ["batch", 2]
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "added"], ["features"])],
        "doctor",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, row)],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, row)],
        [numpy_helper.from_array(np.array([[1, 2]], np.float32), "added")],
    )
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(
        graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name=PRODUCER
    )
    data: bytes = model.SerializeToString()
    return data


def _broken(what: str, error: Exception, advice: str) -> Finding:
    said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return Finding(what=what, result="broken", detail=said, advice=advice)


def _machine(folder: Path) -> Iterator[Finding]:
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    yield Finding(what="processors", result="ok", detail=f"{cores}: as many workers by default")
    yield Finding(what="memory", result="ok", detail=_memory())
    free = shutil.disk_usage(folder).free
    short = free < 2**30
    yield Finding(
        what="disk",
        result="broken" if short else "ok",
        detail=f"{free / 2**30:.1f} GiB free at {folder}",
        advice="a release may need more: audit plan says how much" if short else "",
    )


def _memory() -> str:
    """Return what Linux says is available, which counts caches that it would give up."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    said = f"{pages * size / 2**30:.1f} GiB in all"
    with suppress(OSError):
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        if found := re.search(r"^MemAvailable:\s+([0-9]+) kB$", text, re.MULTILINE):
            return f"{int(found[1]) / 2**20:.1f} GiB available, {said}"
    return said
