"""Makes a log in REES46's raw form, of any length, in bounded memory.

    python benchmarks/rees46_log.py 10000000 2019-Oct.csv --seed 0

Shares, session lengths, pauses, prices and empty fields are those of the first 1,000 rows of October 2019 (`MEASURED`);
how users come back and how steeply items fall off is set so that the share of the top item and of items seen once is
theirs too. Made rows hold nobody's data. A script, not an asv benchmark: importing it does nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

MEASURED = {
    "events": {"view": 0.987, "cart": 0.003, "purchase": 0.010},
    "session_lengths": [170, 74, 48, 26, 15, 5, 5, 9, 5, 2, 5, 4, 2, 2],
    "pauses": [1, 11, 19, 35, 68, 116, 369],
    "prices": [2.17, 28.68, 37.81, 72.84, 197.55, 386.08, 735.05, 975.57, 1763.21],
    "no_brand": 0.143,
    "no_category_code": 0.366,
}
"""Shares of event types; sessions of 1, 2, … events; pauses within sessions in seconds at the quantiles below, and
prices likewise; shares of items without brand and category code."""
PAUSE_QUANTILES = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1]
PRICE_QUANTILES = [0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1]
ITEMS, CATEGORIES, USERS_PER_EVENT = 200_000, 600, 0.14
NO_SESSION, REPEATED = 2e-6, 1e-4
"""Share of rows without a session, and of exact duplicates, as the whole data set is known to have some."""
CHUNK = 200_000
"""Sessions made at a time; this and not the number of rows decides the memory."""
START, SESSIONS_PER_SECOND = 1_569_888_000, 5.0
"""1 October 2019; at the real pace a month holds 42 million events."""


def write_log(path: Path, rows: int, seed: int = 0) -> None:
    """Write `rows` rows, in time order but for the overlap of neighbouring chunks.

    Args:
        path: the CSV to write.
        rows: number of rows, without the header.
        seed: fixes every byte.
    """
    rng = np.random.default_rng(seed)
    users = max(int(rows * USERS_PER_EVENT), 1)
    written, start = 0, START
    with path.open("wb") as stream:
        while written < rows:
            sessions = min(CHUNK, rows - written)
            table = _events(rng, sessions, start, users).slice(0, rows - written)
            if not written:
                stream.write(",".join(table.column_names).encode() + b"\n")
            csv.write_csv(table, stream, csv.WriteOptions(include_header=False, quoting_style="none"))
            written, start = written + len(table), start + int(sessions / SESSIONS_PER_SECOND)


def _events(rng: np.random.Generator, sessions: int, start: int, users: int) -> pa.Table:
    counts = np.array(MEASURED["session_lengths"], dtype=float)
    lengths = 1 + rng.choice(len(counts), sessions, p=counts / counts.sum())
    rows = int(lengths.sum())
    firsts = np.cumsum(lengths) - lengths
    pauses = np.interp(rng.random(rows), PAUSE_QUANTILES, MEASURED["pauses"]).astype(np.int64)
    pauses[firsts] = 0
    elapsed = np.cumsum(pauses)
    began = start + np.sort(rng.integers(0, max(int(sessions / SESSIONS_PER_SECOND), 1), sessions))
    seconds = np.repeat(began, lengths) + elapsed - np.repeat(elapsed[firsts], lengths)
    items = _falling_off(rng, rows, ITEMS, 0.7)
    categories = items * 7919 % CATEGORIES
    kinds = rng.choice(list(MEASURED["events"]), rows, p=list(MEASURED["events"].values()))
    places = np.append(np.arange(rows), rng.integers(0, rows, rng.binomial(rows, REPEATED)))
    order = np.argsort(seconds, kind="stable")[np.sort(places)]
    lost = rng.random(rows) < NO_SESSION
    owners = np.repeat(_falling_off(rng, sessions, users, 0.3), lengths)
    visits = np.repeat(_uuids(rng, sessions), lengths)
    columns = {
        "event_time": pc.binary_join_element_wise(pa.array(seconds, pa.timestamp("s")).cast(pa.string()), "UTC", " "),
        "event_type": pa.array(kinds),
        "product_id": pa.array(1_000_000 + items * 37),
        "category_id": pa.array(2_053_013_552_326_770_905 + categories),
        "category_code": _names("shop.kind", categories, MEASURED["no_category_code"], CATEGORIES),
        "brand": _names("brand", items % 4_000, MEASURED["no_brand"], 4_000),
        "price": pa.array(np.round(np.interp(_noise(items), PRICE_QUANTILES, MEASURED["prices"]), 2)),
        "user_id": pa.array(500_000_000 + owners),
        "user_session": pc.if_else(pa.array(lost), "", pa.array(visits.astype("U36"))),
    }
    return pa.table(columns).take(pa.array(order))


def _falling_off(rng: np.random.Generator, size: int, count: int, exponent: float) -> np.ndarray:
    """Draws from 0 to count - 1 with probability about rank ** -exponent."""
    return (count * rng.random(size) ** (1 / (1 - exponent))).astype(np.int64)


def _noise(ids: np.ndarray) -> np.ndarray:
    """A number in [0, 1) that belongs to an id."""
    return (ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(11)).astype(np.float64) / 2**53


def _names(prefix: str, ids: np.ndarray, empty: float, count: int) -> pa.Array:
    names = [f"{prefix}{number}" for number in range(count)]
    gone = _noise(np.arange(count)) < empty
    return pa.array(["" if g else name for name, g in zip(names, gone, strict=True)]).take(pa.array(ids))


def _uuids(rng: np.random.Generator, count: int) -> np.ndarray:
    digits = np.frombuffer(rng.bytes(16 * count).hex().encode(), "S1").reshape(count, 32)
    text = np.full((count, 36), b"-", "S1")
    text[:, [i for i in range(36) if i not in (8, 13, 18, 23)]] = digits
    return text.reshape(-1).view("S36")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=int)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    write_log(arguments.path, arguments.rows, arguments.seed)
