"""What imports what, and what the verifying side may touch: rules that are tests."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / "auditor"
PURE = ("exact", "guarantee", "format", "verify")
PURE_FILES = [path for package in PURE for path in sorted((ROOT / package).rglob("*.py"))]
PURE_FILES += [ROOT / "errors.py", ROOT / "randomness.py"]
ALL_FILES = sorted(ROOT.rglob("*.py"))
ORDER = ("errors", "randomness", "exact", "guarantee", "format", "verify")
LAYERS = (
    *(
        *ORDER,
        "files",
        "clock",
        "scratch",
        "progress",
        "keyfiles",
        "policyfiles",
        "witness",
        "release",
    ),
    *("challenger", "recipe", "datasets", "replay", "learners", "report", "cards"),
    *(
        "run",
        "recheck",
        "relying",
        "attack",
        "page",
        "checker",
        "modelsign",
        "methods",
        "notebook",
        "doctor",
    ),
    *("cli", "__init__"),
)

FORBIDDEN = {"numpy", "scipy", "torch", "onnx", "onnxruntime", "jsonschema", "typer"}
FORBIDDEN |= {"os", "io", "pathlib", "shutil", "tempfile", "time", "random", "secrets", "logging"}
FORBIDDEN |= {"socket", "subprocess", "urllib", "pickle", "threading", "asyncio", "importlib"}
MAY_USE_CRYPTOGRAPHY = {"format/keys.py", "randomness.py"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


@pytest.mark.parametrize("path", PURE_FILES, ids=relative)
def test_pure_modules_touch_nothing(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tops = {name.split(".")[0] for name in imports(tree)}
    assert not tops & FORBIDDEN
    assert "cryptography" not in tops or relative(path) in MAY_USE_CRYPTOGRAPHY
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            assert node.id not in {"open", "print", "input", "eval", "exec", "float", "__import__"}
        if isinstance(node, ast.Constant):
            assert not isinstance(node.value, float | complex), f"line {node.lineno}: a float"


@pytest.mark.parametrize("path", PURE_FILES, ids=relative)
def test_imports_go_one_way(path: Path) -> None:
    mine = ORDER.index(relative(path).split("/")[0].removesuffix(".py"))
    for name in imports(ast.parse(path.read_text(encoding="utf-8"))):
        if name.startswith("auditor."):
            assert ORDER.index(name.split(".")[1]) <= mine, name


def test_everything_else_stands_above_it_in_one_order_too() -> None:
    places = {name: place for place, name in enumerate(LAYERS)}
    for path in ALL_FILES:
        mine = relative(path).split("/")[0].removesuffix(".py")
        for name in imports(ast.parse(path.read_text(encoding="utf-8"))):
            package, _, rest = name.partition(".")
            if package == "auditor" and rest:
                used = rest.split(".")[0]
                assert places[used] <= places[mine], f"{relative(path)} imports {name}"


@pytest.mark.parametrize("path", ALL_FILES, ids=relative)
def test_modules_are_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert sum(bool(line.strip()) for line in lines) < 250


BLOCKED = """
import sys

class Refuse:
    names = {"torch", "onnx", "onnxruntime", "numpy", "scipy", "sklearn", "PIL", "torchvision"}

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.names:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Refuse())
import auditor
from auditor.errors import VerificationError
from auditor.verify import verdict
try:
    verified = auditor.verify(sys.argv[1], sys.argv[2])
except VerificationError as error:
    sys.exit(f"{error}")
sys.stdout.write(verdict.text(verified))
assert not Refuse.names & set(sys.modules)
assert "jsonschema" not in sys.modules, "slow to import, and no use to a verifier"
"""


def test_a_release_verifies_with_array_libraries_blocked(tmp_path: Path) -> None:
    from tests import honest

    release = honest.build("two-mask")
    folder = release.write(tmp_path / "release")
    key = tmp_path / "key.pub"
    key.write_text(release.key.public.pem)
    single = tmp_path / "input.cert.json"
    single.write_bytes(release.single(2))
    for target in (folder, single):
        command = [sys.executable, "-c", BLOCKED, str(target), str(key)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT.parent)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("VERIFIED ")
