"""No letter of a stranger's text goes unseen."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.format.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain Ä 数字 🐈", "plain Ä 数字 🐈"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("digits\nchallenge    met", "digits\\nchallenge    met"),
        ("\u202eevil", "\\u202eevil"),
        ("1\u034f", "1\\u034f"),
        ("\u3164\u00a0", "\\u3164\\xa0"),
        ("a\U000e0100", "a\\U000e0100"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_cannot_be_seen_is_spelt_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_some_letters_can_be_kept() -> None:
    assert visible("a\nb\r", "\n") == "a\nb\\r"


@given(st.text())
def test_it_is_done_once(text: str) -> None:
    assert visible(visible(text)) == visible(text)


def test_all_letters_that_unicode_lets_print_as_nothing_are_known() -> None:
    """Asked of another implementation, since Python has no table of them."""
    if shutil.which("node") is None:
        pytest.skip("no node here")
    script = """
        const found = [];
        for (let code = 0; code <= 0x10ffff; code++) {
          const letter = String.fromCodePoint(code);
          if (/[\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}]/u.test(letter)) found.push(code);
        }
        console.log(JSON.stringify(found));
    """
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    unseen = json.loads(done.stdout)
    assert len(unseen) > 4000
    assert [hex(code) for code in unseen if visible(chr(code)) == chr(code)] == []


def test_no_letter_of_a_script_is_spelt_out_for_nothing() -> None:
    known = {"L", "N", "P", "S"}
    spelt = [
        code
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code))[0] in known and visible(chr(code)) != chr(code)
    ]
    assert spelt == [0x115F, 0x1160, 0x3164, 0xFFA0]  # the fillers of Hangul, which show nothing
