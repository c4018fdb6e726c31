"""A recipe file: read once, its bytes kept, its document resolved."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from auditor.errors import RecipeError
from auditor.recipe.resolved import resolve

#: A recipe is a page of text; a list of a million indices still fits.
MAX_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A recipe that can be run as written.

    ``text`` is the file's bytes, which the release keeps; ``resolved`` is the form that is signed:
    presets and defaults filled in, numbers as integers and exact strings.
    """

    path: Path
    text: bytes
    resolved: dict[str, Any]

    @property
    def sha256(self) -> str:
        """Digest (hex) of the file."""
        return hashlib.sha256(self.text).hexdigest()

    @property
    def base(self) -> Path:
        """The folder that relative paths in the recipe start from."""
        return self.path.parent


def load(path: Path | str) -> Recipe:
    """Read and resolve a recipe file.

    Raises RecipeError, in one sentence with file, key, value and what is allowed.
    """
    path = Path(path)
    try:
        text = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RecipeError(f"{path}: cannot read the recipe: {reason}") from None
    return parse(text, path)


def parse(text: bytes, path: Path) -> Recipe:
    """Resolve a recipe's bytes; ``path`` is where errors say they are, and what paths start from.

    Raises RecipeError as ``load`` does.
    """
    if len(text) > MAX_BYTES:
        raise RecipeError(f"{path}: a recipe has at most {MAX_BYTES} bytes, got {len(text)}")
    try:
        # Decimal, so that 0.1 stays 0.1: no number of a recipe ever passes through a float.
        document = tomllib.loads(text.decode("utf-8"), parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise RecipeError(
            f"{path}: expected UTF-8 text, got byte {error.start} that is not"
        ) from None
    except (tomllib.TOMLDecodeError, RecursionError, ArithmeticError, ValueError) as error:
        raise RecipeError(f"{path}: not valid TOML: {error}") from None
    return Recipe(path=path, text=text, resolved=resolve(document, where=str(path)))
