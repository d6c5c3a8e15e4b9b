"""Real logs: what each estimator must say of the Open Bandit sample, in all six directions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rlbench_rec import ope

FOLDER = Path(__file__).resolve().parents[2] / "datasets" / "open-bandit-sample"

# campaign, log -> (on-policy click rate of the other log, IPS, SNIPS, ESS, largest weight)
EXPECTED = {
    ("all", "random"): (0.0042, 0.00503537, 0.00525307, 2638.9, 9.62),
    ("men", "random"): (0.0069, 0.00565627, 0.00573986, 2869.3, 7.48),
    ("women", "random"): (0.0046, 0.00580569, 0.00583304, 3492.0, 6.37),
    ("all", "bts"): (0.0038, 0.00235964, 0.00233371, 340.4, 278),
    ("men", "bts"): (0.0046, 0.00300863, 0.00318942, 655.7, 178),
    ("women", "bts"): (0.0046, 0.00743758, 0.00237305, 2.08, 21_739),
}


def read(campaign: str, policy: str) -> pd.DataFrame:
    columns = ["item_id", "position", "click", "propensity_score"]
    return pd.read_parquet(FOLDER / f"{policy}-{campaign}.parquet", columns=columns)


def evaluated_log(campaign: str, source: str) -> tuple[ope.EvaluationLog, float]:
    """The log of one policy with the other's probabilities, and the other log's click rate."""
    other = {"random": "bts", "bts": "random"}[source]
    log, truth = read(campaign, source), read(campaign, other)
    if other == "random":
        target = np.full(len(log), 1 / {"all": 80, "men": 34, "women": 46}[campaign])
    else:
        # n(item, position) / n(position): the mean logged propensity per cell would be size-biased.
        counts = truth.groupby(["item_id", "position"]).size() / truth.groupby("position").size()
        target = counts.reindex(pd.MultiIndex.from_frame(log[["item_id", "position"]]), fill_value=0.0).to_numpy()
    return ope.EvaluationLog(log["click"], log["propensity_score"], target), truth["click"].mean()


@pytest.mark.parametrize(("campaign", "source"), EXPECTED)
def test_values_and_overlap(campaign, source):
    truth, ips, snips, ess, largest = EXPECTED[campaign, source]
    log, rate = evaluated_log(campaign, source)
    assert rate == pytest.approx(truth, abs=1e-12)
    values = [estimate.value for estimate in ope.estimate_all(log, ["ips", "snips"], interval="none")]
    assert values == pytest.approx([ips, snips], abs=5e-9)
    found = ope.diagnose(log)
    assert found.ess == pytest.approx(ess, abs=0.05 if ess > 10 else 0.005)
    assert found.max_weight == pytest.approx(largest, abs=0.5 if largest > 10 else 0.005)
    assert found.verdict == "unreliable" if (campaign, source) == ("women", "bts") else found.verdict != "trusted"


def test_the_gate_fires_at_an_effective_sample_size_of_two():
    """Two of 10,000 clicks carry the estimate; libraries without a gate report it, some a clipped ESS of 7,175."""
    log, _ = evaluated_log("women", "bts")
    estimate = ope.estimate(log, "snips")
    assert estimate.verdict == "unreliable"
    assert any("effective sample size 2.0" in reason for reason in estimate.reasons)
    assert any("one weight is 69% of the sum" in reason for reason in estimate.reasons)


def test_a_negative_click_rate_is_never_trusted():
    """DR may leave the range of the rewards; with a constant model it does so here, and says it is unreliable."""
    log, _ = evaluated_log("women", "bts")
    rate = np.full(log.n_rows, log.rewards.mean())
    modelled = ope.EvaluationLog(log.rewards, log.propensities, log.target_propensities, rate, rate)
    estimate = ope.estimate(modelled, "dr")
    assert estimate.value < 0 and estimate.verdict == "unreliable"


@pytest.mark.parametrize("interval", ["hoeffding", "bernstein", "betting", "betting-sequence", "cressie-read"])
def test_intervals_with_known_bounds_say_that_nothing_is_known(interval):
    """No propensity is below 1e-6, so no weight is above 1 / 46 over that: nearly all of [0, 1] is left."""
    log, _ = evaluated_log("women", "bts")
    known = replace(log, reward_range=(0, 1), weight_bound=1e6 / 46)
    estimate = ope.estimate(known, "ips", interval=interval)
    assert estimate.ci_low < 0.002 and estimate.ci_high > 0.99
