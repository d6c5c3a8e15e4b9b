"""The command line as a user meets it: good input, bad input, exit codes, no traceback."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


def test_help_and_version(rlbench):
    code, out, _ = rlbench("--help")
    assert code == 0 and all(name in out for name in ("run", "compare", "data", "tasks", "list", "doctor"))
    code, out, _ = rlbench("--version")
    assert code == 0 and out.startswith("rlbench-rec ")


@pytest.mark.parametrize("what", ["algorithms", "encoders", "estimators", "loops", "metrics", "policies", "suites"])
def test_lists_parse_as_json_and_say_what_each_thing_is(rlbench, what):
    code, out, _ = rlbench("list", what, "--json")
    rows = json.loads(out)
    assert code == 0 and rows and all(row["what it is"] for row in rows)


def test_data_list_names_licence_and_what_may_be_claimed(rlbench):
    _, out, _ = rlbench("data", "list", "--json")
    cards = {row["id"]: row for row in json.loads(out)}
    assert cards["taobao"]["values"] == "not-identified" and cards["open-bandit-sample"]["values"] == "identified"
    assert all(row["licence"] for row in cards.values())


def test_data_show_and_check(rlbench):
    code, out, _ = rlbench("data", "show", "open-bandit-sample", "--json")
    assert code == 0 and json.loads(out)["card"]["propensity"] == "logged"
    code, out, _ = rlbench("data", "check", "open-bandit-sample/bts-men", "--json")
    facts = {row["fact"]: row["count"] for row in json.loads(out)["facts"]}
    assert code == 0 and facts["rows read"] == facts["rows kept"] == 10_000 and facts["events: click"] == 69


def test_data_build_saves_a_dataset(rlbench, tmp_path):
    code, out, _ = rlbench("data", "build", "open-bandit-sample/bts-men", "--out", str(tmp_path / "built"))
    assert code == 0 and json.loads(out)["rows"] == 10_000
    assert (tmp_path / "built" / "dataset.json").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["built"]
    code, _, err = rlbench("data", "build", "open-bandit-sample/bts-men", "--out", str(tmp_path / "built"))
    assert code == 2 and "something here already" in err


def test_data_build_takes_what_is_a_decision(rlbench, tmp_path):
    (tmp_path / "shop.csv").write_text(
        "t,u,i,e\n"
        + "".join(
            f"{1_600_000_000 + 9_000 * user + k},{user},{item},{event}\n"
            for user in range(9)
            for k, (item, event) in enumerate([(1, "view"), (2, "view"), (1, "buy")])
        )
    )
    (tmp_path / "shop.toml").write_text(
        'id = "shop"\ntitle = "Shop"\nlicence = "ours"\ncitation = "none"\ntime_unit = "s"\n'
        'action_source = "choice"\npropensity = "none"\nreward_weights = { purchase = 1.0 }\n'
        'events = { view = "view", buy = "purchase" }\nfiles = [{ pattern = "shop.csv" }]\n'
        'columns = { timestamp = "t", user = "u", item = "i", event = "e" }\n'
    )
    card = ["data", "build", str(tmp_path / "shop.toml"), "--out"]
    code, out, _ = rlbench(*card, str(tmp_path / "a"))
    assert code == 0 and (json.loads(out)["rows"], json.loads(out)["credited_rows"]) == (18, 9)
    code, out, _ = rlbench(*card, str(tmp_path / "b"), "--decisions", "every-event")
    assert code == 0 and json.loads(out)["rows"] == 27
    code, out, _ = rlbench(*card, str(tmp_path / "c"), "--decisions", "view", "--attribution-window", "1")
    assert code == 0 and json.loads(out)["uncredited_rows"] == 9
    code, _, err = rlbench(*card, str(tmp_path / "d"), "--decisions", "views")
    assert code == 2 and "'views' cannot be a decision; these can: impression, view" in err
    assert not (tmp_path / "d").exists()


def test_data_init_then_check_then_show(rlbench, tmp_path):
    log = tmp_path / "my shop.csv"
    log.write_text("time,item,event,user\n1700000000,a,view,1\n1700000009,b,buy,1\n")
    code, out, _ = rlbench("data", "init", str(log))
    assert code == 0 and "buy = purchase" in out
    code, _, err = rlbench("data", "init", str(log))
    assert code == 2 and "There is a card here already" in err
    code, out, _ = rlbench("data", "check", str(tmp_path / "my-shop.toml"), "--json")
    assert code == 0 and {"fact": "rows kept", "count": 2} in json.loads(out)["facts"]
    page, picture = tmp_path / "page.html", tmp_path / "picture.png"
    code, out, _ = rlbench("data", "show", str(tmp_path / "my-shop.toml"), "--html", str(page), "--png", str(picture))
    assert code == 0 and "WORTH KNOWING" in out and page.stat().st_size > 2_000 and picture.stat().st_size > 2_000


def test_data_init_of_what_cannot_be_told_is_exit_code_1(rlbench, tmp_path):
    (tmp_path / "log.csv").write_text("a,b,c\n1,2,3\n")
    code, out, _ = rlbench("data", "init", str(tmp_path / "log.csv"))
    assert code == 1 and "No column looks like a time" in out


def test_data_get(rlbench, tmp_path, monkeypatch):
    monkeypatch.setenv("RLBENCH_DATA", str(tmp_path))
    code, out, err = rlbench("data", "get", "retailrocket")
    assert code == 2 and not out and "Open https://" in err and str(tmp_path / "retailrocket") in err
    code, out, _ = rlbench("data", "get", "open-bandit-sample")
    assert code == 0 and "random-all.parquet" in out


def test_tasks(rlbench):
    code, out, _ = rlbench("tasks", "list", "--json")
    assert code == 0 and "recommend-v1" in {row["task"] for row in json.loads(out)}
    code, out, _ = rlbench("tasks", "show", "recommend-v1")
    assert code == 0 and "gamma" in out


SUITE = '[[sources]]\ntask = "recommend-v1"\n[[algorithms]]\nid = "random"\n'


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "quik"], "Unknown suite 'quik'. Did you mean 'quick'"),
        (["run", "nowhere.toml"], "nowhere.toml: There is no such suite file"),
        (["run", "--dataset", "taobo"], "Unknown dataset 'taobo'. Did you mean 'taobao'"),
        (["run", "--dataset", "taobao", "--data", "nowhere"], "nowhere"),
        (["run", "--data", "x"], "--data needs --dataset"),
        (["run", "--resume"], "--resume needs --out"),
        (["data", "show", "open-bandit-sample/randm-all"], "Did you mean 'random-all'"),
        (["data", "check", "retailrocket", "--data", "nowhere"], "nowhere"),
        (["data", "check", "open-bandit-sample/bts-men", "--memory-limit", "lots"], "--memory-limit: "),
        (["tasks", "show", "recomend-v1"], "Did you mean 'recommend-v1'"),
        (["compare", "a.csv", "b.csv"], "a.csv: There is no such file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_message_and_exit_code_2(rlbench, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = rlbench(*arguments)
    assert code == 2 and message in err and "Traceback" not in err and not out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "name: is missing"),
        ('name = "x"\nalgorithm = 1\n' + SUITE, "There is no key 'algorithm'. Did you mean 'algorithms'"),
        ('name = "x"\nestimators = ["drs"]\n' + SUITE, "Unknown estimator 'drs'"),
        ('name = "x"\n' + SUITE + '[[algorithms]]\nid = "dqm"\n', "Unknown algorithm 'dqm'. Did you mean 'dqn'"),
        ('name = "x"\n' + SUITE + '[[algorithms]]\nid = "mine"\n', "To add your own, name its module with --plugin"),
        ('name = "../x"\n' + SUITE, "name: must be of lower-case letters, digits and dashes"),
    ],
)
def test_bad_suites_write_nothing(rlbench, tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(text)
    code, _, err = rlbench("run", "s.toml", "--out", "out")
    assert code == 2 and message in err
    assert [path.name for path in tmp_path.iterdir()] == ["s.toml"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (None, "There is no such file"),
        ("", "empty"),
        ("timestamp,visitorid,event,itemid\n", "No row can be used"),
        ("timestamp,visitorid,event\n1,2,view\n", "There is no column 'itemid'"),
        ("timestamp,visitorid,event,itemid,transactionid\nnonsense,x,y,z,\n", "No row can be used"),
    ],
    ids=["missing", "empty", "header only", "no item column", "nonsense"],
)
def test_bad_logs(rlbench, tmp_path, rows, message):
    path = tmp_path / "events.csv"
    if rows is not None:
        path.write_text(rows)
    code, out, err = rlbench("data", "check", "retailrocket", "--data", str(path))
    assert code == 2 and not out and "Traceback" not in err
    assert message in err or (rows is None and "not there" in err)


def test_python_dash_m_is_the_same_command():
    done = subprocess.run([sys.executable, "-m", "rlbench_rec", "run", "quik"], capture_output=True, text=True)
    assert done.returncode == 2 and "Did you mean 'quick'" in done.stderr and "Traceback" not in done.stderr
