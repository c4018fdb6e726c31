"""Writes the vectors: honest files and named mutations of them. Run from the project's root.

    python -m tests.vectors.generate

Each function below makes the vector of its name (underscores as hyphens); its docstring is the
vector's comment. Everything is deterministic: the runner regenerates and compares.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from auditor.format import b64, dsse, leaf, merkle
from auditor.format.leaf import Leaf, parse_leaf, row_digest
from tests import honest
from tests.honest import ED25519, P256, Honest

FOLDER: Final = Path(__file__).parent
SCHEMA: Final = "urn:auditor:vector:v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """A single-input file (``file``) or a folder (``files``, ``digests``), and what to expect."""

    expect: str
    file: bytes | None = None
    files: Mapping[str, bytes] | None = None
    digests: Mapping[str, str] | None = None
    keys: tuple[str, ...] = (P256.public.pem,)

    def to_json(self, comment: str) -> bytes:
        value: dict[str, object] = {
            "schema": SCHEMA,
            "comment": comment,
            "publicKeys": list(self.keys),
            "expect": self.expect,
        }
        if self.file is not None:
            value["file"] = b64.encode(self.file)
        else:
            assert self.files is not None
            value["files"] = {name: b64.encode(data) for name, data in self.files.items()}
            value["digests"] = dict(self.digests or {})
        return json.dumps(value, indent=1, sort_keys=True).encode() + b"\n"


VECTORS: Final[dict[str, tuple[str, Callable[[], Vector]]]] = {}


def vector(make: Callable[[], Vector]) -> Callable[[], Vector]:
    assert make.__doc__
    VECTORS[make.__name__.replace("_", "-")] = (make.__doc__, make)
    return make


BASE: Final = honest.build("two-mask")


def _input(expect: str, release: Honest = BASE, **changes: object) -> Vector:
    value = {**json.loads(release.single(1)), **changes}
    return Vector(expect=expect, file=json.dumps(value).encode())


def _release(expect: str, files: Mapping[str, bytes | None], **digests: str | None) -> Vector:
    contents = {**BASE.contents, **files}
    named = {name.replace("__", "/") + ".onnx": value for name, value in digests.items()}
    present = {**BASE.digests, **named}
    return Vector(
        expect=expect,
        files={name: data for name, data in contents.items() if data is not None},
        digests={name: value for name, value in present.items() if value is not None},
    )


def _forged(release: Honest, change: Callable[[Leaf], Leaf], **fields: Any) -> Honest:
    """Return the release with leaf 1 and fields of the certificate replaced, signed again."""
    lines = [*release.leaves]
    lines[1] = change(parse_leaf(lines[1], "leaf")).to_bytes()
    root = merkle.Tree(lines).root.hex()
    certificate = replace(release.certificate, batch_root=root, **fields)
    predicate = certificate.to_statement("0" * 64).predicate
    contents = honest.resign(release, certificate=predicate)
    return replace(
        release,
        certificate=certificate,
        leaves=tuple(lines),
        contents={**contents, "claims.jsonl": leaf.join(lines)},
    )


def _same(item: Leaf) -> Leaf:
    return item


def _signed(payload: bytes) -> dict[str, object]:
    return json.loads(dsse.sign(payload, P256))  # type: ignore[no-any-return]


def _payload(name: str = "certificate.dsse.json") -> bytes:
    return dsse.parse(BASE.contents[name], name).payload


# --- honest files -------------------------------------------------------------------------------


@vector
def honest_partition() -> Vector:
    """Partition members, the input shown as it is: plain DPA."""
    return _input("success", honest.build("partition"))


@vector
def honest_two_mask() -> Vector:
    """Partition members, two masks over pixel groups."""
    return _input("success")


@vector
def honest_views() -> Vector:
    """Partition members, sparse views."""
    return _input("success", honest.build("views"))


@vector
def honest_flip() -> Vector:
    """Drawn members: flips on features, labels and input."""
    return _input("success", honest.build("flip"))


@vector
def honest_bag() -> Vector:
    """Drawn members: bags, and hidden pixels."""
    return _input("success", honest.build("bag"))


@vector
def honest_nested() -> Vector:
    """Partition members inside each of 200 noisy copies of the input."""
    return _input("success", honest.build("nested"))


@vector
def honest_ed25519() -> Vector:
    """The same under an Ed25519 key."""
    made = _input("success", honest.build("two-mask", key=ED25519))
    return replace(made, keys=(ED25519.public.pem,))


@vector
def honest_release() -> Vector:
    """A whole folder."""
    return _release("success", {})


@vector
def honest_release_without_bundle() -> Vector:
    """The Sigstore bundle is optional: it holds the same envelope."""
    return _release("success", {"certificate.sigstore.json": None})


# --- envelopes ----------------------------------------------------------------------------------


@vector
def unknown_envelope_field() -> Vector:
    """DSSE: unknown fields of an envelope are ignored."""
    return _input("success", certificate={**_signed(_payload()), "extra": [1]})


@vector
def key_id_changed() -> Vector:
    """DSSE: the key id is an unauthenticated hint."""
    envelope: Any = _signed(_payload())
    envelope["signatures"][0]["keyid"] = "0" * 64
    return _input("success", certificate=envelope)


@vector
def other_key() -> Vector:
    """Signed well, but by a key that nobody pinned."""
    return replace(_input("signature"), keys=(ED25519.public.pem,))


@vector
def two_signers() -> Vector:
    """Precommitment by one pinned key, certificate by another."""
    theirs = json.loads(honest.build("two-mask", key=ED25519).single(1))
    made = _input("signature", precommitment=theirs["precommitment"])
    return replace(made, keys=(P256.public.pem, ED25519.public.pem))


@vector
def no_signature() -> Vector:
    """An envelope with an empty list of signatures."""
    return _input("signature", certificate={**_signed(_payload()), "signatures": []})


@vector
def payload_changed() -> Vector:
    """One space more in the signed bytes."""
    envelope = {**_signed(_payload()), "payload": b64.encode(_payload() + b" ")}
    return _input("signature", certificate=envelope)


@vector
def payload_type_changed() -> Vector:
    """Another payload type is another message."""
    return _input("envelope", certificate={**_signed(_payload()), "payloadType": "text/plain"})


@vector
def base64_without_padding() -> Vector:
    """Base64 has one spelling."""
    envelope: Any = _signed(_payload() + b" ")
    envelope["payload"] = envelope["payload"].rstrip("=") + "!"
    return _input("envelope", certificate=envelope)


# --- strict JSON --------------------------------------------------------------------------------


@vector
def trailing_bytes() -> Vector:
    """Something after the JSON document."""
    return Vector(expect="envelope", file=BASE.single(1) + b"{}")


@vector
def byte_order_mark() -> Vector:
    """A byte order mark in front."""
    return Vector(expect="envelope", file=b"\xef\xbb\xbf" + BASE.single(1))


@vector
def repeated_key() -> Vector:
    """Parsers disagree about which of two equal keys counts."""
    return Vector(expect="envelope", file=b'{"leaf":"",' + BASE.single(1)[1:])


@vector
def float_index() -> Vector:
    """1.0 is no integer here."""
    return Vector(expect="envelope", file=BASE.single(1).replace(b'"index":1', b'"index":1.0'))


@vector
def signed_repeated_key() -> Vector:
    """A repeated key inside the signed payload."""
    return _input("envelope", certificate=_signed(b'{"_type":"",' + _payload()[1:]))


@vector
def signed_float() -> Vector:
    """A float inside the signed payload."""
    payload = _payload().replace(b'"dropped":0', b'"dropped":0.0')
    return _input("envelope", certificate=_signed(payload))


# --- versions -----------------------------------------------------------------------------------


@vector
def later_container() -> Vector:
    """A version of the container that this verifier does not know: undecided, not refuted."""
    return _input("undecided", mediaType="application/vnd.auditor.input+json;version=2")


@vector
def later_predicate() -> Vector:
    """A version of the predicate that this verifier does not know."""
    payload = _payload().replace(b"poisoning-robustness:v1", b"poisoning-robustness:v2")
    return _input("undecided", certificate=_signed(payload))


@vector
def unknown_container_field() -> Vector:
    """The container is ours: unknown fields are refused."""
    return _input("envelope", extra=1)


@vector
def unknown_predicate_field() -> Vector:
    """The predicate is ours: unknown fields are refused."""
    payload = _payload().replace(b'"challenge":null', b'"challenge":null,"challenged":true')
    return _input("statement", certificate=_signed(payload))


@vector
def statements_swapped() -> Vector:
    """The precommitment in the certificate's place."""
    return _input("statement", certificate=_signed(_payload("precommit.dsse.json")))


# --- commitment and sizes -----------------------------------------------------------------------


@vector
def another_precommitment() -> Vector:
    """A precommitment with a later serial than the one that the certificate cites."""
    first = replace(BASE.precommitment, serial="f" * 32).to_statement().to_payload()
    return _input("statement", precommitment=_signed(first))


@vector
def another_audit() -> Vector:
    """The certificate's audit differs from the precommitment's."""
    audit = replace(BASE.certificate.audit, environment={"python": "3.12"})
    return _input("statement", _forged(BASE, _same, audit=audit))


@vector
def fewer_members() -> Vector:
    """A member that was dropped after the commitment."""
    return _input("statement", _forged(BASE, _same, member_count=6))


@vector
def threat_not_of_the_recipe() -> Vector:
    """The audit claims a move that partitions by index do not cover."""
    audit = {**BASE.certificate.audit.to_dict()}
    audit["threat"] = {"unit": "example", "moves": {"insert": 1, "modify": 1, "relabel": 1}}
    contents = honest.recommit(BASE, audit)
    return _input("statement", replace(BASE, contents=contents))


@vector
def drawn_member_with_views() -> Vector:
    """A random member that would vote on two views of an input: refused with the reason."""
    audit = json.loads(json.dumps(honest.build("flip").certificate.audit.to_dict()))
    views = {"method": "views", "groups": 4, "partitions": 3}
    audit["recipe"]["smoothing"]["test"] = views
    flip = honest.build("flip")
    return _input("statement", replace(flip, contents=honest.recommit(flip, audit)))


@vector
def lower_threshold() -> Vector:
    """A least winning count that is one too low."""
    flip = honest.build("flip")
    first, *rest = flip.certificate.thresholds
    lower = replace(first, k_star=(first.k_star or 0) - 1)
    return _input("claim", _forged(flip, _same, thresholds=(lower, *rest)))


# --- the tree -----------------------------------------------------------------------------------


def _inclusion(**changes: object) -> Vector:
    value = json.loads(BASE.single(1))
    return _input("inclusion", inclusion={**value["inclusion"], **changes})


@vector
def proof_component_removed() -> Vector:
    """A proof with one hash less."""
    return _inclusion(hashes=json.loads(BASE.single(1))["inclusion"]["hashes"][1:])


@vector
def proof_component_added() -> Vector:
    """A proof with one hash more."""
    return _inclusion(hashes=[*json.loads(BASE.single(1))["inclusion"]["hashes"], "A" * 43 + "="])


@vector
def proof_of_another_size() -> Vector:
    """The container's tree size is not the signed one."""
    return _inclusion(size=4)


@vector
def proof_of_another_index() -> Vector:
    """The container's index is not the leaf's."""
    return _inclusion(index=0)


@vector
def leaf_of_another_input() -> Vector:
    """A leaf of the same tree with another leaf's proof."""
    return _input("inclusion", leaf=b64.encode(BASE.leaves[0]))


# --- claims -------------------------------------------------------------------------------------


@vector
def row_changed() -> Vector:
    """A vote moved in the evidence row."""
    row = bytearray(BASE.rows[1])
    row[0], row[2] = row[0] + 1, row[2] - 1
    return _input("claim", row=b64.encode(bytes(row)))


@vector
def votes_do_not_add_up() -> Vector:
    """A row, signed, whose first view has a vote more than there are members."""
    row = bytearray(BASE.rows[1])
    row[0] += 1
    forged = _forged(BASE, lambda item: replace(item, row=row_digest(bytes(row))))
    return _input("claim", forged, row=b64.encode(bytes(row)))


@vector
def frontier_enlarged() -> Vector:
    """A budget more than the votes give."""
    bigger = ({"trainExamples": 4, "inputFeatures": 1},)
    return _input("claim", _forged(BASE, lambda item: replace(item, frontier=bigger)))


@vector
def label_changed() -> Vector:
    """The other class."""
    return _input("claim", _forged(BASE, lambda item: replace(item, label=0)))


@vector
def margin_raised() -> Vector:
    """Statistics that the row does not give."""
    statistics = {"margins": [[0, 7], [1, 7]]}
    return _input("claim", _forged(BASE, lambda item: replace(item, statistics=statistics)))


@vector
def boolean_for_a_count() -> Vector:
    """True is not 1."""
    flip = honest.build("flip")

    def change(item: Leaf) -> Leaf:
        votes = json.loads(json.dumps(item.statistics))
        votes["abstained"] = bool(votes["abstained"])
        return replace(item, statistics=votes)

    return _input("claim", _forged(flip, change))


# --- folders ------------------------------------------------------------------------------------


@vector
def member_changed() -> Vector:
    """A member with another digest than the signed one."""
    return _release("release", {}, members__000001="0" * 64)


@vector
def member_added() -> Vector:
    """A file among the members that is not in the signed list."""
    return _release("release", {}, members__000002="0" * 64)


@vector
def member_missing() -> Vector:
    """A member that is not there: nothing was refuted."""
    return _release("undecided", {}, members__000001=None)


@vector
def file_missing() -> Vector:
    """No evidence: undecided."""
    return _release("undecided", {"evidence.bin": None})


@vector
def members_reordered() -> Vector:
    """The list of members in another order is another list."""
    first, second, _ = BASE.contents["members.sha256"].split(b"\n")
    return _release("release", {"members.sha256": second + b"\n" + first + b"\n"})


@vector
def claims_swapped() -> Vector:
    """Two leaves in each other's place."""
    one, two, *rest = BASE.leaves
    return _release("inclusion", {"claims.jsonl": leaf.join([two, one, *rest])})


@vector
def claim_left_out() -> Vector:
    """One leaf less than signed."""
    return _release("inclusion", {"claims.jsonl": leaf.join(BASE.leaves[:-1])})


@vector
def evidence_truncated() -> Vector:
    """One byte less than signed."""
    return _release("claim", {"evidence.bin": BASE.contents["evidence.bin"][:-1]})


@vector
def recipe_changed() -> Vector:
    """Another recipe file."""
    return _release("release", {"recipe.toml": b"# another\n"})


@vector
def bundle_of_another_release() -> Vector:
    """A Sigstore bundle around another certificate."""
    other = honest.build("views").contents["certificate.sigstore.json"]
    return _release("release", {"certificate.sigstore.json": other})


@vector
def summary_inflated() -> Vector:
    """A certified count that the leaves do not add up to."""
    (budget, count), *rest = BASE.certificate.summary.certified
    inflated = replace(BASE.certificate.summary, certified=((budget, count + 1), *rest))
    forged = _forged(BASE, _same, summary=inflated)
    return _release("claim", {**forged.contents, "certificate.sigstore.json": None})


@vector
def true_label_changed() -> Vector:
    """A true label that is not the committed one, to raise the certified accuracy."""
    forged = _forged(BASE, lambda item: replace(item, true_label=0))
    return _release("statement", {**forged.contents, "certificate.sigstore.json": None})


def main() -> None:
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for name, (comment, make) in VECTORS.items():
        (FOLDER / f"{name}.json").write_bytes(make().to_json(comment))


if __name__ == "__main__":
    main()
