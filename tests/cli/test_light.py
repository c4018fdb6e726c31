"""What the default install can do: look at the machine, explain, export, say how far a run is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from auditor import doctor
from tests import honest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "from auditor.cli.main import main; main()"


def closure(name: str, found: dict[str, metadata.Distribution]) -> dict[str, metadata.Distribution]:
    """Add a package and what it needs without extras; what is for other machines is not here."""
    try:
        found[name] = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return found
    for text in found[name].requires or ():
        parsed = doctor._REQUIREMENT.fullmatch(text.strip())
        if parsed and "extra ==" not in (parsed[3] or "") and parsed[1].lower() not in found:
            closure(parsed[1].lower(), found)
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the packages of the default install alone, linked to those here."""
    place = tmp_path_factory.mktemp("light")
    for name, each in closure("auditor", {}).items():
        tops = {file.parts[0] for file in each.files or ()} - {"..", "__pycache__"}
        for top in sorted(tops):
            target = ROOT / "auditor" if top == "auditor" else Path(str(each.locate_file(top)))
            if not (place / top).exists():
                (place / top).symlink_to(target)
        assert any((place / top).exists() for top in tops), name
    if not (place / "auditor").exists():  # an editable install lists no such folder
        (place / "auditor").symlink_to(ROOT / "auditor")
    return place


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("release")
    made = honest.build("two-mask", inputs=12)
    made.write(place / "release")
    (place / "one.json").write_bytes(made.single(3))
    (place / "a.pub").write_text(honest.P256.public.pem)
    return place


def audit(site: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command with nothing else to import: -S leaves out all that is installed."""
    return subprocess.run(
        [sys.executable, "-S", "-B", "-c", PROGRAM, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(site)},
    )


def test_nothing_heavy_is_there(site: Path) -> None:
    names = {each.name for each in site.iterdir()}
    assert "typer" in names
    assert not names & {"numpy", "torch", "onnx", "onnxruntime", "pandas", "matplotlib", "pyarrow"}


def test_doctor_names_what_is_missing_and_does_not_fail(site: Path, folder: Path) -> None:
    done = audit(site, folder, "doctor", "--format", "json")
    assert done.returncode == 0, done.stderr
    said = {each["what"]: each for each in json.loads(done.stdout)}
    assert said["packages"]["result"] == "ok"
    for extra in ("run", "replay"):
        assert said[f"packages of [{extra}]"]["result"] == "missing"
        assert said[f"packages of [{extra}]"]["advice"] == f"pip install 'auditor[{extra}]'"
    assert "numpy" in said["packages of [replay]"]["detail"]
    assert not {"torch", "onnxruntime", "sandbox"} & said.keys()
    assert "GiB available" in said["memory"]["detail"]


@pytest.mark.parametrize(
    ("words", "start"),
    [
        (["show", "release", "--key", "a.pub"], "made-up two-mask"),
        (["show", "release", "--key", "a.pub", "--input", "3"], "input 3 of 12"),
        (["show", "one.json", "--key", "a.pub"], "input 3 of 12"),
        (["export", "release", "--key", "a.pub"], "index,input,truth,label,right,"),
        (["export", "release", "--key", "a.pub", "--format", "jsonl"], '{"index": 0'),
        (["status", "release"], "state    finished"),
        (["checker"], "wrote checker.html (sha256 "),
    ],
)
def test_what_needs_no_arrays_works(site: Path, folder: Path, words: list[str], start: str) -> None:
    done = audit(site, folder, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(start)


def test_parquet_says_what_to_install(site: Path, folder: Path) -> None:
    words = ("export", "release", "--key", "a.pub", "--format", "parquet", "-o", "t.parquet")
    done = audit(site, folder, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("pip install 'auditor[run]'\n")
    assert not (folder / "t.parquet").exists()
