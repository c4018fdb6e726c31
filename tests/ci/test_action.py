"""The composite action, its steps run with bash in a repository with a base branch."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

from auditor.format.keys import PrivateKey
from tests import gates, honest
from tests.ci import composite, repository
from tests.ci.composite import Done
from tests.ci.repository import POLICY, TRUST, UNMET

ACTION: Final = composite.load()
STEPS: Final[list[dict[str, Any]]] = ACTION["runs"]["steps"]
PULL_REQUEST: Final = {
    "base_ref": "main",
    "event": {"repository": {"default_branch": "main"}, "pull_request": {}},
}
PUSH: Final = {"base_ref": "", "event": {"repository": {"default_branch": "main"}}}
STRANGER: Final = PrivateKey.generate()
CLEAN: Final[Mapping[str, bytes]] = {}
LENIENT: Final = {
    "release.toml": gates.document(POLICY),
    "trust.toml": gates.document(
        {
            "version": 1,
            "keys": [
                {"name": "auditor", "file": "auditor.pub", "roles": ["auditor"]},
                {"name": "me", "pem": STRANGER.public.pem, "roles": ["auditor"]},
            ],
        }
    ),
}

Act = Callable[..., Done]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def act(tmp_path: Path) -> Act:
    """Run the action on a pull request: ``base`` and ``change`` are files of either side."""

    def call(
        *,
        base: Mapping[str, bytes] | None = None,
        change: Mapping[str, bytes] | None = None,
        github: Mapping[str, Any] = PULL_REQUEST,
        damage: Callable[[Path], object] = lambda _: None,
        full: bool = False,
        environment: Mapping[str, str] | None = None,
        **inputs: str,
    ) -> Done:
        origin = repository.origin(tmp_path / "origin", base)
        repository.change(origin, change or {})
        workspace = repository.checkout(origin, tmp_path / "workspace", full=full)
        damage(workspace)
        temporary = tmp_path / "temporary"
        temporary.mkdir()
        named = {name.replace("_", "-"): value for name, value in inputs.items()}
        return composite.run(
            workspace,
            temporary,
            inputs={"release": "model", **named},
            github=github,
            given={"install": {"python": sys.executable}},
            environment=environment,
        )

    return call


def report(done: Done) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(done.outputs["report-path"]).read_bytes())
    return found


# --- verdicts -------------------------------------------------------------------------------------


def test_a_release_that_meets_the_policy_passes(act: Act, tmp_path: Path) -> None:
    done = act(category="mine")
    assert done.code == 0, done.log
    assert done.outputs["verdict"] == "pass"
    assert done.outputs["exit-code"] == "0"
    assert done.outputs["vsa-path"] == ""
    assert report(done)["release"] == "model"
    assert "audit gate: &#x2705; passed" in done.summary
    assert "AUD-THR-001" in done.summary
    [python, upload] = done.used
    assert python[0].startswith("actions/setup-python@")
    assert upload[0].startswith("github/codeql-action/upload-sarif@")
    assert upload[1] == {"sarif_file": done.outputs["sarif-path"], "category": "mine"}
    log = json.loads(Path(upload[1]["sarif_file"]).read_bytes())
    assert log["version"] == "2.1.0"
    assert log["runs"][0]["results"] == []
    left = repository.git(tmp_path / "workspace", "worktree", "list").splitlines()
    assert len(left) == 1, "the checkout of the base branch is taken away again"


def test_a_release_that_misses_the_policy_fails_and_is_reported(act: Act) -> None:
    done = act(base={"release.toml": gates.document(UNMET)})
    assert done.code == 1, done.log
    assert (done.outputs["verdict"], done.outputs["exit-code"]) == ("fail", "1")
    assert "audit gate: &#x274C; failed" in done.summary
    rows = re.findall(r"<tr><td>(&#x\w+;) \w+</td><td><code>(AUD-\S+)</code>", done.summary)
    assert rows[0] == ("&#x274C;", "AUD-THR-001"), "what did not pass comes first"
    log = json.loads(Path(done.used[-1][1]["sarif_file"]).read_bytes())
    [result] = log["runs"][0]["results"]
    assert result["ruleId"] == "AUD-THR-001"
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == "model/certificate.dsse.json", "relative to the repository"
    assert log["runs"][0]["invocations"][0]["endTimeUtc"] == report(done)["now"]


def test_a_tampered_release_fails(act: Act) -> None:
    def damage(workspace: Path) -> None:
        (workspace / "model/members/000000.onnx").write_bytes(b"other")

    done = act(damage=damage)
    assert (done.code, done.outputs["verdict"]) == (1, "fail"), done.log


@pytest.mark.parametrize("gone", ["model/evidence.bin", "model"])
def test_what_is_not_there_is_undecided(act: Act, gone: str) -> None:
    done = act(damage=lambda workspace: (workspace / gone).rename(workspace / "elsewhere"))
    assert done.code == 3, done.log
    assert (done.outputs["verdict"], done.outputs["exit-code"]) == ("undecided", "3")
    assert "&#x2753; undecided" in done.summary
    assert done.used[-1][0].startswith("github/codeql-action/")


def test_a_policy_that_demands_nothing_is_undecided(act: Act) -> None:
    done = act(base={"release.toml": gates.document({"version": 1})})
    assert (done.code, done.outputs["verdict"]) == (3, "undecided"), done.log


def test_a_policy_that_cannot_be_read_is_an_error_and_no_verdict(act: Act) -> None:
    done = act(base={"release.toml": b"version = 1\nalphaAtMots = 1\n"})
    assert (done.code, done.outputs["verdict"]) == (2, "error"), done.log
    assert done.outputs["report-path"] == done.outputs["sarif-path"] == ""
    assert "no verdict" in done.summary
    assert "alphaAtMots" in done.summary


def test_a_warning_does_not_fail_but_says_what_it_found(act: Act) -> None:
    done = act(base={"release.toml": gates.document(UNMET)}, warn_only="true")
    assert done.code == 0, done.log
    assert (done.outputs["verdict"], done.outputs["exit-code"]) == ("fail", "0")
    assert "the job does not fail" in done.summary
    assert "&#x274C; failed" in done.summary


def test_a_warning_does_not_cover_a_gate_that_cannot_judge(act: Act) -> None:
    done = act(warn_only="true", policy="no.toml")
    assert (done.code, done.outputs["verdict"]) == (2, "error"), done.log


@pytest.mark.parametrize("value", ["yes", "True", "1", ""])
def test_warn_only_is_true_or_false(act: Act, value: str) -> None:
    done = act(base={"release.toml": gates.document(UNMET)}, warn_only=value)
    assert (done.code, done.outputs["verdict"]) == (2, "error"), done.log


def test_sarif_is_handed_on_only_if_wanted(act: Act) -> None:
    done = act(upload_sarif="false", python_version="")
    assert done.code == 0, done.log
    assert done.used == []
    assert Path(done.outputs["sarif-path"]).exists()


# --- where policy and trust come from -------------------------------------------------------------


def test_a_pull_request_that_changes_the_policy_is_judged_by_that_of_the_base(act: Act) -> None:
    base = gates.document(UNMET)
    done = act(base={"release.toml": base}, change=LENIENT)
    assert (done.code, done.outputs["verdict"]) == (1, "fail"), done.log
    found = report(done)
    assert found["policy"]["sha256"] == digest(base)
    assert found["trust"]["sha256"] == digest(gates.document(TRUST))
    assert [key["name"] for key in found["trust"]["keys"]] == ["auditor"]


def test_a_pull_request_that_replaces_a_key_that_trust_names_is_judged_by_that_of_the_base(
    act: Act,
) -> None:
    """The trust stays as it was, and so does its digest: what it names is read from there too."""

    def resign(workspace: Path) -> None:
        for file in (workspace / "model").rglob("*"):
            if file.is_file():
                file.unlink()
        (workspace / "model/members").rmdir()
        (workspace / "model").rmdir()
        honest.build("two-mask", inputs=4, key=STRANGER).write(workspace / "model")

    change = {"auditor.pub": STRANGER.public.pem.encode()}
    done = act(change=change, damage=resign)
    assert (done.code, done.outputs["verdict"]) == (1, "fail"), done.log
    [check] = report(done)["checks"]
    assert check["id"] == "AUD-SIG-001"


def test_the_base_is_read_as_it_is_now_and_not_as_it_was_checked_out(
    act: Act, tmp_path: Path
) -> None:
    def later(_: Path) -> None:
        repository.write(tmp_path / "origin", {"release.toml": gates.document(UNMET)})
        repository.commit(tmp_path / "origin", "stricter")

    assert act(damage=later).outputs["verdict"] == "fail"


@pytest.mark.parametrize(
    "github",
    [PUSH, {"event": {"merge_group": {"base_ref": "refs/heads/main"}}}],
    ids=["push", "merge queue"],
)
def test_other_events_are_judged_by_the_branch_that_they_lead_to(
    act: Act, github: Mapping[str, Any]
) -> None:
    done = act(base={"release.toml": gates.document(UNMET)}, change=LENIENT, github=github)
    assert (done.code, done.outputs["verdict"]) == (1, "fail"), done.log


def test_an_event_without_a_base_is_an_error(act: Act) -> None:
    done = act(github={"event": {}})
    assert (done.code, done.outputs["verdict"]) == (2, "error")
    assert "so name a ref" in done.summary


def test_a_policy_that_the_base_has_not_got_is_not_taken_from_the_change(act: Act) -> None:
    done = act(change={"new.toml": gates.document(POLICY)}, policy="new.toml")
    assert (done.code, done.outputs["verdict"]) == (2, "error")
    assert "there is no file &#x27;new.toml&#x27; in main" in done.summary


@pytest.mark.parametrize("ref", ["v1", "refs/tags/v1"])
def test_a_ref_is_read_instead_of_the_base(act: Act, tmp_path: Path, ref: str) -> None:
    def stricter(_: Path) -> None:
        repository.git(tmp_path / "origin", "tag", "v1")
        repository.write(tmp_path / "origin", {"release.toml": gates.document(UNMET)})
        repository.commit(tmp_path / "origin", "stricter")

    done = act(policy_ref=ref, damage=stricter)
    assert (done.code, done.outputs["verdict"]) == (0, "pass"), done.log


def test_a_commit_is_read_and_asked_for_only_if_it_is_not_there(act: Act, tmp_path: Path) -> None:
    def judged(ref: str) -> tuple[int, str]:
        done = composite.run(
            tmp_path / "workspace",
            tmp_path / "temporary",
            inputs={"release": "model", "policy-ref": ref},
            github=PULL_REQUEST,
            given={"install": {"python": sys.executable}},
        )
        return done.code, done.outputs["verdict"]

    assert act().code == 0
    origin, workspace = tmp_path / "origin", tmp_path / "workspace"
    assert judged(repository.git(origin, "rev-parse", "main")) == (0, "pass")
    repository.git(workspace, "remote", "set-url", "origin", "file:///no/such/place")
    assert judged(repository.git(workspace, "rev-parse", "HEAD")) == (0, "pass")
    assert judged("00" * 20) == (2, "error")
    assert judged("") == (2, "error"), "a branch has to be asked for"


@pytest.mark.parametrize(
    "ref", ["--upload-pack=touch pwned", "-x", "main:refs/heads/change", "main^", "no-such", "a b"]
)
def test_what_is_no_ref_is_refused(act: Act, tmp_path: Path, ref: str) -> None:
    done = act(policy_ref=ref)
    assert (done.code, done.outputs["verdict"]) == (2, "error"), done.log
    assert not (tmp_path / "workspace/pwned").exists()


def test_a_full_clone_stays_one(act: Act, tmp_path: Path) -> None:
    assert act(full=True).code == 0
    shallow = repository.git(tmp_path / "workspace", "rev-parse", "--is-shallow-repository")
    assert shallow == "false"


@pytest.mark.parametrize("name", ["../out.toml", "/etc/hostname", "link.toml", "release"])
def test_a_policy_outside_of_the_base_is_refused(act: Act, tmp_path: Path, name: str) -> None:
    (tmp_path / "out.toml").write_bytes(gates.document(POLICY))

    def link(workspace: Path) -> None:
        origin = tmp_path / "origin"
        (origin / "link.toml").symlink_to(workspace / "release.toml")
        (origin / "release").mkdir()
        (origin / "release/x").write_text("")
        repository.commit(origin, "link")

    done = act(policy=name, damage=link)
    assert (done.code, done.outputs["verdict"]) == (2, "error"), done.log


# --- digests --------------------------------------------------------------------------------------

PINNED: Final = {
    "policy_sha256": digest(gates.document(POLICY)),
    "trust_sha256": digest(gates.document(TRUST)),
}


def test_the_right_digests_pass(act: Act) -> None:
    assert act(**PINNED).code == 0


@pytest.mark.parametrize("name", PINNED)
@pytest.mark.parametrize("value", ["00" * 32, PINNED["trust_sha256"].upper(), "sha256:", "x"])
def test_a_wrong_digest_is_an_error(act: Act, name: str, value: str) -> None:
    done = act(**{**PINNED, name: value})
    assert (done.code, done.outputs["verdict"]) == (2, "error"), done.log
    assert name.replace("_", "-") in done.summary
    assert done.outputs["report-path"] == ""


@pytest.mark.parametrize("missing", PINNED)
def test_the_workspace_is_read_only_under_both_digests(act: Act, missing: str) -> None:
    given = {name: value for name, value in PINNED.items() if name != missing}
    done = act(policy_ref="workspace", **given)
    assert (done.code, done.outputs["verdict"]) == (2, "error"), done.log
    assert missing.replace("_", "-") in done.summary


def test_the_workspace_is_not_read_where_a_digest_leaves_a_key_open(act: Act) -> None:
    """Otherwise a change could put its own key under the name that the pinned trust gives."""
    change = {"auditor.pub": STRANGER.public.pem.encode()}
    done = act(change=change, policy_ref="workspace", **PINNED)
    assert (done.code, done.outputs["verdict"]) == (2, "error"), done.log
    assert "without its keyid" in done.summary


@pytest.mark.parametrize("pin", ["pem", "keyid"])
def test_the_workspace_is_read_where_the_digests_fix_everything(act: Act, pin: str) -> None:
    key = {"name": "auditor", "roles": ["auditor"]}
    key |= (
        {"pem": honest.P256.public.pem}
        if pin == "pem"
        else {"file": "auditor.pub", "keyid": honest.P256.public.keyid}
    )
    trust = gates.document({"version": 1, "keys": [key]})
    pinned = {**PINNED, "trust_sha256": digest(trust), "policy_ref": "workspace"}
    assert act(change={"trust.toml": trust}, github={"event": {}}, **pinned).code == 0


def test_a_changed_policy_in_the_workspace_is_an_error(act: Act) -> None:
    trust = gates.document(gates.TRUST)
    change = {"trust.toml": trust, "release.toml": gates.document(POLICY) + b"# easier\n"}
    pinned = {**PINNED, "trust_sha256": digest(trust)}
    done = act(change=change, policy_ref="workspace", **pinned)
    assert (done.code, done.outputs["verdict"]) == (2, "error"), done.log


def test_a_baseline_in_the_workspace_has_to_be_pinned(act: Act) -> None:
    trust = gates.document(gates.TRUST)
    policy = gates.document({**POLICY, "baseline": {"release": "old", "maxDrop": "1/50"}})
    pinned = {"policy_sha256": digest(policy), "trust_sha256": digest(trust)}
    files = {"trust.toml": trust, "release.toml": policy}
    done = act(change=files, policy_ref="workspace", **pinned)
    assert (done.code, done.outputs["verdict"]) == (2, "error"), done.log
    assert "baseline" in done.summary


# --- what a workflow or a contributor could smuggle in --------------------------------------------

EVIL: Final = (
    "$(touch pwned)",
    "`touch pwned`",
    "x; touch pwned",
    "x\ntouch pwned",
    "' && touch pwned && '",
    '"; touch pwned; "',
    "--warn-only",
    "--out=pwned",
    "${{ github.token }}",
)


@pytest.mark.parametrize("name", ["release", "policy", "subject"])
def test_no_input_reaches_a_shell_or_becomes_an_option(tmp_path: Path, name: str) -> None:
    origin = repository.origin(tmp_path / "repository")
    repository.change(origin, {})
    workspace = repository.checkout(origin, tmp_path / "checkout")
    (tmp_path / "scratch").mkdir()
    for value in EVIL:
        done = composite.run(
            workspace,
            tmp_path / "scratch",
            inputs={"release": "model", name: value},
            github=PULL_REQUEST,
            given={"install": {"python": sys.executable}},
        )
        assert done.code in {1, 2, 3}, done.log
        assert done.outputs["verdict"] != "pass"
    assert not list(tmp_path.rglob("pwned"))


def test_no_expression_stands_in_a_script() -> None:
    scripts = [step["run"] for step in STEPS if "run" in step]
    assert len(scripts) == 3
    for script in scripts:
        assert "${{" not in script
        assert len(script.splitlines()) == 1, "what is longer is a file that tools can read"
        for name in re.findall(r"\$\{?[A-Za-z_]+", script):
            assert f'"{name}' in script, "quoted"


def test_every_script_says_its_shell_and_every_action_is_pinned_to_a_commit() -> None:
    for step in STEPS:
        if "run" in step:
            assert step["shell"] == "bash"
        else:
            assert re.fullmatch(r"[a-z-]+(/[a-z-]+)+@[0-9a-f]{40}", step["uses"])
    text = (composite.ROOT / "action.yml").read_text()
    for line in text.splitlines():
        if "uses:" in line:
            assert re.search(r"@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$", line), "and says which"


def test_every_input_is_used_and_every_output_is_made() -> None:
    text = (composite.ROOT / "action.yml").read_text()
    used = set(re.findall(r"\binputs\.([a-z0-9-]+)", text))
    assert used == set(ACTION["inputs"])
    made = set(re.findall(r"steps\.gate\.outputs\.([a-z0-9-]+)", text))
    assert made == set(ACTION["outputs"])


def test_what_the_gate_prints_is_no_command_to_the_runner(act: Act) -> None:
    done = act(release="x\n::error::fooled")
    lines = done.log.splitlines()
    [start] = [i for i, line in enumerate(lines) if line.startswith("::stop-commands::")][:1]
    token = lines[start].removeprefix("::stop-commands::")
    assert re.fullmatch(r"[0-9a-f]{32}", token)
    assert f"::{token}::" in lines


MODULES: Final = ("json", "policy", "summary", "tomllib", "auditor", "sitecustomize", "typer")


def test_modules_that_lie_in_the_workspace_are_not_imported(act: Act, tmp_path: Path) -> None:
    evil = b"import pathlib\npathlib.Path('pwned').write_text('x')\nraise SystemExit(0)\n"
    change = {f"{name}.py": evil for name in MODULES}
    path = str(tmp_path / "workspace")
    done = act(
        base={"release.toml": gates.document(UNMET)},
        change=change,
        environment={"PYTHONPATH": path, "PYTHONSTARTUP": f"{path}/json.py"},
    )
    assert (done.code, done.outputs["verdict"]) == (1, "fail"), done.log
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.slow
def test_votes_are_cast_again_where_the_policy_wants_it(tmp_path: Path) -> None:
    """On a release that was really run: what honest votes look like only real members know."""
    import auditor
    from tests.run import small

    made = tmp_path / "made"
    made.mkdir()
    auditor.run(small.recipe(made, "partition", "none"), out=made / "release", workers=0)
    base = {
        "release.toml": gates.document({"version": 1, "evidence": {"replay": 7}}),
        "auditor.pub": (made / "release.pub").read_bytes(),
    }
    origin = repository.origin(tmp_path / "origin", base)
    (made / "release").rename(origin / "model")
    repository.commit(origin, "model")
    workspace = repository.checkout(origin, tmp_path / "workspace", "main")
    (tmp_path / "temporary").mkdir()

    def judged(**inputs: str) -> Done:
        return composite.run(
            workspace,
            tmp_path / "temporary",
            inputs={"release": "model", **inputs},
            github=PUSH,
            given={"install": {"python": sys.executable}},
        )

    without = judged()
    [missed] = [item for item in report(without)["checks"] if item["result"] != "pass"]
    assert (without.code == 0, missed["id"]) == (False, "AUD-EVI-001")
    done = judged(replay="7", data=str(made))
    assert (done.code, done.outputs["verdict"]) == (0, "pass"), done.log
    assert report(done)["evidence"]["votes"]["sampled"] == 7
    assert report(done)["evidence"]["sampleSeed"] in done.summary
    assert "ROBUSTNESS_VOTES_SAMPLED" in done.summary
    [run] = json.loads(Path(done.outputs["sarif-path"]).read_bytes())["runs"]
    assert run["properties"]["levels"] == report(done)["levels"]


# --- the verification summary ---------------------------------------------------------------------

SIGNED: Final = {
    "vsa_key": honest.ED25519.to_pem().decode(),
    "verifier_id": "https://example.com/gate",
    "resource_uri": "https://example.com/model",
}


def test_the_verdict_is_signed_and_the_key_is_not_left_behind(act: Act, tmp_path: Path) -> None:
    done = act(**SIGNED)
    assert done.code == 0, done.log
    payload = json.loads(repository.signed_payload(Path(done.outputs["vsa-path"])))
    assert payload["predicate"]["verificationResult"] == "PASSED"
    assert payload["predicate"]["verifier"]["id"] == SIGNED["verifier_id"]
    secret = SIGNED["vsa_key"].splitlines()[1].encode()
    assert not [
        p for p in (tmp_path / "temporary").rglob("*") if p.is_file() and secret in p.read_bytes()
    ]
    assert secret.decode() not in done.log + done.summary


def test_without_a_key_there_is_no_signed_verdict(act: Act) -> None:
    done = act(**{**SIGNED, "vsa_key": ""})
    assert (done.code, done.outputs["vsa-path"]) == (0, ""), done.log


def test_a_key_without_a_name_for_its_holder_is_an_error(act: Act, tmp_path: Path) -> None:
    done = act(**{**SIGNED, "verifier_id": ""})
    assert (done.code, done.outputs["verdict"]) == (2, "error"), done.log
    assert not list((tmp_path / "temporary").rglob("vsa.key"))


# --- the summary page -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def summary() -> ModuleType:
    path = composite.ROOT / "scripts/gate_action/summary.py"
    spec = importlib.util.spec_from_file_location("gate_action_summary", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def found(count: int, text: str) -> dict[str, Any]:
    check = {
        "id": "AUD-THR-001",
        "title": "a title",
        "about": text,
        "result": "fail",
        "expected": text,
        "actual": text,
    }
    return {
        "verdict": "fail",
        "warnOnly": False,
        "release": text,
        "certificate": None,
        "policy": {"sha256": "00"},
        "trust": {"sha256": "00"},
        "now": "2026-11-24T10:00:00Z",
        "levels": [],
        "evidence": None,
        "checks": [check] * count,
    }


def test_text_from_a_release_cannot_leave_its_cell(summary: ModuleType) -> None:
    text = "</td></table>\n\n## passed ![x](http://evil/x.png) <img src=x> | `a` \u2028 @all"
    shown = summary.table(found(1, text))
    assert "<img" not in shown
    assert shown.count("</table>") == 2
    body = shown.split("<table>", 1)[1].rsplit("</table>", 1)[0]
    inside = body.split("</table>")[0]
    assert "\n\n" not in inside, "an empty line would end the table, and Markdown would go on"
    assert not re.search(r"^\s*#", inside, re.MULTILINE)


def test_the_summary_fits_the_page(summary: ModuleType) -> None:
    shown = summary.table(found(3000, "&" * 600))
    assert len(shown.encode()) < 2**20
    assert re.search(r"and \d+ more, in the report", shown)
    assert shown.rstrip().endswith("</table>")


# --- the first step, and schemas ------------------------------------------------------------------


@pytest.mark.slow
def test_the_whole_action_installs_itself_and_judges(tmp_path: Path) -> None:
    """With nothing left out; in a workspace that holds modules named like those of the install."""
    evil = b"import pathlib\npathlib.Path('pwned').write_text('x')\nraise SystemExit(0)\n"
    origin = repository.origin(tmp_path / "origin")
    names = ("venv", "pip", "ensurepip", "subprocess", "hatchling")
    repository.change(origin, {f"{name}.py": evil for name in names})
    workspace = repository.checkout(origin, tmp_path / "workspace")
    (tmp_path / "temporary").mkdir()
    done = composite.run(
        workspace, tmp_path / "temporary", inputs={"release": "model"}, github=PULL_REQUEST
    )
    if done.code and re.search(r"No matching distribution|Connection", done.log):
        pytest.skip("no registry answers, so nothing can be installed")
    assert (done.code, done.outputs["verdict"]) == (0, "pass"), done.log
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.slow
def test_what_cannot_be_installed_fails_without_a_verdict(tmp_path: Path) -> None:
    repository.origin(tmp_path / "origin")
    (tmp_path / "temporary").mkdir()
    done = composite.run(
        tmp_path / "origin",
        tmp_path / "temporary",
        inputs={"release": "model", "package": "./no-such-folder"},
        github=PULL_REQUEST,
    )
    assert done.code != 0
    assert done.outputs["verdict"] == ""


def test_the_action_has_the_shape_that_github_publishes() -> None:
    pytest.importorskip("check_jsonschema", reason="check-jsonschema ships the schema of actions")
    command = [sys.executable, "-m", "check_jsonschema"]
    done = subprocess.run(
        [*command, "--builtin-schema", "vendor.github-actions", "action.yml"],
        cwd=composite.ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
