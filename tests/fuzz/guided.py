"""Coverage-guided fuzzing with atheris, which is not installed by anything here.

    python -m tests.fuzz.guided parser|strangers_input|strangers_folder|liars_release [options]

The options are libFuzzer's: ``-runs=N``, ``-max_total_time=SECONDS``, a corpus folder. Ends with a
crash file at the first property (``properties.py``) that does not hold.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from tests.fuzz import properties
from tests.fuzz.choices import Provided

TARGETS: Final[dict[str, Callable[[Provided], object]]] = {
    "parser": lambda choices: properties.parser(
        choices.below(len(properties.PARSERS)), choices.rest()
    ),
    "strangers_input": properties.strangers_input,
    "strangers_folder": properties.strangers_folder,
    "liars_release": properties.liars_release,
}


def main() -> None:
    """Fuzz the target that the first argument names."""
    import atheris

    target = TARGETS[sys.argv.pop(1)]
    atheris.instrument_all()

    def one_input(data: bytes) -> None:
        target(Provided(atheris.FuzzedDataProvider(data)))

    atheris.Setup([*sys.argv, "-print_final_stats=1"], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
