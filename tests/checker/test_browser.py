"""The page in a real browser: real files picked and dropped, and every vector of a single input."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from auditor.checker.page import page
from auditor.format.strict_json import canonical
from tests import honest
from tests.chromium import CONTRASTS, Watched, chromium, watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VECTORS = sorted((Path(__file__).parents[1] / "vectors").glob("*.json"))
# What the vectors call a grade, in the page's words.
STARTS = {
    "success": "Verified: ",
    "undecided": "Undecided. ",
    "usage": "The files do not fit. ",
    "envelope": "Refused: not in the form",
    "signature": "Refused: not signed",
    "statement": "Refused: the statement",
    "inclusion": "Refused: the claim is not among",
    "claim": "Refused: the votes do not support",
    "release": "Refused: the files are not",
}

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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the page, an honest release, one of its inputs, and its key."""
    folder = tmp_path_factory.mktemp("checker")
    (folder / "checker.html").write_text(page("0.0.0"), encoding="utf-8")
    made = honest.build("bag", inputs=12)
    made.write(folder / "release")
    (folder / "one.json").write_bytes(made.single(3))
    (folder / "two.json").write_bytes(made.single(4))
    (folder / "auditor.pub").write_text(made.key.public.pem)
    (folder / "other.pub").write_text(honest.ED25519.public.pem)
    (folder / "input-3").write_bytes(canonical({"made-up": 3}))
    return folder


@dataclass
class Checker:
    """The page, and what a person does with it."""

    seen: Watched
    place: Path

    def pick(self, field: str, *names: str) -> None:
        self.seen.page.set_input_files(f"#{field}", [str(self.place / name) for name in names])

    def give(self, field: str, data: bytes, name: str = "given") -> None:
        file: Any = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
        self.seen.page.set_input_files(f"#{field}", [file])

    def drop(self, *names: str, on: str = "h1") -> None:
        """Drag files or folders of the disk onto an element, as a window manager would."""
        box = self.seen.page.locator(on).bounding_box()
        assert box is not None
        session = self.seen.page.context.new_cdp_session(self.seen.page)
        files = [str(self.place / name) for name in names]
        data = {"items": [], "files": files, "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            where = {"x": box["x"] + 4, "y": box["y"] + 4}
            session.send("Input.dispatchDragEvent", {"type": kind, **where, "data": data})

    def verdict(self, grade: str = "") -> str:
        """Wait for a verdict (of this grade); return its line."""
        wanted = f"[data-grade={grade}]" if grade else ":not([data-grade=waiting])"
        found = self.seen.page.wait_for_selector(f"#verdict{wanted}", timeout=10_000)
        assert found is not None
        return found.text_content() or ""

    def text(self, selector: str = "#result") -> str:
        return self.seen.page.inner_text(selector)


@pytest.fixture
def checker(browser: Browser, place: Path) -> Iterator[Checker]:
    found = Checker(seen=watched(browser, place / "checker.html"), place=place)
    yield found
    assert (found.seen.said, found.seen.asked) == ([], [])
    found.seen.page.close()


def run_vectors(checker: Checker, paths: list[Path]) -> set[str]:
    """Give the page what each vector has; return the grades seen."""
    grades = set()
    for path in paths:
        vector = json.loads(path.read_text())
        if checker.seen.page.is_visible("#clear"):
            checker.seen.page.click("#clear")
        for pem in vector["publicKeys"]:
            checker.give("key", pem.encode(), "auditor.pub")
        for pem in vector.get("challengers", ()):
            checker.give("challenger", pem.encode(), "challenger.pub")
        checker.give("certificate", base64.b64decode(vector["file"]), "input.json")
        if not vector["publicKeys"]:
            assert checker.text("#verdict") == "Waiting for the auditor's public key."
            continue
        found = checker.verdict()
        grade = checker.seen.page.get_attribute("#verdict", "data-grade")
        assert (grade, found[: len(STARTS[vector["expect"]])]) == (
            vector["expect"],
            STARTS[vector["expect"]],
        ), f"{path.stem}: {found}"
        if grade == "success" and "origin" in vector:
            kinds = {"not-needed": "not needed", "drand": "self-derived"}
            told = f"Who fixed the draws: {kinds.get(vector['origin'], vector['origin'])}"
            assert told in checker.text(), path.stem
        assert bool(checker.text()) is (grade == "success")
        grades.add(vector["expect"])
    return grades


def singles() -> dict[str, list[Path]]:
    """Return the vectors of single-input files by the grade that they expect."""
    found: dict[str, list[Path]] = {}
    for path in VECTORS:
        vector = json.loads(path.read_text())
        if "file" in vector:
            found.setdefault(vector["expect"], []).append(path)
    return found


def test_vectors_of_every_grade(checker: Checker) -> None:
    listed = singles()
    some = [path for paths in listed.values() for path in (*paths[:4], *paths[::20])]
    assert run_vectors(checker, some) == listed.keys()


@pytest.mark.slow
def test_every_vector_of_a_single_input(checker: Checker) -> None:
    listed = singles()
    every = [path for paths in listed.values() for path in paths]
    assert len(every) > 700
    assert run_vectors(checker, every) == listed.keys()


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


def test_two_certificates_at_once_are_not_guessed_between(checker: Checker) -> None:
    checker.drop("auditor.pub", "one.json", "two.json")
    assert "two certificates (one.json, two.json): expected one file" in checker.verdict()


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


def test_a_folder_beside_a_certificate_and_two_folders_are_not_mixed(checker: Checker) -> None:
    honest.build("grid").write(checker.place / "another")
    for names in (("release", "one.json"), ("release", "another")):
        checker.drop("auditor.pub", *names)
        checker.seen.page.get_by_text(f"two certificates ({names[0]}, {names[1]})").wait_for()
        assert checker.text() == ""
        checker.pick("certificate", "one.json")
        checker.verdict("success")


def test_a_key_that_lies_in_the_folder_is_not_believed(checker: Checker) -> None:
    folder = honest.build("bag", inputs=12).write(checker.place / "with-key")
    (folder / "auditor.pub").write_text(honest.P256.public.pem)
    checker.drop("with-key")
    checker.seen.page.get_by_text("Waiting for the auditor's public key.").wait_for()
    assert checker.text("#keys-held") == ""


def test_an_empty_folder_is_nothing_to_check(checker: Checker) -> None:
    (checker.place / "empty").mkdir(exist_ok=True)
    checker.pick("key", "auditor.pub")
    checker.pick("certificate", "one.json")
    checker.verdict("success")
    checker.drop("empty")
    assert "no file, or an empty folder" in checker.verdict("usage")
    assert checker.text() == ""


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


def test_a_key_can_be_taken_back(checker: Checker) -> None:
    checker.drop("auditor.pub", "one.json")
    checker.verdict("success")
    checker.seen.page.get_by_role("button", name="remove auditor.pub").click()
    assert checker.text("#verdict") == "Waiting for the auditor's public key."
    assert checker.text() == ""


def test_every_signer_is_named_beside_its_own_key(checker: Checker) -> None:
    path = next(path for path in VECTORS if path.stem == "signed-by-two-keys")
    vector = json.loads(path.read_text())
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
