"""Members: the signed list of the files that vote, and names that cannot leave the folder."""

from __future__ import annotations

from typing import Any, Final

from tests.vectors.forging import BASE, base, forged
from tests.vectors.form import Vector, add, folder, vector
from tests.vectors.themes.folders import FIRST, SECOND, digest

LISTING: Final = BASE.contents["members.sha256"]


@vector
def member_changed() -> Vector:
    """A member with another digest than the signed one."""
    return folder("release", BASE, digests={SECOND: digest(b"another")})


@vector
def member_added() -> Vector:
    """A file among the members that is not in the signed list."""
    return folder("release", BASE, digests={"members/000002.onnx": digest(b"another")})


@vector
def member_missing() -> Vector:
    """A member that is not there: nothing was refuted."""
    return folder("undecided", BASE, digests={SECOND: None})


@vector
def members_swapped() -> Vector:
    """Two members in each other's place: every file is signed, under the other's name."""
    first, second = BASE.digests[FIRST], BASE.digests[SECOND]
    return folder("release", BASE, digests={FIRST: second, SECOND: first})


@vector
def members_swapped_and_signed() -> Vector:
    """The same in the signed list: only a replay can see that the votes are others'."""
    first, second = BASE.digests[FIRST], BASE.digests[SECOND]
    lie = forged(listing=f"{second}  {FIRST}\n{first}  {SECOND}\n".encode())
    return folder("success", lie, digests={FIRST: second, SECOND: first})


@vector
def front_end_added() -> Vector:
    """A front end that nobody signed."""
    return folder("release", BASE, digests={"frontend.onnx": digest(b"another")})


@vector
def front_end_missing() -> Vector:
    """A signed front end that is not there."""
    return folder("undecided", base("views", front_end=True), digests={"frontend.onnx": None})


@vector
def front_end_changed() -> Vector:
    """Another front end than the signed one."""
    made = base("views", front_end=True)
    return folder("release", made, digests={"frontend.onnx": digest(b"another")})


def _own_front_end(expect: str, *, file: str | None = None, listed: str | None = None) -> Vector:
    """Return a release whose recipe names a front end of its own, by its digest."""
    made = base("views", front_end=True)
    own = file or made.digests["frontend.onnx"]

    def change(audit: dict[str, Any]) -> None:
        front_end = {"name": "onnx", "path": "own.onnx", "sha256": own}
        audit["recipe"]["learner"] = {"name": "ridge", "frontEnd": front_end}
        audit["recipe"]["trusted"] = [{"name": "onnx:own.onnx", "sha256": listed or own}]

    return folder(expect, forged(made, audit=change))


@vector
def own_front_end() -> Vector:
    """A front end of the recipe's own: listed as trusted, and the file that is in the folder."""
    return _own_front_end("success")


@vector
def own_front_end_that_did_not_vote() -> Vector:
    """The trusted front end is another file than the one in the folder, which is signed."""
    return _own_front_end("release", file="2" * 64)


@vector
def own_front_end_listed_with_another_digest() -> Vector:
    """A verdict would name another file as trusted than the recipe uses."""
    return _own_front_end("statement", listed="2" * 64)


@vector
def members_reordered() -> Vector:
    """The list of members in another order is another list."""
    first, second, _ = LISTING.split(b"\n")
    return folder("release", BASE, {"members.sha256": second + b"\n" + first + b"\n"})


# Lists that the key's holder signed; the files named are those of the honest release.
_LINE: Final = f"{BASE.digests[FIRST]}  "
LISTS: dict[str, tuple[str, str]] = {
    "list-out-of-the-folder": (
        "A name that leaves the folder.",
        f"{_LINE}members/../../etc/passwd\n",
    ),
    "list-parent-folder": ("A name above.", f"{_LINE}../000000.onnx\n"),
    "list-absolute": ("A name from the root.", f"{_LINE}/members/000000.onnx\n"),
    "list-backslash": ("A separator of another system.", f"{_LINE}members\\000000.onnx\n"),
    "list-drive": ("A drive of another system.", f"{_LINE}C:\\members\\000000.onnx\n"),
    "list-zero-byte": ("A name that ends early for some.", f"{_LINE}members/000000.onnx\0.txt\n"),
    "list-upper-case": ("A name that differs by case alone.", f"{_LINE}Members/000000.ONNX\n"),
    "list-not-ascii": ("A digit of another script.", f"{_LINE}members/00000\u0660.onnx\n"),
    "list-space": ("A name with a space.", f"{_LINE}members/000000 .onnx\n"),
    "list-dot": ("A name by a detour.", f"{_LINE}members/./000000.onnx\n"),
    "list-double-slash": ("Two separators.", f"{_LINE}members//000000.onnx\n"),
    "list-hidden": ("A hidden file.", f"{_LINE}members/.onnx\n"),
    "list-other-suffix": ("A file of another kind.", f"{_LINE}members/000000.pkl\n"),
    "list-certificate": ("The certificate as a member.", f"{_LINE}certificate.dsse.json\n"),
    "list-seven-digits": ("A number of seven digits.", f"{_LINE}members/0000000.onnx\n"),
    "list-of-nothing": ("An empty list.", ""),
    "list-without-a-line-feed": ("Each line has its line feed.", LISTING.decode()[:-1]),
    "list-with-an-empty-line": ("A line feed more.", LISTING.decode() + "\n"),
    "list-with-carriage-returns": (
        "Line ends of another system.",
        LISTING.decode().replace("\n", "\r\n"),
    ),
    "list-with-a-byte-order-mark": ("A byte order mark.", "\ufeff" + LISTING.decode()),
    "list-with-a-star": (
        "The mark of binary files, which sha256sum writes elsewhere.",
        LISTING.decode().replace("  ", " *"),
    ),
    "list-with-one-space": ("One space.", LISTING.decode().replace("  ", " ")),
    "list-with-a-tab": ("A tab.", LISTING.decode().replace("  ", "\t")),
    "list-in-capitals": (
        "Digests in capitals.",
        "".join(f"{d.upper()}  {n}\n" for n, d in sorted(BASE.digests.items())),
    ),
    "list-with-a-short-digest": ("A digit less.", LISTING.decode()[1:]),
    "list-out-of-order": ("Names are sorted.", "".join(LISTING.decode().splitlines(True)[::-1])),
    "list-with-a-name-twice": ("One name twice.", LISTING.decode().splitlines(True)[0] * 2),
    "list-with-a-gap": ("A shard left out.", LISTING.decode().replace("000001", "000002")),
    "list-of-three-shards": (
        "A shard more than the members need.",
        LISTING.decode() + f"{BASE.digests[FIRST]}  members/000002.onnx\n",
    ),
    "list-of-one-shard": ("A shard less.", LISTING.decode().splitlines(True)[0]),
}
for _name, (_comment, _text) in LISTS.items():
    add(
        _name,
        f"{_comment[:-1]}, in a signed list of members.",
        lambda text=_text: folder("release", forged(listing=text.encode())),  # type: ignore[misc]
    )
