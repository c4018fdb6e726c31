"""Commit, be challenged, draw: real runs that wait for a challenger or for a beacon."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import auditor
from auditor import challenger, keyfiles, release, relying
from auditor.errors import RunError
from auditor.format.challenge import Drand, Signed
from auditor.format.keys import PrivateKey
from auditor.run.precommit import precommit
from auditor.witness import drand
from auditor.witness.gather import Pinned
from tests.run import small
from tests.witness import rounds
from tests.witness.authority import Authority, needs_openssl

ANY = Signed(keyid=None)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    return small.recipe(tmp_path, "flip", "none")


def key(folder: Path, name: str) -> Path:
    path = folder / f"{name}.key"
    keyfiles.save(PrivateKey.generate(), path)
    return path


def test_a_challenged_run(recipe: Path, tmp_path: Path) -> None:
    out, mine = tmp_path / "release", key(tmp_path, "challenger")
    made = precommit(recipe, out=out, awaited=ANY)
    assert made.file == tmp_path / "release.precommit.dsse.json"
    assert precommit(recipe, out=out, awaited=ANY) == made
    with pytest.raises(RunError, match="waits for a challenge signed by a challenger"):
        auditor.run(recipe, out=out, workers=0)
    answer = tmp_path / "challenge.dsse.json"
    answer.write_bytes(challenger.challenge(made.file, key=mine).envelope)
    result = auditor.run(recipe, out=out, workers=0, challenge=answer)
    assert result.verified.certificate.precommitment == made.digest
    assert result.verified.challenge.kind == "self-derived"  # a run pins no challenger
    found = relying.verify(
        out, keys=result.public_key, challengers=mine.with_suffix(".pub"), data=tmp_path, replay=99
    )
    assert found.challenge.kind == "signed"
    single = tmp_path / "input.cert.json"
    single.write_bytes(auditor.extract(out, 3))
    pinned = Pinned(challengers=(keyfiles.load_public(mine.with_suffix(".pub")),))
    alone = release.verify(single, result.public_key, pinned)
    assert alone.challenge == found.challenge


def test_another_answer_is_refused_before_anything_is_drawn(recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "release"
    mine, other = key(tmp_path, "mine"), key(tmp_path, "other")
    elsewhere = precommit(recipe, out=tmp_path / "elsewhere", awaited=ANY)
    made = precommit(
        recipe, out=out, awaited=Signed(keyid=keyfiles.load_private(mine).public.keyid)
    )
    answer = tmp_path / "challenge.dsse.json"
    answer.write_bytes(challenger.challenge(elsewhere.file, key=mine).envelope)
    with pytest.raises(RunError, match="expected a challenge to the precommitment"):
        auditor.run(recipe, out=out, workers=0, challenge=answer)
    answer.write_bytes(challenger.challenge(made.file, key=mine).envelope)
    forged = json.loads(answer.read_bytes())
    forged["payload"] = forged["payload"][4:]
    answer.write_bytes(json.dumps(forged).encode())
    with pytest.raises(RunError):
        auditor.run(recipe, out=out, workers=0, challenge=answer)
    with pytest.raises(RunError, match="missing"):
        auditor.run(recipe, out=out, workers=0, challenge=tmp_path / "no")
    assert other.exists()
    assert not (tmp_path / "release.work" / "release" / "challenge.dsse.json").exists()


def test_drawing_again_with_another_answer_is_refused(recipe: Path, tmp_path: Path) -> None:
    out, made = tmp_path / "release", precommit(recipe, out=tmp_path / "release", awaited=ANY)
    answers = []
    for name in ("first", "second"):
        path = tmp_path / f"{name}.json"
        path.write_bytes(challenger.challenge(made.file, key=key(tmp_path, name)).envelope)
        answers.append(path)
    place = tmp_path / "release.work" / "release" / "challenge.dsse.json"
    place.write_bytes(answers[0].read_bytes())  # as a killed run leaves it
    with pytest.raises(RunError, match="another challenge was answered already"):
        auditor.run(recipe, out=out, workers=0, challenge=answers[1])
    auditor.run(recipe, out=out, workers=0)  # continues with the first


def test_what_waits_for_nothing_takes_nothing(recipe: Path, tmp_path: Path) -> None:
    given = tmp_path / "c.json"
    given.write_bytes(b"{}")
    with pytest.raises(RunError, match="waits for no challenge"):
        auditor.run(recipe, out=tmp_path / "release", workers=0, challenge=given)
    with pytest.raises(RunError, match="waits for no challenge is in the way"):
        precommit(recipe, out=tmp_path / "release", awaited=ANY)


def test_where_nothing_is_drawn_nothing_is_awaited(tmp_path: Path) -> None:
    recipe = small.recipe(tmp_path, "partition", "none")
    made = precommit(recipe, out=tmp_path / "release", awaited=ANY)
    assert (made.awaited, made.randomised) == (None, False)
    result = auditor.run(recipe, out=tmp_path / "release", workers=0)
    assert result.verified.challenge.kind == "not-needed"
    assert result.verified.certificate.precommitment == made.digest


@needs_openssl
def test_a_run_that_waited_for_a_published_round(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Round 1000 of quicknet came out at 2023-08-23T15:59:24Z."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1692806355")
    out = tmp_path / "release"
    made = precommit(recipe, out=out, awaited=Drand(chain_hash=drand.QUICKNET, round=1000))
    authority = Authority(tmp_path / "tsa")
    stamp, round_file = tmp_path / "precommit.tsr", tmp_path / "round.json"
    round_file.write_bytes(rounds.version2(1001))
    with pytest.raises(RunError, match=r"expected round 1000 .* got round 1001"):
        auditor.run(recipe, out=out, workers=0, challenge=round_file)
    round_file.write_bytes(rounds.version2(1000))
    stamp.write_bytes(authority.stamp(made.digest, at="2023-08-23T15:59:22Z"))
    result = auditor.run(recipe, out=out, workers=0, challenge=round_file, time=stamp)
    roots = [("local authority", authority.root_pem)]
    options: dict[str, Any] = {"keys": result.public_key, "timestampers": roots}
    found = relying.verify(out, data=tmp_path, replay=99, **options)
    assert found.challenge.kind == "drand"
    assert found.time is not None
    single = tmp_path / "input.cert.json"
    single.write_bytes(auditor.extract(out, 0))
    pinned = Pinned(timestampers=tuple(roots))
    assert release.verify(single, result.public_key, pinned).challenge == found.challenge
    assert "no time-stamping authority is pinned" in (
        relying.verify(out, keys=result.public_key).challenge.reason
    )
    (out / "precommit.tsr").write_bytes(authority.stamp(made.digest, at="2023-08-23T15:59:23Z"))
    late = relying.verify(out, **options).challenge
    assert late.kind == "self-derived"
    assert "is stamped 2023-08-23T15:59:24Z only" in late.reason
    (out / "precommit.tsr").unlink()
    assert "has no time stamp" in relying.verify(out, **options).challenge.reason
