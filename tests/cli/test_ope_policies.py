"""`rlbench ope --target a,b` and `--plan` as a user meets them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def run(rlbench, monkeypatch, tmp_path):
    """The command in a folder that holds shop.csv: exit code, stdout, stderr."""
    rng = np.random.default_rng(0)
    logging = np.array([0.5, 0.3, 0.2])
    items = rng.choice(3, 4_000, p=logging)
    frame = pd.DataFrame({"reward": (rng.random(4_000) < np.array([0.04, 0.06, 0.14])[items]).astype(float)})
    frame["propensity"] = logging[items]
    frame["a"], frame["b"] = np.array([0.2, 0.3, 0.5])[items], np.array([0.7, 0.2, 0.1])[items]
    frame["returns"] = (rng.random(4_000) < 0.02).astype(float)
    frame["day"] = [f"2025-03-{1 + at // 400:02d}" for at in range(4_000)]
    frame.to_csv(tmp_path / "shop.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: rlbench("ope", "shop.csv", "--resamples", "100", *arguments)


def test_several_policies_on_one_screen(run):
    code, out, err = run("--target", "a,b", "--guardrail", "returns:0.02:lower", "--plan", "10%", "--by", "day")
    assert code == 0 and not err
    for words in ("TEST a", "P(best)", "a - b", "told apart", "hold all at once", "returns", "worse", "A/B test, 50%"):
        assert words in out
    assert len(out.splitlines()) <= 40 and "days" in out and max(map(len, out.splitlines())) <= 120


def test_the_answer_is_an_exit_code_and_json(run):
    code, out, _ = run("--target", "b,a", "--json", "--out", "answer.json")
    made = json.loads(out)
    assert code == made["decision"]["exit_code"] == 0 and made["decision"]["policy"] == "a"
    with open("answer.json", encoding="utf-8") as stream:
        assert json.load(stream) == made
    code, out, _ = run("--target", "a,b", "--min-lift", "0.5")
    assert code == 3 and "none of them is shown to beat the behaviour policy by more than 0.5." in " ".join(out.split())
    # A lift that is shown, and a guardrail that is open: the answer does not deny the lift.
    code, out, _ = run("--target", "a,b", "--guardrail", "returns:0.0001:lower")
    assert code == 3 and "shown to beat the behaviour policy with guardrails that hold" in " ".join(out.split())


def test_one_policy_and_its_plan(run):
    code, out, _ = run("--target", "a", "--plan", "0.01", "--per-day", "2000", "--traffic", "0.2")
    assert code == 0 and "Plan: to show a lift of 0.01 in 80% of cases" in out and "at 20% of the traffic" in out
    code, out, _ = run("--target-propensity", "a", "--plan", "10%", "--json")
    made = json.loads(out)["plan"]
    assert made["test"]["days"] is None and made["log"]["times"] > 0 and 0 <= made["test"]["assurance"] <= 1
    code, out, _ = run("--target", "a", "--plan", "10%", "--guardrail", "returns")
    assert "no number of decisions will do" in out and "give returns a tolerance" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--target", "a,b", "--explain"), "--explain: It goes with one"),
        (("--target", "a,b", "--estimators", "snips,ips"), "--estimators: Several policies"),
        (("--target", "a,b", "--target-propensity", "a"), "--target: --target-propensity names"),
        (("--target", ","), "--target: It names no column"),
        (("--target", "a", "--per-day", "5"), "--per-day: Nothing is planned"),
        (("--target", "a", "--plan", "much"), "--plan: 'much' is not a number"),
        (("--target", "a", "--plan", "5%", "--traffic", "2"), "--traffic: 2;"),
        (("--target", "a,b", "--form", "mixed-0.1"), "--form: A form makes one"),
    ],
)
def test_wrong_use_is_one_message(run, arguments, words):
    code, out, err = run(*arguments)
    assert code == 2 and not out and words in err
