"""What was audited, as a list of names and values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.report.sentences import count
from auditor.report.subject import Subject

_METHODS = {
    "none": "none",
    "partition": "partition: each training unit is seen by one member only",
    "neighbours": "neighbours: the nearest training examples vote",
    "grid": "grid: each training unit and each block of features is seen by a few members only",
    "finite-aggregation": "finite aggregation: each training unit is seen by a few members only",
    "flip": "flip: random symbols replace some of the values",
    "bag": "bag: each member sees a random sample",
    "poisson-bag": "poisson-bag: each member sees every example with one chance",
    "bag-flip": "bag-flip: each member sees a random sample, in which symbols are replaced",
    "plurality": "plurality: most votes",
    "run-off": "run-off: the two classes with most votes meet in a second round",
    "hide": "hide: most values are hidden at random",
    "gaussian": "gaussian: normal noise is added to the values",
    "uniform": "uniform: noise from a fixed interval is added to the values",
    "views": "views: every view shows a few pixels, no sampling",
    "ablation": "ablation: every view shows one block or band, no sampling",
    "two-mask": "two-mask: what an attacker may have touched is masked out, no sampling",
}


def facts(subject: Subject) -> tuple[tuple[str, str], ...]:
    """Return (name, value) pairs in reading order."""
    audit = subject.audit
    recipe, data = audit["recipe"], audit["dataset"]
    shape = " x ".join(str(side) for side in data["shape"])
    dropped = (
        f"; {count(int(data['dropped']), 'malformed example')} dropped" if data["dropped"] else ""
    )
    found = [
        (
            "Training data",
            f"{data['source']}: {count(int(data['size']), 'example')}{_groups(audit)}{dropped}",
        ),
        ("Classes", ", ".join(str(name) for name in data["classes"])),
        ("Input", f"{shape}, {_alphabet(recipe['alphabet'])}"),
        ("Inputs certified", f"{int(audit['inputs']['size']):,}"),
        ("Ensemble", f"{count(int(audit['members']), 'member')}, learner {_learner(recipe)}"),
        ("Training side", _method(recipe["smoothing"]["training"])),
        ("Test side", _method(recipe["smoothing"]["test"])),
    ]
    if "vote" in recipe["smoothing"]:
        found.append(("Vote", _method(recipe["smoothing"]["vote"])))
    if int(audit["draws"]):
        found.append(("Draws per input", f"{int(audit['draws']):,}"))
    found += [
        ("Failure probability", _alpha(recipe["claim"])),
        ("Data root", str(data["rootHash"])),
        ("Input list root", str(audit["inputs"]["rootHash"])),
        ("Recipe", f"sha256 {audit['recipeFile']['sha256']}"),
        ("Software", f"auditor {audit['code']['version']}, sha256 {audit['code']['sha256']}"),
        ("Signed by key", subject.keyid),
    ]
    return tuple(found)


def _groups(audit: Mapping[str, Any]) -> str:
    groups = audit["dataset"].get("groups")
    return "" if groups is None else f" in {count(int(groups), 'group')}, attacked by group"


def _alphabet(alphabet: Mapping[str, Any]) -> str:
    match alphabet["kind"]:
        case "binary":
            return f"two levels, split at {alphabet['threshold']}"
        case "levels":
            return f"{len(alphabet['edges']) + 1} levels"
        case _:
            return f"a grid of step {alphabet.get('step', '?')}"


def _learner(recipe: Mapping[str, Any]) -> str:
    learner = recipe["learner"]
    front = learner.get("frontEnd")
    return f"{learner['name']} on {front['name']}" if front else str(learner["name"])


def _method(side: Mapping[str, Any]) -> str:
    name = str(side["method"])
    rest = ", ".join(f"{key} {_value(value)}" for key, value in side.items() if key != "method")
    return _METHODS.get(name, name) + (f" ({rest})" if rest else "")


def _value(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _alpha(claim: Mapping[str, Any]) -> str:
    if claim["alpha"] == "0":
        return "0: deterministic"
    scope = (
        "for all claims together" if claim["scope"] == "simultaneous" else "for each claim alone"
    )
    return f"{claim['alpha']} {scope}"
