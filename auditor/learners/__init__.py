"""Learners: how one member of an ensemble is trained, and the ONNX graph it becomes.

One learner a file, all behind :class:`auditor.learners.base.Learner`; the closed table of them is
in :mod:`auditor.learners.build`. Nothing is shared between members: a member's parameters are a
function of its own training set, its own keyed streams and constants of the recipe.
"""

from __future__ import annotations

from auditor.learners.base import InputSpec, Layout, Learner, Parameters, TrainingSet
from auditor.learners.build import build

__all__ = ["InputSpec", "Layout", "Learner", "Parameters", "TrainingSet", "build"]
