"""Base64 with one spelling per value, in the standard or the URL-safe alphabet (RFC 4648)."""

from __future__ import annotations

import base64
import binascii

from auditor.errors import EnvelopeError


def encode(data: bytes) -> str:
    """Return padded standard base64."""
    return base64.b64encode(data).decode("ascii")


def decode(text: str, where: str) -> bytes:
    """Return the bytes; raise EnvelopeError for junk, missing padding and non-zero spare bits."""
    standard = text
    if "-" in text or "_" in text:
        if "+" in text or "/" in text:
            raise EnvelopeError(f"{where}: mixes the standard and the URL-safe alphabet")
        standard = text.replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(standard.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise EnvelopeError(f"{where}: not base64: {error}") from error
    # The decoder drops the spare bits of the last digit, so two texts would mean the same bytes.
    if encode(data) != standard:
        raise EnvelopeError(f"{where}: not the one base64 spelling of its bytes")
    return data
