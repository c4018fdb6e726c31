"""Honest files of every rule: what must verify, or the others prove nothing by failing."""

from __future__ import annotations

from functools import cache, partial

from tests import honest
from tests.honest import ED25519, Honest
from tests.vectors.forging import BASE, Budgets, base, changed, made
from tests.vectors.form import Vector, add, folder, single, vector

PARTITION = {"method": "partition", "parts": 7, "by": "index"}
NONE = {"method": "none"}


def by(key: str) -> Honest:
    """Return partitions by something else than the index: other moves, other prices."""
    unit = "group" if key == "group" else "example"
    training = {**PARTITION, "by": key}
    return made(recipe=changed("partition", training=training, unit=unit))


def windows() -> Honest:
    """Return two masks over windows of 3 x 3, against a patch of side 2."""
    test = {"method": "two-mask", "window": 3, "step": 1, "patch": 2}
    budgets: Budgets = ({}, {"trainExamples": 1}, {"trainExamples": 2, "inputPatch": 2})
    return made("two-mask", recipe=changed("two-mask", test=test, budgets=budgets))


@cache
def ablation() -> Honest:
    """Return views of one pixel each, against patches and single pixels."""
    test = {"method": "ablation", "region": "block", "size": 1, "step": 1, "wrap": True}
    patches: Budgets = (
        {"trainExamples": 2, "inputPatch": 2},
        {"inputFeatures": 2, "inputPatch": 1},
    )
    budgets: Budgets = ({}, {"trainExamples": 1}, *patches)
    return made("two-mask", recipe=changed("two-mask", test=test, budgets=budgets))


def bands() -> Honest:
    """Return views of one row each, none of which goes round the border."""
    test = {"method": "ablation", "region": "rows", "size": 1, "step": 1, "wrap": False}
    budgets: Budgets = ({}, {"trainExamples": 1, "inputPatch": 1}, {"inputPatch": 2})
    return made("two-mask", recipe=changed("two-mask", test=test, budgets=budgets))


@cache
def joint() -> Honest:
    """Return two masks over pixel groups and windows at once."""
    test = {"groups": 5, "pixels": 1, "window": 3, "step": 1, "patch": 2}
    budgets: Budgets = (
        *({}, {"inputFeatures": 1}, {"inputPatch": 1}),
        {"trainExamples": 2, "inputFeatures": 1, "inputPatch": 2},
    )
    recipe = changed("two-mask", test={"method": "two-mask", **test}, budgets=budgets)
    return made("two-mask", recipe=recipe)


def input_only() -> Honest:
    """Return one fixed member under flips of the input."""
    budgets: Budgets = ({}, {"inputFeatures": 1}, {"inputFeatures": 2})
    recipe = changed("nested", training=NONE, budgets=budgets, members=1)
    return made("nested", recipe=recipe)


def labels_only() -> Honest:
    """Return flips of training labels alone."""
    training = {"method": "flip", "keepFeatures": "1", "keepLabels": "205/256"}
    budgets: Budgets = ({}, {"trainLabels": 1}, {"trainLabels": 2})
    return made("flip", recipe=changed("flip", training=training, test=NONE, budgets=budgets))


def any_size() -> Honest:
    """Return bags of a data set whose examples may be inserted and deleted."""
    training = {"method": "bag", "size": 3, "moves": "any-size"}
    return made("bag", recipe=changed("bag", training=training))


@cache
def hidden_training() -> Honest:
    """Return training data in which nearly everything is hidden."""
    training = {"method": "hide", "showFeatures": "16/256", "showLabels": "64/256"}
    budgets: Budgets = (
        {},
        {"trainFeatures": 2},
        {"trainFeatures": 4, "trainLabels": 1},
        {"trainLabels": 1, "inputFeatures": 1},
        {"trainLabels": 3},
    )
    return made("bag", recipe=changed("bag", training=training, budgets=budgets))


def poisson_bag() -> Honest:
    """Return Poisson bags, and hidden pixels."""
    training = {"method": "poisson-bag", "rate": "16/256"}
    budgets: Budgets = ({}, {"trainExamples": 1, "inputFeatures": 1}, {"trainExamples": 40})
    return made("bag", recipe=changed("bag", training=training, budgets=budgets))


BAG_FLIP = {"method": "bag-flip", "size": 3, "keepFeatures": "192/256", "keepLabels": "230/256"}
PARTS: Budgets = (
    {},
    {"partialExamples": 2, "featuresPerExample": 1},
    {"partialExamples": 1, "featuresPerExample": 2, "labelsPerExample": 1},
    {"trainExamples": 1, "partialExamples": 3, "labelsPerExample": 1, "inputFeatures": 1},
    {"partialExamples": 40, "featuresPerExample": 16, "labelsPerExample": 1},
)


@cache
def bag_flip() -> Honest:
    """Return bags with flips inside, and a backdoor: flips of the input as well."""
    test = {"method": "flip", "keep": "205/256"}
    return made("bag", recipe=changed("bag", training=BAG_FLIP, test=test, budgets=PARTS))


@cache
def bag_flip_runner_up() -> Honest:
    """Return three classes under bags with flips inside, told apart by two bounds."""
    claim = {"bound": "runner-up", "selectionDraws": 20, "alpha": "1/10", "scope": "per-input"}
    classes = ["0", "1", "2"]
    recipe = changed(
        "bag", training=BAG_FLIP, test=NONE, budgets=PARTS[:3], claim=claim, classes=classes
    )
    return made("bag", recipe=recipe)


def hidden_views() -> Honest:
    """Return partition members inside each of 200 copies with hidden pixels."""
    test = {"method": "hide", "show": "16/256"}
    return made("nested", recipe=changed("nested", test=test))


NEIGHBOURS = {"method": "neighbours", "count": 15}
LEARNER = {"name": "nearest-neighbours", "neighbours": 15, "distance": "l2", "chunk": 1}


@cache
def neighbours(test: str = "none") -> Honest:
    """Return the 15 nearest training examples, on the input itself or in each of its views."""
    recipe = changed("partition", training=NEIGHBOURS, members=1, learner=LEARNER)
    if test == "two-mask":
        recipe = changed("two-mask", training=NEIGHBOURS, members=1, learner=LEARNER)
    if test == "flip":
        recipe = changed("nested", training=NEIGHBOURS, members=1, learner=LEARNER)
    return made("partition", recipe=recipe)


@cache
def runner_up() -> Honest:
    """Return three classes, where the first 20 of 100 votes choose the label."""
    claim = {"bound": "runner-up", "selectionDraws": 20, "alpha": "1/10", "scope": "per-input"}
    budgets: Budgets = ({}, {"trainLabels": 1}, {"total": 2})
    recipe = changed("flip", claim=claim, budgets=budgets, classes=["0", "1", "2"])
    return made("flip", recipe=recipe)


@vector
def honest_partition() -> Vector:
    """Partition members, the input shown as it is: plain DPA."""
    return single("success", base("partition"))


@vector
def honest_two_mask() -> Vector:
    """Partition members, two masks over pixel groups."""
    return single("success", BASE)


@vector
def honest_views() -> Vector:
    """Partition members, sparse views."""
    return single("success", base("views"))


@vector
def honest_flip() -> Vector:
    """Drawn members: flips on features, labels and input."""
    return single("success", base("flip"))


@vector
def honest_bag() -> Vector:
    """Drawn members: bags, and hidden pixels."""
    return single("success", base("bag"))


@vector
def honest_nested() -> Vector:
    """Partition members inside each of 200 noisy copies of the input."""
    return single("success", base("nested"))


@vector
def honest_ed25519() -> Vector:
    """The same under an Ed25519 key."""
    return single("success", base("two-mask", key=ED25519))


for _key in ("id", "content", "group"):
    add(
        f"honest-partition-by-{_key}",
        f"Parts by {_key}: examples can be inserted and deleted, at that assignment's prices.",
        lambda key=_key: single("success", by(key)),  # type: ignore[misc]
    )

for _name, _comment, _make in (
    ("windows", "Two masks over windows: a patch of the input.", windows),
    ("ablation", "Views of one pixel each: patches, and single pixels beside them.", ablation),
    ("ablation-of-rows", "Views of one row each that do not go round the border.", bands),
    ("pixels-and-patch", "Two masks that hide pixel groups and a window at once.", joint),
    ("input-only", "One fixed member: nothing but the input is covered.", input_only),
    ("labels-only", "Training labels flipped, features left alone.", labels_only),
    ("hidden-training", "Training features and labels hidden at random.", hidden_training),
    ("bag-of-any-size", "Bags: insertions and deletions at the same price.", any_size),
    ("poisson-bag", "Every example enters a bag by itself: all moves, any size.", poisson_bag),
    ("bag-flip", "Flips inside bags and of the input: examples changed in part.", bag_flip),
    (
        "bag-flip-runner-up",
        "Flips inside bags, three classes, two bounds.",
        bag_flip_runner_up,
    ),
    ("hidden-views", "Partition members inside each of 200 half-hidden copies.", hidden_views),
    ("neighbours", "The nearest training examples vote: 15 votes of one member.", neighbours),
    (
        "neighbours-under-masks",
        "The examples that are nearest in each view of two masks.",
        lambda: neighbours("two-mask"),
    ),
    (
        "neighbours-in-noise",
        "The examples that are nearest to each of 200 noisy copies of the input.",
        lambda: neighbours("flip"),
    ),
    ("runner-up", "The first votes choose the label, the others bound two classes.", runner_up),
):
    add(
        f"honest-{_name}",
        _comment,
        lambda make=_make: single("success", make()),  # type: ignore[misc]
    )


@vector
def honest_abstention() -> Vector:
    """An input on which the vote abstains: nothing is claimed about it, and that verifies."""
    return single("success", base("flip"), 2)


@vector
def honest_single_leaf() -> Vector:
    """A release of one input: the tree is its leaf, and the proof is empty."""
    return single("success", made(recipe=changed("partition"), inputs=1), 0)


@vector
def honest_release() -> Vector:
    """A whole folder."""
    return folder("success", BASE)


@vector
def honest_release_without_bundle() -> Vector:
    """The Sigstore bundle is optional: it holds the same envelope."""
    return folder("success", BASE, {"certificate.sigstore.json": None})


@vector
def honest_release_with_front_end() -> Vector:
    """A front end is one more file that votes."""
    return folder("success", base("views", front_end=True))


@vector
def honest_release_ed25519() -> Vector:
    """A folder under an Ed25519 key."""
    return folder("success", base("partition", key=ED25519))


for _kind in ("flip", "bag", "nested"):
    add(
        f"honest-release-{_kind}",
        f"A folder whose claims hold but with probability alpha: {_kind}.",
        partial(lambda kind: folder("success", base(kind)), _kind),
    )


@vector
def honest_release_runner_up() -> Vector:
    """A folder under the bound runner-up."""
    return folder("success", runner_up())


@vector
def something_else_in_the_folder() -> Vector:
    """Files that no step names are not read: the verdict says that they are not signed."""
    return folder("success", BASE, {"report.html": b"<script>", "manifest.json": b"\xff"})


@vector
def trusted_artefact() -> Vector:
    """A trusted artefact is signed, and printed first in every verdict."""
    trusted = [{"name": "pretrained weights", "sha256": "0" * 64}]
    return single("success", honest.build("partition", trusted=trusted))
