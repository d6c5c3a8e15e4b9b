"""Tables of the documentation, as cells."""

from __future__ import annotations


def table_cells(text: str) -> list[list[str]]:
    """The rows of all Markdown tables in a text, heads among them, without the rules below the heads."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row] for row in rows]
    return [row for row in cells if not set("".join(row)) <= set("-: ")]
