"""What ``docs/ci.md`` and ``docs/distribute.md`` say is so: their blocks are run or validated."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest
from ruamel.yaml import YAML
from typer.main import get_command

from auditor.cli.main import app
from auditor.errors import ReleaseError
from auditor.release import verify
from tests import gates, honest, registry
from tests.ci import composite, pages, repository

ACTION: Final = composite.load()
COMMITTED: Final = "OWNER/auditor"


def yaml(text: str) -> Any:  # noqa: ANN401 - whatever the block holds
    return YAML(typ="safe", pure=True).load(text)


def validate(kind: str, text: str, path: Path) -> None:
    """Check a block against the schema that ``check-jsonschema`` ships."""
    pytest.importorskip("check_jsonschema", reason="check-jsonschema ships the schemas")
    path.write_text(text)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{kind}"]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# --- docs/ci.md -----------------------------------------------------------------------------------


def test_the_workflow_is_valid_and_gives_the_action_what_it_takes(tmp_path: Path) -> None:
    text = pages.block("ci.md", "github")
    validate("github-workflows", text, tmp_path / "gate.yml")
    steps = yaml(text)["jobs"]["gate"]["steps"]
    [gate] = [step for step in steps if step["uses"].startswith(COMMITTED)]
    assert gate["with"].keys() <= ACTION["inputs"].keys()
    used = set(re.findall(rf"steps\.{gate['id']}\.outputs\.([a-z-]+)", text))
    assert used <= ACTION["outputs"].keys()
    required = {name for name, item in ACTION["inputs"].items() if item.get("required")}
    assert required <= gate["with"].keys()


def test_the_page_has_every_input_and_output_of_the_action() -> None:
    page = (composite.ROOT / "docs/ci.md").read_text()
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([a-z0-9-]+)`", row)} == set(
        ACTION["inputs"]
    )
    [line] = [line for line in page.splitlines() if line.startswith("Outputs: ")]
    named = re.findall(r"`([a-z-]+)`", re.sub(r"\([^)]*\)", "", line))
    assert named == list(ACTION["outputs"])


Gitlab = Callable[..., tuple[int, Path]]


@pytest.fixture
def gitlab(tmp_path: Path) -> Gitlab:
    """Run the job's script, all but the installation, as a runner does: in one shell."""

    def run(
        *, base: Mapping[str, bytes] | None = None, change: Mapping[str, bytes] | None = None
    ) -> tuple[int, Path]:
        origin = repository.origin(tmp_path / "origin", base)
        repository.change(origin, change or {}, place="models/digits")
        workspace = repository.checkout(origin, tmp_path / "workspace")
        [(_, job)] = yaml(pages.block("ci.md", "gitlab")).items()
        installation, *script = job["script"]
        assert installation.startswith("pip install ")
        tools = tmp_path / "tools"
        tools.mkdir()
        audit = tools / "audit"
        audit.write_text(
            f'#!/bin/sh\nexec {sys.executable} -I -c "from auditor.cli.main import main; main()"'
            ' "$@"\n'
        )
        audit.chmod(0o755)
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", "\n".join(script)],
            cwd=workspace,
            capture_output=True,
            text=True,
            check=False,
            env={
                "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(tmp_path),
                "CI_DEFAULT_BRANCH": "other",
                "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            },
        )
        return done.returncode, workspace / job["artifacts"]["reports"]["junit"]

    return run


def failures(report: Path) -> int:
    root = ET.fromstring(report.read_text())  # noqa: S314 - our own output
    return int(root.attrib["failures"])


def test_the_job_for_gitlab_is_valid(tmp_path: Path) -> None:
    validate("gitlab-ci", pages.block("ci.md", "gitlab"), tmp_path / ".gitlab-ci.yml")


def test_the_job_for_gitlab_passes_what_meets_the_policy(gitlab: Gitlab) -> None:
    code, report = gitlab()
    assert (code, failures(report)) == (0, 0)


def test_the_job_for_gitlab_takes_the_policy_of_the_target(gitlab: Gitlab) -> None:
    unmet = {"release.toml": gates.document(repository.UNMET)}
    code, report = gitlab(base=unmet, change={"release.toml": gates.document(repository.POLICY)})
    assert (code, failures(report)) == (1, 1)


def test_the_configuration_for_pre_commit_is_valid(tmp_path: Path) -> None:
    text = pages.block("ci.md", "pre-commit")
    [entry] = yaml(text)["repos"]
    offered = yaml((composite.ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [hook["id"] for hook in entry["hooks"]] == [hook["id"] for hook in offered]
    if find_spec("pre_commit") is None:
        pytest.skip("pre-commit is not installed")
    path = tmp_path / "config.yaml"
    path.write_text(text)
    for kind, file in (
        ("validate-config", path),
        ("validate-manifest", composite.ROOT / ".pre-commit-hooks.yaml"),
    ):
        command = [sys.executable, "-m", "pre_commit", kind, str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


# --- docs/distribute.md ---------------------------------------------------------------------------


def test_our_commands_on_the_page_exist_with_their_options() -> None:
    known: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
    ours = [line.split() for line in pages.commands("distribute.md") if line.startswith("audit ")]
    assert {words[1] for words in ours} == {"verify", "modelsign"}
    for words in ours:
        options = {name for option in known[words[1]].params for name in option.opts}
        assert {word for word in words if word.startswith("--")} <= options


@pytest.fixture
def release(tmp_path: Path) -> Path:
    (tmp_path / "build").mkdir()
    (tmp_path / "build/digits.pub").write_text(honest.P256.public.pem)
    return repository.BUILT.write(tmp_path / "build/digits")


def test_files_beside_the_signed_ones_do_no_harm(release: Path) -> None:
    (release / "README.md").write_text(pages.block("distribute.md", "card"))
    (release / ".gitattributes").write_text("*.onnx filter=lfs\n")
    (release / ".cache/huggingface").mkdir(parents=True)
    assert verify(release, honest.P256.public).kind == "release"


def test_what_breaks_on_the_way_is_noticed(release: Path) -> None:
    member = release / "members/000000.onnx"
    data = member.read_bytes()
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    member.write_text(pointer)
    with pytest.raises(ReleaseError):
        verify(release, honest.P256.public)
    blob = release.parent / "blob"
    blob.write_bytes(data)
    member.unlink()
    member.symlink_to(blob)
    with pytest.raises(ReleaseError, match="symbolic link"):
        verify(release, honest.P256.public)
    member.unlink()
    member.write_bytes(data)
    assert verify(release, honest.P256.public).kind == "release"
    (release / "members/.gitattributes").write_text("")
    with pytest.raises(ReleaseError, match="unsafe or unknown name"):
        verify(release, honest.P256.public)


@pytest.fixture(scope="session")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with python and hf, in an environment with the versions of the page."""
    page = (composite.ROOT / "docs/distribute.md").read_text()
    wanted = [
        f"{package}=={version}"
        for package, version in re.findall(
            r"\b(mlflow-skinny|huggingface_hub) ([0-9.]+[0-9])", page
        )
    ]
    assert len(wanted) == 2
    place = tmp_path_factory.mktemp("hubs")
    return registry.environment(place, str(composite.ROOT), *wanted, may_lack=True)


@pytest.mark.slow
def test_a_release_survives_mlflow(hubs: Path, release: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [hubs / "python", "-c", pages.block("distribute.md", "mlflow")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "MLFLOW_TRACKING_URI": (tmp_path / "runs").as_uri(),
            "MLFLOW_ALLOW_FILE_STORE": "true",
        },
    )
    assert done.returncode == 0, done.stderr
    [certificate] = (tmp_path / "runs").rglob("artifacts/auditor/certificate.dsse.json")
    assert verify(certificate.parent, honest.P256.public).kind == "release"
    [tag] = (tmp_path / "runs").rglob("tags/auditor.certificate.sha256")
    assert tag.read_text() == verify(release, honest.P256.public).digest


@pytest.mark.slow
def test_the_model_card_says_what_it_should_to_its_own_library(hubs: Path, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(pages.block("distribute.md", "card"))
    program = (
        "from huggingface_hub import ModelCard\n"
        "card = ModelCard.load('README.md')\n"
        "[result] = card.data.eval_results\n"
        "print(card.data.tags, result.metric_type, result.metric_value)\n"
    )
    done = subprocess.run(
        [hubs / "python", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "['certified-robustness'] certified_accuracy 0.791\n", done.stderr


@pytest.mark.slow
def test_the_commands_for_the_hub_have_the_options_of_the_page(hubs: Path, tmp_path: Path) -> None:
    lines = [line.split() for line in pages.commands("distribute.md") if line.startswith("hf ")]
    assert [words[1] for words in lines] == ["upload", "download"]
    for words in lines:
        done = subprocess.run(
            [hubs / "hf", words[1], "--help"],
            capture_output=True,
            text=True,
            check=True,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        )
        for word in words:
            assert not word.startswith("--") or re.search(rf"{word}\b", done.stdout), word
