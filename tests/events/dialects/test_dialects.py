"""Synthetic rows in each raw form, with the oddities each is known for."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError
from rlbench_rec.testing.datasets import check_log

RAW = Path(__file__).parents[1] / "fixtures"
OPEN_BANDIT = (RAW / "open-bandit/bts/men/men.csv").read_text()


def test_open_bandit(tmp_path):
    path = tmp_path / "men.csv"
    path.write_text(OPEN_BANDIT)
    log = events.load("open-bandit/bts-men", path)
    check_log(log)
    assert log.report == events.LoadReport(4, 2, {"malformed": 1, "unknown_event": 1})
    frame = log.to_pandas()
    assert frame["timestamp"].tolist() == [1574553633000, 1574553634763]
    assert frame["event"].tolist() == ["click", "impression"]
    assert frame["propensity"].tolist() == [1e-06, 0.5]
    assert frame["session_id"].tolist() == [0, 1]
    assert frame["policy"].tolist() == ["bts", "bts"]
    assert frame["user-item_affinity_1"].tolist() == [0.0, 2.0]
    assert log.context_columns == ("user_feature_0", "user-item_affinity_0", "user-item_affinity_1")


@pytest.mark.parametrize("bad", ["0", "-0.1", "1.0000001", "nan", "inf", "", "many"])
def test_a_propensity_outside_its_range_names_column_file_and_line(tmp_path, bad):
    path = tmp_path / "men.csv"
    path.write_text(OPEN_BANDIT.replace("1e-06", bad))
    with pytest.raises(InputError, match=r"men\.csv:3: column 'propensity_score'.*\(0, 1\]"):
        events.load("open-bandit/bts-men", path, out=tmp_path / "out")
    assert not (tmp_path / "out").exists(), "nothing half-written is left"


RETAILROCKET = """timestamp,visitorid,event,itemid,transactionid
1433221332117,257597,view,355908,
1433223132117,257597,addtocart,355908,
1433224932118,257597,transaction,355908,4000
1433221332117,992329,view,248676,
1433221332117,992329,wishlist,248676,
1433221332117,,view,248676,
"""


def test_retailrocket_is_cut_where_the_gap_exceeds_half_an_hour(tmp_path):
    (tmp_path / "events.csv").write_text(RETAILROCKET)
    log = events.load("retailrocket", tmp_path)
    check_log(log)
    assert log.report == events.LoadReport(6, 4, {"missing_user": 1, "unknown_event": 1})
    frame = log.to_pandas()
    # 1,800,000 ms is not a gap yet, 1,800,001 ms is one; users that start at one instant keep the order of the file.
    assert frame["session_id"].tolist() == [0, 0, 1, 2]
    assert frame["user_id"].tolist() == [257597, 257597, 992329, 257597]
    assert frame["event"].tolist() == ["view", "cart", "view", "purchase"]


def test_another_gap_can_be_asked_for(tmp_path):
    (tmp_path / "events.csv").write_text(RETAILROCKET)
    assert events.load("retailrocket", tmp_path, session_gap=1800.001).n_sessions == 2
    assert events.load("retailrocket", tmp_path, session_gap=0.5).n_sessions == 4
    assert events.load("retailrocket", tmp_path, session_gap=float("inf")).n_sessions == 2
    for gap in (0, -1, float("nan")):
        with pytest.raises(InputError, match="session_gap"):
            events.load("retailrocket", tmp_path, session_gap=gap)


REES46 = '''event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session
2019-10-01 00:00:01 UTC,view,9007199254740993,2053013552326770905,,aqua,33.20,554748717,b
2019-10-01 00:00:01 UTC,view,9007199254740993,2053013552326770905,,aqua,33.20,554748717,b
2019-10-01 00:00:00 UTC,cart,9007199254740994,2053013552326770907,a.b,"x, ""y""",0.00,554748717,a
2019-10-01 00:00:02 UTC,remove_from_cart,3,,,,-1.5,1,b
2019-10-01 00:00:02+00:00,purchase,3,2053013552326770905,,,,1,b
2019-10-01 01:00:00+01:00,view,9007199254740993,2053013552326770905,,aqua,33.20,,b
2019-10-01 00:00:03 UTC,view,4,2053013552326770905,,aqua,33.20,554748717,
'''


def test_rees46(tmp_path):
    (tmp_path / "2019-Oct.csv").write_text(REES46)
    log = events.load("rees46", tmp_path)
    check_log(log)
    assert log.report == events.LoadReport(
        7,
        4,
        {"malformed": 1, "missing_session": 1, "duplicate": 1},
        noted={"sessions with several users": 1},
    )
    frame = log.to_pandas()
    assert frame["session_id"].tolist() == ["a", "b", "b", "b"]
    assert frame["item_id"].tolist() == [9007199254740994, 9007199254740993, 9007199254740993, 3]
    assert frame["timestamp"].diff().tolist()[1:] == [0, 1000, 1000]
    assert frame["category"].tolist() == [2053013552326770907] + [2053013552326770905] * 3
    assert frame["price"].tolist()[:3] == [0.0, 33.2, 33.2] and np.isnan(frame["price"][3])
    assert frame["user_id"].dtype == pd.Int64Dtype() and frame["user_id"].isna().tolist() == [False, True, False, False]
    quarantine = pd.read_parquet(log.quarantine)
    assert quarantine[["file", "line", "reason"]].to_numpy().tolist() == [
        ["2019-Oct.csv", 3, "duplicate"],
        ["2019-Oct.csv", 5, "malformed"],
        ["2019-Oct.csv", 8, "missing_session"],
    ]
    assert quarantine["text"].tolist() == [REES46.splitlines()[i - 1] for i in (3, 5, 8)]


def test_a_folder_of_monthly_files_is_one_log(tmp_path):
    header, *rows = REES46.splitlines(keepends=True)
    (tmp_path / "2019-Oct.csv").write_text(header + rows[0])
    (tmp_path / "2019-Nov.csv").write_text(header + rows[0] + "nonsense\n" + rows[2])
    log = events.load("rees46", tmp_path)
    assert log.report == events.LoadReport(4, 2, {"malformed": 1, "duplicate": 1})
    found = pd.read_parquet(log.quarantine)[["file", "line"]].to_numpy().tolist()
    assert found == [["2019-Nov.csv", 3], ["2019-Oct.csv", 2]]
    (tmp_path / "2019-Dec.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"2019-Dec\.csv: There is no column 'event_time'.*here are: a, b"):
        events.load("rees46", tmp_path)


TAOBAO = (RAW / "taobao/UserBehavior.csv").read_text()


def test_taobao_keeps_the_nine_days_in_china_and_survives_its_last_line(tmp_path):
    path = tmp_path / "UserBehavior.csv"
    path.write_text(TAOBAO)
    log = events.load("taobao", path)
    check_log(log)
    assert log.report == events.LoadReport(7, 2, {"malformed": 1, "outside_window": 4})
    assert log.counts == {"cart": 1, "view": 1}
    assert pd.read_parquet(log.quarantine)["line"].tolist() == [2, 4, 5, 6, 7]


def test_a_log_that_is_not_kept_goes_when_it_is_no_longer_used(tmp_path):
    path = tmp_path / "UserBehavior.csv"
    path.write_text(TAOBAO)
    log = events.load("taobao", path)
    folder = log.path.parent
    assert sorted(p.name for p in folder.iterdir()) == ["events.parquet", "quarantine.parquet", "report.json"]
    del log
    gc.collect()
    assert not folder.exists()


def test_a_log_can_be_kept_and_is_the_same_each_time(tmp_path):
    path = tmp_path / "UserBehavior.csv"
    path.write_text(TAOBAO)
    logs = [events.load("taobao", path, out=tmp_path / name) for name in ("one", "two", "two")]
    assert logs[0].path == tmp_path / "one" / "events.parquet"
    for name in ("events.parquet", "quarantine.parquet", "report.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert len(list((tmp_path / "two").iterdir())) == 3
