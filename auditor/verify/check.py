"""One check of a gate: a stable id, what was demanded, what was found, and the result.

An id never changes its meaning and is never used again: pipelines, dashboards and exceptions refer
to it. Everything in a check is one line of printable text that no terminal, XML reader or CI log
takes for a command, whoever wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from auditor.format.visible import visible

Result = Literal["pass", "fail", "undecided"]

TITLES: Final = {
    "AUD-SIG-001": "a pinned auditor key, not revoked, signed precommitment and certificate",
    "AUD-SIG-002": "the signing key is within its validity",
    "AUD-CRT-001": "statements, inclusion, votes, radii and totals verify",
    "AUD-CRT-002": "the folder holds the signed files, no more and no fewer",
    "AUD-AGE-001": "the precommitment is not dated in the future",
    "AUD-AGE-002": "the precommitment is not too old",
    "AUD-REV-001": "the precommitment is not revoked",
    "AUD-SUB-001": "the release is the one that the policy names",
    "AUD-SUB-002": "the given file belongs to this release",
    "AUD-SUB-003": "the resource is the one that the policy names",
    "AUD-DAT-001": "the training data are the pinned ones",
    "AUD-INP-001": "the inputs and their labels are the listed ones",
    "AUD-INP-002": "the inputs and their labels have the pinned root",
    "AUD-THR-001": "the threat's unit",
    "AUD-THR-002": "the threat covers the demanded moves at no higher price",
    "AUD-THR-003": "the threat has no other moves than the allowed ones",
    "AUD-THR-004": "the unit in which changed input features are counted",
    "AUD-ALP-001": "the failure probability",
    "AUD-ALP-002": "what the failure probability is about",
    "AUD-SMO-001": "the smoothing is allowed",
    "AUD-TRU-001": "only allowed artefacts are trusted",
    "AUD-SEL-001": "how the recipe was chosen is allowed",
    "AUD-DET-001": "determinism of training",
    "AUD-ACC-001": "certified accuracy",
    "AUD-ACC-002": "clean accuracy",
    "AUD-ACC-003": "share of inputs on which the vote abstains",
    "AUD-CHA-001": "where the draws came from",
    "AUD-CHA-002": "number of challenges to this auditor, as the challenger counts",
    "AUD-CHA-003": "number of challenges about this data set, as the challenger counts",
    "AUD-EVI-001": "votes were replayed",
    "AUD-EVI-002": "members were retrained",
    "AUD-EVI-003": "the chance that a sample missed more than was counted",
    "AUD-EVI-004": "members that were retrained have the same bits",
    "AUD-BAS-001": "certified accuracy against an earlier release",
    "AUD-POL-001": "the policy demands something",
}
"""Every check that there is, by id."""

_LONGEST: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What one check found. Made by ``check`` alone, which makes its texts safe to print.

    ``about`` tells several checks with one id apart, such as the budgets of AUD-ACC-001.
    ``criterion``: the policy demanded it. Signature, age and the like are checked always, and
    never make a release pass by themselves.
    """

    id: str
    result: Result
    about: str
    expected: str
    actual: str
    criterion: bool

    @property
    def title(self) -> str:
        """What the check is, whatever it found."""
        return TITLES[self.id]

    @property
    def name(self) -> str:
        """The title, and which of several checks with this id it is."""
        return f"{self.title}: {self.about}" if self.about else self.title


def check(
    number: str,
    *,
    holds: bool | None,
    expected: str,
    actual: str,
    about: str = "",
    criterion: bool = True,
) -> Check:
    """Return the check ``number``: passed, failed, or (None) undecided."""
    if number not in TITLES:
        raise KeyError(number)
    return Check(
        id=number,
        result="undecided" if holds is None else "pass" if holds else "fail",
        about=plain(about),
        expected=plain(expected),
        actual=plain(actual),
        criterion=criterion,
    )


def plain(text: str) -> str:
    r"""Return text, whoever wrote it, as one printable line of at most 600 characters.

    Control characters, line ends, half surrogates and what turns the direction of text are
    written as escapes. So is the second character of ``::`` and of ``##``: at the start of a line
    or inside it, those make GitHub and Azure runners read a log line as a command.

    >>> plain("a\x1b[2Jb\n::error ::c ##vso[task]")
    'a\\x1b[2Jb\\n:\\x3aerror :\\x3ac #\\x23vso[task]'
    """
    shown = visible(text[: _LONGEST + 1])
    shown = shown.replace("::", ":\\x3a").replace("##", "#\\x23")
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 3] + "..."
