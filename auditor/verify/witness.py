"""What outside witnesses established, as values: made by the shell, judged in ``challenge``.

Neither is ever read from a certificate. Whoever makes one has checked the witness's signature under
a pinned root; these values say what that signature was about.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedTime:
    """The bytes with SHA-256 ``digest`` (hex) existed at time ``at``, says a pinned authority.

    ``at`` (YYYY-MM-DDThh:mm:ssZ) is the latest time that the authority's stated accuracy allows
    (RFC 3161, section 2.4.2), so "before ``at``" is what may be concluded.
    """

    digest: str
    at: str
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacon:
    """Round ``round`` of the drand chain ``chain`` (hash in hex) gave ``value`` (32 bytes in hex).

    Nobody knew the value before ``at`` (YYYY-MM-DDThh:mm:ssZ), the time of the round.
    """

    chain: str
    round: int
    value: str
    at: str
