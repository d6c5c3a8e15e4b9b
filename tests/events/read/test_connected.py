"""The database that reads logs: it serves log after log, and none of them meets another's leavings."""

from __future__ import annotations

import duckdb
import pytest

from rlbench_rec.events.read import row_views
from rlbench_rec.events.read.row_views import connected

SPILLING = "CREATE TEMP TABLE large AS SELECT hash(n), hash(n + 1), hash(n + 2) FROM range(3000000) t(n)"


@pytest.fixture(autouse=True)
def idle(monkeypatch):
    """The databases that wait."""
    monkeypatch.setattr(row_views, "_IDLE", {})
    return lambda: [database for waiting in row_views._IDLE.values() for database in waiting]


def test_it_serves_again_and_what_was_made_is_gone(tmp_path, idle):
    with connected(tmp_path / "a", "1GB") as first:
        first.execute("CREATE TEMP TABLE kept AS SELECT 1 AS n")
        # One within the other has its own, and its own limit.
        with connected(tmp_path / "b", "300MB") as second:
            limits = [one.execute("SELECT current_setting('memory_limit')").fetchall() for one in (first, second)]
    assert limits == [[("953.6 MiB",)], [("286.1 MiB",)]] and len(idle()) == 2
    with connected(tmp_path / "c", "1GB") as again:
        assert len(idle()) == 1
        (place,) = again.execute("SELECT current_setting('temp_directory')").fetchone()
        assert place == str(tmp_path / "c" / "spill")
        with pytest.raises(duckdb.CatalogException, match="kept does not exist"):
            again.execute("SELECT * FROM kept")


def test_not_where_it_spilled_or_failed(tmp_path, idle):
    with connected(tmp_path / "a", "30MB") as connection:
        connection.execute(SPILLING)
        assert (tmp_path / "a" / "spill").exists()
    assert idle() == [] and not (tmp_path / "a" / "spill").exists()
    with pytest.raises(duckdb.ParserException), connected(tmp_path / "b", "1GB") as connection:
        connection.execute("nonsense")
    assert idle() == []
