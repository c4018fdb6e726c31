"""Grinding: where the draws came from, as the verifier judges it. Nothing is refuted by doubt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from auditor.format.challenge import Awaited, Count, Drand, DrandRound, Signed
from auditor.format.keys import PrivateKey
from tests import honest
from tests.honest import ED25519, P256, Honest
from tests.vectors.form import Vector, add, folder, single
from tests.vectors.themes.envelopes import stranger

ANY: Final = Signed(keyid=None)
CHALLENGER: Final = ED25519
# The published values of a round need no truth here: without a witness nothing rests on them.
ROUND: Final = DrandRound(chain_hash="52" * 32, round=1000, signature="ab" * 48)
WAITS: Final = Drand(chain_hash=ROUND.chain_hash, round=ROUND.round)
FILE: Final = "challenge.dsse.json"
Answer = Callable[[str], bytes]


def challenged(
    awaited: Awaited = ANY, answer: Answer | None = honest.challenge, kind: str = "flip"
) -> Honest:
    return honest.build(kind, awaited=awaited, answer=answer)


def _by(key: PrivateKey, **changes: Any) -> Answer:
    return lambda digest: honest.challenge(digest, key, **changes)


def judged(
    origin: str,
    made: Honest,
    challengers: tuple[PrivateKey, ...] = (CHALLENGER,),
    *,
    whole: bool = False,
) -> Vector:
    """Return a release that verifies, and where its draws came from for these challengers."""
    vector_ = folder("success", made) if whole else single("success", made)
    pinned = tuple(key.public.pem for key in challengers)
    return replace(vector_, challengers=pinned, origin=origin)


_ALONE: tuple[PrivateKey, ...] = (CHALLENGER,)
JUDGED: dict[str, tuple[str, str, Callable[[], Honest], tuple[PrivateKey, ...]]] = {
    "challenge-signed": (
        "A pinned challenger answered the precommitment, which waited for one.",
        "signed",
        challenged,
        _ALONE,
    ),
    "challenge-of-the-same-second": (
        "A challenge of the precommitment's second is not older.",
        "signed",
        lambda: challenged(answer=_by(CHALLENGER, created_at="2026-11-23T10:00:00Z")),
        _ALONE,
    ),
    "challenge-by-the-named-key": (
        "The precommitment named its challenger.",
        "signed",
        lambda: challenged(Signed(keyid=CHALLENGER.public.keyid)),
        _ALONE,
    ),
    "challenge-by-one-of-two": (
        "Two challengers are pinned, and the auditor could choose: signed all the same.",
        "signed",
        challenged,
        (CHALLENGER, stranger()),
    ),
    "challenge-with-a-count": (
        "The challenger counts what it signs.",
        "signed",
        lambda: challenged(answer=_by(CHALLENGER, count=Count(of_key=3, of_data=2))),
        _ALONE,
    ),
    "challenge-not-awaited": (
        "A challenge that the precommitment did not wait for.",
        "self-derived",
        lambda: challenged(None),
        _ALONE,
    ),
    "challenge-never-asked": (
        "Neither waited for nor cited: draws that follow from the precommitment alone.",
        "self-derived",
        lambda: honest.build("flip"),
        _ALONE,
    ),
    "challenge-never-answered": (
        "Waited for, and the certificate cites none.",
        "self-derived",
        lambda: challenged(answer=None),
        _ALONE,
    ),
    "challenge-file-missing": (
        "Cited, and not there.",
        "self-derived",
        lambda: _without_file(challenged()),
        _ALONE,
    ),
    "challenge-by-nobody-pinned": (
        "No challenger is pinned.",
        "self-derived",
        challenged,
        (),
    ),
    "challenge-by-an-unpinned-key": (
        "Another challenger is pinned.",
        "self-derived",
        challenged,
        (stranger(),),
    ),
    "challenge-by-the-auditor": (
        "Whoever commits cannot challenge, pinned or not.",
        "self-derived",
        lambda: challenged(answer=_by(P256)),
        (P256,),
    ),
    "challenge-by-the-auditor-who-is-named": (
        "The auditor named itself.",
        "self-derived",
        lambda: challenged(Signed(keyid=P256.public.keyid), _by(P256)),
        (P256,),
    ),
    "challenge-in-anothers-name": (
        "Signed by a pinned challenger, naming another.",
        "self-derived",
        lambda: challenged(answer=_by(CHALLENGER, keyid=stranger().public.keyid)),
        (CHALLENGER, stranger()),
    ),
    "challenge-by-another-than-named": (
        "The precommitment named another challenger, who is pinned too.",
        "self-derived",
        lambda: challenged(Signed(keyid=stranger().public.keyid)),
        (CHALLENGER, stranger()),
    ),
    "challenge-to-another-precommitment": (
        "An answer to something else.",
        "self-derived",
        lambda: challenged(answer=lambda _: honest.challenge("0" * 64)),
        _ALONE,
    ),
    "challenge-older-than-the-precommitment": (
        "A challenge that was known when the precommitment was made.",
        "self-derived",
        lambda: challenged(answer=_by(CHALLENGER, created_at="2026-11-23T09:59:59Z")),
        _ALONE,
    ),
    "challenge-where-a-round-was-awaited": (
        "A signed challenge, where a beacon was awaited.",
        "self-derived",
        lambda: challenged(WAITS),
        _ALONE,
    ),
    "round-where-a-challenge-was-awaited": (
        "A round, where a signed challenge was awaited.",
        "self-derived",
        lambda: challenged(answer=lambda _: ROUND.to_bytes()),
        _ALONE,
    ),
    "round-that-nobody-witnessed": (
        "The awaited round, and nobody's time on the precommitment.",
        "self-derived",
        lambda: challenged(WAITS, lambda _: ROUND.to_bytes()),
        _ALONE,
    ),
    "round-of-another-number": (
        "Not the round that was awaited.",
        "self-derived",
        lambda: challenged(WAITS, lambda _: replace(ROUND, round=1001).to_bytes()),
        _ALONE,
    ),
    "nothing-drawn": (
        "A deterministic vote needs no challenge.",
        "not-needed",
        lambda: honest.build("two-mask"),
        _ALONE,
    ),
    "nothing-drawn-but-challenged": (
        "And gains nothing by one.",
        "not-needed",
        lambda: challenged(kind="two-mask"),
        _ALONE,
    ),
}
for _name, (_comment, _origin, _made, _keys) in JUDGED.items():
    add(
        _name,
        _comment,
        lambda origin=_origin, made=_made, keys=_keys: judged(origin, made(), keys),  # type: ignore[misc]
    )
for _name in (
    "challenge-signed",
    "challenge-file-missing",
    "challenge-by-the-auditor",
    "round-that-nobody-witnessed",
):
    _comment, _origin, _made, _keys = JUDGED[_name]
    add(
        f"{_name}-release",
        f"The same in a folder. {_comment}",
        lambda origin=_origin, made=_made, keys=_keys: judged(  # type: ignore[misc]
            origin, made(), keys, whole=True
        ),
    )


def _without_file(made: Honest) -> Honest:
    contents = {name: data for name, data in made.contents.items() if name != FILE}
    return replace(made, contents=contents)
