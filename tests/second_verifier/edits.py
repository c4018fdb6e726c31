"""Honest files with something changed: bits, or values of the JSON with everything signed again."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from auditor.format import dsse, merkle
from auditor.format import leaf as lines_of
from auditor.format.strict_json import canonical
from tests.honest import P256, Honest
from tests.second_verifier import bridge
from tests.second_verifier.bridge import Vector

Json = Any
Path = tuple[str | int, ...]

CERTIFICATE: Final = "certificate.dsse.json"
PRECOMMITMENT: Final = "precommit.dsse.json"
BUNDLE: Final = "certificate.sigstore.json"
ENVELOPES: Final = (CERTIFICATE, PRECOMMITMENT, BUNDLE)

_NAMES: Final = (
    *("extra", "sha512", "__proto__", "constructor", "keyid", "method", "window"),
    *("total", "trainExamples", "inputFeatures", "inputPatch", "selectionDraws"),
)
_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, 1, -1, 2, 3, 5, 255, 2**40, 2**40 + 1, 2**53 - 1, 65536, 1_000_001),
    *("", "0", "1", "a" * 64, "é", "1/3", "0/1", "1/0", "01/2", "2/1", "-1/2", "0.5"),
    *("group", "none", "flip", "drand", "signed", "content", "2026-02-30T10:00:00Z"),
    *([], {}, [1], [[]], {"a": 1}, {"sha256": "0" * 64}, {"total": 1}, {"trainExamples": 1}),
)


def flipped(release: Honest, rng: random.Random, count: int) -> Iterator[Vector]:
    """Yield the release, or the file of one of its inputs, with one bit changed."""
    index = rng.randrange(len(release.leaves))
    keys = (release.key.public.pem,)
    for _ in range(count):
        name = rng.choice((None, *release.contents))
        data = bytearray(release.single(index) if name is None else release.contents[name])
        place = rng.randrange(len(data))
        data[place] ^= 1 << rng.randrange(8)
        if name is None:
            yield bridge.single(bytes(data), keys=keys)
        else:
            files = {**release.contents, name: bytes(data)}
            yield bridge.folder(files, release.digests, keys=keys)


def edited(release: Honest, rng: random.Random, count: int) -> Iterator[Vector]:
    """Yield the release with one value of its JSON changed and, where signed, signed again."""
    for _ in range(count):
        change = rng.choice(
            (_audit, _recipe, _certificate, _precommitment, _container, _leaf, _file)
        )
        yield change(release, rng)


def _audit(release: Honest, rng: random.Random) -> Vector:
    audit, _ = edit(_payload(release, CERTIFICATE)["predicate"]["audit"], rng)
    return _with_audit(release, rng, audit)


def _recipe(release: Honest, rng: random.Random) -> Vector:
    audit = _payload(release, CERTIFICATE)["predicate"]["audit"]
    part = rng.choice(("smoothing", "smoothing", "claim", "claim", "alphabet"))
    audit["recipe"][part], _ = edit(audit["recipe"][part], rng)
    return _with_audit(release, rng, audit)


def _with_audit(release: Honest, rng: random.Random, audit: object) -> Vector:
    certificate, first = _payload(release, CERTIFICATE), _payload(release, PRECOMMITMENT)
    certificate["predicate"]["audit"] = first["predicate"]["audit"] = audit
    return _signed(release, rng, certificate, first)


def _certificate(release: Honest, rng: random.Random) -> Vector:
    certificate, _ = edit(_payload(release, CERTIFICATE), rng)
    files = {**release.contents, CERTIFICATE: dsse.sign(canonical(certificate), P256)}
    return _either(replace(release, contents=files), rng)


def _precommitment(release: Honest, rng: random.Random) -> Vector:
    first, _ = edit(_payload(release, PRECOMMITMENT), rng)
    return _signed(release, rng, _payload(release, CERTIFICATE), first)


def _container(release: Honest, rng: random.Random) -> Vector:
    value, _ = edit(json.loads(release.single(1)), rng)
    return bridge.single(json.dumps(value).encode())


def _leaf(release: Honest, rng: random.Random) -> Vector:
    leaf, _ = edit(json.loads(release.leaves[1]), rng)
    leaves = (release.leaves[0], canonical(leaf), *release.leaves[2:])
    certificate = _payload(release, CERTIFICATE)
    certificate["predicate"]["batch"]["rootHash"] = merkle.Tree(leaves).root.hex()
    files = {
        **release.contents,
        CERTIFICATE: dsse.sign(canonical(certificate), P256),
        "claims.jsonl": lines_of.join(leaves),
    }
    return _either(replace(release, contents=files, leaves=leaves), rng)


def _file(release: Honest, rng: random.Random) -> Vector:
    name = rng.choice(ENVELOPES)
    value, _ = edit(json.loads(release.contents[name]), rng)
    files = {**release.contents, name: json.dumps(value).encode()}
    return bridge.folder(files, release.digests)


def _payload(release: Honest, name: str) -> Json:
    return json.loads(dsse.parse(release.contents[name], name).payload)


def _signed(release: Honest, rng: random.Random, certificate: Json, first: Json) -> Vector:
    """Return the release with these statements, the second citing the first."""
    payload = canonical(first)
    certificate["predicate"]["precommitment"] = {"sha256": hashlib.sha256(payload).hexdigest()}
    files = {
        **release.contents,
        PRECOMMITMENT: dsse.sign(payload, P256),
        CERTIFICATE: dsse.sign(canonical(certificate), P256),
    }
    return _either(replace(release, contents=files), rng)


def _either(release: Honest, rng: random.Random) -> Vector:
    if rng.random() < 0.5:
        return bridge.single(release.single(1))
    files = {name: data for name, data in release.contents.items() if name != BUNDLE}
    return bridge.folder(files, release.digests)


def edit(value: Json, rng: random.Random) -> tuple[Json, Path]:
    """Return a copy with one change, and where it is."""
    while True:
        copied = copy.deepcopy(value)
        path = rng.choice([path for path in _paths(copied) if path])
        _change(copied, path, rng)
        if json.dumps(copied) != json.dumps(value):  # false is not 0
            return copied, path


def _paths(value: Json, path: Path = ()) -> Iterator[Path]:
    yield path
    keys: Iterable[str | int] = ()
    if isinstance(value, dict):
        keys = value
    elif isinstance(value, list):
        keys = range(len(value))
    for key in keys:
        yield from _paths(value[key], (*path, key))


def _change(value: Json, path: Path, rng: random.Random) -> None:
    """Change what is at ``path``, or do nothing where the drawn change does not fit."""
    parent = value
    for key in path[:-1]:
        parent = parent[key]
    key, old = path[-1], parent[path[-1]]
    new: Json = None
    match rng.choice(("delete", "rename", "add", "more", "text", "order", "value", "value")):
        case "delete":
            parent.pop(key)
            return
        case "rename" if isinstance(parent, dict):
            parent[f"{key}{rng.choice('x1 ')}"] = parent.pop(key)
            return
        case "add" if isinstance(old, dict):
            new = {**old, rng.choice(_NAMES): rng.choice(_VALUES)}
        case "add" if isinstance(old, list):
            new = [*old, rng.choice((*_VALUES, *old))]
        case "more" if type(old) is int:
            new = old + rng.choice((-2, -1, 1, 2, 10))
        case "text" if isinstance(old, str):
            place = rng.randrange(len(old) + 1)
            new = old[:place] + rng.choice("0123456789abcdefxzZF/. -\n\u0660") + old[place:]
            new = new[: rng.choice((None, -1))]
        case "order" if isinstance(old, list):
            new = rng.sample(old, len(old))
        case "value":
            new = rng.choice(_VALUES)
        case _:
            return
    parent[key] = new
