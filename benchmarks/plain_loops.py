"""Training loops as one would write them without thinking about speed: one member at a time."""

# ruff: noqa: ANN401 - learners of all kinds

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy import ndimage
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import BernoulliNB
from sklearn.neighbors import KNeighborsClassifier

from auditor.learners import TrainingSet

Plain = Callable[[Any, TrainingSet, Any], None]


def bayes(learner: Any, examples: TrainingSet, streams: Any) -> None:
    del learner, streams
    BernoulliNB(alpha=1.0).fit(examples.symbols, examples.labels)


def neighbours(learner: Any, examples: TrainingSet, streams: Any) -> None:
    rows, labels = learner.maker.rows(examples, streams)
    KNeighborsClassifier(n_neighbors=1, algorithm="brute").fit(rows, labels)


def ridge(learner: Any, examples: TrainingSet, streams: Any) -> None:
    rows, labels = learner.maker.rows(examples, streams)
    targets = np.eye(2)[labels] - 0.5
    weights = (len(labels) / (2 * np.bincount(labels, minlength=2)))[labels]
    Ridge(alpha=0.001 * len(labels), solver="cholesky").fit(
        rows.astype(np.float64), targets, sample_weight=weights
    )


def kernel(learner: Any, examples: TrainingSet, streams: Any) -> None:
    del streams
    for copy in learner.maker.copies:
        for symbols in examples.symbols:
            image = copy.apply(symbols[None].astype(np.float32), (1, 28, 28)).reshape(28, 28)
            ink = 0.01 + 0.98 * ndimage.gaussian_filter(
                image.astype(np.float64), 1.0, mode="constant", truncate=3.0
            )
            np.concatenate([np.log(ink / (1 - ink)) / 2, np.log(ink * (1 - ink)) / 2])


def logistic(learner: Any, examples: TrainingSet, streams: Any) -> None:
    rows, labels = learner.maker.rows(examples, streams)
    inputs = np.hstack([rows, np.ones((len(rows), 1))])
    targets, count = np.eye(2)[labels], len(rows)
    bound = inputs.T @ inputs / 2 + learner.penalty * count * np.eye(inputs.shape[1])
    inverse = np.linalg.inv(bound)
    weights = np.zeros((inputs.shape[1], 2))
    for _ in range(learner.steps):
        scores = inputs @ weights
        chances = np.exp(scores - scores.max(1, keepdims=True))
        chances /= chances.sum(1, keepdims=True)
        slope = inputs.T @ (targets - chances) - learner.penalty * count * weights
        weights += inverse @ slope


def torch_loop(
    make: Callable[[Any], torch.nn.Module],
) -> Plain:
    """Return the usual PyTorch training loop: DataLoader, module, Adam, loss.item()."""

    def train(learner: Any, examples: TrainingSet, streams: Any) -> None:
        rows, labels = learner.maker.rows(examples, streams)
        data = torch.utils.data.TensorDataset(torch.from_numpy(rows), torch.from_numpy(labels))
        loader = torch.utils.data.DataLoader(
            data, batch_size=learner.batch, shuffle=True, drop_last=len(rows) > learner.batch
        )
        model = make(learner)
        optimiser = torch.optim.AdamW(model.parameters(), lr=learner.learning_rate)
        loss_function, losses, step = torch.nn.CrossEntropyLoss(), [], 0
        while step < learner.steps:
            for inputs, targets in loader:
                optimiser.zero_grad()
                loss = loss_function(model(inputs), targets)
                loss.backward()
                optimiser.step()
                losses.append(loss.item())
                step += 1
                if step == learner.steps:
                    break

    return train


def mlp_module(learner: Any) -> torch.nn.Module:
    sizes = [learner.maker.width, *learner.hidden]
    layers: list[torch.nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers, torch.nn.Linear(sizes[-1], 2))
