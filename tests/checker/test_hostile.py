"""Files of strangers and browsers without what is needed: the page decides only what it can."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests import honest
from tests.checker.driver import Checker
from tests.chromium import watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser

COMPRESSED = (
    ec.derive_private_key(7, ec.SECP256R1())
    .public_key()
    .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
)
COMPRESSED = (
    b"-----BEGIN PUBLIC KEY-----\n"
    + base64.b64encode(
        bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
        + bytes([2 + COMPRESSED[-1] % 2])
        + COMPRESSED[-64:-32]
    )
    + b"\n-----END PUBLIC KEY-----\n"
)


@pytest.mark.parametrize(
    ("field", "data", "words"),
    [
        ("key", b"not a key", "not a public key in PEM"),
        ("key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "neither P-256"),
        ("key", b" " * 20_000, "this page reads 16,384; use audit verify"),
        ("certificate", b"", "Refused: not in the form of a certificate."),
        ("certificate", b"\xff\xfe", "Refused: not in the form of a certificate."),
        ("challenger", b"", r"bad\u{202e}name: not a public key in PEM"),
        ("key", COMPRESSED, "a compressed P-256 key, which is not read here"),
    ],
)
def test_bad_files_get_one_sentence(checker: Checker, field: str, data: bytes, words: str) -> None:
    if field == "certificate":
        checker.pick("key", "auditor.pub")
    checker.give(field, data, "bad\u202ename")
    assert words in checker.verdict()
    assert checker.text() == ""
    # and the page goes on
    checker.pick("key", "auditor.pub")
    checker.pick("certificate", "one.json")
    checker.verdict("success")


def test_a_point_that_is_not_on_the_curve_is_refused(checker: Checker) -> None:
    der = bytearray(base64.b64decode("".join(honest.P256.public.pem.splitlines()[1:-1])))
    der[-1] ^= 1
    pem = (
        f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(der).decode()}\n-----END PUBLIC KEY-----\n"
    )
    checker.give("key", pem.encode())
    assert checker.verdict() == "The files do not fit. given: a point that is not on P-256."


def test_text_of_strangers_is_text(checker: Checker) -> None:
    names = ["<img src=x onerror=alert(1)>", "\u202etxet", "2", "3"]
    made = honest.build("partition", classes=names)
    checker.give("key", made.key.public.pem.encode(), "<b>key.pub")
    checker.give("certificate", made.single(0), "<i>file")
    checker.verdict("success")
    assert checker.seen.page.locator("#result img, #keys-held b, #certificate-held i").count() == 0
    assert "'<img src=x onerror=alert(1)>'" in checker.text()
    checker.give("certificate", made.single(1), "<i>file")
    checker.seen.page.get_by_text(r"The answer is '\u{202e}txet'").wait_for()
    assert checker.text("#certificate-held") == "<i>file"


def test_a_browser_without_the_keys_algorithm_decides_nothing(
    browser: Browser, place: Path
) -> None:
    seen = watched(browser, place / "checker.html")
    seen.page.add_init_script(
        """const real = crypto.subtle.importKey.bind(crypto.subtle);
        crypto.subtle.importKey = (form, key, algorithm, ...rest) => algorithm.name === 'Ed25519'
          ? Promise.reject(new DOMException('', 'NotSupportedError'))
          : real(form, key, algorithm, ...rest);"""
    )
    seen.page.reload()
    made = honest.build("bag", key=honest.ED25519)
    checker = Checker(seen=seen, place=place)
    checker.give("key", made.key.public.pem.encode())
    checker.give("certificate", made.single(0))
    assert checker.verdict().startswith("Undecided. this platform has no Ed25519")
    assert (seen.said, seen.asked) == ([], [])
    seen.page.close()


def test_a_key_that_lies_in_the_folder_is_not_believed(checker: Checker) -> None:
    folder = honest.build("bag", inputs=12).write(checker.place / "with-key")
    (folder / "auditor.pub").write_text(honest.P256.public.pem)
    checker.drop("with-key")
    checker.seen.page.get_by_text("Waiting for the auditor's public key.").wait_for()
    assert checker.text("#keys-held") == ""


def test_a_certificate_is_never_a_key_whatever_it_holds(checker: Checker) -> None:
    """Unknown fields of an envelope may be anything: one was a key, in a single line of JSON."""
    made = honest.build("partition", key=honest.ED25519)
    container = json.loads(made.single(3))
    container["certificate"]["note"] = honest.ED25519.public.pem.replace("\n", " ")
    (checker.place / "with-a-key.json").write_text(json.dumps(container))
    checker.drop("auditor.pub", "with-a-key.json")
    assert checker.verdict().startswith("Refused: not signed by the pinned key.")
    assert checker.text("#keys-held").count("key") == 1
    checker.seen.page.click("#clear")
    checker.drop("with-a-key.json")
    checker.seen.page.get_by_text("Waiting for the auditor's public key.").wait_for()


def test_two_keys_in_one_drop_are_not_both_the_auditors(checker: Checker) -> None:
    checker.drop("auditor.pub", "other.pub", "one.json")
    assert "two keys at once (auditor.pub, other.pub)" in checker.verdict("usage")
    assert checker.text("#keys-held") == ""
    checker.pick("key", "auditor.pub", "other.pub")
    checker.verdict("success")


def test_a_strangers_folder_costs_nothing(checker: Checker) -> None:
    """Who signed comes first, and files are read as far as the signed sizes say."""
    folder = honest.build("bag", inputs=12).write(checker.place / "long")
    with (folder / "members/000000.onnx").open("wb") as member:
        member.truncate(900 << 20)
    with (folder / "claims.jsonl").open("wb") as claims:
        claims.write(b"\n" * (100 << 20))
    checker.pick("key", "other.pub")
    checker.pick("folder", "long")
    assert checker.verdict().startswith("Refused: not signed by the pinned key.")
    checker.seen.page.click("#clear")
    (folder / "members/000000.onnx").write_bytes(b"")
    checker.pick("key", "auditor.pub")
    checker.pick("folder", "long")
    assert "more than 12 claims" in checker.verdict("inclusion")


def test_letters_that_cannot_be_seen_are_spelt_out(checker: Checker) -> None:
    made = honest.build("partition", classes=["1", "1\u034f", "1\u00a0", "1\u3164"])
    checker.give("key", made.key.public.pem.encode(), "auditor.pub")
    checker.give("certificate", made.single(1))
    checker.verdict("success")
    assert r"The answer is '1\u{34f}'" in checker.text()


def test_without_cryptography_there_is_nothing_to_pick(browser: Browser, place: Path) -> None:
    seen = watched(browser, place / "checker.html")
    seen.page.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined });")
    seen.page.reload()
    assert "lends no cryptography" in seen.page.inner_text("#verdict")
    assert not seen.page.is_visible("#fields")
    assert (seen.said, seen.asked) == ([], [])
    seen.page.close()
