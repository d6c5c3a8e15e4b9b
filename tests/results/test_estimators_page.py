"""docs/leaderboards.md says of the board of estimators what its tables say."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

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
    return table.assign(held=held, error=error)


def _with_group(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(group=[task.split("/")[1] if "/" in task else "easy" for task in table["task"]])


def _rows(after: str) -> list[list[str]]:
    lines = SECTION[SECTION.index(after) :].split("\n\n")
    table = next(block for block in lines if block.startswith("| "))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


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
    words = (
        f"93 % of the intervals of SNIPS hold the truth [85, 98] (`ips` {shares['ips']}, `sndr` {shares['sndr']}, `dr`"
    )
    assert shares["snips"] == "93 %" and f"{words} {shares['dr']})" in TEXT
    snips = trusted[trusted["estimator"] == "snips"]
    missed = snips[~snips["held"]]
    assert (len(snips), len(missed), (missed["n_episodes"] == 100_000).sum()) == (122, 9, 5)
    both = np.hypot((snips["ci_high"] - snips["ci_low"]) / 3.92, snips["true_error"])
    assert ((snips["value"] - snips["true_value"]).abs() <= 1.96 * both).sum() == 118
    real = snips[snips["group"] == "real"]
    assert set(real["task"]) == {"offers-v1/real"} and real.groupby(["n_episodes", "log_seed"]).ngroups == 12
    parts = snips[snips["group"] == "partial"]["held"]
    assert (parts.sum(), len(parts)) == (36, 39) and "36 of 39" in TEXT


def test_counts_in_the_sentences(scores, estimates):
    cells = scores[scores["policies"] != "all"]
    best = cells.loc[cells.groupby(["task", "n_episodes", "policies"])["rmse"].idxmin()]
    assert (len(best), (best["estimator"] == "tis").sum()) == (144, 2) and "2 of 144 cells" in TEXT
    short = best[best["group"].isin(["easy", "real"]) & (best["n_episodes"] == 1_000)]
    longer = best[(best["group"] == "real") & (best["n_episodes"] == 10_000)]
    assert ((short["estimator"] == "dm").sum(), len(short)) == (22, 36)
    assert ((longer["estimator"] == "dm").sum(), len(longer)) == (12, 16)
    snips = estimates[estimates["estimator"] == "snips"]
    assert (len(snips), snips["value"].isna().sum()) == (2_520, 65) and "In 65 of 2,520 pairs" in TEXT
    mismatched = estimates[estimates["policies"] == "mismatched"]
    held = mismatched.groupby(["estimator", "n_episodes"])["held"].mean().mul(100).round()
    assert (held["sndr"].min(), held["sndr"].max(), held["snips"].min(), held["snips"].max()) == (59, 66, 45, 55)
    assert round(100 * estimates[estimates["estimator"] == "dm"]["held"].mean()) == 4


def test_what_a_choice_by_estimates_costs(scores):
    chosen = scores[(scores["policies"] == "all")].groupby(["group", "n_episodes", "estimator"])
    means = chosen[["rank_correlation", "regret_at_1"]].mean()
    sndr, snips = means.loc[("easy", 10_000, "sndr")], means.loc[("easy", 10_000, "snips")]
    assert (round(sndr.iloc[0], 2), round(100 * sndr.iloc[1])) == (0.81, 22)
    assert (round(snips.iloc[0], 2), round(100 * snips.iloc[1])) == (0.62, 37)
    real = means["regret_at_1"]["real"].mul(100).round()
    long, longest = (real[size][["sndr", "snips", "dr", "dm"]] for size in (10_000, 100_000))
    assert (long.idxmin(), long.min()) == ("snips", 37) and (longest.min(), longest.max()) == (8, 10)
