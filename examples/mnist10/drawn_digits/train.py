"""Train the extractor on drawn digits with holes, and write it as an ONNX front end.

    python examples/mnist10/drawn_digits/train.py --out drawn-digits.onnx

Drawing and training are seeded, and a run that is stopped goes on from its last chapter when the
same command is given again. Another processor may round otherwise, and give another digest.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from drawing import SIDE, draw
from network import graph, network
from torch import nn

_DECAY = 0.999  # of the running mean of all weights, which is what is kept in the end
_RATE = 2e-3
_FADE = 11  # chapters after which a cosine from this rate would reach zero
_LINE = 2  # hard chapters after which the rate would reach zero


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long to train: chapters of ``steps`` batches, each on ``images`` new images.

    In the first ``easy`` chapters an image has one random pair of holes, up to 9 pixels wide, and
    the rate falls on a cosine. Then it has that pair of ``tries`` pairs, up to 7 pixels wide, under
    which the network errs most; these chapters draw half as many images, and the rate falls on a
    line. The running mean of the weights makes up for an end before either reaches zero.
    """

    chapters: int = 5
    easy: int = 4
    images: int = 50_000
    steps: int = 2_000
    batch: int = 128
    tries: int = 4
    seed: int = 1


@dataclass(slots=True, kw_only=True)
class State:
    """All that a stopped run needs."""

    net: nn.Sequential
    mean: nn.Sequential
    optimizer: torch.optim.Optimizer
    chapter: int = 0

    @classmethod
    def new(cls, plan: Plan) -> State:
        """Return the state before the first chapter."""
        torch.manual_seed(plan.seed)
        net, mean = network(), network()
        mean.load_state_dict(net.state_dict())
        net.to(memory_format=torch.channels_last)
        optimizer = torch.optim.AdamW(net.parameters(), _RATE, weight_decay=0.01)
        return cls(net=net, mean=mean, optimizer=optimizer)

    def save(self, path: Path) -> None:
        """Write the state in one go."""
        parts = {
            "net": self.net.state_dict(),
            "mean": self.mean.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "chapter": self.chapter,
        }
        unfinished = path.with_suffix(".unfinished")
        torch.save(parts, unfinished)
        unfinished.replace(path)

    def load(self, path: Path) -> None:
        """Read what :meth:`save` wrote."""
        parts = torch.load(path, weights_only=True)
        self.net.load_state_dict(parts["net"])
        self.mean.load_state_dict(parts["mean"])
        self.optimizer.load_state_dict(parts["optimizer"])
        self.chapter = parts["chapter"]


def train(plan: Plan, work: Path | None = None) -> nn.Sequential:
    """Return the trained network; ``work`` is a file that keeps what is done so far."""
    state = State.new(plan)
    if work is not None and work.exists():
        state.load(work)
    while state.chapter < plan.chapters:
        loss = _chapter(plan, state)
        state.chapter += 1
        print(f"chapter {state.chapter} of {plan.chapters}: mean loss {loss:.4f}", file=sys.stderr)
        if work is not None:
            state.save(work)
    return state.mean


def _chapter(plan: Plan, state: State) -> float:
    hard = state.chapter >= plan.easy
    drawn, digits = draw(plan.images // (2 if hard else 1), (plan.seed, state.chapter))
    images, labels = torch.from_numpy(drawn), torch.from_numpy(digits)
    random = torch.Generator().manual_seed(1_000 * plan.seed + state.chapter)
    total = 0.0
    for step in range(plan.steps):
        chosen = torch.randint(len(images), (plan.batch,), generator=random)
        ink, wanted = _shifted(images[chosen], random), labels[chosen]
        if hard:
            planes = _worst(state.net, ink, wanted, plan.tries, random)
        else:
            planes = _planes(ink, _hidden(plan.batch, 5, 9, random))
        _set_rate(state, plan, state.chapter + step / plan.steps)
        loss = _losses(state.net, planes, wanted).mean()
        state.optimizer.zero_grad()
        loss.backward()
        state.optimizer.step()
        total += float(loss.detach())
        with torch.no_grad():
            for kept, new in zip(state.mean.parameters(), state.net.parameters(), strict=True):
                kept.lerp_(new, 1 - _DECAY)
    return total / plan.steps


def _set_rate(state: State, plan: Plan, done: float) -> None:
    """Set the rate after ``done`` chapters, a short warm-up included."""
    rate = _RATE * min(1.0, 200 / _FADE * done)
    rate *= 0.5 + 0.5 * math.cos(math.pi * min(done, plan.easy) / _FADE)
    rate *= 1 - min(1.0, max(0.0, done - plan.easy) / _LINE)
    for group in state.optimizer.param_groups:
        group["lr"] = rate


def _losses(net: nn.Module, planes: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return each image's cross entropy; products in bfloat16, sums and weights in float32."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores = net(planes)
    return nn.functional.cross_entropy(scores.float(), labels, reduction="none")


def _worst(
    net: nn.Module, ink: torch.Tensor, labels: torch.Tensor, tries: int, random: torch.Generator
) -> torch.Tensor:
    """Return planes with the holes, of ``tries`` pairs, that cost each image most."""
    count = len(ink)
    hidden = _hidden(tries * count, 5, 7, random)
    planes = _planes(ink.repeat(tries, 1, 1), hidden)
    with torch.no_grad():
        losses = _losses(net, planes, labels.repeat(tries)).reshape(tries, count)
    worst = losses.argmax(0) * count + torch.arange(count)
    return planes[worst]


def _hidden(count: int, least: int, most: int, random: torch.Generator) -> torch.Tensor:
    """Return which pixels (count, side, side) two square holes hide, each there with chance .8."""
    side = torch.randint(least, most + 1, (count, 2, 1), generator=random)
    free = SIDE + 1 - side
    top, left = ((torch.rand((count, 2, 1), generator=random) * free).long() for _ in range(2))
    there = torch.rand((count, 2, 1), generator=random) < 0.8
    at = torch.arange(SIDE)
    down = (at >= top) & (at < top + side) & there
    right = (at >= left) & (at < left + side)
    return (down[..., :, None] & right[..., None, :]).any(1)


def _planes(ink: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
    """Return what the network reads (count, 2, side, side)."""
    unseen = hidden.float()
    planes = torch.stack([ink * (1 - unseen), -unseen], 1)
    return planes.contiguous(memory_format=torch.channels_last)


def _shifted(images: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Move each image by up to one pixel either way."""
    moves = torch.randint(-1, 2, (2, len(images), 1), generator=random)
    at = torch.arange(SIDE)
    down, right = ((at + move) % SIDE for move in moves)  # the border is empty
    each = torch.arange(len(images))[:, None, None]
    return images[each, down[:, :, None], right[:, None, :]].float()


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="the front end to write")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.use_deterministic_algorithms(mode=True)
    work = given.out.with_suffix(".work")
    trained = train(Plan(seed=given.seed), work)
    data = graph(trained).SerializeToString(deterministic=True)
    given.out.write_bytes(data)
    work.unlink(missing_ok=True)
    print(f"sha256:{hashlib.sha256(data).hexdigest()}  {given.out}  {len(data)} bytes")


if __name__ == "__main__":
    main()
