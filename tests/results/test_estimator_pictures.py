"""Pictures of estimators: limits of errors, points off the scale, titles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.results.plots.error_limits import error_limits
from rlbench_rec.results.plots.estimators import errors_figure, errors_message, estimates_figure


def estimates(errors: dict[int, list[float]], **cells) -> pd.DataFrame:
    """Log seed -> errors of its policies, whose truth is 2 and whose behaviour policy earns 4."""
    rows = [
        {"log_seed": seed, "policy": f"p{place}", "value": 2.0 + error, "true_value": 2.0}
        for seed, of_log in errors.items()
        for place, error in enumerate(of_log)
    ]
    plain = {"task": "shop-v1", "estimator": "ips", "q": "", "n_episodes": 100, "policies": "matched"}
    return pd.DataFrame(rows).assign(**(plain | {"behaviour_value": 4.0} | cells))


def test_limits_are_of_whole_logs_and_shares_of_the_behaviour_policys_value() -> None:
    # Two logs, all of whose errors are .4 and .8: a resample has 0, 1 or 2 of the second.
    limits = error_limits(estimates({0: [0.4, -0.4], 1: [0.8, -0.8]})).iloc[0]
    assert limits["low"] == pytest.approx(0.1) and limits["high"] == pytest.approx(0.2)


def test_logs_without_spread_have_limits_of_no_width_and_one_log_none() -> None:
    limits = error_limits(estimates({seed: [0.4, np.nan] for seed in range(5)})).iloc[0]
    assert limits["low"] == pytest.approx(0.1) == limits["high"]
    assert error_limits(estimates({0: [0.4, 0.1]}))[["low", "high"]].isna().all(axis=None)


def scores() -> pd.DataFrame:
    """Two estimators, two sizes, both groups."""
    rows = [
        {"task": "shop-v1", "estimator": name, "q": "", "n_episodes": size, "policies": group, "rmse": error / size}
        for name, error in (("dr", 2.0), ("ips", 3.0))
        for size in (100, 1000)
        for group in ("matched", "mismatched")
    ]
    return pd.DataFrame(rows)


def test_an_error_has_its_limits_where_the_estimates_are_known() -> None:
    limits = scores().drop(columns="rmse").assign(low=1e-3, high=1e-1)
    with_limits, without = errors_figure("shop-v1", scores(), limits), errors_figure("shop-v1", scores())
    assert [len(axis.collections) for axis in with_limits.axes] == [2, 2]
    assert [len(axis.collections) for axis in without.axes] == [0, 0]
    assert "95 % limits" in with_limits.texts[-1].get_text()


def test_the_title_says_who_is_nearest() -> None:
    table = scores()
    assert errors_message("shop-v1", table) == "shop-v1, logs of 1,000 sessions: dr is nearest the truth"
    table.loc[(table["estimator"] == "ips") & (table["policies"] == "mismatched"), "rmse"] = 0.0
    assert errors_message("shop-v1", table).endswith(
        "dr is nearest the truth for matched policies, ips for mismatched ones"
    )


def test_estimates_off_the_scale_stand_at_the_edge_and_are_counted() -> None:
    rows = estimates({0: [0.1, 0.2], 1: [70.0, -0.1]})
    rows["true_value"] = [2.0, 2.5, 2.0, 2.5]
    axis = estimates_figure("shop-v1", rows).axes[0]
    assert axis.get_title(loc="left") == "ips (1 off the scale)"
    at_edge = [line for line in axis.lines if line.get_marker() == "^"]
    assert [line.get_ydata()[0] for line in at_edge] == [axis.get_ylim()[1]]
    assert [text.get_text() for text in axis.texts] == ["72"]
