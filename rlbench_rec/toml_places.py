"""In which line of a TOML file stands what a check refuses that comes after the file is read: checks say `at` which
keys they are, and `lines_of_file` puts file and line in front of what they say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import RlbenchError
from .toml_lines import Place, line_of, lines_of


@contextmanager
def at(*place: int | str) -> Iterator[None]:
    """What is refused inside is of these keys, below those of an `at` around it.

    Args:
        place: keys and numbers of entries: `at("sources", 0)`.
    """
    try:
        yield
    except RlbenchError as error:
        error.place = (*place, *error.place)
        raise


@contextmanager
def lines_of_file(path: str | Path | None) -> Iterator[None]:
    """Errors from inside that have a place say the file and the line in front of where they are.

    Args:
        path: of the TOML file; None, or a name that is not of one: errors stay as they are.
    """
    try:
        yield
    except RlbenchError as error:
        line = _line(path, error.place)
        if line is None:
            raise
        error.where = f"{path}:{line}" + (f": {error.where}" if error.where else "")
        error.place = ()
        raise


def _line(path: str | Path | None, place: Place) -> int | None:
    if path is None or not place or not str(path).endswith(".toml"):
        return None
    try:
        return line_of(place, lines_of(Path(path).read_text(encoding="utf-8-sig")))
    except (OSError, ValueError):
        return None
