"""docs/leaderboards.md says of the board of estimators what its tables say."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pandas as pd
import pytest

from tests.markdown_tables import table_cells

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "leaderboards.md").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("## Estimators (`ope`)") : PAGE.index("### With the q of `rlbench run`")]
TEXT = " ".join(SECTION.split())
SIZES = (1_000, 10_000, 100_000)
GROUPS = {"easy": 10, "real": 8, "partial": 3, "confounded": 1, "delayed": 2, "all 24": 24}


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    return _with_group(pd.read_csv(ROOT / "results/ope/estimators.csv.gz"))


@pytest.fixture(scope="module")
def estimates() -> pd.DataFrame:
    table = _with_group(pd.read_csv(ROOT / "results/ope/estimates.csv.gz"))
    assert set(table["status"]) == {"ok"}
    held = (table["ci_low"] <= table["true_value"]) & (table["true_value"] <= table["ci_high"])
    error = ((table["value"] - table["true_value"]) / table["behaviour_value"]).abs()
    table = table.assign(held=held, error=error, shop=table["task"].str.partition("/")[0])
    # Policies of a stratum whose SNIPS is the easy shop's, number for number.
    snips = table[(table["estimator"] == "snips") & table["value"].notna()].sort_values(
        "group", key=lambda g: g != "easy"
    )
    again = snips[snips.duplicated(["shop", "policy", "n_episodes", "log_seed", "value", "true_value"])]
    keys = ["task", "policy", "n_episodes", "log_seed"]
    assert len(again) == 60 and set(again["task"]) == {"recommend-v1/partial"} and "such copies (60)" in TEXT
    return table[~table.set_index(keys).index.isin(again.set_index(keys).index)]


def _with_group(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(group=[task.split("/")[1] if "/" in task else "easy" for task in table["task"]])


def _rows(after: str) -> list[list[str]]:
    lines = SECTION[SECTION.index(after) :].split("\n\n")
    table = next(block for block in lines if block.startswith("| "))
    return table_cells(table)[1:]


def _short(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


@pytest.mark.parametrize(
    ("group", "after"), [("easy", "Root mean squared error as"), ("real", "The same in the eight")]
)
def test_tables_of_errors(scores, group, after):
    of_group = scores[scores["group"] == group]
    shown = _rows(after)
    assert len(shown) == 7
    for name, *cells in shown:
        for cell, (policies, size) in zip(cells, product(("matched", "mismatched"), SIZES), strict=True):
            which = (of_group["policies"] == policies) & (of_group["n_episodes"] == size)
            errors = of_group[which].pivot_table(index="task", columns="estimator", values="rmse")
            wins = (errors.idxmin(axis=1) == name.strip("`")).sum()
            assert cell == f"{_short(errors[name.strip('`')].median())} ({wins})", (name, policies, size)


def test_table_of_the_gate(estimates):
    snips = estimates[estimates["estimator"] == "snips"]
    shown = _rows("The gate, by SNIPS")
    assert len(shown) == len(GROUPS)
    for name, *cells in shown:
        group = next(group for group in GROUPS if group in name)
        found = snips if group == "all 24" else snips[snips["group"] == group]
        assert found["task"].nunique() == GROUPS[group]
        by_verdict = found.groupby("verdict").agg({"task": "size", "held": "mean", "error": "median"})
        counts, held, error = by_verdict.loc[["trusted", "weak", "unreliable"]].to_numpy().T
        assert cells[:3] == [f"{count:,.0f}" for count in counts]
        assert [cell.split(" [")[0] for cell in cells[3:6]] == [f"{100 * share:.0f} %" for share in held]
        assert cells[6:] == [f"{100 * share:.0f} %" for share in error]


def test_what_is_trusted(estimates):
    trusted = estimates[estimates["verdict"] == "trusted"]
    shares = {name: f"{100 * rows['held'].mean():.0f} %" for name, rows in trusted.groupby("estimator")}
    words = f"{shares['snips']} of the intervals of SNIPS hold the truth [87, 99] (`ips` {shares['ips']}, `sndr` "
    assert f"{words}{shares['sndr']}, `dr` {shares['dr']})" in TEXT
    snips = trusted[trusted["estimator"] == "snips"]
    places, logs = snips["task"].nunique(), snips.groupby(["shop", "n_episodes", "log_seed"]).ngroups
    assert (len(snips), places, logs) == (112, 9, 33) and f"trusts 112 of {len(_snips(estimates)):,} pairs" in TEXT
    assert snips["shop"].value_counts().to_dict() == {
        "offers-v1": 68,
        "recommend-v1": 35,
        "tabular-v1": 6,
        "sequence-v1": 3,
    }
    held = snips.groupby(snips["n_episodes"] == 100_000)["held"].agg(["sum", "size"]).to_numpy().tolist()
    assert held == [[95, 98], [10, 14]]
    real = snips[snips["group"] == "real"]
    assert set(real["task"]) == {"offers-v1/real"} and real["held"].sum() == len(real) == 20
    assert real.groupby(["n_episodes", "log_seed"]).ngroups == 12
    assert list(real.groupby("n_episodes")["error"].median().mul(100).round()) == [37, 8, 2]
    hidden = snips[snips["group"] == "partial"]["held"]
    assert (hidden.sum(), len(hidden)) == (28, 29)


def _snips(estimates: pd.DataFrame) -> pd.DataFrame:
    return estimates[estimates["estimator"] == "snips"]


def test_counts_in_the_sentences(scores, estimates):
    cells = scores[scores["policies"] != "all"]
    best = cells.loc[cells.groupby(["task", "n_episodes", "policies"])["rmse"].idxmin()]
    assert (len(best), best["estimator"].isin(["tis", "sntis"]).sum()) == (144, 17)
    short = best[best["group"].isin(["easy", "real"]) & (best["n_episodes"] == 1_000)]
    longer = best[(best["group"] == "real") & (best["n_episodes"] == 10_000)]
    assert ((short["estimator"] == "dm").sum(), len(short)) == (22, 36)
    assert ((longer["estimator"] == "dm").sum(), len(longer)) == (12, 16)
    assert _snips(estimates)["value"].isna().sum() == 65 and "In 65 pairs" in TEXT
    of_two = cells[cells["group"].isin(["easy", "real"])]
    by_cell = of_two.pivot_table(index=["n_episodes", "task", "policies"], columns="estimator", values="rmse")
    long = by_cell.index.get_level_values(0) == 100_000
    for one, other, counts in (("snips", "ips", [60, 29]), ("sndr", "dr", [58, 23])):
        ahead = by_cell[one] < by_cell[other]
        assert [ahead[~long].sum(), ahead[long].sum()] == counts and (~long).sum() == 72
    assert (by_cell["sndr"] < by_cell["snips"]).sum() == 54 and len(by_cell) == 108
    mismatched = estimates[estimates["policies"] == "mismatched"].groupby(["estimator", "group"])["held"].mean()
    held = [round(100 * mismatched[name, group]) for name in ("sndr", "snips") for group in ("easy", "real")]
    assert held == [63, 71, 47, 53]
    least = cells[
        (cells["n_episodes"] == 100_000) & (cells["policies"] == "mismatched") & (cells["estimator"] == "sndr")
    ]
    assert (least["rmse"] < 0.1).sum() == 2
    assert round(100 * estimates[estimates["estimator"] == "dm"]["held"].mean()) == 4


def test_how_far_errors_fall_with_the_log(scores):
    falls = {}
    for name in ("dm", "sndr"):
        for group in ("easy", "real"):
            for policies in ("matched", "mismatched"):
                of = scores[
                    (scores["estimator"] == name) & (scores["group"] == group) & (scores["policies"] == policies)
                ]
                median = of.groupby("n_episodes")["rmse"].median()
                falls[name, group, policies] = round(100 * (1 - median[100_000] / median[1_000]))
    assert [falls["dm", group, of] for group in ("easy", "real") for of in ("matched", "mismatched")] == [9, 1, 31, 21]
    weighed = [fall for (name, *_), fall in falls.items() if name == "sndr"]
    assert (min(weighed), max(weighed)) == (23, 84)


def test_what_a_choice_by_estimates_costs(scores):
    chosen = scores[(scores["policies"] == "all")].groupby(["group", "n_episodes", "estimator"])["regret_at_1"]
    medians, means = chosen.median().mul(100).round(), chosen.mean().mul(100).round()
    for size, of_each in (
        (10_000, {"sndr": (12, 10), "snips": (28, 10), "dm": (0, 3)}),
        (100_000, {"sndr": (0, 2), "snips": (13, 2), "dm": (0, 1)}),
    ):
        for name, (easy, real) in of_each.items():
            assert (medians["easy", size, name], medians["real", size, name]) == (easy, real)
    assert [means[group, 10_000, name] for name in ("sndr", "dm") for group in ("easy", "real")] == [22, 44, 26, 47]
    ads = scores[(scores["task"] == "ads-v1/real") & (scores["n_episodes"] == 10_000) & (scores["policies"] == "all")]
    costs = ads.set_index("estimator")["regret_at_1"]
    assert (round(costs["sndr"], 1), round(costs["dm"], 1)) == (2.0, 3.5)
