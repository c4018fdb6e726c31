"""Write forms.csv: scikit-learn's handwritten digits as a table with a column of contributors.

    python examples/table/forms.py examples/table/forms.csv

One row a digit: the form that it was written on, the digit, and 64 grey values from 0 to 16. The
forms are those of ``sklearn:digits`` with ``group = "form"``: the runs in which the data set came.
"""

from __future__ import annotations

import csv
import sys
from bisect import bisect_right
from pathlib import Path

from sklearn.datasets import load_digits

from auditor.datasets.sources.scikit import FORMS


def main(path: Path) -> None:
    """Write the table to ``path``."""
    bunch = load_digits()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["form", "digit", *(f"p{at}" for at in range(64))])
        rows = zip(bunch.target.tolist(), bunch.data.astype(int).tolist(), strict=True)
        for index, (digit, values) in enumerate(rows):
            writer.writerow([f"form {bisect_right(FORMS, index):02}", digit, *values])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
