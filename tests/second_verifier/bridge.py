"""Both verifiers on the same vectors: ours in this process, the second one in Node."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from auditor.errors import VerificationError
from auditor.format.keys import PublicKey
from auditor.verify.checking import release, single_input
from tests.honest import P256, Honest

FOLDER: Final = Path(__file__).parent
NODE: Final = shutil.which("node") or ""
SCHEMA: Final = "urn:auditor:vector:v1"


def in_node(program: str, *arguments: str, lines: Iterable[object] = ()) -> list[dict[str, Any]]:
    """Run a program of this folder on lines of JSON; return the lines of JSON that it prints."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    command = [NODE, str(FOLDER / program), *arguments]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)  # noqa: S603
    assert not done.stderr, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def single(data: bytes, key: str = P256.public.pem) -> dict[str, Any]:
    """Return the vector of a single-input file."""
    return _vector(key, file=base64.b64encode(data).decode())


def folder(
    files: Mapping[str, bytes], digests: Mapping[str, str], key: str = P256.public.pem
) -> dict[str, Any]:
    """Return the vector of a release."""
    encoded = {name: base64.b64encode(data).decode() for name, data in files.items()}
    return _vector(key, files=encoded, digests=dict(digests))


def whole(made: Honest) -> dict[str, Any]:
    return folder(made.contents, made.digests, made.key.public.pem)


def _vector(key: str, **fields: object) -> dict[str, Any]:
    common = {"schema": SCHEMA, "comment": "", "publicKeys": [key], "expect": ""}
    return {**common, **fields}


def ours(vector: Mapping[str, Any]) -> tuple[str, str]:
    """Return this project's grade, and why."""
    keys = [PublicKey.from_pem(pem.encode()) for pem in vector["publicKeys"]]
    try:
        if "file" in vector:
            single_input(base64.b64decode(vector["file"]), keys)
        else:
            files = {name: base64.b64decode(text) for name, text in vector["files"].items()}
            release(files, vector["digests"], keys)
    except VerificationError as error:
        return error.grade, str(error)
    return "success", ""


def theirs(vectors: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return the second verifier's grades, and why."""
    found = in_node("vectors.mjs", "-", lines=vectors)
    return [(item["grade"], item.get("reason", "")) for item in found]
