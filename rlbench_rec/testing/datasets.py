"""What every log must be, whatever its source: `check_dataset("my-shop")`, `check_log(events.load("my-shop.toml"))`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from .. import mdp
from ..errors import RlbenchError
from ..events import EVENTS, EventLog, load
from ..events.cards.find import find, resolve_files
from ..events.event_log import COLUMNS, OPTIONAL_COLUMNS
from ..events.read.typed_rows import REASONS
from .contract import Check, require


def check_dataset(name: str, data: str | Path | None = None) -> None:
    """Assert the contract of a card: its files are there, each log keeps what it promises and becomes decisions.

    Args:
        name: card id, or the path of a card.
        data: file or folder of the raw log; None: where the card says.

    Raises:
        AssertionError: what does not hold.
    """
    require(dataset_checks(name, data))


def dataset_checks(name: str, data: str | Path | None = None) -> list[Check]:
    """The checks of `check_dataset`, one by one."""
    path = None if data is None else Path(data)
    variants = find(name).card.variants
    names = [f"{name}/{variant}" for variant in variants] or [name]
    loaded = functools.cache(lambda log: load(log, path))

    def of_logs(check: Callable[[str], None]) -> Callable[[], None]:
        def run() -> None:
            for log in names:
                try:
                    check(log)
                except RlbenchError as error:
                    raise AssertionError(str(error)) from error

        return run

    return [
        Check("its files are there", of_logs(lambda log: _check_files(log, path))),
        Check("no row is lost, and all is in order", of_logs(lambda log: check_log(loaded(log)))),
        Check("becomes decisions, some of them to test on", of_logs(lambda log: _check_decisions(loaded(log)))),
    ]


def _check_files(log: str, path: Path | None) -> None:
    assert resolve_files(find(log), path), "no file is there; put the log beside the card."


def _check_decisions(log: EventLog) -> None:
    train, test = mdp.build(log).split()
    assert len(train) and len(test), "one side of the split has no decisions; give a longer log."


def check_log(log: EventLog) -> None:
    """Columns, types, order of rows, the account, and what the card promises.

    Raises:
        AssertionError: the log breaks one of the promises of `EventLog`.
    """
    table = log.to_arrow()
    names = table.column_names
    optional = [name for name in OPTIONAL_COLUMNS if name in names and name not in log.context_columns]
    assert names == [*COLUMNS, *optional, *log.context_columns], "columns stand in the order of the design"
    assert not any("float" in str(table[name].type) or "double" in str(table[name].type) for name in _IDS), "ids exact"
    assert str(table["timestamp"].type) == "int64", "milliseconds"
    for name in ("session_id", "event", "timestamp" if log.has_clock else "order"):
        assert table[name].null_count == 0, f"{name} is always there"
    assert log.has_clock or table["timestamp"].null_count == len(table), "without a clock there are no times"
    without_item = log.query("SELECT DISTINCT event FROM log WHERE item_id IS NULL")
    assert without_item in ([], [("search",)]), "only a search may be of no item"
    assert set(log.counts) <= set(EVENTS)
    _check_account(log)
    _check_order(log)
    if "propensity" in names:
        propensity = table["propensity"].to_numpy()
        assert ((propensity > 0) & (propensity <= 1)).all(), "propensities lie in (0, 1]"
    if log.catalogue is not None:
        assert set(table["item_id"].drop_null().unique().to_pylist()) <= set(log.catalogue), "the catalogue is whole"
    if log.card.window:
        start, end = (1000 * t.timestamp() for t in (log.card.window.start, log.card.window.end))
        times = table["timestamp"].to_numpy()
        assert start <= times.min() and times.max() < end, "nothing outside the window"


_IDS = ("session_id", "user_id", "item_id", "category")


def _check_account(log: EventLog) -> None:
    report = log.report
    assert report.rows_read == report.rows_kept + sum(report.set_aside.values()), "read = kept + set aside"
    assert report.rows_kept == log.n_rows == len(log.to_arrow(["event"])) == sum(log.counts.values())
    assert set(report.set_aside) <= set(REASONS)
    reasons = pq.read_table(log.quarantine, columns=["reason"])["reason"].value_counts().to_pylist()
    assert {row["values"]: row["counts"] for row in reasons} == report.set_aside, "quarantine holds every row set aside"


def _check_order(log: EventLog) -> None:
    clock = "timestamp" if log.has_clock else "order"
    frame = log.to_pandas(["session_id", "user_id", clock])
    sessions, times = frame["session_id"].to_numpy(), frame[clock].to_numpy()
    opens = np.append(True, sessions[1:] != sessions[:-1])
    assert opens.sum() == log.n_sessions, "the rows of a session are contiguous"
    steps = np.diff(times)
    assert (steps[~opens[1:]] >= 0).all(), "a session is in time order"
    assert (np.diff(times[opens]) >= 0).all(), "sessions stand in the order of their first event"
    if log.card.session == "gap":
        users = frame["user_id"].to_numpy()
        assert (users[1:] == users[:-1])[~opens[1:]].all(), "a session has one user"
