"""The votes of fixed members one by one: a byte each, the class, or 255 for an abstention."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.errors import ClaimError
from auditor.guarantee.vote.draws import ABSTAINED
from auditor.guarantee.vote.plurality import plurality


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballots:
    """One input's votes, in member order, and their counts."""

    cast: bytes
    votes: tuple[int, ...]
    abstained: int

    @classmethod
    def read(cls, row: bytes, *, classes: int, members: int) -> Ballots:
        """Read an evidence row; ClaimError when its size is wrong or a vote is for no class."""
        if len(row) != members:
            message = f"evidence row: expected {members} bytes, got {len(row)}"
            raise ClaimError(message)
        votes = tuple(row.count(label) for label in range(classes))
        abstained = row.count(ABSTAINED)
        if sum(votes) + abstained != members:
            message = f"evidence row: expected votes from 0 to {classes - 1}, or {ABSTAINED}"
            raise ClaimError(message)
        return cls(cast=row, votes=votes, abstained=abstained)

    @property
    def label(self) -> int | None:
        """The plurality."""
        return plurality(self.votes, self.abstained)

    def margin(self, label: int, rival: int) -> int:
        """Return by how much ``label`` is ahead of one rival, who has the abstentions and ties."""
        lead = self.votes[label] - self.votes[rival]
        return lead - self.abstained - (rival < label)

    def weights(self, label: int, rival: int) -> list[int]:
        """Return what each member takes off that margin if it votes for ``rival`` instead.

        2 for a vote for ``label``, 1 for one for a third class, 0 where the rival has it already.
        """
        table = bytearray(b"\x01" * 256)
        table[label], table[rival], table[ABSTAINED] = 2, 0, 0
        return list(self.cast.translate(bytes(table)))
