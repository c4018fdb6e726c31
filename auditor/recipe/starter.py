"""The recipe that ``audit init`` writes: valid as it stands, every choice explained."""

from __future__ import annotations

from typing import Final

_STARTER: Final = """\
# A recipe: everything that fixes an audited training run, given the data and the draws.
# `audit check recipe.toml` reads the data, `audit plan recipe.toml` says what a run costs and can
# certify, `audit run recipe.toml --out release` does it.

version = 1
name = "handwritten digits, 1 against 7"

# The classes, in order. Rows of other classes are left out. Written here and not collected from
# the data, because whoever can change the data must not change what the classes are.
classes = ["1", "7"]

# What an attacker changes one of: "example", or "group" (all rows that data.group gives one name).
unit = "example"

# What of an example an attacker changes: both features and label if this is left out. "labels"
# trusts the features, "features" trusts the labels; members may then use all of what is trusted.
# threat = "labels"

# Part of the classifier: fixes which example goes to which part, which pixels are masked together,
# and where members start. Any text; never derived from the data.
designSeed = "1"

# How the settings below were chosen. Be honest, every verdict repeats it:
#   "none"          without looking at this data
#   "trusted-data"  on data that no attacker could touch
#   "pilot"         by looking at this data (the guarantee then assumes the same choice)
selection = "none"

[data]
# sklearn:digits|wine|breast_cancer|iris, torchvision:NAME, images, table or npz. For example
#   source = "torchvision:MNIST"      root = "${AUDIT_DATA}"   download = false
#   source = "images"                 path = "photos"          shape = [3, 32, 32]
#   source = "table"                  path = "rows.csv"        label = "class"
#   source = "npz"                    path = "arrays.npz"      # xTrain yTrain xTest yTest
source = "sklearn:digits"
# No test split in this source: every third row, by its place alone, is an input to certify.
holdout = { every = 3, offset = 0 }

[alphabet]
# Values become symbols by constants, never by statistics of the data. What is certified is a number
# of changed symbols.
#   kind = "binary"  threshold = 8              two symbols
#   kind = "levels"  edges = [4, 8, 12]         a few
#   kind = "grid"    step = "1/256"  low = 0  high = 1
kind = "binary"
threshold = 8
unit = "pixel"

[learner]
# naive-bayes, kernel-bayes, nearest-neighbours, ridge, logistic, mlp, cnn, torchvision, or
# python with factory = "python:package.module:function" (training = "function": your own loop).
name = "ridge"
penalty = 0.001

[training]
# Copies of each training example ({} = unchanged; shear, rotate, width), each also with so many
# masks laid over it, so that members learn from what they will be shown.
copies = [{}]
masks = 4

[smoothing.training]
# none, flip (keepFeatures, keepLabels), bag (size), neighbours (count), partition (parts, by),
# finite-aggregation (parts, by, spread), and more: `audit methods` lists them all.
# Each changed example touches one part only, and with it one member's vote.
method = "partition"
parts = 40
by = "index"

[smoothing.test]
# none, flip (keep), hide (show), views (groups, partitions), ablation (region, size) or two-mask
# (groups and pixels, window, step and patch, or all five). Deterministic here: whatever pixel was
# changed, some mask hides it.
method = "two-mask"
groups = 8
pixels = 1

# With three classes or more, parts and test method none: [smoothing.vote] with method = "run-off"
# holds a second round between the two classes with most votes.

[claim]
# Nothing is drawn above, so alpha is 0. With flip, bag or hide, give alpha = "1/1000".
alpha = 0
# What to certify, as a table whose lists are multiplied out, or as a list of single budgets.
budgets = { trainExamples = [0, 2, 5, 10], inputFeatures = [0, 1] }

[inputs]
# "all", a number (so many, evenly spaced) or a list of indices.
take = "all"
"""


def starter() -> str:
    """Return the starter recipe as TOML text."""
    return _STARTER
