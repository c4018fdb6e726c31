"""Rounds of drand's quicknet as published, and the answers of its HTTP API for them."""

from __future__ import annotations

import hashlib
import json

SIGNATURES = {
    # https://docs.drand.love/developer/http-api
    42: "95a9f9f5b231b7714de1553105d8ffdf3dcda24cfdb1e689319bccf79a9c8ce4"
    "30a91b811fbfaf763900bc998b5d686a",
    # Tests of https://github.com/ideal-lab5/idn-sdk, from api.drand.sh
    1000: "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125"
    "e342b73a8dd2bacbe47e4b6b63ed5e39",
    1001: "b33bf3667cbd5a82de3a24b4e0e9fe5513cc1a0e840368c6e31f5fcfa79bea03"
    "f73896b25883abf2853d10337fb8fa41",
    1002: "ab066f9c12dd6de1336fca0f925192fb0c72a771c3e4c82ede1fd362c1a770f9"
    "eb05843c6308ce2530b53a99c0281a6e",
    1003: "b104c82771698f45fd8dcfead083d482694c31ab519bcef077f126f3736fe98c"
    "8392fd5d45d88aeb76b56ccfcb0296d7",
    # https://github.com/mcdcam/python-drand-verify
    657_413: "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be"
    "41076862b98fad56e91a6b85b89cd97b",
}
RANDOMNESS = {  # as published with them
    1000: "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd",
    657_413: "fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587",
}
# Round 38 of the test network "walkthrough", with the same scheme and another key: the tests of
# https://github.com/drand/drand-client
ELSEWHERE = {
    "round": 38,
    "signature": "95c93585c513ebbcb4777ff15599b3140e5ec0295faa0e483f3deadd88fa6d43"
    "f0d3703e3a4ce106e8fd6c6987f32126",
}


def version1(round_: int) -> bytes:
    """Return what /{chain hash}/public/{round} answers."""
    signature = SIGNATURES[round_]
    randomness = hashlib.sha256(bytes.fromhex(signature)).hexdigest()
    value = {"round": round_, "randomness": randomness, "signature": signature}
    return json.dumps(value, separators=(",", ":")).encode()


def version2(round_: int) -> bytes:
    """Return what /v2/beacons/quicknet/rounds/{round} answers."""
    return json.dumps({"round": round_, "signature": SIGNATURES[round_]}).encode()
