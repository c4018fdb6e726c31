"""A time-stamping authority on this machine: it stamps any digest, at any time it is told.

Certificates come from ``cryptography``, which can date them back; every token is signed by
``openssl cms`` over a TSTInfo spelled out here, so that any field of it can be wrong.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")

TIME_STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
SERVER = ExtendedKeyUsageOID.SERVER_AUTH
TST_INFO = "1.2.840.113549.1.9.16.1.4"
SHA256, SHA512 = "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.3"

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Accuracy = tuple[int | None, int | None, int | None]


def openssl(*arguments: str) -> bytes:
    """Run openssl and return its standard output."""
    command = [OPENSSL or "openssl", *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def new_key(kind: Literal["p256", "rsa"] = "p256") -> PrivateKey:
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def save(self, folder: Path, name: str) -> tuple[Path, Path]:
        """Write ``name.pem`` and ``name.key``; return both paths."""
        certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
        certificate.write_bytes(self.pem)
        key.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate, key


def certify(
    name: str,
    issuer: Pair | None = None,
    *,
    ca: bool = False,
    usage: Sequence[ObjectIdentifier] | None = None,
    critical: bool = True,
    valid: tuple[int, int] = (2000, 2100),
    kind: Literal["p256", "rsa"] = "p256",
    key: PrivateKey | None = None,
    serial: int | None = None,
) -> Pair:
    """Return a certificate by ``issuer`` (or by itself), valid between two New Year's Days."""
    key = key or new_key(kind)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(datetime(valid[0], 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(valid[1], 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=critical)
    signing = issuer.key if issuer else key
    return Pair(certificate=builder.sign(signing, hashes.SHA256()), key=key)


class Authority:
    """A root and a certificate for time-stamping below it, in a folder of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        kind: Literal["p256", "rsa"] = "p256",
        root: Pair | None = None,
        signer: Pair | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.root = root or certify("Test Root", ca=True, kind=kind)
        self.signer = signer or certify("Test TSA", self.root, usage=[TIME_STAMPING], kind=kind)
        self.signer.save(folder, "signer")

    @property
    def root_pem(self) -> bytes:
        """What a relying party pins."""
        return self.root.pem

    def stamp(
        self,
        digest: str,
        *,
        at: str,
        status: int = 0,
        accuracy: Accuracy | None = (1, None, None),
        fraction: str = "",
        algorithm: str = SHA256,
        version: int = 1,
        content: str = TST_INFO,
        md: str = "sha256",
        enclosed: Sequence[bytes] = (),
        options: Sequence[str] = (),
    ) -> bytes:
        """Return a TimeStampResp (DER) on a digest (hex), made ``at`` YYYY-MM-DDThh:mm:ssZ.

        ``accuracy`` is seconds, milliseconds and microseconds, ``fraction`` the decimals of the
        second; ``md`` is what the signature hashes with, ``enclosed`` are certificates (PEM) to
        send along, ``options`` more of them for ``openssl cms``.
        """
        time = datetime.fromisoformat(at).strftime("%Y%m%d%H%M%S")
        fields = [
            integer(version),
            oid("1.2.3.4.1"),
            sequence(sequence(oid(algorithm), b"\x05\x00"), element(0x04, bytes.fromhex(digest))),
            integer(7),
            element(0x18, f"{time}{'.' if fraction else ''}{fraction}Z".encode("ascii")),
        ]
        if accuracy is not None:
            given = zip((0x02, 0x80, 0x81), accuracy, strict=True)
            fields.append(sequence(*(integer(n, tag) for tag, n in given if n is not None)))
        info, certificates = self.folder / "info.der", self.folder / "enclosed.pem"
        info.write_bytes(sequence(*fields))
        certificates.write_bytes(b"".join(enclosed))
        token = openssl(
            *("cms", "-sign", "-binary", "-nodetach", "-cades", "-outform", "DER", "-md", md),
            *("-econtent_type", content, "-in", str(info)),
            *("-signer", str(self.folder / "signer.pem")),
            *("-inkey", str(self.folder / "signer.key")),
            *(("-certfile", str(certificates)) if enclosed else ()),
            *options,
        )
        return response(token, status)


def response(token: bytes, status: int = 0) -> bytes:
    """Return a TimeStampResp with a status and a token, which may be empty."""
    return sequence(sequence(integer(status)), token)


def element(tag: int, content: bytes) -> bytes:
    """Return one DER element: tag, definite length, content."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*parts: bytes) -> bytes:
    return element(0x30, b"".join(parts))


def integer(value: int, tag: int = 0x02) -> bytes:
    return element(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    out = bytearray()
    for arc in (40 * first + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        out += bytes(reversed(groups))
    return element(0x06, bytes(out))
