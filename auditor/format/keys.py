"""Keys: P-256 (default) and Ed25519. The algorithm is a property of the key, never of a message.

The only use of ``cryptography`` besides the keyed streams.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from auditor.errors import SignatureError, UsageError

Algorithm = Literal["p256", "ed25519"]

# RFC 6979: message and key fix the signature, so a resumed run writes the same bytes.
_ECDSA: Final = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_MAX_PEM: Final = 16_384
_FIELD: Final = 2**255 - 19
# y coordinates of the eight points whose order divides 8. Under such a key a signature that anyone
# can write holds for every message (Chalkias, Garillot and Nikolaenko 2020, section 2).
_ORDER_8: Final = 0x5FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_LOW_ORDER: Final = frozenset({0, 1, _FIELD - 1, _ORDER_8, _FIELD - _ORDER_8})


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A pinned key. ``keyid`` is a label that people and clients compare; trust is in the key."""

    _key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey = field(repr=False, compare=False)
    pem: str = field(repr=False, compare=False)
    keyid: str

    @classmethod
    def from_pem(cls, data: bytes, where: str = "public key") -> PublicKey:
        """Return the key in a PEM file; raise UsageError for anything else.

        Refuses other curves and algorithms, and Ed25519 keys of low order.
        """
        if len(data) > _MAX_PEM:
            raise UsageError(f"{where}: {len(data)} bytes, expected a PEM public key")
        try:
            key = load_pem_public_key(data)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise UsageError(f"{where}: not a PEM public key (P-256 or Ed25519)") from error
        if not isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
            raise UsageError(f"{where}: {type(key).__name__}, expected a P-256 or Ed25519 key")
        return cls._wrap(key, where)

    @classmethod
    def _wrap(
        cls, key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey, where: str
    ) -> PublicKey:
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
        if isinstance(key, ed25519.Ed25519PublicKey):
            raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
            y = int.from_bytes(raw, "little") % 2**255
            if y >= _FIELD or y in _LOW_ORDER:
                raise UsageError(f"{where}: an Ed25519 key of low order verifies forged signatures")
            return cls(key, pem, _keyid("ed25519", raw.hex(), "ed25519"))
        if not isinstance(key.curve, ec.SECP256R1):
            raise UsageError(f"{where}: curve {key.curve.name}, expected P-256")
        return cls(key, pem, _keyid("ecdsa", pem, "ecdsa-sha2-nistp256"))

    @property
    def algorithm(self) -> Algorithm:
        """The one algorithm this key verifies."""
        return "ed25519" if isinstance(self._key, ed25519.Ed25519PublicKey) else "p256"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the DER form: what ``openssl pkey -pubin -outform DER | sha256sum`` prints."""
        der = self._key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).hexdigest()

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return if the holder of this key signed ``message``; else raise SignatureError."""
        try:
            if isinstance(self._key, ed25519.Ed25519PublicKey):
                self._key.verify(signature, message)
            else:
                self._key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError) as error:
            raise SignatureError(f"signature: key {self.keyid} did not sign these bytes") from error


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A signing key. It never appears in a representation or an error."""

    _key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey = field(repr=False, compare=False)
    public: PublicKey

    @classmethod
    def generate(cls, algorithm: Algorithm = "p256") -> PrivateKey:
        """Return a new key from the operating system's randomness."""
        if algorithm == "ed25519":
            return cls._wrap(ed25519.Ed25519PrivateKey.generate(), "new key")
        return cls._wrap(ec.generate_private_key(ec.SECP256R1()), "new key")

    @classmethod
    def from_pem(cls, data: bytes, where: str = "private key") -> PrivateKey:
        """Return the key in an unencrypted PEM file; raise UsageError for anything else."""
        if len(data) > _MAX_PEM:
            raise UsageError(f"{where}: {len(data)} bytes, expected a PEM private key")
        try:
            key = load_pem_private_key(data, password=None)
        except (TypeError, ValueError, UnsupportedAlgorithm) as error:
            raise UsageError(f"{where}: not an unencrypted PEM private key") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
            raise UsageError(f"{where}: {type(key).__name__}, expected a P-256 or Ed25519 key")
        return cls._wrap(key, where)

    @classmethod
    def _wrap(
        cls, key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, where: str
    ) -> PrivateKey:
        return cls(key, PublicKey._wrap(key.public_key(), where))  # noqa: SLF001 - one module

    def to_pem(self) -> bytes:
        """Return the PKCS 8 form, unencrypted: for a file that only its owner can read."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, message: bytes) -> bytes:
        """Return the signature: DER for P-256, 64 bytes for Ed25519; the same on every call."""
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(message)
        return self._key.sign(message, _ECDSA)


def _keyid(keytype: str, public: str, scheme: str) -> str:
    """Return the key id of TUF, in-toto and securesystemslib: SHA-256 of their canonical JSON.

    That form escapes only quotes and backslashes, so a PEM key keeps its raw line feeds.
    """
    form = f'{{"keytype":"{keytype}","keyval":{{"public":"{public}"}},"scheme":"{scheme}"}}'
    return hashlib.sha256(form.encode("ascii")).hexdigest()
