"""`rlbench ope` as a user meets it: the screen, JSON, files, exit codes, bad input."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def run(rlbench, monkeypatch, tmp_path):
    """The command in an empty folder that holds shop.csv: exit code, stdout, stderr."""
    rng = np.random.default_rng(0)
    logging, evaluated = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    items = rng.choice(3, 4_000, p=logging)
    clicks = (rng.random(4_000) < np.array([0.04, 0.06, 0.12])[items]).astype(float)
    frame = pd.DataFrame(
        {
            "click": clicks,
            "cost": -clicks,
            "pscore": logging[items],
            "target_propensity": evaluated[items],
            "user": rng.integers(0, 900, 4_000),
            "action": items,
            "hour": rng.integers(0, 24, 4_000),
        }
    )
    frame.to_csv(tmp_path / "shop.csv", index=False)
    monkeypatch.chdir(tmp_path)

    return lambda *arguments: rlbench("ope", *arguments)


SHOP = ("shop.csv", "--propensity", "pscore")


def test_better_is_exit_code_0_and_one_screen(run):
    code, out, err = run(*SHOP, "--reward", "click", "--explain")
    assert code == 0 and not err
    assert "BETTER" in out and "4,000 decisions of" in out and "What to do next" in out
    assert len(out.splitlines()) <= 40


def test_the_other_sign_is_exit_code_1_unless_they_are_costs(run):
    code, out, _ = run(*SHOP, "--reward", "cost")
    assert code == 1 and "WORSE" in out
    code, out, _ = run(*SHOP, "--reward", "cost", "--lower-is-better")
    assert code == 0 and "BETTER" in out and "lower 'cost' is better" in out
    code, out, _ = run(*SHOP, "--reward", "click", "--min-lift", "0.5")
    assert code == 3 and "NOT SHOWN" in out


def test_weights_mixtures_and_lists_over_all_actions(run, tmp_path):
    shop = pd.read_csv("shop.csv")
    logging, scores = [0.5, 0.3, 0.2], [0.0, 1.0, 2.0]
    lists = {"w": shop.target_propensity / shop.pscore, "b": [logging] * len(shop), "q": [scores] * len(shop)}
    shop.assign(**lists).to_parquet("all.parquet")
    code, out, _ = run("all.parquet", "--reward", "click", "--weights", "w")
    assert code == 0 and "importance weights given" in out and "weights = w" in out
    code, out, _ = run(*SHOP, "--reward", "click", "--form", "mixed-0.5")
    assert code == 0 and "target policy mixed-0.5" in out
    arguments = ("all.parquet", "--reward", "click", "--scores", "q", "--base", "b")
    code, out, _ = run(*arguments, "--form", "tilted-0.2")
    assert code == 0 and "target policy tilted-0.2 (temperature" in out
    code, out, _ = run(*arguments, "--form", "constrained-0.5", "--json")
    assert json.loads(out)["log"]["form"] == "constrained-0.5"
    code, _, err = run(*arguments)
    assert code == 2 and "--scores: Without --form it plays no part" in err
    code, _, err = run(*arguments, "--form", "softmax-1")
    assert code == 2 and "--form: A table says nothing of the policy 'softmax-1'" in err


def test_json_on_stdout_and_in_a_file_and_a_picture(run, tmp_path):
    arguments = ("--reward", "click", "--metric", "cost", "--estimators", "ips,ips-clip:2", "--json")
    code, out, _ = run(*SHOP, *arguments, "--out", "r.json", "--plot", "w.png")
    made = json.loads(out)
    assert code == made["decision"]["exit_code"] == 0 and made["decision"]["estimator"] == "ips"
    assert [one["estimator"] for one in made["reward"]["estimates"]] == ["ips", "ips-clip2"]
    assert made["log"]["rows"] == 4_000 and made["log"]["users"] < 900 and made["advice"] is None
    assert json.loads((tmp_path / "r.json").read_text()) == made
    assert (tmp_path / "w.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.json", "shop.csv", "w.png"]
    again = run(*SHOP, *arguments)[1]
    assert again == out


@pytest.mark.parametrize(("name", "begins"), [("w.PNG", b"\x89PNG"), ("w.pdf", b"%PDF"), ("w.svg", b"<?xml")])
def test_a_picture_has_the_format_of_its_name(run, tmp_path, name, begins):
    pictures = []
    for _ in range(2):
        assert run(*SHOP, "--reward", "click", "--plot", name)[0] == 0
        pictures.append((tmp_path / name).read_bytes())
    assert pictures[0].startswith(begins) and pictures[0] == pictures[1]


@pytest.mark.parametrize("name", ["w.bmp", "w", ".png", "w.png.txt"])
def test_a_picture_of_no_known_format_is_refused_before_the_log_is_read(run, tmp_path, name):
    code, out, err = run("no-such-column.csv", "--plot", name)
    assert code == 2 and not out and f"{name}: " in err and "End it in .png, .pdf or .svg." in err
    assert [path.name for path in tmp_path.iterdir()] == ["shop.csv"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--resamples", "5"),
        ("--resamples", "0"),
        ("--min-lift", "-1"),
        ("--confidence", "2"),
        ("--gamma", "-1"),
        ("--seed", "-1"),
        ("--timezone", "UTC"),
        ("--reward-range", "1,0"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_option(run, option, value):
    code, out, err = run(*SHOP, "--reward", "click", f"{option}={value}")
    assert code == 2 and not out and err.startswith(f"rlbench: {option}: "), err
    parameter = option.removeprefix("--").replace("-", "_")
    assert parameter not in err.replace(option, "") and "n_resamples" not in err


def test_ratios_guardrails_and_slices(run):
    arguments = ("--reward", "click", "--ratio", "click/hour", "--by", "action", "--json")
    code, out, _ = run(*SHOP, *arguments, "--guardrail", "cost:0.01:lower")
    made = json.loads(out)
    assert code == 0 and [one["column"] for one in made["metrics"]] == ["hour", "cost", "click/hour"]
    assert made["guardrails"][0]["state"] == "holds" and [one["label"] for one in made["slices"]] == [0, 1, 2]
    code, out, _ = run(*SHOP, "--reward", "click", "--guardrail", "cost:0")
    assert code == 1 and "BROKEN" in out


def test_propensities_that_were_not_logged(run):
    code, out, _ = run("shop.csv", "--reward", "click", "--features", "hour", "--explain", "--json")
    made = json.loads(out)
    assert code == made["decision"]["exit_code"] == 3 and made["decision"]["outcome"] == "not-shown"
    assert made["log"]["propensity_source"] == "estimated" and made["propensity_model"]["model"] == "logistic"
    assert made["diagnostics"]["calibration_error"] == made["propensity_model"]["calibration_error"] < 0.1
    assert made["reward"]["estimates"][0]["interval_kind"] == "sampling-only"
    code, out, _ = run(*SHOP, "--reward", "click", "--estimated")
    assert code == 3 and "the propensities are estimated" in out
    _, both, _ = run("shop.csv", "--reward", "click", "--features", "hour", "--estimated", "--json")
    assert json.loads(both)["log"]["propensity_source"] == "estimated"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.csv"], "nowhere.csv: There is no such file."),
        (["shop.csv"], "There is no column 'reward'"),
        (["shop.csv", "--reward", "click"], "Is it --propensity pscore?"),
        ([*SHOP, "--reward", "clik"], "clik"),
        ([*SHOP, "--reward", "click", "--metric", "revenue"], "There is no column 'revenue'"),
        ([*SHOP, "--reward", "click", "--ratio", "click"], "'click' is not a ratio of two columns"),
        ([*SHOP, "--reward", "click", "--by", "houer"], "Is it --by hour?"),
        ([*SHOP, "--reward", "click", "--guardrail", "hour:x"], "'x' in 'hour:x' is not a number"),
        ([*SHOP, "--reward", "click", "--estimators", "snip"], "Did you mean 'snips'"),
        ([*SHOP, "--reward", "click", "--estimators", "dr"], "needs q_logged and v_target"),
        ([*SHOP, "--reward", "click", "--reward-range", "0,0.5"], "reward range [0, 0.5], the first in line 9"),
        ([*SHOP, "--reward", "click", "--timezone", "UTC"], "nothing is sliced"),
        ([*SHOP, "--reward", "click", "--weight", "hour"], "column 'hour'"),
        ([*SHOP, "--reward", "click", "--decision", "hour"], "--decision none"),
        ([*SHOP, "--reward", "click", "--interval", "wald"], "Unknown interval 'wald'"),
        ([*SHOP, "--reward", "click", "--confidence", "95"], "confidence"),
        ([*SHOP, "--reward", "click", "--out", "no/r.json"], "no/r.json: The file cannot be written"),
        (
            ["shop.csv", "--reward", "click", "--features", "hour", "--propensity-model", "tree"],
            "Unknown propensity model",
        ),
        (["shop.csv", "--reward", "click", "--propensity", "hour"], "column 'hour'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_message_and_exit_code_2(run, tmp_path, arguments, message):
    code, out, err = run(*arguments)
    assert code == 2 and message in err and not out and len(err.splitlines()) == 1 and "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["shop.csv"]


def test_it_is_in_the_help(rlbench):
    assert "ope" in rlbench("--help")[1]
    code, out, _ = rlbench("ope", "--help")
    assert code == 0 and "--lower-is-better" in out and "Exit code" in out


@pytest.mark.parametrize("option", ["--out", "--plot"])
@pytest.mark.parametrize("place", ["shop.csv", "x/../shop.csv", "link.csv"])
def test_the_log_is_never_written_over(run, tmp_path, option, place):
    (tmp_path / "x").mkdir()
    (tmp_path / "link.csv").symlink_to("shop.csv")
    before = (tmp_path / "shop.csv").read_bytes()
    code, out, err = run(*SHOP, "--reward", "click", option, place)
    assert code == 2 and not out and f"{option} {place}" in err and "would be lost" in err
    assert (tmp_path / "shop.csv").read_bytes() == before


def test_nor_is_a_file_of_its_folder_or_the_picture_by_the_json(run, tmp_path):
    pd.read_csv(tmp_path / "shop.csv").to_parquet(tmp_path / "shop.parquet")
    (tmp_path / "log").mkdir()
    part = (tmp_path / "shop.parquet").rename(tmp_path / "log" / "part-0.parquet")
    before = part.read_bytes()
    given = ("log", "--propensity", "pscore", "--reward", "click")
    code, _, err = run(*given, "--out", part)
    assert code == 2 and "a file of the log" in err and part.read_bytes() == before
    code, _, err = run(*given, "--plot", "same", "--out", "same")
    assert code == 2 and "the file of --plot" in err and not (tmp_path / "same").exists()


def test_two_guardrails_on_one_outcome_are_not_one(run):
    code, out, err = run(*SHOP, "--reward", "click", "--guardrail", "cost:1:lower", "--guardrail", "cost:2")
    assert code == 2 and not out and "Two guardrails name the same outcome" in err


def test_a_log_of_events_is_told_from_a_table_of_decisions(run, tmp_path):
    (tmp_path / "events.csv").write_text("when,customer,product,action\n2026-05-28,c1,SKU-1,view\n")
    code, _, err = run(tmp_path / "events.csv")
    assert code == 2 and "Is this a log of events, not a table of decisions? `rlbench data init FILE` reads it." in err
    assert "(docs/data.md#what-to-log)" in err
