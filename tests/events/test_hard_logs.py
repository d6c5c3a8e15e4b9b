"""Logs that are hard for what is in them: clocks that change, sessions without end, files that do not hold still."""

from __future__ import annotations

import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError
from rlbench_rec.events import loading

HEADER = "time,user,item,what,price\n"
BERLIN = '"iso"\ntime_zone = "Europe/Berlin"'
WEEK = 7 * 24 * 3_600


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2019-03-31 01:59:59", 1553993999),
        # Skipped by the clock: read as if it had not been.
        ("2019-03-31 02:30:00", 1553995800),
        ("2019-03-31 03:00:00", 1553994000),
        ("2019-10-27 01:59:59", 1572134399),
        # Comes twice: the second time.
        ("2019-10-27 02:30:00", 1572139800),
        ("2019-10-27 03:00:00", 1572141600),
    ],
)
def test_days_on_which_the_clock_changes(local, utc, shop):
    log = events.load(shop(f"{HEADER}{local},1,7,view,\n", time_unit=BERLIN))
    assert log.to_pandas()["timestamp"].tolist() == [1_000 * utc]


def test_a_last_line_cut_off_anywhere_costs_no_other_line(shop):
    whole = f"{HEADER}1569888000,1,7,view,9.5\n1569888060,1,8,buy,19.75\n"
    begin = whole.rindex("1569888060")
    for end in range(begin + 1, len(whole)):
        log = events.load(shop(whole[:end]))
        assert log.report.rows_read == 2 and log.to_pandas()["item_id"].tolist()[0] == 7
        if log.report.rows_kept == 1:
            assert log.report.set_aside == {"malformed": 1}
        else:
            # Cut inside the last field, or before it: the price may be missing.
            assert whole[begin:end].count(",") == 4


def test_an_index_column_and_other_strangers_are_passed_over(shop):
    log = events.load(shop(",time,user,note,item,what,price\n0,1,1,x,7,view,\n1,2,1,,8,buy,5\n"))
    assert log.to_pandas()["item_id"].tolist() == [7, 8] and log.report.set_aside == {}


def test_one_session_over_weeks_where_the_log_says_so(shop):
    rows = "".join(f"{WEEK * week},1,{week},view,\n" for week in range(6))
    given = shop(
        HEADER + rows,
        'session = "given"\n',
        columns='{ timestamp = "time", item = "item", event = "what", session = "user" }',
    )
    assert events.load(given).n_sessions == 1
    assert events.load(shop(HEADER + rows)).n_sessions == 6


def test_free_items_missing_prices_and_purchases_out_of_nowhere(shop):
    log = events.load(shop(f"{HEADER}1,1,7,buy,0\n2,1,8,buy,\n3,2,9,buy,3\n"))
    frame = log.to_pandas()
    assert frame["price"].fillna(-1).tolist() == [0.0, -1.0, 3.0] and log.counts == {"purchase": 3}


@pytest.mark.parametrize("rows", [20_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_one_user_with_a_great_many_events(rows, shop):
    text = HEADER + "".join(f"{20 * (rows - row)},1,{row % 100},view,\n" for row in range(rows))
    log = events.load(shop(text))
    times = log.to_arrow(["timestamp"])["timestamp"].to_numpy()
    assert log.n_sessions == 1 and log.report.rows_kept == rows and (times[1:] > times[:-1]).all()


@pytest.mark.parametrize("change", [lambda text: text[: len(text) // 2], lambda text: text + "9,1,7,view,\n"])
def test_a_file_that_changes_while_it_is_read(change, shop, tmp_path, monkeypatch):
    card = shop(HEADER + "1,1,7,view,\n" * 50)
    path, real = tmp_path / "log.csv", loading.files_sha256

    def meanwhile(files):
        path.write_text(change(path.read_text()))
        return real(files)

    monkeypatch.setattr(loading, "files_sha256", meanwhile)
    with pytest.raises(InputError, match=r"log\.csv: The file changed while it was read"):
        events.load(card, out=tmp_path / "out")
    assert not list((tmp_path / "out").glob("*"))
