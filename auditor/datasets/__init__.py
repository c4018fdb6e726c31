"""Data sets: many kinds of source, one ``Dataset``.

Guarantee: what becomes of an example is a function of that example and of recipe constants. Nothing
is fitted, counted or compared over the data; what is wrong with one example costs that one only.
"""

from auditor.datasets.check import Findings, check
from auditor.datasets.dataset import Dataset
from auditor.datasets.load import load

__all__ = ["Dataset", "Findings", "check", "load"]
