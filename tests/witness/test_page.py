"""The commands of ``docs/challenge.md`` as they stand there, against an authority made by openssl.

``curl`` is a stand-in, so nothing leaves this machine: it answers queries with ``openssl ts`` and
rounds as published.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from auditor.errors import SignatureError, StatementError
from auditor.format import dsse
from auditor.witness import drand, rfc3161
from tests import honest
from tests.witness.authority import needs_openssl, openssl
from tests.witness.rounds import SIGNATURES, version2

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "challenge.md").read_text()
BLOCKS: Final = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ROUND: Final = 1000
KEYS: Final = {
    "p256": ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "rsa": ("-newkey", "rsa:2048"),
}
CURL: Final = """#!{python}
import subprocess, sys
arguments = sys.argv[1:]
out = arguments[arguments.index("-o") + 1]
if "--data-binary" in arguments:
    assert "Content-Type: application/timestamp-query" in arguments
    query = arguments[arguments.index("--data-binary") + 1].removeprefix("@")
    command = ["openssl", "ts", "-reply", "-config", "{config}", "-queryfile", query, "-out", out]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
else:
    assert arguments[-1] == "https://api.drand.sh/v2/beacons/quicknet/rounds/{round}"
    open(out, "w").write({answer!r})
"""
CONFIG: Final = """
[tsa]
default_tsa = here
[here]
dir = {folder}
serial = $dir/serial
signer_cert = $dir/tsa.pem
signer_key = $dir/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_chain = no
[extensions]
basicConstraints = critical, CA:false
extendedKeyUsage = critical, timeStamping
"""

pytestmark = [
    needs_openssl,
    pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed"),
]


@pytest.fixture(params=KEYS)
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An authority made as a textbook says, a precommitment, and the stand-in for curl."""
    folder, config = str(tmp_path), tmp_path / "tsa.cnf"
    config.write_text(CONFIG.format(folder=folder))
    (tmp_path / "serial").write_text("01\n")
    key = (*KEYS[request.param], "-nodes")
    openssl(
        *("req", "-x509", *key, "-keyout", f"{folder}/root.key", "-subj", "/CN=Root"),
        *("-days", "30", "-out", f"{folder}/tsa-root.pem"),
    )
    openssl(
        *("req", "-new", *key, "-keyout", f"{folder}/tsa.key", "-subj", "/CN=TSA"),
        *("-out", f"{folder}/tsa.csr"),
    )
    openssl(
        *("x509", "-req", "-in", f"{folder}/tsa.csr", "-CA", f"{folder}/tsa-root.pem"),
        *("-CAkey", f"{folder}/root.key", "-CAcreateserial", "-days", "30"),
        *("-extfile", str(config), "-extensions", "extensions", "-out", f"{folder}/tsa.pem"),
    )
    release = honest.build("flip").write(tmp_path / "release")
    shutil.copy(release / "precommit.dsse.json", tmp_path / "release.precommit.dsse.json")
    curl = tmp_path / "bin" / "curl"
    curl.parent.mkdir()
    curl.write_text(
        CURL.format(
            python=sys.executable, config=config, round=ROUND, answer=version2(ROUND).decode()
        )
    )
    curl.chmod(0o755)
    return tmp_path


def run(work: Path) -> None:
    """Paste every shell block of the page, in order, into one shell."""
    environment = {
        **os.environ,
        "PATH": f"{work / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "tsa": "https://tsa.example/",
        "round": str(ROUND),
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "".join(BLOCKS)],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "Verification: OK" in done.stdout


def test_the_page_has_the_two_blocks_that_are_run() -> None:
    assert len(BLOCKS) == 2
    assert "openssl ts -query" in BLOCKS[0]
    assert "curl" in BLOCKS[1]


def test_what_the_commands_fetch_is_what_we_verify(work: Path) -> None:
    before = datetime.now(UTC)
    run(work)
    roots = [("tsa-root.pem", (work / "tsa-root.pem").read_bytes())]
    envelope = dsse.parse((work / "release.precommit.dsse.json").read_bytes(), "precommitment")
    digest = hashlib.sha256(envelope.payload).hexdigest()
    response = (work / "precommit.tsr").read_bytes()
    found = rfc3161.trusted_time(response, digest, roots)
    assert found.authority == "tsa-root.pem"
    at = datetime.fromisoformat(found.at)
    # genTime has whole seconds, one second of accuracy is stated, and openssl took its time.
    assert before - timedelta(seconds=1) < at - timedelta(seconds=1) <= datetime.now(UTC)
    with pytest.raises(StatementError):
        rfc3161.trusted_time(response, "00" * 32, roots)
    with pytest.raises(SignatureError):
        rfc3161.trusted_time(response, digest, [("tsa.pem", (work / "tsa.pem").read_bytes())])
    round_ = drand.canonical((work / "round.json").read_bytes(), "round.json")
    assert SIGNATURES[ROUND].encode() in round_


def test_the_page_names_the_network_that_is_known() -> None:
    chain = drand.CHAINS[drand.QUICKNET]
    assert f"{drand.QUICKNET[:16]}.." in PAGE
    assert f"every {chain.period}\n  seconds since {drand.time_of(1)}" in PAGE
