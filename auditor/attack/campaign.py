"""Every attack at every size, against a plain model and the ensemble, beside the certificate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from auditor.attack.models import Factory, Labels
from auditor.attack.poison import Poisoned, poison, why_not
from auditor.attack.trigger import Scale
from auditor.datasets import Dataset
from auditor.errors import RecipeError, UsageError
from auditor.guarantee.test.units import Layout
from auditor.guarantee.threat import TRAIN_EXAMPLES, Budget
from auditor.progress import Progress
from auditor.verify.verified import Claim, Verified

_SUPPORTED = ("index", "id", "class")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One classifier under attack: accuracy on untouched inputs, and the attack's success.

    Success: of ``attacked`` inputs that are not of the target class, how many are now given it.
    """

    correct: int
    succeeded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """One attack, and what it may change: ``factor`` times the training examples asked for."""

    attack: str
    factor: int
    budget: Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an attack did. ``flipped``: certified inputs whose answer changed; has to be ()."""

    spent: Spent
    rewritten: int
    trigger: str
    plain: Model
    ensemble: Model
    certified: int
    flipped: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """An attack for which threat or budget leave no room."""

    attack: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a campaign found. ``inputs`` in all, ``attacked`` of them not of the target class.

    ``plain`` and ``ensemble`` are the models with no attack at all: how many are taken for the
    target by plain error. ``unlike`` inputs are not judged: members that are trained here, on the
    audited data, vote otherwise on them than the certificate's, as another machine's may.
    """

    target: str
    inputs: int
    attacked: int
    plain: Model
    ensemble: Model
    unlike: int
    outcomes: tuple[Outcome, ...]
    skipped: tuple[Skipped, ...]

    @property
    def falsified(self) -> tuple[Outcome, ...]:
        """The outcomes that no valid certificate allows."""
        return tuple(each for each in self.outcomes if each.flipped)

    @property
    def tested(self) -> bool:
        """Whether there was any certified input whose answer an attack could have changed."""
        return any(each.certified for each in self.outcomes)

    @property
    def exit_code(self) -> int:
        """1 where the certificate is wrong, 3 where nothing was tested, else 0."""
        return 1 if self.falsified else 0 if self.tested else 3


def campaign(
    verified: Verified,
    factory: Factory,
    train: Dataset,
    inputs: Dataset,
    *,
    recorded: Sequence[bytes],
    attacks: Sequence[str],
    budget: Budget,
    factors: Sequence[int],
    target: int,
    seed: int,
    progress: Progress,
) -> Report:
    """Attack with ``budget``, and with ``factors`` times its training examples.

    The change of the input stays that of the budget. ``recorded`` are the certified rows of votes:
    only inputs on which the ensemble votes just so when it is trained here are judged. Raises
    UsageError where the recipe is none that this attacks, or the budget has no training examples.
    """
    layout = check(verified, train, budget)
    scale = Scale.of(verified.certificate.audit.recipe["alphabet"])  # type: ignore[arg-type]
    moves = dict(verified.certificate.audit.moves)
    reasons = {attack: why_not(attack, moves, layout, budget) for attack in attacks}
    open_to = [attack for attack in attacks if reasons[attack] is None]
    part_of = factory.parts(train, inputs)
    plain = factory.plain()
    outcomes = []
    progress.stage("attacking", 1 + len(open_to) * len(factors), "trainings")
    try:
        unattacked = plain.polled(train, inputs)
    except RecipeError as error:
        raise UsageError(
            "attack: the plain model beside the ensemble is shown inputs with nothing hidden, "
            f"which this recipe's learner cannot read ({error})"
        ) from error
    clean = [unattacked, factory.polled(train, inputs)]
    alike = {
        index
        for index, (here, row) in enumerate(zip(clean[1].rows, recorded, strict=True))
        if here == row
    }
    judged = [claim for claim in verified.claims if claim.index in alike]
    progress.advance(1)
    for attack in open_to:
        for factor in factors:
            amounts = {**budget.to_json(), TRAIN_EXAMPLES: factor * budget.get(TRAIN_EXAMPLES)}
            spent = Spent(attack=attack, factor=factor, budget=Budget.of(amounts))
            made = poison(
                attack,
                train,
                inputs,
                layout=layout,
                scale=scale,
                budget=spent.budget,
                target=target,
                part_of=part_of,
                seed=seed,
            )
            both = _twice(inputs, made)
            answers = [model.polled(made.train, both).labels for model in (plain, factory)]
            outcomes.append(
                _outcome(judged, made, answers, spent=spent, inputs=inputs, target=target)
            )
            progress.advance(1)
    return Report(
        target=verified.certificate.audit.classes[target],
        inputs=len(inputs),
        attacked=int((inputs.labels != target).sum()),
        plain=_model(clean[0].labels * 2, inputs, target),
        ensemble=_model(clean[1].labels * 2, inputs, target),
        unlike=len(inputs) - len(alike),
        outcomes=tuple(outcomes),
        skipped=tuple(
            Skipped(attack=attack, reason=reason)
            for attack, reason in reasons.items()
            if reason is not None
        ),
    )


def check(verified: Verified, train: Dataset, budget: Budget) -> Layout:
    """Return the layout of inputs; raise UsageError for what is not attacked here."""
    audit = verified.certificate.audit
    recipe: Mapping[str, object] = audit.recipe
    training = recipe["smoothing"]["training"]  # type: ignore[index]
    if verified.randomised:
        raise UsageError(
            "attack: expected a vote in which nothing is random (alpha 0); of a random one, a "
            "single flip refutes nothing"
        )
    if training["method"] != "partition" or training["by"] not in _SUPPORTED:
        raise UsageError(
            f"attack: expected training method partition by {', '.join(_SUPPORTED)}, got "
            f"{training['method']} by {training.get('by', 'nothing')}"
        )
    if not 0 < budget.get(TRAIN_EXAMPLES) <= len(train):
        raise UsageError(
            f"attack: --budget: expected trainExamples from 1 to {len(train)}, got "
            f"{budget.get(TRAIN_EXAMPLES)}"
        )
    unit = str(recipe["alphabet"].get("unit", "channel"))  # type: ignore[attr-defined]
    return Layout.from_json(list(train.shape), unit, "attack")


def _twice(inputs: Dataset, made: Poisoned) -> Dataset:
    """Return the inputs with the trigger, and then as they are."""
    symbols = np.concatenate([made.trigger.stamp(inputs.symbols), inputs.symbols])
    return replace(inputs, symbols=symbols, labels=np.concatenate([inputs.labels] * 2))


def _outcome(
    judged: Sequence[Claim],
    made: Poisoned,
    answers: Sequence[Labels],
    *,
    spent: Spent,
    inputs: Dataset,
    target: int,
) -> Outcome:
    # Misread ones too: a certificate says that an answer stays, not that it is right.
    certified = [c for c in judged if c.certified(spent.budget)]
    return Outcome(
        spent=spent,
        rewritten=made.rewritten,
        trigger=made.trigger.words,
        plain=_model(answers[0], inputs, target),
        ensemble=_model(answers[1], inputs, target),
        certified=len(certified),
        flipped=tuple(c.index for c in certified if _moved(c, answers[1], len(inputs))),
    )


def _model(given: Labels, inputs: Dataset, target: int) -> Model:
    """Count answers: to inputs with the trigger, and then to the same as they are."""
    truth = inputs.labels.tolist()
    return Model(
        correct=sum(a == b for a, b in zip(given[len(truth) :], truth, strict=True)),
        succeeded=sum(a == target != b for a, b in zip(given[: len(truth)], truth, strict=True)),
    )


def _moved(claim: Claim, answers: Labels, size: int) -> bool:
    """Whether an answer with the trigger, or without it, is not the certified one."""
    return {answers[claim.index], answers[size + claim.index]} != {claim.label}
