"""What somebody without the key can do: change any byte of a file, and know the format well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from auditor.errors import AuditorError
from auditor.format import b64
from tests.fuzz.choices import Choices, chance, one
from tests.fuzz.mutate import Pairs, changed_bytes, changed_json, parsed, written
from tests.fuzz.releases import COUNT, release
from tests.honest import Honest


def changed_file(choices: Choices, data: bytes, others: Sequence[bytes]) -> bytes:
    """Return a file's bytes after one to three mutations."""
    for _ in range(1 + choices.below(3)):
        match choices.below(4):
            case 0:
                data = changed_bytes(choices, data, others)
            case 1:
                data = _inside(choices, data)
            case _:
                data = _json(choices, data)
    return data


def changed_input(choices: Choices) -> tuple[Honest, int, bytes]:
    """Return a release, an input, and that input's file after mutations."""
    made = release(choices.below(COUNT))
    index = choices.below(len(made.leaves))
    others = (made.single(0), release(choices.below(COUNT)).single(index))
    return made, index, changed_file(choices, made.single(index), others)


def changed_folder(choices: Choices) -> tuple[Honest, dict[str, bytes], dict[str, str]]:
    """Return a release, and its files and digests of members after mutations."""
    made = release(choices.below(COUNT))
    files, digests = dict(made.contents), dict(made.digests)
    for _ in range(1 + choices.below(2)):
        name = one(choices, sorted(made.contents))
        other = release(choices.below(COUNT)).contents
        match choices.below(8):
            case 0:
                files.pop(name, None)
            case 1:
                files[name] = other.get(name, b"")
            case 2:
                extra = one(choices, ("challenge.dsse.json", "challenge.drand.json", "model.sig"))
                files[extra] = one(choices, sorted(other.values()))
            case 3:
                _members(choices, digests)
            case _:
                others = (other.get(name, b""), *made.contents.values())
                files[name] = changed_file(choices, files.get(name, b""), others)
    return made, files, digests


def _members(choices: Choices, digests: dict[str, str]) -> None:
    names = (*sorted(digests), "members/000002.onnx", "members/../x", "frontend.onnx", "members/")
    name = one(choices, names)
    if chance(choices, 3):
        digests.pop(name, None)
    else:
        digests[name] = one(choices, (*sorted(digests.values()), "0" * 64, ""))


def _json(choices: Choices, data: bytes) -> bytes:
    try:
        return written(changed_json(choices, parsed(data)))
    except (ValueError, RecursionError):
        return changed_bytes(choices, data)


def _inside(choices: Choices, data: bytes) -> bytes:
    """Return JSON with bytes changed inside one of its base64 texts."""
    try:
        value = parsed(data)
        texts = [
            (parent, place)
            for parent in _objects(value)
            for place, (_, item) in enumerate(parent)
            if isinstance(item, str) and len(item) > 20
        ]
        if not texts:
            return changed_bytes(choices, data)
        parent, place = one(choices, texts)
        key, text = parent[place]
        parent[place] = (key, b64.encode(changed_bytes(choices, b64.decode(text, ""))))
        return written(value)
    except (AuditorError, ValueError, RecursionError):
        return changed_bytes(choices, data)


def _objects(value: Any) -> list[Pairs]:  # noqa: ANN401 - any JSON
    inner = [item for _, item in value] if isinstance(value, Pairs) else value
    found = [value] if isinstance(value, Pairs) else []
    if isinstance(inner, list):
        for item in inner:
            found += _objects(item)
    return found
