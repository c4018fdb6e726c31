"""Members of strangers: what they compute is what they compute here; what they try is stopped."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import helper

from auditor import files
from auditor.errors import ReleaseError, UndecidedError
from auditor.learners.export import fill
from auditor.replay import confined, runtime
from auditor.replay.ensemble import BATCH, Ensemble
from auditor.replay.form import Form, Opener
from auditor.replay.graph_digest import graph_digest
from auditor.replay.sandbox import Limits, Sandbox
from auditor.replay.shards import Shard
from tests.learners.test_every_learner import TABLES
from tests.replay import graphs
from tests.replay.graphs import FORM, sound
from tests.replay.test_graph_rules import HOSTILE, as_bytes

WHERE = "members/000000.onnx"
SOUND = sound().SerializeToString()
ROWS = np.random.default_rng(0).normal(size=(5, graphs.WIDTH)).astype(np.float32)
SMALL = Limits(memory=1 << 30, seconds=20)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """One sandbox for all that leaves it alive."""
    with Sandbox(limits=SMALL) as shared:
        yield shared


def in_process(model: bytes, rows: npt.NDArray[np.float32]) -> bytes:
    return runtime.run(runtime.session(model), rows).tobytes()


def child_of(box: Sandbox) -> int:
    assert box._process is not None
    return box._process._child.pid


def gone(child: int) -> bool:
    """Whether a process has ended; a zombie that nobody reaped has."""
    try:
        state = Path(f"/proc/{child}/stat").read_text(encoding="ascii").rpartition(")")[2]
    except FileNotFoundError:
        return True
    return state.split()[0] in {"Z", "X"}


def soon(true: Callable[[], bool]) -> bool:
    late = time.monotonic() + 20
    while not true() and time.monotonic() < late:
        time.sleep(0.02)
    return true()


@pytest.mark.parametrize("name", [name for name in TABLES if name != "python"])
@pytest.mark.parametrize("masked", [False, True])
def test_every_learner_has_the_same_bits_inside(name: str, masked: bool, box: Sandbox) -> None:
    table, training = TABLES[name]
    learner = graphs.learner(table, masked=masked, training=training)
    maker = learner.maker  # type: ignore[attr-defined]
    spec, width = maker.spec, maker.width
    rows = np.random.default_rng(1).integers(-1, 2, (BATCH, spec.width)).astype(np.float32)
    if learner.front_end is not None:
        front_end = learner.front_end.SerializeToString()
        features = box.open(
            front_end, Form(width=spec.width, members=None, outputs=None), "frontend.onnx"
        )(rows)
        assert features.tobytes() == in_process(front_end, rows)
        rows = features
    for layout in ("shared", "paired"):
        data = graphs.filled(learner.graph(learner.chunk, layout))
        paired = layout == "paired"
        given = np.stack([rows] * learner.chunk) if paired else rows
        form = Form(width=width, members=learner.chunk, outputs=spec.classes, paired=paired)
        loaded = box.open(data, form, WHERE)
        assert loaded(given).tobytes() == in_process(data, given)
        short = given[..., :7, :]
        assert loaded(short).tobytes() == in_process(data, short)


def test_a_member_that_could_not_be_trained_abstains_inside_too(box: Sandbox) -> None:
    learner = graphs.learner({"name": "naive-bayes", "chunk": 2})
    nothing = {"weight": np.full((64, 2), np.nan, np.float32), "bias": np.zeros((1, 2), np.float32)}
    data = fill(learner.graph(2, "shared"), [nothing])
    rows = np.ones((3, 64), np.float32)
    scores = box.open(data, Form(width=64, members=2, outputs=2), WHERE)(rows)
    assert np.isnan(scores[0]).all()
    assert not scores[1].any()


def ensemble(opener: Opener | None) -> Ensemble:
    weights = [np.random.default_rng(seed).normal(size=(4, 6)) for seed in range(2)]
    front_end = graphs.model([helper.make_node("Tanh", ["x"], ["scores"])])
    front_end.graph.output[0].CopyFrom(helper.make_tensor_value_info("scores", 1, ["batch", 4]))
    return Ensemble(
        shards=[
            partial(bytes, sound(own.astype(np.float32)).SerializeToString()) for own in weights
        ],
        front_end=front_end.SerializeToString(),
        members=5,
        shard_size=3,
        classes=2,
        tau=Fraction(1, 65_536),
        opener=opener,
    )


def test_an_ensemble_counts_alike_inside_and_here() -> None:
    rows = np.random.default_rng(3).normal(size=(BATCH + 9, 4)).astype(np.float32)
    with Sandbox(graph=graph_digest(SOUND), limits=SMALL) as box:
        inside = ensemble(box.open).counts(rows)
        here = ensemble(None).counts(rows)
    assert (here.sum(1) == 5).all()
    assert inside.tobytes() == here.tobytes()


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_member_is_refused_inside_and_the_next_one_is_run(
    name: str, box: Sandbox
) -> None:
    model, reason = HOSTILE[name]
    for judge in (box.check, box.open):
        with pytest.raises(ReleaseError, match=reason) as caught:
            judge(as_bytes(model), FORM, WHERE)
        assert str(caught.value).startswith(f"{WHERE}: ")
    assert box.open(SOUND, FORM, WHERE)(ROWS).tobytes() == in_process(SOUND, ROWS)


def test_weights_in_a_file_beside_the_verifier_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session made of bytes looks for them in the working folder, which nobody hashed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.bin").write_bytes(graphs.WEIGHTS.tobytes())
    with Sandbox(limits=SMALL) as box, pytest.raises(ReleaseError, match="has 0 bytes"):
        box.open(graphs.external().SerializeToString(), FORM, WHERE)


def test_a_file_that_is_swapped_after_it_was_read_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between hash and session there is nothing but one buffer."""
    path = tmp_path / "000000.onnx"
    path.write_bytes(SOUND)
    other = sound(-graphs.WEIGHTS).SerializeToString()

    def swapped(name: Path, *, limit: int) -> bytes:
        data = read(name, limit=limit)
        path.write_bytes(other)
        return data

    read = files.read
    monkeypatch.setattr(files, "read", swapped)
    shard = Shard(path, hashlib.sha256(SOUND).hexdigest())
    with Sandbox(limits=SMALL) as box:
        scores = box.open(shard(), FORM, WHERE)(ROWS)
    assert path.read_bytes() == other
    assert scores.tobytes() == in_process(SOUND, ROWS)
    with pytest.raises(ReleaseError, match="expected SHA-256"):
        shard()


@pytest.mark.cuda
def test_a_device_gives_the_same_bits_inside() -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    here = runtime.run(runtime.session(SOUND, "cuda"), ROWS)
    with Sandbox(device="cuda") as box:
        assert box.open(SOUND, FORM, WHERE)(ROWS).tobytes() == here.tobytes()


def test_a_member_of_another_graph_is_refused_and_a_front_end_is_not_asked() -> None:
    other = graphs.ending(helper.make_node("Relu", ["mine"], ["scores"]))
    front_end = graphs.model([helper.make_node("Relu", ["x"], ["scores"])], scores=("batch", 4))
    with Sandbox(graph=graph_digest(SOUND), limits=SMALL) as box:
        box.open(front_end.SerializeToString(), Form(width=4, members=None, outputs=None), "f")
        box.check(sound(-graphs.WEIGHTS).SerializeToString(), FORM, WHERE)
        with pytest.raises(ReleaseError, match="as for all members"):
            box.check(other.SerializeToString(), FORM, "members/000001.onnx")


def test_random_and_changed_files_end_in_our_errors_only(box: Sandbox) -> None:
    generator = random.Random(7)
    accepted = 0
    for _ in range(300):
        data = bytearray(SOUND)
        for _ in range(generator.randrange(1, 4)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        with_tail = bytes(data[: generator.choice([len(data), generator.randrange(len(data))])])
        try:
            box.open(with_tail, FORM, WHERE)(ROWS)
            accepted += 1
        except ReleaseError:
            continue
    assert 0 < accepted < 300


def test_too_slow_a_member_is_undecided_and_its_process_ends() -> None:
    data = graphs.slow().SerializeToString()
    with Sandbox(limits=Limits(seconds=2)) as box:
        loaded = box.open(data, FORM, WHERE)
        child = child_of(box)
        begun = time.monotonic()
        with pytest.raises(UndecidedError, match="it took more than 2 s") as caught:
            loaded(np.ones((BATCH, 4), np.float32))
        assert 2 <= time.monotonic() - begun < 10
        assert caught.value.exit_code == 3
        assert gone(child)
        for again in (lambda: loaded(ROWS), lambda: box.open(SOUND, FORM, WHERE)):
            with pytest.raises(UndecidedError, match="it took more than 2 s"):
                again()


def test_a_value_that_does_not_fit_into_memory_is_undecided() -> None:
    data = graphs.bomb("Expand", 2**32).SerializeToString()  # 16 GiB: some machine has that
    with Sandbox(limits=SMALL) as box, pytest.raises(UndecidedError, match="gave no answer"):
        box.open(data, FORM, WHERE)(ROWS)


def test_a_file_that_unfolds_in_memory_is_undecided() -> None:
    """Of two bytes protobuf makes a hundred; a file that was signed can be that."""
    empty = onnx.GraphProto()
    empty.node.extend([onnx.NodeProto()] * 100_000)
    nodes = empty.SerializeToString() * 60
    size = len(nodes)
    varint = bytes([size & 127 | 128, size >> 7 & 127 | 128, size >> 14 & 127 | 128, size >> 21])
    with (
        Sandbox(limits=Limits(memory=600 << 20, seconds=60)) as box,
        pytest.raises(UndecidedError, match="out of memory"),
    ):
        box.open(b"\x3a" + varint + nodes, FORM, WHERE)


def test_a_file_larger_than_the_memory_is_undecided() -> None:
    with (
        Sandbox(limits=Limits(memory=400 << 20, seconds=60)) as box,
        pytest.raises(UndecidedError, match="out of memory"),
    ):
        box.open(bytes(500 << 20), FORM, WHERE)


def test_a_process_that_cannot_even_start_is_undecided() -> None:
    with (
        Sandbox(limits=Limits(memory=60 << 20)) as box,
        pytest.raises(UndecidedError, match="gave no answer"),
    ):
        box.open(SOUND, FORM, WHERE)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGXCPU])
def test_a_process_killed_in_the_middle_is_undecided(number: signal.Signals) -> None:
    data = graphs.slow().SerializeToString()
    with Sandbox(limits=Limits(seconds=60)) as box:
        loaded = box.open(data, FORM, WHERE)
        killer = threading.Timer(0.3, os.kill, (child_of(box), number))
        killer.start()
        with pytest.raises(UndecidedError, match=r"killed|SIGSEGV|processor time"):
            loaded(np.ones((BATCH, 4), np.float32))
        killer.join()


def test_a_process_killed_while_idle_is_undecided(box: Sandbox) -> None:
    with Sandbox(limits=SMALL) as own:
        loaded = own.open(SOUND, FORM, WHERE)
        os.kill(child_of(own), signal.SIGKILL)
        with pytest.raises(UndecidedError, match="it was killed"):
            loaded(ROWS)


def test_the_process_works_in_a_folder_that_is_gone_and_ends_when_closed() -> None:
    box = Sandbox(limits=SMALL)
    loaded = box.open(SOUND, FORM, WHERE)
    child = child_of(box)
    assert Path(f"/proc/{child}/cwd").readlink().name.endswith(" (deleted)")
    box.close()
    assert gone(child)
    with pytest.raises(UndecidedError, match="it was closed"):
        loaded(ROWS)


def test_the_process_has_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    with Sandbox(limits=SMALL) as box:
        box.open(SOUND, FORM, WHERE)
        own = Path(f"/proc/{child_of(box)}")
        assert not list((own / "cwd").iterdir())
        words = (own / "environ").read_bytes().split(b"\0")
        names = {word.partition(b"=")[0].decode() for word in words if word}
        assert names <= {*confined._SET, *confined._KEPT}
        limits = {
            line[:26].strip(): line[26:].split()[:2]
            for line in (own / "limits").read_text(encoding="ascii").splitlines()
        }
        assert limits["Max address space"] == [str(SMALL.memory)] * 2
        for name in ("Max file size", "Max core file size", "Max processes"):
            assert limits[name] == ["0", "0"]
        assert limits["Max open files"] == ["64", "64"]
        assert limits["Max cpu time"][0] != "unlimited"
        assert len(list((own / "fd").iterdir())) < 10


ORPHAN = """
import sys
import numpy as np
from auditor.replay.sandbox import Limits, Sandbox
from auditor.replay.shards import Shard
from tests.replay import graphs
box = Sandbox(limits=Limits(seconds=300))
loaded = box.open(graphs.slow().SerializeToString(), graphs.FORM, "m")
print(box._process._child.pid, flush=True)
if sys.argv[1] == "busy":
    loaded(np.ones((256, 4), np.float32))
sys.stdin.read()
"""


@pytest.mark.parametrize("what", ["busy", "idle"])
def test_the_process_ends_with_the_one_that_started_it(what: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, what],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.5)
    assert not gone(child)
    begun = time.monotonic()
    parent.kill()
    parent.communicate()
    assert soon(lambda: gone(child))
    assert time.monotonic() - begun < 5


def test_a_graph_that_is_forgotten_here_is_forgotten_there() -> None:
    """Otherwise twenty of these would not fit."""
    learner = graphs.learner({"name": "mlp", "hidden": [4000], "chunk": 16})
    data = graphs.filled(learner.graph(16, "shared"))
    assert len(data) > 16 << 20
    form = Form(width=64, members=16, outputs=2)
    rows = np.ones((2, 64), np.float32)
    with Sandbox(limits=Limits(memory=600 << 20, seconds=60)) as box:
        expected = box.open(data, form, WHERE)(rows).tobytes()
        for _ in range(20):
            assert box.open(data, form, WHERE)(rows).tobytes() == expected
    with (
        Sandbox(limits=Limits(memory=600 << 20, seconds=60)) as box,
        pytest.raises(UndecidedError, match="gave no answer"),
    ):
        len([box.open(data, form, WHERE) for _ in range(20)])


LIAR = """
import os, struct, sys, time
head = struct.Struct("<II3Q")
os.write(1, head.pack(5, 0, 0, 0, 0))
while True:
    word, number, a, b, c = head.unpack(os.read(0, head.size))
    size = a + b
    while size:
        size -= len(os.read(0, min(size, 1 << 16)))
    os.write(1, {answer})
    time.sleep(60)
"""


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("head.pack(5, number, 3, 0, 0)", "not asked"),
        ("head.pack(5, number + 1, 2, 0, 0)", "not asked"),
        ("head.pack(6, number, 2, 0, 0)", "not asked"),
        ("head.pack(77, number, 2, 0, 0)", "not asked"),
        ("head.pack(5, number, 2, 0, 1 << 60)", "not asked"),
        ("head.pack(8, 0, 3, 0, 0) + b'a\\x1b['", "gave no answer: a"),
        ("head.pack(8, 0, 1 << 60, 0, 0)", "more than 2 s"),
        ("b'short'", "more than 2 s"),
    ],
)
def test_a_process_that_was_taken_over_is_believed_nothing_of_form(
    answer: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confined, "_START", LIAR.replace("{answer}", answer))
    with (
        Sandbox(limits=Limits(seconds=2)) as box,
        pytest.raises(UndecidedError, match=reason) as caught,
    ):
        box.open(SOUND, FORM, WHERE)
    assert str(caught.value).isprintable()


def test_rows_of_another_shape_are_our_own_mistake(box: Sandbox) -> None:
    loaded = box.open(SOUND, FORM, WHERE)
    with pytest.raises(ValueError, match="rows of shape"):
        loaded(np.zeros((5, 9), np.float32))
