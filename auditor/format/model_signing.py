"""``model.sig``: an OpenSSF model signature (predicate v1.0), read strictly.

The format is that of the ``model_signing`` library, which writes it (``auditor/modelsign.py``). Its
subject digest hashes the files' digests without their names, so that alone identifies nothing:
what counts here is the list of names and digests.
"""

from __future__ import annotations

import hashlib
from typing import Final

from auditor.errors import ReleaseError
from auditor.format import strict_json
from auditor.format.dsse import MAX_ENVELOPE
from auditor.format.fields import Fields
from auditor.format.statement import STATEMENT_TYPE

FILE: Final = "model.sig"
PREDICATE_TYPE: Final = "https://model_signing/signature/v1.0"
MAX_FILE: Final = 2 * MAX_ENVELOPE
_MAX_RESOURCES: Final = 1_000_000


def parse(payload: bytes, where: str) -> dict[str, str]:
    """Return {name: SHA-256 in hex} of the files that a model signature lists.

    Names are relative to the signed folder, and come as they stand: nothing is normalised. Unknown
    fields are ignored, as this predicate demands. Raises ReleaseError for another type, another
    way of hashing, a name twice and a subject digest that is not that of the list; EnvelopeError
    for what is no strict JSON.
    """
    value = strict_json.parse(payload, where, limit=MAX_ENVELOPE)
    fields = Fields(value, where, ReleaseError)
    fields.choice("_type", (STATEMENT_TYPE,))
    fields.choice("predicateType", (PREDICATE_TYPE,))
    subjects = fields.sections("subject", limit=16)
    if len(subjects) != 1:
        raise ReleaseError(f"{where}.subject: expected one, got {len(subjects)}")
    predicate = fields.section("predicate")
    serialization = predicate.section("serialization")
    serialization.choice("method", ("files",))
    serialization.choice("hash_type", ("sha256",))
    found: dict[str, str] = {}
    for item in predicate.sections("resources", limit=_MAX_RESOURCES):
        name = item.text("name", limit=1024)
        item.choice("algorithm", ("sha256",))
        if name in found:
            raise ReleaseError(f"{item.where}.name: {name[:80]!r} is listed twice")
        found[name] = item.hexadecimal("digest")
    root = hashlib.sha256(b"".join(map(bytes.fromhex, found.values()))).hexdigest()
    claimed = subjects[0].section("digest").hexadecimal("sha256")
    if claimed != root:
        raise ReleaseError(f"{where}.subject[0].digest.sha256: expected {root}, got {claimed}")
    return found
