"""Policies and trust for the tests of the gate, and the list of what ``tests.honest`` lists."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from auditor.format import input_list
from auditor.format.examples import tensor_bytes
from auditor.verify import policy as policies
from auditor.verify import trust as trusts
from auditor.verify.challenge import Witnesses
from auditor.verify.checking import release
from auditor.verify.policy import Policy
from auditor.verify.trust import Trust
from auditor.verify.verified import Verified
from tests.honest import ED25519, P256, Honest

NOW: Final = "2026-11-24T10:00:00Z"
TRUST: Final[Mapping[str, Any]] = {
    "version": 1,
    "keys": [
        {"name": "auditor", "pem": P256.public.pem, "roles": ["auditor"]},
        {"name": "challenger", "pem": ED25519.public.pem, "roles": ["challenger"]},
    ],
}


def toml(value: object) -> str:
    """Write a value as TOML writes it inside a line; a JSON string is a TOML string."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


def document(value: Mapping[str, Any]) -> bytes:
    return "".join(f"{json.dumps(k)} = {toml(v)}\n" for k, v in value.items()).encode()


def trust(**changes: object) -> Trust:
    return trusts.parse(document({**TRUST, **changes}), "trust.toml", _no_file)


def policy(files: Mapping[str, bytes] | None = None, **tables: object) -> Policy:
    data = document({"version": 1, **tables})
    return policies.parse(data, "release.toml", (files or {}).__getitem__)


def verified(built: Honest, *, challengers: bool = False) -> Verified:
    witnesses = Witnesses(keys=(ED25519.public,) if challengers else ())
    return release(built.contents, built.digests, [built.key.public], witnesses)


def listed(size: int, classes: Sequence[str] = ("0", "1")) -> bytes:
    """Return the list of the first ``size`` inputs of a release that ``tests.honest`` builds."""
    return input_list.build((tensor(i), classes[i % 2]) for i in range(size))


def tensor(index: int) -> str:
    data = tensor_bytes(index.to_bytes(16, "big"), shape=(1, 4, 4), dtype="uint8")
    return hashlib.sha256(data).hexdigest()


def _no_file(name: str) -> bytes:
    raise AssertionError(name)
