"""Rows of tables that hold one figure each: what a board says on a question."""

from __future__ import annotations

from collections.abc import Sequence

Row = dict[str, object]


def figure(fields: Sequence[str], question: str, quantity: str, value: float, **others: object) -> Row:
    """One figure; what is not said of it is empty.

    Args:
        fields: columns of the table.
        question, quantity, value: what is asked, what is counted, and the figure.
        others: further columns.
    """
    return dict.fromkeys(fields) | {"question": question, "quantity": quantity, "value": value} | others
