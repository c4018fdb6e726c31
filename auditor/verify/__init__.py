"""What a relying party does: bytes and pinned keys in, a ``Verified`` out, or an error."""

from auditor.verify.checking import release, single_input
from auditor.verify.verified import Claim, Verified

__all__ = ["Claim", "Verified", "release", "single_input"]
