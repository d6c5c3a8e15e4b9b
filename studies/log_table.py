"""A made-up log whose content is known: its times, numbers and sessions written in any form that a card can name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from rlbench_rec import events

ROWS = 30
FORMATS = (
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%y %I:%M:%S %p",
    "%Y%m%d%H%M%S",
    "%d %b %Y %H:%M:%S",
    "%Y-%m-%d %H:%M:%S,%f",
    "%Y-%m-%dT%H:%M:%S%z",
)
Row = tuple[int | None, int, str, float | None]
"""Milliseconds, item, event and price, as an EventLog has them."""


@dataclass
class Table:
    """A log before it is written.

    Attributes:
        columns: a text, or None, for each cell.
        keys: the card's.
        times: milliseconds of each row, None where there is no clock.
        kept: the rows that must be kept.
    """

    columns: dict[str, list[str | None]]
    keys: dict[str, Any]
    times: list[int | None]
    kept: list[Row]


def made_up_table(rng: np.random.Generator) -> Table:
    seconds = 1_569_924_000 + np.cumsum(rng.integers(60, 4_000, ROWS))
    users, visits = rng.integers(1, 5, ROWS), np.arange(ROWS) // 6
    items, raw = rng.integers(1, 9, ROWS), rng.choice(["view", "buy", "look"], ROWS)
    cents = rng.integers(1, 400_000, ROWS)
    columns: dict[str, list[str | None]] = {
        "user": [str(user) for user in users],
        "visit": [str(visit) for visit in visits],
        "item": [str(item) for item in items],
        "event": [str(event) for event in raw],
    }
    keys: dict[str, Any] = {
        "id": "shop",
        "title": "A made-up shop",
        "licence": "own",
        "citation": "none",
        "action_source": "choice",
        "propensity": "none",
        "reward_weights": {"view": 1.0},
        "events": {"view": "view", "buy": "purchase"},
        "columns": {"item": "item", "event": "event"},
    }
    table = Table(columns, keys, [], [])
    times = table.times = _times(table, seconds, rng)
    prices, refunds = _prices(table, cents, raw == "buy", rng)
    _sessions(table, has_clock=times[0] is not None, rng=rng)
    events = np.where(raw == "buy", np.where(refunds, "refund", "purchase"), "view")
    for row in np.flatnonzero(raw != "look"):
        table.kept.append((times[row], int(items[row]), str(events[row]), prices[row]))
    return table


def _times(table: Table, seconds: np.ndarray, rng: np.random.Generator) -> list[int | None]:
    """Write times in a form; give them in milliseconds."""
    columns, keys = table.columns, table.keys
    whole, way = [int(second) for second in seconds], rng.integers(9)
    stamps = [datetime.fromtimestamp(second, UTC) for second in whole]
    keys["columns"]["timestamp"] = "time"
    if way == 0:
        columns["place"] = [str(row + 1) for row in range(ROWS)]
        del keys["columns"]["timestamp"]
        keys["columns"]["order"] = "place"
        return [None] * ROWS
    if way == 1:
        keys["columns"]["timestamp"] = ["day", "clock"]
        keys["time_format"] = "%Y%m%d %H%M%S"
        columns["day"] = [f"{stamp:%Y%m%d}" for stamp in stamps]
        columns["clock"] = [f"{stamp:%H%M%S}" for stamp in stamps]
    elif way in (2, 3, 4):
        formats = [str(form) for form in rng.choice(FORMATS, 2, replace=False)]
        keys["time_format"] = formats
        columns["time"] = [_stamped(stamp, str(rng.choice(formats))) for stamp in stamps]
    elif way == 5:
        keys["time_unit"] = "excel"
        columns["time"] = [f"{second / 86_400 + 25_569:.9f}" for second in whole]
    elif way == 6:
        keys["time_unit"] = "iso"
        columns["time"] = [stamp.isoformat(sep=" ") for stamp in stamps]
    else:
        unit, factor = (("s", 1), ("ms", 1_000), ("us", 10**6), ("ns", 10**9))[rng.integers(4)]
        keys["time_unit"] = unit
        tail = ".0" if unit in ("s", "ms") and rng.integers(2) else ""
        columns["time"] = [f"{second * factor}{tail}" for second in whole]
    return [second * 1_000 for second in whole]


def _stamped(stamp: datetime, form: str) -> str:
    # Python writes microseconds; logs with a comma have milliseconds.
    return stamp.strftime(form.replace("%f", f"{stamp.microsecond // 1_000:03}"))


def _prices(
    table: Table, cents: np.ndarray, bought: np.ndarray, rng: np.random.Generator
) -> tuple[list[float | None], np.ndarray]:
    """Write prices in a form; give them, and which rows are refunds."""
    columns, keys = table.columns, table.keys
    refunds = np.zeros(ROWS, dtype=bool)
    if not rng.integers(3):
        keys["negative"] = "refund"
        refunds = bought & (rng.random(ROWS) < 0.4)
    decimal, thousands = ((".", ""), (",", ""), (",", "."), (".", ","), (".", "'"), (",", "\u00a0"))[rng.integers(6)]
    currency = ("", "R$", "€")[rng.integers(3)]
    keys |= {"decimal": decimal, "thousands": thousands, "strip": currency}
    pieces = rng.integers(1, 4, ROWS) if rng.integers(2) else None
    role = "total" if rng.integers(2) else "price"
    keys["columns"][role] = "amount"
    shown = cents * (pieces if pieces is not None and role == "total" else 1)
    signed = np.where(refunds, -shown, shown)
    columns["amount"] = [f"{currency}{_number(int(amount), decimal, thousands)}" for amount in signed]
    if pieces is not None:
        keys["columns"]["quantity"] = "pieces"
        columns["pieces"] = [f"{count}{decimal}0" if rng.integers(2) else str(count) for count in pieces]
    prices: list[float | None] = [int(amount) / 100 for amount in cents]
    for row in np.flatnonzero(rng.random(ROWS) < 0.1):
        if not refunds[row]:
            columns["amount"][row], prices[row] = None, None
    return prices, refunds


def _number(cents: int, decimal: str, thousands: str) -> str:
    sign, (whole, rest) = "-" if cents < 0 else "", divmod(abs(cents), 100)
    return sign + f"{whole:,}".replace(",", thousands) + decimal + f"{rest:02}"


def _sessions(table: Table, *, has_clock: bool, rng: np.random.Generator) -> None:
    keys, columns = table.keys, table.columns
    rule = ("given", "composite", "row", "gap")[rng.integers(4 if has_clock else 3)]
    if rule in ("gap", "composite") or rng.integers(2):
        keys["columns"]["user"] = "user"
        if not rng.integers(3):
            columns["user"] = [f"{user}.0" for user in columns["user"]]
            keys["id_types"] = {"user": "float"}
    keys["session"] = "given" if rule == "composite" else rule
    if rule == "given":
        keys["columns"]["session"] = "visit"
    if rule == "composite":
        keys["columns"]["session"] = ["user", "visit"]


def rows_of(log: events.EventLog) -> list[Row]:
    """The rows of a log that was read, prices rounded: a total by three pieces is not exact."""
    columns = ("timestamp", "item_id", "event", "price")
    cells = log.to_arrow(columns).to_pydict()
    return [
        (time, item, event, None if price is None else round(price, 6))
        for time, item, event, price in zip(*cells.values(), strict=True)
    ]
