"""Options of `rlbench ope` from a TOML file: the same result, what is typed wins, and wrong names are all named."""

from __future__ import annotations

import json
import os
import threading

import pytest

OPTIONS = """
reward = "paid"
target_propensity = "p_new"
metric = ["click"]
estimators = ["ips", "snips"]
interval = "normal"
min-lift = 0.01
lower-is-better = false
"""
TYPED = ["--reward", "paid", "--target-propensity", "p_new", "--metric", "click", "--estimators", "ips,snips"]
TYPED += ["--interval", "normal", "--min-lift", "0.01"]
FROM_FILE = ["--config", "options.toml"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [f"{k % 3},0.5,0.{4 + k % 2},{k % 2}" for k in range(60)]
    (tmp_path / "log.csv").write_text("paid,propensity,p_new,click\n" + "\n".join(rows) + "\n")
    (tmp_path / "options.toml").write_text(OPTIONS)
    return tmp_path


def test_a_file_says_what_would_be_typed_and_stands_in_the_result(rlbench, here):
    typed, from_file = (json.loads(rlbench("ope", "log.csv", "--json", *more)[1]) for more in (TYPED, FROM_FILE))
    assert typed.pop("config") is None
    config = from_file.pop("config")
    assert typed == from_file
    assert config["file"] == "options.toml" and config["options"]["estimators"] == ["ips", "snips"]


def test_what_is_typed_wins(rlbench, here):
    _, out, _ = rlbench("ope", "log.csv", "--estimators", "snips", *FROM_FILE, "--min-lift", "0.5", "--json")
    made = json.loads(out)
    assert made["decision"]["estimator"] == "snips" and made["min_lift"] == 0.5
    assert [each["column"] for each in made["metrics"]] == ["click"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('bye = "t"\nestimatros = "ips"\n', ["no option 'bye'. Did you mean 'by'?", "Did you mean 'estimators'?"]),
        ("explain = 1\n", ["explain: must be true or false (got 1)"]),
        ('metric = "click"\n', ["metric: must be a list of texts"]),
        ('reward = ["paid"]\n', ["reward: must be a text or a number"]),
        ("min-lift = 1\nmin_lift = 2\n", ["min_lift: is there twice"]),
        ('config = "other.toml"\n', ["There is no option 'config'"]),
        ("gamma = \n", ["options.toml:1: Not a TOML file"]),
        (
            'gamma = "high"\nseed = 1.5\n',
            ["gamma: must be a number (got 'high')", "seed: must be a whole number (got 1.5)"],
        ),
        ("by = 2025-01-01\n", ["by: must be a text or a number (got 2025-01-01)"]),
        ("out = 5\n", ["out: must be a value that the option takes (got 5)"]),
    ],
)
def test_what_is_not_an_option_is_refused_with_the_file(rlbench, here, text, said):
    (here / "options.toml").write_text(text)
    code, out, err = rlbench("ope", "log.csv", *FROM_FILE)
    assert code == 2 and not out and "options.toml" in err and all(part in err for part in said), err


def test_limits_may_be_a_list_of_numbers(rlbench, here):
    (here / "options.toml").write_text(OPTIONS + "reward-range = [0, 2]\n")
    of_list, typed = (rlbench("ope", "log.csv", *more)[1] for more in (FROM_FILE, [*TYPED, "--reward-range", "0,2"]))
    assert of_list == typed


def test_options_may_come_through_a_pipe(rlbench, here):
    pipe = here / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(OPTIONS,))
    writer.start()
    made = json.loads(rlbench("ope", "log.csv", "--config", pipe, "--json")[1])
    writer.join()
    assert made["config"]["options"]["reward"] == "paid"


def test_the_result_is_not_written_over_the_options(rlbench, here):
    code, _, err = rlbench("ope", "log.csv", *FROM_FILE, "--out", "options.toml")
    assert code == 2 and "the file of --config" in err and (here / "options.toml").read_text() == OPTIONS
