"""Folders: the signed files, no more and no fewer, of this release and no other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from auditor.format import b64, merkle
from auditor.format.leaf import parse_leaf
from tests.honest import Honest
from tests.vectors.forging import BASE, base, forged
from tests.vectors.form import Vector, add, folder, vector
from tests.vectors.themes.signatures import ORDER

BUNDLE: Final = "certificate.sigstore.json"
FIRST, SECOND = "members/000000.onnx", "members/000001.onnx"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- files that are missing or others -------------------------------------------------------------

for _file in sorted(BASE.contents.keys() - {BUNDLE, "evidence.bin"}):
    add(
        f"missing-{_file.replace('.', '-')}",
        f"No {_file}: undecided.",
        lambda file=_file: folder("undecided", BASE, {file: None}),  # type: ignore[misc]
    )


@vector
def file_missing() -> Vector:
    """No evidence: undecided."""
    return folder("undecided", BASE, {"evidence.bin": None})


@vector
def empty_folder() -> Vector:
    """Nothing to check."""
    return Vector(expect="undecided", files={}, digests={})


EVIDENCE: Final = BASE.contents["evidence.bin"]
CHANGED: dict[str, tuple[str, str, dict[str, bytes]]] = {
    "evidence-truncated": ("One byte less than signed.", "claim", {"evidence.bin": EVIDENCE[:-1]}),
    "evidence-longer": (
        "One byte more than signed.",
        "claim",
        {"evidence.bin": EVIDENCE + b"\x00"},
    ),
    "evidence-changed": (
        "A byte of the evidence.",
        "claim",
        {"evidence.bin": b"\x06\x00\x01" + EVIDENCE[3:]},
    ),
    "recipe-changed": ("Another recipe file.", "release", {"recipe.toml": b"# another\n"}),
    "recipe-with-carriage-returns": (
        "Line ends of another system.",
        "release",
        {"recipe.toml": BASE.contents["recipe.toml"].replace(b"\n", b"\r\n")},
    ),
}
for _name, (_comment, _expect, _files) in CHANGED.items():
    add(
        _name,
        _comment,
        lambda expect=_expect, files=_files: folder(expect, BASE, files),  # type: ignore[misc]
    )


@vector
def rows_swapped() -> Vector:
    """Two rows in each other's place, in evidence whose digest is signed."""
    first, second, *rest = BASE.rows
    data = b"".join((second, first, *rest))
    lie = forged(second=lambda p: p["evidence"].update(sha256=digest(data)))
    return folder("claim", lie, {"evidence.bin": data})


# --- replay ---------------------------------------------------------------------------------------


def _theirs() -> Honest:
    """Return another release by the same key."""
    return base("views")


def _replayed(*names: str) -> Callable[[], Mapping[str, bytes | None]]:
    return lambda: {name: _theirs().contents[name] for name in names}


REPLAYS: dict[str, tuple[str, str, Callable[[], Mapping[str, bytes | None]]]] = {
    "certificate-of-another-release": (
        "A certificate by the same key that cites another precommitment.",
        "statement",
        _replayed("certificate.dsse.json"),
    ),
    "precommitment-of-another-release": (
        "A precommitment by the same key that the certificate does not cite.",
        "statement",
        _replayed("precommit.dsse.json"),
    ),
    "both-statements-of-another-release": (
        "Both statements of another release, and these claims.",
        "inclusion",
        _replayed("certificate.dsse.json", "precommit.dsse.json"),
    ),
    "claims-of-another-release": (
        "Another release's claims.",
        "inclusion",
        _replayed("claims.jsonl"),
    ),
    "evidence-of-another-release": (
        "Another release's votes.",
        "claim",
        _replayed("evidence.bin"),
    ),
    "everything-but-the-recipe-of-another-release": (
        "Another release, beside this recipe file.",
        "release",
        _replayed(*(set(BASE.contents) - {"recipe.toml"})),
    ),
    "bundle-of-another-release": (
        "A Sigstore bundle around another certificate.",
        "release",
        _replayed(BUNDLE),
    ),
}
for _name, (_comment, _expect, _replay) in REPLAYS.items():
    add(
        _name,
        _comment,
        lambda expect=_expect, replay=_replay: folder(expect, BASE, replay()),  # type: ignore[misc]
    )


@vector
def members_of_another_release() -> Vector:
    """This certificate over other members: a certificate is about its own alone."""
    listing = f"{digest(b'another')}  {FIRST}\n{digest(b'third')}  {SECOND}\n".encode()
    digests = {FIRST: digest(b"another"), SECOND: digest(b"third")}
    return folder("release", BASE, {"members.sha256": listing}, digests)


# --- the bundle -----------------------------------------------------------------------------------


def _bundle(change: Callable[[dict[str, object]], object]) -> Mapping[str, bytes | None]:
    value = json.loads(BASE.contents[BUNDLE])
    change(value)
    return {BUNDLE: json.dumps(value).encode()}


def _other_signature(value: dict[str, object]) -> None:
    """Give the wrapped envelope the other form of the same signature."""
    signature = value["dsseEnvelope"]["signatures"][0]  # type: ignore[index]
    r, s = decode_dss_signature(b64.decode(signature["sig"], ""))
    signature["sig"] = b64.encode(encode_dss_signature(r, ORDER - s))


BUNDLES: dict[str, tuple[str, str, Callable[[dict[str, object]], object]]] = {
    "bundle-with-other-material": (
        "A bundle's verification material is a hint and not read.",
        "success",
        lambda value: value.update(verificationMaterial={"certificate": {"rawBytes": ""}}),
    ),
    "bundle-with-white-space": ("White space says nothing.", "success", lambda value: None),
    "bundle-of-another-version": (
        "A bundle of another version.",
        "envelope",
        lambda value: value.update(
            mediaType="application/vnd.dev.sigstore.bundle+json;version=0.1"
        ),
    ),
    "bundle-without-envelope": (
        "A bundle around nothing.",
        "envelope",
        lambda value: value.pop("dsseEnvelope"),
    ),
    "bundle-with-the-other-signature": (
        "The same payload under the other form of its signature: not the same envelope.",
        "release",
        _other_signature,
    ),
}
for _name, (_comment, _expect, _change) in BUNDLES.items():
    add(
        _name,
        _comment,
        lambda expect=_expect, change=_change: folder(expect, BASE, _bundle(change)),  # type: ignore[misc]
    )


@vector
def bundle_that_is_no_json() -> Vector:
    """The bundle is optional; one that is there is right."""
    return folder("envelope", BASE, {BUNDLE: b"\x00"})


# --- inputs ---------------------------------------------------------------------------------------


@vector
def true_label_changed() -> Vector:
    """A true label that is not the committed one, to raise the certified accuracy."""
    return folder("statement", forged(item=lambda item: replace(item, true_label=0)))


@vector
def true_label_withheld() -> Vector:
    """A true label left out where one was committed."""
    return folder("statement", forged(item=lambda item: replace(item, true_label=None)))


@vector
def input_exchanged() -> Vector:
    """A claim about an input that was not committed."""
    return folder(
        "statement",
        forged(item=lambda item: replace(item, input=replace(item.input, tensor="0" * 64))),
    )


@vector
def input_salted_anew() -> Vector:
    """The same input under another salt is another name."""
    return folder(
        "statement",
        forged(item=lambda item: replace(item, input=replace(item.input, salt="0" * 32))),
    )


@vector
def input_twice() -> Vector:
    """One input committed and claimed twice: it would count twice."""
    parsed = [parse_leaf(line, "leaf") for line in base("partition").leaves]
    twice = replace(parsed[0], index=1)
    names = [parsed[0], twice, *parsed[2:]]
    root = merkle.Tree(item.input_entry() for item in names).root.hex()
    lie = forged(
        base("partition"),
        rows={1: base("partition").rows[0]},
        item=lambda item: replace(item, input=twice.input, true_label=twice.true_label),
        audit=lambda audit: audit["inputs"].update(rootHash=root),
    )
    return folder("statement", lie)


@vector
def input_twice_under_two_salts() -> Vector:
    """Salts are the auditor's, so no step sees one input under two names: verdicts say so."""
    parsed = [parse_leaf(line, "leaf") for line in base("partition").leaves]
    salt = "0" * 32
    again = replace(parsed[1], input=replace(parsed[1].input, salt=salt))
    names = [parsed[0], again, *parsed[2:]]
    root = merkle.Tree(item.input_entry() for item in names).root.hex()
    lie = forged(
        base("partition"),
        item=lambda item: replace(item, input=replace(item.input, salt=salt)),
        audit=lambda audit: audit["inputs"].update(rootHash=root),
    )
    return folder("success", lie)
