"""A board as a table for a paper, a page or a comment, or for a machine: a row a policy, or a column a place."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pandas as pd

from .board_message import lettered_rows
from .comparison.selection import select
from .headline import Headline, formatted, headlines
from .readable_names import row_name
from .schema import TableRow
from .table_formats import Cell, Number

Table = tuple[list[str], list[list[Cell]]]
"""Columns, and rows of cells."""
NUMBERS = {
    "value": "mean",
    "ci_low": "ci_low",
    "ci_high": "ci_high",
    "vs_behaviour": "delta_vs_behaviour",
    "p_adjusted": "p_adjusted",
}
"""Column of a table for a machine -> column of leaderboard.csv."""


def boards_of(board: pd.DataFrame, only: Sequence[str] = ()) -> list[Headline]:
    """What of a leaderboard a reader looks at first, one metric and estimator a place; of the rows that are chosen.

    Args:
        board: rows of leaderboard.csv.
        only: `column=value`; see `comparison.selection.select`. A place whose chosen rows are of one metric and one
            estimator shows these, whatever they are.

    Raises:
        UnknownNameError, InputError: no such column or row.
    """
    chosen = board[select(board, only)]
    shown = {place.place: place for place in headlines(chosen)}
    for (dataset, task), rows in chosen.groupby(["dataset", "task"], sort=False):
        place, of_rows = str(dataset or task), rows[["metric", "estimator"]].drop_duplicates()
        if place not in shown and len(of_rows) == 1:
            metric, estimator = of_rows.iloc[0]
            shown[place] = Headline(place, metric, estimator, rows.reset_index(drop=True), None)
    return list(shown.values())


def rows_of_places(places: Sequence[Headline]) -> Table:
    """A row for each policy of each place: rank, value with its interval, difference from the behaviour policy, its
    adjusted p, verdict."""
    columns = ["place", "metric", "rank", "tie", "policy", "value", "95 % interval", "vs behaviour", "p", "verdict"]
    rows = [
        [place.place, f"{place.metric} ({place.estimator})", *_cells(row)]
        for place in places
        for row in lettered_rows(place).to_dict("records")
    ]
    if len({(row[0], row[1]) for row in rows}) == 1:
        return columns[2:], [row[2:] for row in rows]
    return columns, rows


def columns_of_places(places: Sequence[Headline]) -> Table:
    """A row a policy and a column a place: values with their intervals, and a star on those that cannot be told from
    the place's best. Policies that are first in more places come first."""
    values: dict[str, dict[str, str]] = {}
    ranks: dict[str, list[float]] = {}
    for place in places:
        for row in lettered_rows(place).to_dict("records"):
            name = row_name(row["algorithm"], row["variant"])
            value, interval = formatted(row)
            values.setdefault(name, {})[place.place] = f"{value} {interval}".strip() + " *" * (row["tie_group"] == "a")
            ranks.setdefault(name, []).append(float("inf") if pd.isna(row["rank"]) else float(row["rank"]))
    order = sorted(values, key=lambda name: (-len(values[name]), sorted(ranks[name])))
    names = [place.place for place in places]
    return ["policy", *names], [[name, *(values[name].get(place, "") for place in names)] for name in order]


def records_of_places(places: Sequence[Headline]) -> Table:
    """The same as `rows_of_places` for a machine: every number whole, in a column of its own, whatever the places."""
    columns = ["place", "metric", "estimator", "rank", "tie", "policy", "algorithm", "variant"]
    rows = [
        [
            *(place.place, place.metric, place.estimator, _rank(row), row["tie_group"]),
            *(row_name(row["algorithm"], row["variant"]), row["algorithm"], row["variant"]),
            *(row[name] for name in NUMBERS.values()),
            row["verdict"],
        ]
        for place in places
        for row in lettered_rows(place).to_dict("records")
    ]
    return [*columns, *NUMBERS, "verdict"], rows


def wide_records(places: Sequence[Headline]) -> Table:
    """The same as `columns_of_places` for a machine: of every place the value, its limits, the tie and the verdict, a
    column each (`cart-v1`, `cart-v1:ci_low`, ...)."""
    parts = {"": "mean", ":ci_low": "ci_low", ":ci_high": "ci_high", ":tie": "tie_group", ":verdict": "verdict"}
    cells = {
        (row["algorithm"], row["variant"], place.place): [row[name] for name in parts.values()]
        for place in places
        for row in lettered_rows(place).to_dict("records")
    }
    order = [name for name, *_ in columns_of_places(places)[1]]
    policies = list(dict.fromkeys((algorithm, variant) for algorithm, variant, _ in cells))
    policies.sort(key=lambda policy: order.index(row_name(*policy)))
    nothing: list[Cell] = [None] * len(parts)
    rows = []
    for policy in policies:
        of_places = (cells.get((*policy, place.place), nothing) for place in places)
        rows.append([row_name(*policy), *policy, *itertools.chain.from_iterable(of_places)])
    return ["policy", "algorithm", "variant", *(f"{place.place}{part}" for place in places for part in parts)], rows


def _rank(row: TableRow) -> int | None:
    return None if pd.isna(row["rank"]) else int(row["rank"])


def _cells(row: TableRow) -> list[Cell]:
    value, interval = formatted(row)
    name = row_name(str(row["algorithm"]), str(row["variant"]))
    p = float(row["p_adjusted"])
    chance = Number(p, "<0.001" if p < 0.001 else f"{p:.3f}")
    return [_rank(row), row["tie_group"], name, value, interval, _difference(row, value), chance, row["verdict"]]


def _difference(row: TableRow, value: str) -> Number:
    """From the behaviour policy, with the decimals of the value as it is shown."""
    difference = float(row["delta_vs_behaviour"])
    return Number(difference, f"{difference:+.{len(value.partition('.')[2])}f}")
