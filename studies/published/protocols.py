"""Retailrocket's events as two protocols of next-item prediction keep them (Rajapakse and Jannach 2025).

After their own preparation, github.com/dilina-r/rl-rec, preprocess/: what is kept, and which sessions test.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from rlbench_rec.errors import InputError

GAP = 30 * 60
"""Seconds that end a session of the GRU4Rec protocol."""
LAST_SECOND = 1_442_545_200
"""End of the full log, from which the last seven days test."""
WEEK = 7 * 86_400
PROTOCOLS = ("sqn", "gru4rec")


def prepare(events: pd.DataFrame, protocol: str, *, support: int | None = None, end: int = LAST_SECOND) -> pd.DataFrame:
    """Rows of `events.csv` as a protocol keeps them: columns `session`, `timestamp` (ms), `item`, `event`, `test`.

    `sqn`: a session is all that a visitor ever did, views and add-to-carts; visitors of more than two events, then
    items of more than two; the tenth of the visitors who were last seen last tests. `gru4rec`: views alone, sessions
    cut at 30 minutes, of two views or more, items of five or more; sessions of the last week test. Both leave out test
    events on items that training does not have.

    The first event of a session is predicted by neither: it is a `view` here, later ones are a `click` or,
    add-to-carts, a `purchase`, as the protocol calls them. Test sessions of `sqn` overlap with training in time; they
    are moved by whole weeks until they do not.

    Args:
        events: columns timestamp (ms), visitorid, event, itemid.
        protocol: `sqn` or `gru4rec`.
        support: events that an item needs in place of the protocol's 3 or 5 (of a sample, say).
        end: second that the test week of `gru4rec` ends with.

    Raises:
        InputError: nothing is left to train or to test on.
    """
    columns = {"visitorid": "session", "itemid": "item"}
    rows = events.rename(columns=columns)[["session", "timestamp", "item", "event"]]
    kept = _sqn(rows, support or 3) if protocol == "sqn" else _gru4rec(rows, support or 5, end)
    train, test = kept[~kept["test"]], kept[kept["test"]]
    test = _several(test[test["item"].isin(set(train["item"]))])
    # A session of one event has nothing to predict.
    train = _several(train)
    if train.empty or test.empty:
        what = f"Of {len(rows)} events the protocol keeps {len(train)} to train and {len(test)} to test on."
        raise InputError(what, where="events.csv", hint="Give the full log, or a smaller support.")
    kept = pd.concat([train, test], ignore_index=True)
    kept = kept.sort_values(["session", "timestamp"], kind="stable", ignore_index=True)
    first = ~kept.duplicated("session")
    names = np.where(kept["event"] == "addtocart", "purchase", "click")
    return _after_training(kept.assign(event=np.where(first, "view", names)))


def _sqn(rows: pd.DataFrame, support: int) -> pd.DataFrame:
    rows = _several(rows[rows["event"] != "transaction"], 3)
    rows = _several(rows, support, "item")
    last = rows.groupby("session")["timestamp"].max()
    return rows.assign(test=rows["session"].map(last > last.quantile(0.9)).astype(bool))


def _gru4rec(rows: pd.DataFrame, support: int, end: int) -> pd.DataFrame:
    rows = rows.sort_values(["session", "timestamp"], kind="stable")
    seconds = rows["timestamp"] // 1000
    new = (rows["session"] != rows["session"].shift()) | (seconds.diff() > GAP)
    rows = rows.assign(session=new.cumsum())
    rows = _several(_several(_several(rows[rows["event"] == "view"]), support, "item"))
    cut = 1000 * (end - WEEK)
    begin = rows.groupby("session")["timestamp"].transform("min")
    # What a session that began before the cut did after it is on neither side.
    return rows.assign(test=begin >= cut)[(begin >= cut) | (rows["timestamp"] < cut)]


def _several(rows: pd.DataFrame, least: int = 2, of: str = "session") -> pd.DataFrame:
    return rows[rows.groupby(of)[of].transform("size") >= least]


def _after_training(rows: pd.DataFrame) -> pd.DataFrame:
    """Test sessions moved by whole weeks to after training, so that hours and weekdays stay."""
    begin, end = rows.loc[rows["test"], "timestamp"].min(), rows.loc[~rows["test"], "timestamp"].max()
    weeks = max(0, int((end - begin) // (1000 * WEEK)) + 1)
    return rows.assign(timestamp=rows["timestamp"] + np.where(rows["test"], 1000 * WEEK * weeks, 0))
