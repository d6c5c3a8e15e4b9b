"""Where a constant added to all rewards, or another unit of money, changes no error, it changes no verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rlbench_rec import ope

SELF_NORMALISED = ["snips", "sntis", "snmips", "sniips", "wpi", "sndr", "dr"]
OTHERS = ["on-policy", "ips", "tis", "mips", "iips", "pi", "mis", "drl", "dm"]
LONGER = ["snips", "sniips", "wpi", "sndr", "dr"]
KINDS = ("clicks", "baskets", "prices", "whales", "dense")


def rewards_of(kind: str, n: int, rng: np.random.Generator) -> np.ndarray:
    rate = 10 ** rng.uniform(-3, -0.5)
    happened = rng.random(n) < rate
    sizes = {
        "clicks": lambda: np.ones(n),
        "baskets": lambda: rng.lognormal(0, rng.uniform(0.3, 1.5), n),
        "prices": lambda: rng.choice([5.0, 20.0, 100.0], n),
        "whales": lambda: np.where(rng.random(n) < 0.1, 50.0, 1.0),
        "dense": lambda: rng.normal(3, 1, n),
    }[kind]()
    return sizes if kind == "dense" else np.where(happened, sizes, 0.0)


def log_of(seed: int, kind: str, steps: int = 1, users: int | None = None) -> ope.EvaluationLog:
    rng = np.random.default_rng(seed)
    episodes = 2_000
    n = episodes * steps
    propensities = rng.uniform(0.2, 0.6, n)
    rewards = rewards_of(kind, n, rng)
    q = rng.uniform(0, rewards.mean() + 0.01, n)
    return ope.EvaluationLog(
        rewards,
        propensities,
        propensities * rng.choice([0.5, 1.0, 1.5], n),
        q,
        q,
        None if steps == 1 else np.arange(0, n, steps),
        clusters=None if users is None else rng.integers(0, users, episodes),
        metrics=np.stack([rewards, rng.uniform(1, 2, n)], axis=1),
        state_ratios=np.ones(n),
        category_propensities=propensities,
        target_category_propensities=propensities * rng.choice([0.9, 1.0, 1.1], n),
    )


def moved(log: ope.EvaluationLog, constant: float, factor: float = 1.0) -> ope.EvaluationLog:
    """All rewards a constant more, what a model says of them alike; then in another unit."""
    first = factor * (log.metrics[:, 0] + constant)
    # v is what the target policy earns from here on.
    left = (log.lengths.max() - log.steps) * constant
    return replace(
        log,
        rewards=factor * (log.rewards + constant),
        q_logged=factor * (log.q_logged + left),
        v_target=factor * (log.v_target + left),
        metrics=np.stack([first, factor * log.metrics[:, 1]], axis=1),
    )


def judged(log: ope.EvaluationLog, names: list[str]) -> list[tuple]:
    estimates = ope.estimate_all(log, names, interval="none")
    lifts = [ope.lift(log, name, interval="none") for name in names]
    return [(one.estimator, one.verdict, len(one.reasons)) for one in (*estimates, *lifts)]


CASES = {
    "seed": st.integers(0, 10_000),
    "kind": st.sampled_from(KINDS),
    "users": st.sampled_from([None, 300]),
}


@given(constant=st.floats(-100, 100), **CASES)
@settings(max_examples=25, deadline=None)
def test_a_constant_changes_no_verdict_of_self_normalised_estimates(seed, kind, users, constant):
    log = log_of(seed, kind, users=users)
    assert judged(log, SELF_NORMALISED) == judged(moved(log, constant), SELF_NORMALISED)


@given(constant=st.floats(-10, 10), **CASES)
@settings(max_examples=15, deadline=None)
def test_nor_over_sessions_of_one_length(seed, kind, users, constant):
    log = log_of(seed, kind, 3, users)
    assert judged(log, LONGER) == judged(moved(log, constant), LONGER)


@given(exponent=st.floats(-20, 20), **CASES)
@settings(max_examples=8, deadline=None)
def test_a_factor_changes_no_verdict(seed, kind, users, exponent):
    log = log_of(seed, kind, users=users)
    other = moved(log, 0.0, 10.0**exponent)
    names = [*SELF_NORMALISED, *OTHERS]
    assert judged(log, names) == judged(other, names)
    ratios = [
        (found.verdict, len(found.reasons))
        for each in (log, other)
        for found in (
            ope.estimate(each, "snips", metric=(None, 1), interval="none"),
            ope.lift(each, "ips", metric=(None, 1), interval="none"),
        )
    ]
    assert ratios[:2] == ratios[2:]


@given(constant=st.floats(-100, 100), factor=st.sampled_from([1e-6, 1.0, 3e4]), **CASES)
@settings(max_examples=10, deadline=None)
def test_nor_of_metrics_guardrails_slices_days_and_policies(seed, kind, users, constant, factor):
    log = log_of(seed, kind, users=users)
    answers = []
    for each in (log, moved(log, constant, factor)):
        slices = ope.analysis.by_slice(each, np.arange(each.n_episodes) % 2, interval="none")
        days = ope.analysis.over_days(each, np.arange(each.n_episodes) % 14)
        ship = ope.analysis.ship(each, {"metric": ope.analysis.Guardrail(0)}, interval="normal")
        kpis = ope.analysis.kpis(each, {"reward": None, "metric": 0}, interval="none")
        other = replace(each, target_propensities=0.9 * each.propensities)
        selected = ope.analysis.select({"a": each, "b": other}, n_resamples=9)
        found = [one.lift for one in (*slices, ship.headline, *ship.guardrails, *kpis)]
        found += [one.value for one in (*slices, *kpis)]
        found += [days, ope.lift(each, "snips", against=other, interval="none")]
        answers.append([(one.verdict, len(one.reasons)) for one in found])
        answers[-1] += sorted((one.policy, one.lift_verdict) for one in selected)
    assert answers[0] == answers[1]


@given(constant=st.floats(-100, 100), **CASES)
@example(seed=8, kind="prices", users=300, constant=0.005)  # nothing was bought
@settings(max_examples=10, deadline=None)
def test_nor_of_a_stream(seed, kind, users, constant):
    log = log_of(seed, kind, users=users)
    verdicts = []
    for each in (log, moved(log, constant)):
        stream = ope.Stream(["snips", "sndr", "dr"])
        stream.add(each)
        verdicts.append([(one.verdict, len(one.reasons)) for one in stream.estimates()])
    assert verdicts[0] == verdicts[1]


@pytest.mark.parametrize("rate", [0.0008, 0.003])
def test_orders_as_losses_and_gains_are_as_rare_as_orders(rate):
    """-1 for no order and +1 for one used to make an event of every row."""
    verdicts = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        arm = rng.random(10_000) < 0.3
        orders = (rng.random(10_000) < rate).astype(float)
        propensities, target = np.where(arm, 0.3, 0.7), np.where(arm, 0.7, 0.3)
        each = [ope.EvaluationLog(rewards, propensities, target) for rewards in (orders, 2 * orders - 1)]
        verdicts.append([ope.lift(log, "snips", interval="none").verdict for log in each])
    assert all(one == two for one, two in verdicts)
    assert rate > 0.001 or not any("trusted" in pair for pair in verdicts)
