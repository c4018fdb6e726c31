"""recipe.toml: everything that fixes a run, given the data and the draws.

``load`` reads a file, ``resolve`` turns a document into its signed form, ``starter`` is a recipe to
begin with.
"""

from auditor.recipe.file import Recipe, load
from auditor.recipe.presets import PRESETS
from auditor.recipe.resolved import resolve
from auditor.recipe.schema import recipe_schema
from auditor.recipe.starter import starter

__all__ = ["PRESETS", "Recipe", "load", "recipe_schema", "resolve", "starter"]
