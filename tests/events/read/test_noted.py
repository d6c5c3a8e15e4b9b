"""What is odd about rows that are kept is counted, said when loading, and kept in the report."""

from __future__ import annotations

import json
import warnings

import pytest

from rlbench_rec import events
from rlbench_rec.errors import DataWarning

HEADER = "time,user,item,what,price,visit\n"
GIVEN = 'session = "given"\nid_types = { user = "string" }\n'
COLUMNS = '{ timestamp = "time", item = "item", event = "what", user = "user", price = "price", session = "visit" }'


def log_of(*rows: tuple[str, int]) -> str:
    return HEADER + "".join(f"{time},{user},7,view,1.5,{visit}\n" for time, (user, visit) in enumerate(rows))


def test_a_session_of_several_users_is_counted_once_and_said(shop):
    rows = [("a", 1), ("b", 1), ("a", 1), ("c", 2), ("c", 2), ("a", 3), ("b", 3), ("b", 4)]
    with pytest.warns(DataWarning, match=r"^shop: sessions with several users: 2\. .*columns\.session"):
        log = events.load(shop(log_of(*rows), GIVEN, columns=COLUMNS))
    assert log.report.noted == {"sessions with several users": 2}
    assert json.loads(log.path.with_name("report.json").read_text())["noted"] == log.report.noted


def test_users_on_both_sides_of_an_event_without_a_user_are_two(shop):
    with pytest.warns(DataWarning, match="sessions with several users: 1"):
        events.load(shop(log_of(("a", 1), ("", 1), ("b", 1), ("", 2), ("c", 2)), GIVEN, columns=COLUMNS))


@pytest.mark.parametrize(
    "rows",
    [[("a", 1), ("a", 1), ("b", 2), ("a", 3)], [("", 1), ("a", 1), ("", 1)], [("", 1), ("", 1)]],
    ids=["one user a session", "logs in", "nobody"],
)
def test_nothing_is_noted_of_a_log_that_is_in_order(shop, rows):
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        assert events.load(shop(log_of(*rows), GIVEN, columns=COLUMNS)).report.noted == {}


def test_sessions_of_a_user_cannot_have_several(shop):
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        log = events.load(shop(log_of(("a", 1), ("b", 1)), 'id_types = { user = "string" }\n'))
    assert log.report.noted == {}
