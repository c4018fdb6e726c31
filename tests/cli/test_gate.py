"""``audit gate`` as a pipeline runs it: exit codes, streams, files."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from jsonschema import Draft202012Validator
from typer.testing import CliRunner, Result

from auditor.cli.failures import guarded
from auditor.cli.gate import gate
from auditor.format import dsse, input_list, vsa
from auditor.format.keys import PrivateKey
from auditor.verify import policy as policies
from auditor.verify import trust as trusts
from auditor.verify.check import TITLES
from tests import gates, honest

RUNNER: Final = CliRunner()
APP: Final = typer.Typer(pretty_exceptions_enable=False)
APP.command("gate")(guarded(gate))
SCHEMA: Final = Path(__file__).resolve().parents[2] / "schemas" / "gate-report.v1.json"
VALIDATOR: Final = Draft202012Validator(json.loads(SCHEMA.read_bytes()))
SIZE: Final = 6
BUILT: Final = honest.build("two-mask", inputs=SIZE)
SUBJECT: Final = hashlib.sha256(BUILT.contents["members.sha256"]).hexdigest()
MET: Final[Mapping[str, Any]] = {"subject": {"sha256": SUBJECT}}
MISSED: Final[Mapping[str, Any]] = {"threat": {"unit": "group"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    BUILT.write(tmp_path / "release")
    (tmp_path / "auditor.pub").write_text(honest.P256.public.pem)
    keys = [{"name": "auditor", "file": "auditor.pub", "roles": ["auditor"]}]
    (tmp_path / "trust.toml").write_bytes(gates.document({"version": 1, "keys": keys}))
    demand(tmp_path, MET)
    return tmp_path


def demand(folder: Path, tables: Mapping[str, Any]) -> None:
    (folder / "release.toml").write_bytes(gates.document({"version": 1, **tables}))


def run(folder: Path, *extra: object, now: str = gates.NOW) -> Result:
    arguments = [folder / "release", "--trust", folder / "trust.toml"]
    arguments += ["--policy", folder / "release.toml", "--now", now]
    return RUNNER.invoke(APP, [str(item) for item in (*arguments, *extra)])


def test_what_meets_the_policy_passes(folder: Path) -> None:
    done = run(folder)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("GATE PASSED  ")
    assert done.stderr == ""
    for name in ("trust.toml", "release.toml"):
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() in done.stdout


def test_one_run_writes_every_form(folder: Path) -> None:
    files = {form: folder / f"gate.{form}" for form in ("json", "sarif", "junit", "text")}
    also = [f"--also={form}={file}" for form, file in files.items()]
    done = run(folder, "--format", "json", *also)
    assert done.exit_code == 0, done.output
    assert files["json"].read_text() == done.stdout
    assert json.loads(files["sarif"].read_bytes())["version"] == "2.1.0"
    assert b"<testsuites" in files["junit"].read_bytes()
    assert files["text"].read_text().startswith("GATE PASSED  ")


@pytest.mark.parametrize("text", ["sarif", "sarif=", "xml=a", "=a"])
def test_another_form_is_named_with_its_file(folder: Path, text: str) -> None:
    done = run(folder, f"--also={text}")
    assert done.exit_code == 2
    assert "--also: expected FORMAT=FILE" in done.output


def damage(folder: Path) -> None:
    claims = folder / "release" / "claims.jsonl"
    claims.write_bytes(claims.read_bytes().replace(b'"index":0', b'"index":1', 1))


def remove(folder: Path) -> None:
    (folder / "release" / "evidence.bin").unlink()


def miss(folder: Path) -> None:
    demand(folder, MISSED)


def empty(folder: Path) -> None:
    (folder / "release.toml").write_bytes(b"")


def distrust(folder: Path) -> None:
    other = PrivateKey.generate().public.pem
    (folder / "auditor.pub").write_text(other)


def revoke(folder: Path) -> None:
    trust = folder / "trust.toml"
    trust.write_text(trust.read_text().replace('"roles"', '"revoked" = "2026-11-24", "roles"'))


def believe_nobody(folder: Path) -> None:
    (folder / "trust.toml").write_text("version = 1\n")


def nothing(folder: Path) -> None:
    (folder / "release").rename(folder / "elsewhere")


CASES: Final[Mapping[str, tuple[Callable[[Path], None], int, str]]] = {
    "refuted": (damage, 1, "AUD-CRT-001"),
    "a demand that is missed": (miss, 1, "AUD-THR-001"),
    "another key": (distrust, 1, "AUD-SIG-001"),
    "a revoked key": (revoke, 1, "AUD-SIG-001"),
    "nobody believed": (believe_nobody, 3, "AUD-CRT-001"),
    "a missing file": (remove, 3, "AUD-CRT-001"),
    "no release": (nothing, 3, "AUD-CRT-001"),
    "nothing demanded": (empty, 3, "AUD-POL-001"),
}


@pytest.mark.parametrize(("change", "code", "number"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("style", ["text", "json", "sarif", "junit"])
def test_every_verdict_is_a_whole_report_on_stdout(
    folder: Path, change: Callable[[Path], None], code: int, number: str, style: str
) -> None:
    change(folder)
    done = run(folder, "--format", style)
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
    match style:
        case "text":
            assert done.stdout.startswith({1: "GATE FAILED", 3: "GATE UNDECIDED"}[code])
            assert number in done.stdout
        case "json":
            value = json.loads(done.stdout)
            VALIDATOR.validate(value)
            assert value["exitCode"] == code
            assert [item["id"] for item in value["checks"] if item["result"] != "pass"] == [number]
        case "sarif":
            found = json.loads(done.stdout)["runs"][0]["results"]
            assert [item["ruleId"] for item in found] == [number]
        case _:
            ET.fromstring(done.stdout)  # noqa: S314 - our own text


def test_a_revoked_key_is_named_with_its_date(folder: Path) -> None:
    revoke(folder)
    assert "signed by key 'auditor', revoked 2026-11-24T00:00:00Z" in run(folder).stdout


def test_a_warning_ends_with_0_and_reports_as_ever(folder: Path) -> None:
    demand(folder, MISSED)
    done = run(folder, "--warn-only", "--format", "json")
    assert done.exit_code == 0
    value = json.loads(done.stdout)
    assert (value["verdict"], value["warnOnly"], value["exitCode"]) == ("fail", True, 0)


MISTAKES: Final[Mapping[str, tuple[Callable[[Path], object], tuple[str, ...], str]]] = {
    "a misspelt policy": (
        lambda folder: demand(folder, {"treat": {}}),
        (),
        "release.toml: treat: unknown key (did you mean threat?)",
    ),
    "a misspelt trust": (
        lambda folder: (folder / "trust.toml").write_text("version = 1\nkey = []\n"),
        (),
        "trust.toml: key: unknown key (did you mean keys?)",
    ),
    "no trust": (lambda folder: (folder / "trust.toml").unlink(), (), "trust.toml: missing"),
    "no key file": (lambda folder: (folder / "auditor.pub").unlink(), (), "auditor.pub: missing"),
    "no time": (lambda _: None, ("--now", "yesterday"), "audit gate: --now: expected YYYY-MM-DD"),
    "no number": (lambda _: None, ("--replay", "some"), "--replay: expected all or a number"),
    "no subject": (lambda _: None, ("--subject", "no.onnx"), "--subject: "),
    "half a summary": (lambda _: None, ("--vsa", "x.json"), "--vsa: expected also --vsa-key"),
    "a key for nothing": (lambda _: None, ("--vsa-key", "x"), "--vsa-key, --verifier-id: expected"),
}


@pytest.mark.parametrize(("change", "extra", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_a_sentence_and_code_2(
    folder: Path, change: Callable[[Path], object], extra: tuple[str, ...], sentence: str
) -> None:
    change(folder)
    done = run(folder, *extra)
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    assert sentence in done.stderr
    value = json.loads(run(folder, *extra, "--format", "json").stdout)
    VALIDATOR.validate(value)
    assert value["verdict"] == "error"


@pytest.mark.parametrize("style", ["text", "json", "sarif", "junit"])
def test_a_report_in_a_file_is_the_one_on_stdout(folder: Path, style: str) -> None:
    out = folder / "report"
    out.write_text("an old one")
    done = run(folder, "--format", style, "--out", out)
    assert (done.exit_code, done.stdout) == (0, "")
    assert out.read_text() == run(folder, "--format", style).stdout


def test_a_finding_is_at_the_certificate_as_seen_from_the_working_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "release").rename(folder / "a b#c")
    arguments = ["--trust", str(folder / "trust.toml"), "--policy", str(folder / "release.toml")]

    def uri(release: str) -> str:
        done = RUNNER.invoke(APP, [release, *arguments, "--format", "sarif"])
        found: str = json.loads(done.stdout)["runs"][0]["artifacts"][0]["location"]["uri"]
        return found

    monkeypatch.chdir(folder)
    assert uri("a b#c") == uri(str(folder / "a b#c")) == "a%20b%23c/certificate.dsse.json"
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    away = uri("../a b#c")
    assert away == (folder / "a b#c" / "certificate.dsse.json").as_uri()


@pytest.mark.parametrize(
    ("name", "code"), [("members.sha256", 0), ("members/000001.onnx", 0), ("recipe.toml", 1)]
)
def test_a_subject_is_a_file_of_the_release_or_hears_of_the_ensemble(
    folder: Path, name: str, code: int
) -> None:
    file = folder / "release" / name
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    for subject in (str(file), f"sha256:{digest}"):
        done = run(folder, "--subject", subject)
        assert done.exit_code == code, done.output
        assert ("the subject is an ensemble" in done.stdout) == (code == 1)


def test_a_list_of_inputs_and_an_earlier_release_are_found_beside_the_policy(folder: Path) -> None:
    data = gates.listed(SIZE)
    (folder / "inputs.list").write_bytes(data)
    pinned = {"list": "inputs.list", "sha256": hashlib.sha256(data).hexdigest()}
    earlier = {"release": "release", "maxDrop": 0}
    demand(folder, {"inputs": pinned, "baseline": earlier})
    done = run(folder, "--format", "json")
    assert done.exit_code == 0, done.output
    ids = {item["id"] for item in json.loads(done.stdout)["checks"]}
    assert {"AUD-INP-001", "AUD-BAS-001"} <= ids
    demand(folder, {"inputs": pinned, "baseline": {**earlier, "release": "elsewhere"}})
    assert run(folder).exit_code == 3
    (folder / "inputs.list").write_bytes(data + data)
    assert run(folder).exit_code == 2, "the policy's own digest of its list"


def attested(folder: Path, *extra: object) -> tuple[Result, Path]:
    out = folder / "gate.vsa.dsse.json"
    key = folder / "gate.key"
    key.write_bytes(honest.ED25519.to_pem())
    done = run(
        folder,
        *("--vsa", out, "--vsa-key", key, "--verifier-id", "https://example.com/gate"),
        *("--resource-uri", "https://example.com/model", *extra),
    )
    return done, out


def statement(file: Path) -> dict[str, Any]:
    envelope = dsse.parse(file.read_bytes(), "vsa")
    dsse.verify(envelope, [honest.ED25519.public], "vsa")
    value: dict[str, Any] = json.loads(envelope.payload)
    return value


def test_a_pass_is_attested_with_what_was_redone(folder: Path) -> None:
    done, out = attested(folder)
    assert done.exit_code == 0, done.output
    value = statement(out)
    assert value["_type"] == "https://in-toto.io/Statement/v1"
    assert value["predicateType"] == vsa.PREDICATE_TYPE
    assert value["subject"] == [{"name": "members.sha256", "digest": {"sha256": SUBJECT}}]
    predicate = value["predicate"]
    assert predicate["verifier"]["id"] == "https://example.com/gate"
    assert predicate["timeVerified"] == gates.NOW
    assert predicate["resourceUri"] == "https://example.com/model"
    policy = hashlib.sha256((folder / "release.toml").read_bytes()).hexdigest()
    trust = hashlib.sha256((folder / "trust.toml").read_bytes()).hexdigest()
    assert predicate["policy"]["digest"] == {"sha256": policy}
    assert trust in predicate["policy"]["uri"]
    assert predicate["verificationResult"] == "PASSED"
    assert predicate["verifiedLevels"] == ["ROBUSTNESS_SIGNATURE", "ROBUSTNESS_ARITHMETIC"]
    for item in predicate["inputAttestations"]:
        file = folder / "release" / item["uri"]
        assert hashlib.sha256(file.read_bytes()).hexdigest() == item["digest"]["sha256"]
    assert len(predicate["inputAttestations"]) == 2


@pytest.mark.parametrize("change", [damage, miss, distrust])
def test_a_failure_is_attested_as_one(folder: Path, change: Callable[[Path], None]) -> None:
    change(folder)
    done, out = attested(folder)
    assert done.exit_code == 1, done.output
    value = statement(out)
    assert value["subject"][0]["digest"] == {"sha256": SUBJECT}
    predicate = value["predicate"]
    assert (predicate["verificationResult"], predicate["verifiedLevels"]) == ("FAILED", ["FAILED"])


@pytest.mark.parametrize("change", [empty, remove, nothing])
def test_nothing_undecided_is_attested(folder: Path, change: Callable[[Path], None]) -> None:
    change(folder)
    done, out = attested(folder)
    assert done.exit_code == 3, done.output
    assert not out.exists()
    assert "not written" in done.stderr


def test_an_old_summary_is_neither_overwritten_nor_left_to_speak(folder: Path) -> None:
    _, out = attested(folder)
    before = out.read_bytes()
    done, _ = attested(folder)
    assert done.exit_code == 2
    assert "exists already" in done.stderr
    assert out.read_bytes() == before


def test_a_summary_says_so_when_it_cannot_be_signed(folder: Path) -> None:
    done, out = attested(folder, "--verifier-id", "me")
    assert (done.exit_code, out.exists()) == (2, False)
    assert "--verifier-id: expected a URI" in done.stderr


def test_the_machines_clock_decides_and_no_variable_turns_it_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust = folder / "trust.toml"
    trust.write_text(trust.read_text().replace('"roles"', '"notAfter" = "2020-01-01", "roles"'))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1500000000")
    arguments = [str(folder / "release"), "--trust", str(trust)]
    done = RUNNER.invoke(APP, [*arguments, "--policy", str(folder / "release.toml")])
    assert done.exit_code == 1
    assert "FAIL       AUD-SIG-002" in done.stdout


def test_no_name_from_a_certificate_reaches_a_runner_as_a_command(folder: Path) -> None:
    name = "x\n::error::pwned\x1b[2J ##vso[task.complete]"
    built = honest.build("two-mask", inputs=SIZE, trusted=[{"name": name, "sha256": "e" * 64}])
    (folder / "release").rename(folder / "before")
    built.write(folder / "release")
    demand(folder, {"recipe": {"trusted": []}})
    for style in ("text", "json", "sarif", "junit"):
        done = run(folder, "--format", style)
        assert done.exit_code == 1
        assert "\x1b" not in done.output
        assert "##vso[" not in done.output
        assert not any(line.lstrip().startswith("::") for line in done.output.splitlines())


PROGRAM: Final = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "onnx", "onnxruntime", "numpy", "scipy", "PIL"}:
            raise ImportError(name + " is refused")
sys.meta_path.insert(0, Refuse())
import typer
from auditor.cli.failures import guarded
from auditor.cli.gate import gate
app = typer.Typer()
app.command()(guarded(gate))
app()
"""


def test_the_gate_needs_no_array_library(folder: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(folder / "release")]
    command += ["--trust", str(folder / "trust.toml"), "--policy", str(folder / "release.toml")]
    done = subprocess.run(
        [*command, "--now", gates.NOW],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert (done.returncode, done.stdout[:11], done.stderr) == (0, "GATE PASSED", "")


def test_the_summary_is_one_line_of_json_that_any_dsse_client_reads(folder: Path) -> None:
    _, out = attested(folder)
    envelope = json.loads(out.read_bytes())
    assert envelope["payloadType"] == dsse.PAYLOAD_TYPE
    assert json.loads(base64.b64decode(envelope["payload"]))["predicate"]


PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "gate.md"
DIGITS: Final = PAGE.parents[1] / "examples" / "digits" / "recipe.toml"


def test_the_files_of_the_page_can_be_read() -> None:
    """And what it says of the inputs of the digits example is what ``audit inputs`` says."""
    from auditor import datasets, recipe

    train, chosen = datasets.load(recipe.load(DIGITS))
    labels = chosen.labels.tolist()
    listed = input_list.build(
        (hashlib.sha256(chosen.tensor(i)).hexdigest(), chosen.class_names[label])
        for i, label in enumerate(labels)
    )
    files = {
        "release.pub": honest.P256.public.pem.encode(),
        "challenger.pub": honest.ED25519.public.pem.encode(),
        "tsa-root.pem": b"-----BEGIN CERTIFICATE-----",
        "inputs.list": listed,
    }
    trust, policy = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    believed = trusts.parse(trust.encode(), "trust.toml", files.__getitem__)
    assert len(believed.keys("auditor", at=gates.NOW)) == 1
    demanded = policies.parse(policy.encode(), "release.toml", files.__getitem__)
    assert demanded.data_roots == (train.root,)
    assert demanded.baseline is not None


def test_the_page_lists_every_check() -> None:
    rows = re.findall(r"^\| (AUD-[A-Z]+-[0-9]+) \| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    assert rows == sorted(TITLES.items())


def test_links_of_the_page_lead_somewhere() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", PAGE.read_text()):
        assert (PAGE.parent / link).exists(), link
