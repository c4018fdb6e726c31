"""Ed25519 keys under which anybody can sign: what they would do, and that no command takes one.

The eight points whose order divides 8 have eight canonical encodings and six more that decoders
take for them (Chalkias, Garillot and Nikolaenko 2020, section 2).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from typer.testing import CliRunner

from auditor.cli.main import app
from auditor.errors import UsageError
from auditor.format import dsse, keys
from auditor.format.keys import PrivateKey, PublicKey
from tests import honest

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
RUNNER = CliRunner()


def encode(y: int, sign: int) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


def square_root(value: int) -> int | None:
    root = pow(value, (P + 3) // 8, P)
    for candidate in (root, root * pow(2, (P - 1) // 4, P) % P):
        if (candidate * candidate - value) % P == 0:
            return candidate
    return None


def order_8() -> int:
    """A point of order 8 doubles to y = 0, so its coordinates obey x^2 = -y^2.

    In -x^2 + y^2 = 1 + d x^2 y^2 that is d y^4 + 2 y^2 - 1 = 0.
    """
    root = square_root(1 + D)
    assert root is not None
    for squared in ((root - 1) * pow(D, -1, P) % P, (-root - 1) * pow(D, -1, P) % P):
        y = square_root(squared)
        if y is not None:
            return y
    raise AssertionError


Y8 = order_8()
CANONICAL = {
    "order 1": encode(1, 0),
    "order 2": encode(P - 1, 0),
    "order 4": encode(0, 0),
    "order 4, -x": encode(0, 1),
    "order 8, y": encode(Y8, 0),
    "order 8, y, -x": encode(Y8, 1),
    "order 8, -y": encode(P - Y8, 0),
    "order 8, -y, -x": encode(P - Y8, 1),
}
OTHERS = {
    "order 1, x = -0": encode(1, 1),
    "order 2, x = -0": encode(P - 1, 1),
    "order 4, y = p": encode(P, 0),
    "order 4, y = p, -x": encode(P, 1),
    "order 1, y = p + 1": encode(P + 1, 0),
    "order 1, y = p + 1, x = -0": encode(P + 1, 1),
}
KEYS = CANONICAL | OTHERS


def pem(raw: bytes) -> bytes:
    key = Ed25519PublicKey.from_public_bytes(raw)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("raw", KEYS.values(), ids=KEYS)
def test_nobody_signs_for_such_a_key_and_the_library_accepts_it(raw: bytes) -> None:
    """With S = 0 and R of low order, R = -h A is all that is asked: one choice in eight will do."""
    key = Ed25519PublicKey.from_public_bytes(raw)
    payload = honest.build("partition").certificate.to_statement("00" * 32).to_payload()

    def accepted(attempt: int) -> bool:
        message = dsse.pae(dsse.PAYLOAD_TYPE, payload + b" " * attempt)
        for commitment in CANONICAL.values():
            try:
                key.verify(commitment + bytes(32), message)
            except InvalidSignature:
                continue
            return True
        return False

    assert any(accepted(attempt) for attempt in range(200))


@pytest.mark.parametrize("raw", KEYS.values(), ids=KEYS)
def test_such_a_key_is_refused_when_it_is_read(raw: bytes) -> None:
    with pytest.raises(UsageError, match=r"^here: .* low order"):
        PublicKey.from_pem(pem(raw), "here")


@pytest.mark.parametrize("raw", KEYS.values(), ids=KEYS)
def test_audit_verify_refuses_such_a_key_in_one_sentence(raw: bytes, tmp_path: Path) -> None:
    release = honest.build("partition").write(tmp_path / "release")
    path = tmp_path / "low.pub"
    path.write_bytes(pem(raw))
    result = RUNNER.invoke(app, ["verify", str(release), "--key", str(path)])
    assert (result.exit_code, result.stdout) == (2, "")
    sentence = f"audit: {path}: an Ed25519 key of low order verifies forged signatures\n"
    assert result.stderr == sentence


class Nobody:
    """Signs without a secret: R is the identity and S is 0."""

    def sign(self, message: bytes, _: object) -> bytes:
        return encode(1, 0) + bytes(32)


def test_without_the_check_a_release_that_nobody_signed_would_be_verified(tmp_path: Path) -> None:
    path = tmp_path / "identity.pub"
    path.write_bytes(pem(encode(1, 0)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_LOW_ORDER", frozenset())
        key = PrivateKey(Nobody(), PublicKey.from_pem(path.read_bytes()))  # type: ignore[arg-type]
        release = honest.build("partition", key=key).write(tmp_path / "release")
        result = RUNNER.invoke(app, ["verify", str(release), "--key", str(path)])
        assert (result.exit_code, result.stdout[:9]) == (0, "VERIFIED ")
    result = RUNNER.invoke(app, ["verify", str(release), "--key", str(path)])
    assert (result.exit_code, result.stdout) == (2, "")
