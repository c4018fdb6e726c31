"""What a challenger answers, what not, and how it counts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from auditor import challenger, keyfiles
from auditor.errors import EnvelopeError, SignatureError, UndecidedError, UsageError
from auditor.format import dsse
from auditor.format.challenge import Awaited, Count, Drand, Signed
from tests import honest
from tests.honest import ED25519, P256

ANY = Signed(keyid=None)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "challenger.key"
    keyfiles.save(ED25519, path)
    return path


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795428000")  # 2026-11-23T10:00:00Z


def precommitment(folder: Path, name: str = "a", awaited: Awaited = ANY, **changes: str) -> Path:
    made = replace(honest.build("flip").precommitment, challenge=awaited)
    audit = {key: changes.pop(key) for key in ("dataset_root", "inputs_root") if key in changes}
    made = replace(made, audit=replace(made.audit, **audit), **changes)  # type: ignore[arg-type]
    path = folder / f"{name}.precommit.dsse.json"
    path.write_bytes(dsse.sign(made.to_statement().to_payload(), P256))
    return path


def test_one_precommitment_has_one_answer(tmp_path: Path, key: Path) -> None:
    path = precommitment(tmp_path)
    first, second = (challenger.challenge(path, key=key) for _ in range(2))
    assert first == second
    assert dsse.verify(dsse.parse(first.envelope, "c"), [ED25519.public], "c")
    payload = dsse.parse(path.read_bytes(), "p").payload
    assert first.challenge.precommitment == hashlib.sha256(payload).hexdigest()
    assert first.challenge.count is None
    other = challenger.challenge(precommitment(tmp_path, "b", serial="1" * 32), key=key)
    assert other.challenge.value != first.challenge.value


def test_the_value_is_no_function_of_what_is_published(tmp_path: Path, key: Path) -> None:
    """Another key gives another value, and neither is the hash of the signature in the envelope."""
    path = precommitment(tmp_path)
    answer = challenger.challenge(path, key=key)
    other = tmp_path / "other.key"
    keyfiles.save(honest.PrivateKey.generate("ed25519"), other)
    assert challenger.challenge(path, key=other).challenge.value != answer.challenge.value
    signature = dsse.parse(answer.envelope, "c").signatures[0]
    assert hashlib.sha256(signature).hexdigest() != answer.challenge.value


def test_the_ledger_counts_what_was_committed_again(tmp_path: Path, key: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"

    def count(path: Path) -> Count | None:
        answer = challenger.challenge(path, key=key, auditors=[P256.public], ledger=ledger)
        return answer.challenge.count

    first = precommitment(tmp_path, "a")
    assert count(first) == Count(of_key=1, of_data=1)
    assert count(precommitment(tmp_path, "b", serial="1" * 32)) == Count(of_key=2, of_data=2)
    other = precommitment(tmp_path, "c", serial="2" * 32, dataset_root="3" * 64)
    assert count(other) == Count(of_key=3, of_data=1)
    assert count(first) == Count(of_key=1, of_data=1)
    assert len(ledger.read_text().splitlines()) == 3
    again = challenger.challenge(first, key=key, auditors=[P256.public], ledger=ledger)
    assert again.challenge.created_at == "2026-11-23T10:00:00Z"


def test_a_repeated_answer_has_the_time_of_the_first(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, path = tmp_path / "ledger.jsonl", precommitment(tmp_path)
    options = {"key": key, "auditors": [P256.public], "ledger": ledger}
    first = challenger.challenge(path, **options)  # type: ignore[arg-type]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795430000")
    assert challenger.challenge(path, **options) == first  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("awaited", "reason"),
    [
        (None, "waits for no challenge"),
        (Drand(chain_hash="5" * 64, round=7), "waits for a round of a beacon"),
        (Signed(keyid="0" * 64), "waits for the challenger 0000"),
    ],
)
def test_who_is_not_asked_does_not_answer(
    tmp_path: Path, key: Path, awaited: Awaited, reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        challenger.challenge(precommitment(tmp_path, awaited=awaited), key=key)


def test_nobody_challenges_himself(tmp_path: Path) -> None:
    own = tmp_path / "own.key"
    keyfiles.save(P256, own)
    with pytest.raises(UsageError, match="nobody can challenge himself"):
        challenger.challenge(precommitment(tmp_path), key=own)


def test_a_clock_that_is_behind_is_named(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795427999")
    with pytest.raises(UsageError, match="one of the two clocks is wrong"):
        challenger.challenge(precommitment(tmp_path), key=key)


def test_strangers_are_not_answered_where_auditors_are_pinned(tmp_path: Path, key: Path) -> None:
    with pytest.raises(SignatureError):
        challenger.challenge(precommitment(tmp_path), key=key, auditors=[ED25519.public])
    with pytest.raises(UsageError, match="needs the auditor's public key"):
        challenger.challenge(precommitment(tmp_path), key=key, ledger=tmp_path / "l")


@pytest.mark.parametrize("line", ["no json", "{}", "[1]", '{"precommitment": 1}', ""])
def test_a_ledger_is_not_guessed_at(tmp_path: Path, key: Path, line: str) -> None:
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text(line + "\n")
    with pytest.raises(UsageError, match="line 1"):
        challenger.challenge(
            precommitment(tmp_path), key=key, auditors=[P256.public], ledger=ledger
        )
    assert ledger.read_text() == line + "\n"


def test_a_torn_ledger_is_not_continued(tmp_path: Path, key: Path) -> None:
    ledger, path = tmp_path / "ledger.jsonl", precommitment(tmp_path)
    options = {"key": key, "auditors": [P256.public], "ledger": ledger}
    challenger.challenge(path, **options)  # type: ignore[arg-type]
    entry = json.loads(ledger.read_text())
    ledger.write_text(json.dumps(entry))
    with pytest.raises(UsageError, match="torn"):
        challenger.challenge(path, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "error"), [(b"", EnvelopeError), (b"{}", EnvelopeError), (None, UndecidedError)]
)
def test_what_is_no_precommitment_is_said_to_be_none(
    tmp_path: Path, key: Path, content: bytes | None, error: type[Exception]
) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error):
        challenger.challenge(path, key=key)
