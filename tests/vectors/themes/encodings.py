"""Base64, hexadecimal and dates: one spelling of each value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tests.vectors.forging import BASE, Edit, forged, put
from tests.vectors.form import add, container, single
from tests.vectors.themes.envelopes import edited

FILE: Final = container(BASE)
ROW: Final[str] = FILE["row"]
LEAF: Final[str] = FILE["leaf"]


def _respelt(text: str, change: Callable[[str], str]) -> str:
    after = change(text)
    assert after != text
    return after


def _spare(text: str) -> str:
    """Return the text with a bit set that decoders drop."""
    assert text.endswith("=")
    digits = text.rstrip("=")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return digits[:-1] + alphabet[alphabet.index(digits[-1]) + 1] + text[len(digits) :]


PADDED: Final = next(t for t in (ROW, LEAF, *FILE["inclusion"]["hashes"]) if t.endswith("="))
BASE64: dict[str, tuple[str, str, Callable[[str], str]]] = {
    "base64-mixed-alphabets": (
        "But not in one text.",
        "envelope",
        lambda text: "+_" + text[2:],
    ),
    "base64-without-padding": (
        "Base64 has one spelling.",
        "envelope",
        lambda text: text.rstrip("="),
    ),
    "base64-too-much-padding": (
        "More padding than is due.",
        "envelope",
        lambda text: text + "====",
    ),
    "base64-padding-inside": (
        "Padding in the middle: two texts in one.",
        "envelope",
        lambda text: "QQ==" + text,
    ),
    "base64-spare-bits": ("Bits that decoders drop.", "envelope", _spare),
    "base64-line-feed": (
        "A line feed between digits.",
        "envelope",
        lambda text: text[:4] + "\n" + text[4:],
    ),
    "base64-trailing-line-feed": ("A line feed at the end.", "envelope", lambda text: text + "\n"),
    "base64-space": ("A space between digits.", "envelope", lambda text: text[:4] + " " + text[4:]),
    "base64-junk": (
        "A character of no alphabet, which some decoders skip.",
        "envelope",
        lambda text: text[:4] + "!" + text[4:],
    ),
    "base64-wide-digits": (
        "Digits of another script.",
        "envelope",
        lambda text: text[:-4] + "\uff10" * 4,
    ),
}
for _name, (_comment, _expect, _change) in BASE64.items():
    add(
        _name,
        _comment,
        lambda expect=_expect, change=_change: edited(  # type: ignore[misc]
            expect, lambda e: e.update(payload=_respelt(e["payload"], change))
        ),
    )

for _part, _text in (("leaf", LEAF), ("row", ROW)):
    add(
        f"base64-{_part}-not-decodable",
        f"The container's {_part} in no base64.",
        lambda part=_part, text=_text: single("envelope", BASE, **{part: text[:-1]}),  # type: ignore[misc]
    )
add(
    "base64-url-safe",
    "DSSE: both alphabets are read.",
    lambda: edited("success", lambda e: e["signatures"][0].update(sig=_url_safe(e))),
)


def _url_safe(envelope: dict[str, Any]) -> str:
    text: str = envelope["signatures"][0]["sig"]
    return _respelt(text, lambda sig: sig.replace("+", "-").replace("/", "_"))


add(
    "base64-hash-with-spare-bits",
    "A hash of the proof with bits that decoders drop.",
    lambda: single(
        "envelope",
        BASE,
        inclusion={
            **FILE["inclusion"],
            "hashes": [_spare(text) for text in FILE["inclusion"]["hashes"]],
        },
    ),
)

HEXADECIMAL: dict[str, tuple[str, Callable[[str], str]]] = {
    "hex-in-capitals": ("Hexadecimal is in small letters.", str.upper),
    "hex-trailing-line-feed": (
        "A line feed at the end, which a pattern with a dollar sign lets pass.",
        lambda text: text + "\n",
    ),
    "hex-too-short": ("One digit less.", lambda text: text[:-1]),
    "hex-too-long": ("Two digits more.", lambda text: text + "00"),
    "hex-prefix": ("0x in front.", lambda text: "0x" + text[2:]),
    "hex-with-spaces": ("Spaces, which some decoders skip.", lambda text: text[:60] + "  00"),
    "hex-arabic-digits": ("Digits of another script.", lambda text: text[:-2] + "\u0661\u0662"),
    "hex-empty": ("No digits.", lambda text: ""),
}


def _hex(path: tuple[str, ...], change: Callable[[str], str]) -> Edit:
    def edit(root: dict[str, Any]) -> None:
        inner = root
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = _respelt(inner[path[-1]], change)

    return edit


for _name, (_comment, _change) in HEXADECIMAL.items():
    add(
        _name,
        _comment,
        lambda change=_change: single(  # type: ignore[misc]
            "statement", forged(second=_hex(("batch", "rootHash"), change))
        ),
    )
_PLACES: dict[str, dict[str, Any]] = {
    "evidence": {"second": _hex(("evidence", "sha256"), str.upper)},
    "graph": {"second": _hex(("members", "graph", "sha256"), str.upper)},
    "dataset-root": {"audit": _hex(("dataset", "rootHash"), str.upper)},
    "inputs-root": {"audit": _hex(("inputs", "rootHash"), str.upper)},
    "code": {"audit": _hex(("code", "sha256"), str.upper)},
    "recipe-file": {"audit": _hex(("recipeFile", "sha256"), str.upper)},
    "key-id": {"first": _hex(("keyid",), str.upper)},
    "subject": {
        "statements": (None, lambda s: _hex(("sha256",), str.upper)(s["subject"][0]["digest"]))
    },
}
for _name, _lie in _PLACES.items():
    add(
        f"hex-{_name}-in-capitals",
        f"The same rule for the digest at {_name.replace('-', ' ')}.",
        lambda lie=_lie: single("statement", forged(**lie)),  # type: ignore[misc]
    )
add(
    "hex-serial-too-short",
    "A serial of 31 digits.",
    lambda: single("statement", forged(first=put("serial", value="0" * 31))),
)
for _name in ("salt", "source", "tensor"):
    add(
        f"hex-{_name}-in-capitals",
        f"The {_name} of a leaf's input in capitals.",
        lambda name=_name: single(  # type: ignore[misc]
            "statement",
            forged(line=lambda data: _capitals(data, f'"{name}":"'.encode())),
        ),
    )


def _capitals(data: bytes, before: bytes) -> bytes:
    start = data.index(before) + len(before)
    end = data.index(b'"', start)
    return data[:start] + data[start:end].upper() + data[end:]


DATES: dict[str, tuple[str, str]] = {
    "date-of-no-day": ("The 30th of February.", "2026-02-30T10:00:00Z"),
    "date-of-no-leap-year": ("The 29th of February of 2100.", "2100-02-29T10:00:00Z"),
    "date-of-no-month": ("The 13th month.", "2026-13-01T10:00:00Z"),
    "date-of-year-zero": ("Years begin with 1.", "0000-01-01T10:00:00Z"),
    "date-of-no-hour": ("24 o'clock is tomorrow.", "2026-11-23T24:00:00Z"),
    "date-of-no-minute": ("The 60th minute.", "2026-11-23T10:60:00Z"),
    "date-of-a-leap-second": ("The 60th second.", "2026-11-23T10:00:60Z"),
    "date-with-an-offset": ("Times are in UTC, written Z.", "2026-11-23T10:00:00+00:00"),
    "date-without-zone": ("A time of nobody's zone.", "2026-11-23T10:00:00"),
    "date-in-small-letters": ("t and z.", "2026-11-23t10:00:00z"),
    "date-with-a-space": ("A space instead of T.", "2026-11-23 10:00:00Z"),
    "date-with-fractions": ("Parts of a second.", "2026-11-23T10:00:00.5Z"),
    "date-with-a-line-feed": ("A line feed at the end.", "2026-11-23T10:00:00Z\n"),
    "date-in-arabic-digits": ("Digits of another script.", "202\u0666-11-23T10:00:00Z"),
    "date-alone": ("A day without time.", "2026-11-23"),
    "date-by-week": ("The week of a year.", "2026-W48-1T10:00:00Z"),
    "date-empty": ("No date.", ""),
}
for _name, (_comment, _text) in DATES.items():
    add(
        _name,
        _comment,
        lambda text=_text: single("statement", forged(first=put("createdAt", value=text))),  # type: ignore[misc]
    )
add(
    "date-as-a-number",
    "Seconds since 1970.",
    lambda: single("statement", forged(first=put("createdAt", value=1795000000))),
)
add(
    "date-of-a-leap-day",
    "The 29th of February of 2028 is a day.",
    lambda: single("success", forged(first=put("createdAt", value="2028-02-29T23:59:59Z"))),
)
