"""Quotes in a CSV file that are opened and not closed, so that a cell swallows the rows below it."""

from __future__ import annotations

import csv
from collections.abc import Iterable


def unclosed(lines: Iterable[str], delimiter: str) -> int | None:
    """The line, from 1, of the first row in which a quoted cell goes on for several lines and ends nowhere, or amid
    other text; None where there is none.

    Args:
        lines: below the header.
        delimiter: between cells.
    """
    reader, begins = csv.reader(lines, delimiter=delimiter, strict=True), 1
    while True:
        try:
            if next(reader, None) is None:
                return None
        except csv.Error:
            # A quote within one line is part of its text.
            if reader.line_num > begins:
                return begins
        begins = reader.line_num + 1
