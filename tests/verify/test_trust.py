"""Who is believed: reading trust.toml, and judging who signed when, to the second."""

from __future__ import annotations

import hashlib
from typing import Final

import pytest

from auditor.errors import UsageError
from auditor.verify import trust as trusts
from auditor.verify.check import Check
from auditor.verify.trust import Trust, standing
from auditor.verify.witness import TrustedTime
from tests import honest

PEM: Final = honest.P256.public.pem
OTHER: Final = honest.ED25519.public.pem
KEYID: Final = honest.P256.public.keyid
SERIAL: Final = "00" * 16
MADE: Final = "2026-11-23T10:00:00Z"
NOW: Final = "2026-11-24T10:00:00Z"
CERTIFICATE: Final = b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"

KEY: Final = '[[keys]]\nname = "a"\nfile = "a.pub"\nroles = ["auditor"]\n'
FILES: Final = {"a.pub": PEM.encode(), "b.pub": OTHER.encode(), "tsa.pem": CERTIFICATE}


def parse(text: str) -> Trust:
    return trusts.parse(text.encode(), "trust.toml", FILES.__getitem__)


def trusting(extra: str = "", head: str = "") -> Trust:
    return parse(f"version = 1\n{head}\n{KEY}{extra}")


def stand(
    trust: Trust,
    *,
    now: str = NOW,
    made: str = MADE,
    serial: str = SERIAL,
    keyid: str = KEYID,
    stamped: str | None = None,
) -> dict[str, Check]:
    time = None
    if stamped is not None:
        time = TrustedTime(digest="00" * 32, at=stamped, authority="clockmaker")
    found = standing(trust, keyid=keyid, serial=serial, created_at=made, time=time, now=now)
    return {item.id: item for item in found}


def test_keys_are_read_from_the_files_that_are_named() -> None:
    trust = parse(
        f'version = 1\n{KEY}[[keys]]\nname = "b"\npem = """{OTHER}"""\n'
        'roles = ["challenger", "auditor"]\n'
    )
    assert [key.keyid for key in trust.keys("auditor")] == [KEYID, honest.ED25519.public.keyid]
    assert [key.keyid for key in trust.keys("challenger")] == [honest.ED25519.public.keyid]


def test_everything_that_may_stand_in_a_trust_file() -> None:
    text = (
        'version = 1\ndrand = ["quicknet"]\nmaximumAge = 30\n'
        f'revokedSerials = ["{"ab" * 16}"]\n{KEY}keyid = "{KEYID}"\nnotBefore = 2026-01-01\n'
        'notAfter = "2026-12-31"\n[[timestampers]]\nname = "t"\nfile = "tsa.pem"\n'
        f'sha256 = "{hashlib.sha256(CERTIFICATE).hexdigest()}"\n'
    )
    trust = parse(text)
    assert trust.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert trust.timestampers == (("t", CERTIFICATE),)
    assert (trust.drand, trust.maximum_age) == (("quicknet",), 30)
    assert trust.revoked_serials == {"ab" * 16}
    assert trust.pinned[0].not_before == "2026-01-01T00:00:00Z"
    assert trust.pinned[0].not_after == "2026-12-31T23:59:59Z"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ('"2026-01-01T00:00:00Z"', "2026-01-01T00:00:00Z"),
    ],
)
def test_times_may_be_dates_of_toml_or_text(written: str, read: str) -> None:
    assert trusting(f"notBefore = {written}\n").pinned[0].not_before == read


REFUSED: Final = {
    "nothing": ("", r"^trust\.toml: version: missing$"),
    "another version": ("version = 2", r"version: expected 1, got 2$"),
    "no TOML": ("version = ", r"^trust\.toml: not valid TOML: "),
    "unknown key": ("version = 1\nkey = []", r"key: unknown key \(did you mean keys\?\)\. Allowed"),
    "unknown key of a key": (
        f"version = 1\n{KEY}role = []",
        r"keys\[0\]\.role: unknown key \(did you mean roles\?\)\. Allowed here: name, file",
    ),
    "key of a key at the top": (
        "version = 1\nnotAfter = 2026-01-01",
        r"notAfter: unknown key \(it belongs under \[\[keys\]\]\)",
    ),
    "no role": ('version = 1\n[[keys]]\nname = "a"\nfile = "a.pub"', r"keys\[0\]\.roles: missing"),
    "another role": (
        f"version = 1\n{KEY}".replace('"auditor"', '"auditors"'),
        r'roles: expected "auditor" or "challenger" \(did you mean auditor\?\), got "auditors"',
    ),
    "no role at all": (f"version = 1\n{KEY}".replace('"auditor"', ""), r"roles: expected a list"),
    "neither file nor pem": (
        'version = 1\n[[keys]]\nname = "a"\nroles = ["auditor"]',
        r"keys\[0\]: expected one of file and pem",
    ),
    "both file and pem": (f"version = 1\n{KEY}pem = 'x'", r"keys\[0\]: expected one of file and"),
    "no key": (f"version = 1\n{KEY}".replace("a.pub", "tsa.pem"), r"keys\[0\]: not a PEM public"),
    "another key id": (
        f'version = 1\n{KEY}keyid = "{"0" * 64}"',
        r"keyid: expected [0-9a-f]{64}, ",
    ),
    "one name twice": (
        f"version = 1\n{KEY}{KEY.replace('a.pub', 'b.pub')}",
        r"keys: the name 'a' stands twice",
    ),
    "one key under two names": (
        f"version = 1\n{KEY}{KEY.replace(chr(34) + 'a' + chr(34), chr(34) + 'c' + chr(34))}",
        r"keys: 'a' and 'c' are the same public key",
    ),
    "a local time": (f"version = 1\n{KEY}notAfter = 2026-01-01T00:00:00", r"notAfter: expected"),
    "no day": (f'version = 1\n{KEY}notAfter = "2026-02-30"', r"notAfter: expected YYYY-MM-DD"),
    "a time before all time": (
        f"version = 1\n{KEY}notAfter = 0001-01-01T00:00:00+10:00",
        r"notAfter: expected YYYY-MM-DD",
    ),
    "an end before the beginning": (
        f"version = 1\n{KEY}notBefore = 2026-01-02\nnotAfter = 2026-01-01",
        r"notAfter: expected a time after notBefore",
    ),
    "no certificate": (
        'version = 1\n[[timestampers]]\nname = "t"\nfile = "a.pub"',
        r"timestampers\[0\]: expected a certificate in PEM",
    ),
    "another certificate": (
        f'version = 1\n[[timestampers]]\nname = "t"\nfile = "tsa.pem"\nsha256 = "{"0" * 64}"',
        r"sha256: expected [0-9a-f]{64}, as the certificate file has",
    ),
    "another beacon": ('version = 1\ndrand = ["slownet"]', r"drand: expected \"quicknet\""),
    "no age": ("version = 1\nmaximumAge = 0", r"maximumAge: expected a whole number from 1 to"),
    "a boolean age": ("version = 1\nmaximumAge = true", r"maximumAge: expected .*, got true"),
    "a short serial": ('version = 1\nrevokedSerials = ["00"]', r"expected 32 lower-case hex"),
}


@pytest.mark.parametrize(("text", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_is_one_sentence_with_file_and_key(text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        parse(text)
    assert str(caught.value).startswith("trust.toml: ")
    assert "\n" not in str(caught.value).split("not valid TOML")[0]


def test_a_revoked_key_signs_nothing_whatever_the_dates() -> None:
    for day in ("2020-01-01", "2030-01-01"):
        trust = trusting(f"revoked = {day}\n")
        assert trust.keys("auditor") == ()
        assert [key.keyid for key in trust.revoked("auditor")] == [KEYID]
        assert stand(trust)["AUD-SIG-002"].result == "fail"


@pytest.mark.parametrize(
    ("now", "result"),
    [
        ("2026-11-30T23:59:59Z", "pass"),
        ("2026-12-01T00:00:00Z", "fail"),
    ],
)
def test_a_key_expires_after_its_last_second(now: str, result: str) -> None:
    trust = trusting("notAfter = 2026-11-30\n")
    assert stand(trust, now=now)["AUD-SIG-002"].result == result
    assert len(trust.keys("auditor", at=now)) == (result == "pass")
    assert len(trust.keys("auditor")) == 1, "so that the reason can be told"


@pytest.mark.parametrize(
    ("made", "stamped", "result"),
    [
        (MADE, None, "pass"),
        ("2026-11-23T09:59:59Z", None, "fail"),
        (MADE, "2026-11-23T10:00:00Z", "pass"),
        (MADE, "2026-11-23T09:59:59Z", "fail"),
    ],
)
def test_a_key_signs_nothing_before_its_first_second(
    made: str, stamped: str | None, result: str
) -> None:
    trust = trusting(f"notBefore = {MADE}\n")
    assert stand(trust, made=made, stamped=stamped)["AUD-SIG-002"].result == result


def test_a_key_that_is_not_valid_yet_is_refused_now() -> None:
    trust = trusting(f"notBefore = {MADE}\n")
    assert stand(trust, now="2026-11-23T09:59:59Z")["AUD-SIG-002"].result == "fail"


@pytest.mark.parametrize("role", ["challenger", "nobody"])
def test_only_a_key_that_is_pinned_for_auditors_stands(role: str) -> None:
    trust = (
        trusting() if role == "nobody" else parse(f"version = 1\n{KEY}".replace("auditor", role))
    )
    keyid = "0" * 64 if role == "nobody" else KEYID
    assert stand(trust, keyid=keyid)["AUD-SIG-002"].result == "fail"


@pytest.mark.parametrize(
    ("now", "result"), [(MADE, "pass"), ("2026-11-23T09:59:59Z", "fail"), (NOW, "pass")]
)
def test_a_precommitment_from_the_future_is_refused(now: str, result: str) -> None:
    assert stand(trusting(), now=now)["AUD-AGE-001"].result == result


@pytest.mark.parametrize(
    ("now", "result"), [("2026-11-30T10:00:00Z", "pass"), ("2026-11-30T10:00:01Z", "fail")]
)
def test_the_age_ends_with_the_second(now: str, result: str) -> None:
    assert stand(trusting(head="maximumAge = 7"), now=now)["AUD-AGE-002"].result == result


@pytest.mark.parametrize(
    ("stamped", "result"), [("2026-11-17T10:00:00Z", "pass"), ("2026-11-17T09:59:59Z", "fail")]
)
def test_a_trusted_time_is_believed_where_it_is_older_than_the_auditors_clock(
    stamped: str, result: str
) -> None:
    trust = trusting(head="maximumAge = 7")
    found = stand(trust, now=NOW, made=NOW, stamped=stamped)
    assert found["AUD-AGE-002"].result == result
    assert "clockmaker" in found["AUD-AGE-002"].actual


def test_nobody_makes_a_release_younger_by_having_it_stamped_again() -> None:
    trust = trusting(head="maximumAge = 7")
    assert stand(trust, made="1970-01-01T00:00:00Z")["AUD-AGE-002"].result == "fail"
    again = stand(trust, now=NOW, made="1970-01-01T00:00:00Z", stamped=NOW)
    assert again["AUD-AGE-002"].result == "fail"
    assert "the auditor's clock" in again["AUD-AGE-002"].actual


def test_no_age_is_judged_unless_it_is_asked_for() -> None:
    assert "AUD-AGE-002" not in stand(trusting(), now="9999-12-31T23:59:59Z")
    assert stand(trusting(head="maximumAge = 36525"), now="0001-01-01T00:00:00Z")


@pytest.mark.parametrize(("serial", "result"), [("ab" * 16, "fail"), ("ac" * 16, "pass")])
def test_a_revoked_precommitment_is_refused(serial: str, result: str) -> None:
    trust = trusting(head=f'revokedSerials = ["{"ab" * 16}"]')
    assert stand(trust, serial=serial)["AUD-REV-001"].result == result
