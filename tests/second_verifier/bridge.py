"""Both verifiers on the same vectors: ours in this process, the second one in Node."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from auditor.errors import VerificationError
from auditor.format.keys import PublicKey
from auditor.verify.challenge import Witnesses
from auditor.verify.checking import release, single_input
from tests.honest import P256, Honest

FOLDER: Final = Path(__file__).parent
NODE: Final = shutil.which("node") or ""
SCHEMA: Final = "urn:auditor:vector:v1"

Vector = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A grade and why, or, on success, the kind of challenge behind the draws."""

    grade: str
    kind: str = ""
    reason: str = ""


def in_node(program: str, *arguments: str, lines: Iterable[object] = ()) -> list[dict[str, Any]]:
    """Run a program of this folder on lines of JSON; return the lines of JSON that it prints."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    command = [NODE, "--no-warnings", str(FOLDER / program), *arguments]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    assert not done.stderr, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def single(data: bytes, *, keys: Sequence[str] = (P256.public.pem,), **fields: object) -> Vector:
    """Return the vector of a single-input file."""
    return _vector(keys, file=base64.b64encode(data).decode(), **fields)


def folder(
    files: Mapping[str, bytes],
    digests: Mapping[str, str],
    *,
    keys: Sequence[str] = (P256.public.pem,),
    **fields: object,
) -> Vector:
    """Return the vector of a release."""
    encoded = {name: base64.b64encode(data).decode() for name, data in files.items()}
    return _vector(keys, files=encoded, digests=dict(digests), **fields)


def whole(made: Honest, **fields: object) -> Vector:
    """Return the vector of a release as it is."""
    return folder(made.contents, made.digests, keys=(made.key.public.pem,), **fields)


def _vector(keys: Sequence[str], **fields: object) -> Vector:
    return {"schema": SCHEMA, "comment": "", "publicKeys": [*keys], "expect": "", **fields}


def ours(vector: Vector) -> Outcome:
    """Return what this project's verifier says."""
    keys = [PublicKey.from_pem(pem.encode()) for pem in vector["publicKeys"]]
    asked = [PublicKey.from_pem(pem.encode()) for pem in vector.get("challengers", ())]
    witnesses = Witnesses(keys=asked)
    try:
        if "file" in vector:
            found = single_input(base64.b64decode(vector["file"]), keys, witnesses)
        else:
            files = {name: base64.b64decode(text) for name, text in vector["files"].items()}
            found = release(files, vector["digests"], keys, witnesses)
    except VerificationError as error:
        return Outcome(grade=error.grade, reason=str(error))
    return Outcome(grade="success", kind=found.challenge.kind)


def theirs(vectors: Iterable[Vector]) -> list[Outcome]:
    """Return what the second verifier says."""
    return [
        Outcome(
            grade=item["grade"],
            kind=item.get("kind", ""),
            reason="" if item["grade"] == "success" else item["reason"],
        )
        for item in in_node("vectors.mjs", "-", lines=vectors)
    ]
