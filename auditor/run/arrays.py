"""The data of a run, laid out where worker processes can map it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from auditor.datasets import Dataset
from auditor.files import write_atomic
from auditor.recipe import Recipe


def write_arrays(folder: Path, loaded: Recipe, train: Dataset, inputs: Dataset) -> None:
    """Write the data where worker processes can map it."""
    arrays = {
        "train-symbols": train.symbols,
        "train-labels": train.labels,
        "train-positions": train.positions,
        "input-symbols": inputs.symbols,
        "input-labels": inputs.labels,
    }
    for name, array in arrays.items():
        buffer = io.BytesIO()
        np.save(buffer, array)
        write_atomic(folder / f"{name}.npy", buffer.getvalue())
    by = loaded.resolved["smoothing"]["training"].get("by")
    names = train.ids if by == "id" else None
    if loaded.resolved["unit"] == "group":
        names = train.groups
    slot_labels = train.slot_labels if by == "class" else None
    facts: dict[str, Any] = {
        "slots": train.slots,
        "names": names,
        "slotLabels": None if slot_labels is None else slot_labels.tolist(),
    }
    write_atomic(folder / "facts.json", json.dumps(facts).encode())
