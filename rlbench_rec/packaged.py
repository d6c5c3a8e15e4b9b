"""Files that come with the package: cards, suites, tables."""

from __future__ import annotations

from pathlib import Path


def packaged(name: str, *, checkout: str = "") -> Path:
    """Where a file or folder lies: inside an installed package, else in the checkout that the package runs from.

    Args:
        name: of the file or folder.
        checkout: the folder of a checkout that holds it.
    """
    package = Path(__file__).resolve().parent
    inside = package / "_data" / name
    return inside if inside.exists() else package.parent / checkout / name
