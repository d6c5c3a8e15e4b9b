"""A log read on a Ray cluster is the log that one machine reads: every row, every session, every reason."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from rlbench_rec import events, mdp
from rlbench_rec.errors import DataWarning, InputError, MissingExtraError
from rlbench_rec.testing.datasets import check_log

REES46 = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"


def test_without_ray_the_message_names_the_extra(monkeypatch, shop):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"pip install .*\[ray\]"):
        events.load(shop("time,user,item,what,price\n1,1,1,view,1\n"), ray="local")


@pytest.fixture(scope="module")
def two_workers():
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield "local"
    ray.shutdown()


def rees46(folder: Path) -> Path:
    """Two months, with duplicates over the border, rows without a session, bad rows, and ties."""
    folder.mkdir()
    for month in (10, 11):
        rows = [
            f"2019-{month}-{1 + i % 28:02d} 00:00:{i % 7:02d} UTC,{'view' if i % 9 else 'purchase'},{i % 40},"
            f"20530135523267709{i % 5:02d},,,{i % 13},{i % 50},{f's{month}{i % 28}x{i % 3}' if i % 31 else ''}"
            for i in range(1_500)
        ]
        rows += ["2019-10-05 00:00:00 UTC,view,1,2,,,3,4,twice", "broken", "2019-10-05 00:00:00 UTC,frob,1,2,,,3,4,s"]
        (folder / f"2019-{month}.csv").write_text(REES46 + "\n".join(rows) + "\n")
    return folder


def taobao(folder: Path) -> Path:
    folder.mkdir()
    rows = [
        f"{i % 60},{i % 300},{i % 7},{'pv' if i % 8 else 'buy'},{1511600000 + i * 7919 % 500_000}" for i in range(2_500)
    ]
    (folder / "UserBehavior.csv").write_text("\n".join([*rows, "1,2,3,pv,1", "1,2"]))
    return folder


def digest(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize(
    "name", ["rees46", "taobao", "open-bandit-sample/bts-men", "yoochoose", "diginetica", "otto/train", "retailrocket"]
)
def test_the_same_log_and_the_same_dataset(two_workers, tmp_path, raw, name):
    made = {"rees46": rees46, "taobao": taobao}
    folder = name.partition("/")[0]
    path = made[name](tmp_path / "raw") if name in made else raw(folder) if folder != "open-bandit-sample" else None
    one = events.load(name, path, out=tmp_path / "one")
    spread = events.load(name, path, out=tmp_path / "spread", ray=two_workers)
    check_log(spread)
    assert spread.report == one.report and spread.source_sha256 == one.source_sha256
    for file in ("events.parquet", "quarantine.parquet"):
        assert (
            pq.read_table(tmp_path / "one" / file).to_pylist() == pq.read_table(tmp_path / "spread" / file).to_pylist()
        )
    assert (tmp_path / "one" / "report.json").read_bytes() == (tmp_path / "spread" / "report.json").read_bytes()
    assert [p.name for p in (tmp_path / "spread").iterdir() if p.name.startswith(".")] == []
    # Splits and vocabularies are global: the datasets are equal byte by byte.
    for which, log in (("a", one), ("b", spread)):
        # The few rows of some logs have views in too few sessions for a split.
        config = mdp.MDPConfig(decisions="every-event", train_fraction=0.6, top_k=20)
        mdp.build(log, config).save(tmp_path / which)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")


def test_an_error_in_a_worker_is_the_error_of_one_machine(two_workers, tmp_path):
    (tmp_path / "a.csv").write_text("time,item,what\nnonsense,x,y\n")
    (tmp_path / "shop.toml").write_text(
        'id = "s"\ntitle = "s"\nlicence = "o"\ncitation = "n"\nsession = "row"\naction_source = "choice"\n'
        'propensity = "none"\nreward_weights = { view = 1 }\nfiles = [{ pattern = "*.csv" }]\n'
        'columns = { timestamp = "time", item = "item", event = "what" }\nevents = { view = "view" }\n'
    )
    messages = []
    for ray in (None, two_workers):
        with pytest.raises(InputError) as caught:
            events.load(tmp_path / "shop.toml", ray=ray)
        messages.append(str(caught.value))
    assert messages[0] == messages[1] and "No row can be used: 1 malformed" in messages[0]


def test_text_in_another_form_is_read_alike(two_workers, tmp_path, shop):
    header, row = "time,user,item,what,price\n", '1,1,7,view,2\n2,1,8,buy,"3"\n# 备注\n3,x\n'
    card = shop(f"导出\n{header}{row}".encode("gbk"), 'encoding = "gbk"\nskip_lines = 1\ncomment = "#"\n')
    (tmp_path / "more.csv").write_bytes(f"导出\n{header}{row}4,1,7,手机,\n".encode("gbk") + b"5,1,7,view\xff,\n")
    one, spread = events.load(card), events.load(card, ray=two_workers)
    assert spread.report == one.report
    assert one.report.set_aside == {"comment": 2, "malformed": 3, "unknown_event": 1}
    assert spread.to_arrow().equals(one.to_arrow())


def test_a_log_without_a_clock_is_read_alike(two_workers, shop):
    rows = "".join(f"{i % 4},{i % 7},{i % 5},view,{i % 11}\n" for i in range(200)) + "x,1,1,view,1\n"
    columns = '{ order = "order", item = "item", event = "what", user = "user", session = "visit" }'
    card = shop(f"order,user,item,what,visit\n{rows}", 'session = "given"\n', columns=columns)
    one, spread = events.load(card), events.load(card, ray=two_workers)
    assert spread.report == one.report and one.report.set_aside == {"malformed": 1}
    assert spread.to_arrow().to_pylist() == one.to_arrow().to_pylist()


@pytest.mark.parametrize(("ending", "dialect"), [("csv", "delimited"), ("parquet", "parquet")])
def test_files_of_other_columns_are_read_alike(two_workers, tmp_path, ending, dialect):
    rows = [(10, 1, 7, "view", 2.5), (20, 1, 8, "buy", 4.0), (30, 2, 7, "view", 2.5)]
    table = pd.DataFrame(rows, columns=["time", "user", "item", "what", "price"])
    files = {"shelf=top/a": table[["what", "time", "user", "item"]], "shelf=low/b": table.assign(size_a=1.0)}
    for name, frame in files.items():
        path = tmp_path / f"{name}.{ending}"
        path.parent.mkdir()
        frame.to_parquet(path) if ending == "parquet" else frame.to_csv(path, index=False)
    (tmp_path / "shop.toml").write_text(
        f'id = "s"\ntitle = "s"\nlicence = "o"\ncitation = "n"\ndialect = "{dialect}"\ntime_unit = "s"\n'
        'action_source = "choice"\npropensity = "none"\nreward_weights = { click = 1 }\n'
        f'files = [{{ pattern = "**/*.{ending}" }}]\nevents = {{ view = "view", buy = "purchase" }}\n'
        'columns = { timestamp = "time", item = "item", event = "what", user = "user", price = "price" }\n'
        'context = { shelf = "category", "size_*" = "number" }\n'
    )
    with pytest.warns(DataWarning, match="'price'"):
        one, spread = (events.load(tmp_path / "shop.toml", ray=ray) for ray in (None, two_workers))
    pd.testing.assert_frame_equal(one.to_pandas(), spread.to_pandas())
    assert one.query("SELECT count(price), count(size_a), count(shelf) FROM log") == [(3, 3, 6)]


def test_times_in_a_repeated_hour_are_counted_alike(two_workers, shop):
    times = ["2019-10-27 01:30", "2019-10-27 02:30", "2019-10-27 02:45"]
    text = "time,user,item,what,price\n" + "".join(f"{time},{i},7,view,\n" for i, time in enumerate(times))
    card = shop(text, time_unit='"iso"\ntime_zone = "Europe/Berlin"')
    one, spread = events.load(card), events.load(card, ray=two_workers)
    assert one.report == spread.report and one.report.noted == {"times in a repeated hour": 2}
