"""SQL over a log: each query stands alone, whichever log, thread or query came before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from rlbench_rec import events

LOG = "time,user,item,what,price\n1,1,7,view,\n2,1,8,view,\n"


@pytest.fixture
def log(shop):
    return events.load(shop(LOG))


def test_what_a_query_makes_is_gone_after_it(log):
    assert log.query("CREATE TABLE kept AS SELECT 1 AS n") == [(1,)]
    with pytest.raises(duckdb.CatalogException, match="kept does not exist"):
        log.query("SELECT * FROM kept")
    assert log.query("SET TimeZone = 'Asia/Tokyo'; SELECT current_setting('TimeZone')") == [("Asia/Tokyo",)]
    assert log.query("SELECT current_setting('TimeZone')") != [("Asia/Tokyo",)]


def test_a_wrong_query_spoils_no_other(log):
    with pytest.raises(duckdb.BinderException, match="nothing"):
        log.query("SELECT nothing FROM log")
    assert log.query("SELECT count(*) FROM log") == [(2,)]


def test_logs_and_threads_do_not_meet(log, shop):
    other = events.load(shop(LOG + "3,1,9,view,\n"))
    with ThreadPoolExecutor(4) as threads:
        counts = list(threads.map(lambda one: one.query("SELECT count(*) FROM log"), [log, other] * 20))
    assert counts == [[(2,)], [(3,)]] * 20
