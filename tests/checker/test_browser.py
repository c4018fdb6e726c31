"""The page in a real browser: real files picked and dropped, looked at and reached by keyboard."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import honest
from tests.checker.driver import Checker
from tests.chromium import CONTRASTS, watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TWO_KEYS = Path(__file__).parents[1] / "vectors" / "signed-by-two-keys.json"


def test_a_certificate_and_a_key_in_either_order(checker: Checker) -> None:
    assert checker.text("#verdict") == "Waiting for a certificate."
    checker.pick("certificate", "one.json")
    checker.seen.page.get_by_text("Waiting for the auditor's public key.").wait_for()
    checker.pick("key", "auditor.pub")
    assert checker.verdict() == "Verified: the signature and the arithmetic hold."
    told = checker.text()
    for words in (
        "Input 3. The answer is '1', which is right.",
        "1 training example and 1 input pixel",
        "votes: no member was run again on an input",
        "self-derived: grinding not excluded (the precommitment waits for nothing)",
        "auditor.pub, key 735058aa",
    ):
        assert words in told
    checker.seen.page.click("#clear")
    assert checker.text("#verdict") == "Waiting for a certificate."
    assert checker.text() == ""


def test_files_that_are_dropped_are_known_by_what_is_in_them(checker: Checker) -> None:
    checker.drop("one.json", "auditor.pub")
    checker.verdict("success")
    assert checker.text("#keys-held").startswith("auditor.pub: key 735058")
    checker.drop("two.json")
    checker.seen.page.get_by_text("Input 4.").wait_for()
    checker.seen.page.click("#challengers summary")
    checker.drop("other.pub", on="#challengers summary")
    checker.seen.page.get_by_text("other.pub: key").wait_for()
    assert checker.text("#challengers-held").startswith("other.pub")
    assert "other.pub" not in checker.text("#keys-held")


@pytest.mark.parametrize("how", ["picked", "dropped"])
def test_a_whole_release_folder(checker: Checker, how: str) -> None:
    if how == "picked":
        checker.pick("key", "auditor.pub")
        checker.pick("folder", "release")
    else:
        checker.drop("release", "auditor.pub")
    checker.verdict("success")
    told = checker.text()
    assert "Of 12 inputs, 9 are answered rightly; on 3 the vote abstains." in told
    assert "every claim is in the signed tree, once and in order" in told
    assert "Input 0." in told
    checker.seen.page.fill("#number", "3")
    assert "Input 3." in checker.text()
    for number in ("", "12", "-1", "1.5"):
        checker.seen.page.fill("#number", number)
        assert "There is no such input." in checker.text("#one")


def test_a_folder_is_refused_as_the_command_refuses_it(checker: Checker) -> None:
    made = honest.build("two-mask", inputs=12)
    checker.give("key", made.key.public.pem.encode(), "auditor.pub")
    folder = made.write(checker.place / "tampered")
    member = folder / "members/000000.onnx"
    honest_bytes = member.read_bytes()
    for change, grade, words in (
        (lambda: member.write_bytes(b"another"), "release", "another members/000000.onnx"),
        (member.unlink, "undecided", "no members/000000.onnx"),
        (lambda: member.write_bytes(honest_bytes), "success", "the arithmetic hold"),
        (lambda: (folder / "members/more").write_bytes(b""), "release", "is not listed"),
        ((folder / "members/more").unlink, "success", "the arithmetic hold"),
        ((folder / "evidence.bin").unlink, "undecided", "no evidence.bin"),
    ):
        change()
        checker.pick("folder", "tampered")
        assert words in checker.verdict(grade)


def test_the_input_itself_is_told_from_another(checker: Checker) -> None:
    checker.pick("key", "auditor.pub")
    checker.pick("certificate", "one.json")
    checker.verdict("success")
    checker.pick("own", "input-3")
    checker.seen.page.get_by_text("Yes: input-3 is the certified input, byte for byte.").wait_for()
    checker.pick("own", "one.json")
    checker.seen.page.get_by_text("No: one.json is not it.").wait_for()


def test_two_certificates_at_once_are_not_guessed_between(checker: Checker) -> None:
    checker.drop("auditor.pub", "one.json", "two.json")
    assert "two certificates (one.json, two.json): expected one file" in checker.verdict()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_fits_and_can_be_read(browser: Browser, place: Path, width: int, scheme: str) -> None:
    seen = watched(browser, place / "checker.html", width=width, scheme=scheme)
    checker = Checker(seen=seen, place=place)
    checker.pick("key", "auditor.pub")
    checker.pick("folder", "release")
    checker.verdict("success")
    checker.seen.page.wait_for_selector("#one table")
    assert seen.page.evaluate("document.documentElement.scrollWidth") == width
    worst = seen.page.evaluate(CONTRASTS)
    assert worst[0][0] >= 4.5, worst
    assert (seen.said, seen.asked) == ([], [])
    seen.page.close()


def test_fields_have_names_and_are_reached_by_keyboard(checker: Checker) -> None:
    checker.pick("key", "auditor.pub")
    checker.pick("certificate", "one.json")
    checker.verdict("success")
    fields = checker.seen.page.eval_on_selector_all(
        "input", "all => all.map((one) => [one.id, one.labels[0]?.textContent ?? ''])"
    )
    assert {name for name, _ in fields} == {"certificate", "folder", "key", "challenger", "own"}
    assert all(len(label) > 20 for _, label in fields)
    assert checker.seen.page.get_attribute("#verdict", "role") == "status"
    reached = set()
    for _ in range(12):
        checker.seen.page.keyboard.press("Tab")
        reached.add(checker.seen.page.evaluate("document.activeElement.id"))
    assert {"certificate", "folder", "key", "own", "clear"} <= reached


def test_it_computes_without_a_network_and_may_not_ask(checker: Checker) -> None:
    checker.seen.page.context.set_offline(True)
    checker.drop("one.json", "auditor.pub")
    checker.verdict("success")
    for attempt in ("fetch('https://example.org/')", "fetch('data:text/plain,a')"):
        failed = checker.seen.page.evaluate(f"{attempt}.then(() => '', (error) => error.name)")
        assert failed == "TypeError"
    refusals = [line for line in checker.seen.said if "Content Security Policy" in line]
    assert len(refusals) >= 2
    checker.seen.said.clear()
    checker.seen.page.context.set_offline(False)


def test_a_folder_beside_a_certificate_and_two_folders_are_not_mixed(checker: Checker) -> None:
    honest.build("grid").write(checker.place / "another")
    for names in (("release", "one.json"), ("release", "another")):
        checker.drop("auditor.pub", *names)
        checker.seen.page.get_by_text(f"two certificates ({names[0]}, {names[1]})").wait_for()
        assert checker.text() == ""
        checker.pick("certificate", "one.json")
        checker.verdict("success")


def test_an_empty_folder_is_nothing_to_check(checker: Checker) -> None:
    (checker.place / "empty").mkdir(exist_ok=True)
    checker.pick("key", "auditor.pub")
    checker.pick("certificate", "one.json")
    checker.verdict("success")
    checker.drop("empty")
    assert "no file, or an empty folder" in checker.verdict("usage")
    assert checker.text() == ""


def test_a_key_can_be_taken_back(checker: Checker) -> None:
    checker.drop("auditor.pub", "one.json")
    checker.verdict("success")
    checker.seen.page.get_by_role("button", name="remove auditor.pub").click()
    assert checker.text("#verdict") == "Waiting for the auditor's public key."
    assert checker.text() == ""


def test_every_signer_is_named_beside_its_own_key(checker: Checker) -> None:
    vector = json.loads(TWO_KEYS.read_text())
    for number, pem in enumerate(vector["publicKeys"]):
        checker.give("key", pem.encode(), f"key-{number}.pub")
    checker.give("certificate", base64.b64decode(vector["file"]))
    checker.verdict("success")
    held = checker.seen.page.eval_on_selector_all(
        "#keys-held li", "all => all.map((li) => [li.firstChild.data, li.children[0].textContent])"
    )
    shown = checker.seen.page.eval_on_selector_all(
        "#result dd", "all => all.map((dd) => [dd.firstChild.data, dd.children[0]?.textContent])"
    )
    assert len(held) == 2
    assert [[name.replace(": key", ", key"), keyid] for name, keyid in held] == shown[1:3]


def test_a_drop_that_fails_does_not_bring_an_older_certificate_back(checker: Checker) -> None:
    checker.drop("one.json")
    (checker.place / "bad.pub").write_text("-----BEGIN PUBLIC KEY-----\n")
    checker.drop("two.json", "bad.pub")
    assert "bad.pub: not a public key in PEM" in checker.verdict("usage")
    assert checker.text("#certificate-held") == "two.json"
    checker.pick("key", "auditor.pub")
    checker.verdict("success")
    assert "Input 4." in checker.text()


def test_nothing_old_is_shown_while_something_new_is_read(checker: Checker) -> None:
    checker.drop("auditor.pub", "one.json")
    checker.verdict("success")
    shown = checker.seen.page.evaluate(
        """() => {
          const dropped = new DataTransfer();
          dropped.items.add(new File(['{}'], 'new.json'));
          const more = { dataTransfer: dropped, bubbles: true };
          document.body.dispatchEvent(new DragEvent('drop', more));
          const [line, below] = ['verdict', 'result'].map((id) => document.getElementById(id));
          const seen = [line.textContent, below.childElementCount];
          document.getElementById('clear').click();
          return seen;
        }"""
    )
    assert shown == ["Reading ...", 0]
    # and starting again forgets also what was being read
    checker.pick("key", "auditor.pub")
    checker.seen.page.get_by_text("Waiting for a certificate.").wait_for()
    assert checker.text("#certificate-held") == ""


def test_a_key_taken_back_while_a_drop_is_read_judges_what_is_held_then(checker: Checker) -> None:
    """Or the old certificate's verdict would stand beside the new one's name."""
    checker.pick("key", "auditor.pub", "other.pub")
    checker.pick("certificate", "one.json")
    checker.verdict("success")
    checker.seen.page.evaluate(
        """() => {
          const dropped = new DataTransfer();
          dropped.items.add(new File(['{}'], 'new.json'));
          document.body.dispatchEvent(
            new DragEvent('drop', { dataTransfer: dropped, bubbles: true }));
          document.querySelector('[aria-label="remove other.pub"]').click();
        }"""
    )
    assert checker.verdict().startswith("Refused: not in the form of a certificate.")
    assert checker.text("#certificate-held") == "new.json"
    assert checker.text() == ""
