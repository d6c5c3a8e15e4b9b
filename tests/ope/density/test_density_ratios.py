"""Estimated ratios of states."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError, UnknownNameError


def value(log, name="mis"):
    return ope.estimate(log, name, interval="none").value


def test_two_methods_are_exact_on_a_whole_population(population):
    for method in ("tabular", "stationary"):
        found = ope.density.state_ratios(population.log, population.states, method)
        np.testing.assert_allclose(found, population.state_ratios, rtol=1e-12)
        mis = value(replace(population.log, state_ratios=found))
        assert mis == pytest.approx(population.value, rel=1e-12)


def test_by_classification_as_well_as_its_penalty_lets_it(population):
    found = ope.density.state_ratios(population.log, population.states, "classification")
    np.testing.assert_allclose(found, population.state_ratios, rtol=0.02)
    assert value(replace(population.log, state_ratios=found)) == pytest.approx(population.value, rel=0.01)


def test_features_that_span_the_states_are_as_good_as_codes(population):
    indicators = np.eye(6)[population.states][:, 1:]
    found = ope.density.state_ratios(population.log, indicators, "stationary")
    np.testing.assert_allclose(found, population.state_ratios, rtol=1e-10)


def test_tabular_on_paper():
    # Three episodes; first ratios 2, 1/2, 3, scaled to sum to 3: times 6/11. At step 1 the first two are in x:
    # (12/11 + 3/11) / 2, the third in y.
    log = ope.EvaluationLog(np.ones(6), np.full(6, 0.25), np.array([2, 1, 0.5, 1, 3, 1]) / 4, episode_starts=[0, 2, 4])
    found = ope.density.state_ratios(log, np.array(["a", "x", "b", "x", "a", "y"]))
    assert found == pytest.approx([1, 15 / 22, 1, 15 / 22, 1, 18 / 11], rel=1e-15)


def test_the_two_ends_of_tabular():
    """A state for each history: products of ratios, scaled step by step. One state for all: their mean."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 6, 40)
    n = lengths.sum()
    log = ope.EvaluationLog(
        rng.normal(size=n),
        rng.uniform(0.3, 0.9, n),
        rng.uniform(0, 0.9, n),
        episode_starts=np.cumsum(lengths) - lengths,
        gamma=0.9,
    )
    scales = ope.density.state_ratios(log, np.arange(n)) / log.importance_weights_before
    for step in range(5):
        assert np.ptp(scales[log.steps == step]) < 1e-12
    assert scales[log.steps == 1][0] == pytest.approx(1 / log.ratios[log.starts].mean(), rel=1e-12)
    together, second = ope.density.state_ratios(log, np.zeros(n, dtype=int)), log.steps == 1
    survivors = (log.importance_weights_before * scales)[second].mean()
    np.testing.assert_allclose(together[second], survivors, rtol=1e-12)


RING = np.array([[0.5, 0.5], [0.6, 0.4], [0.4, 0.6]]), np.array([[0.2, 0.8], [0.3, 0.7], [0.9, 0.1]])
"""Chances to stay and to go on in each of three states, of the logging and of the target policy."""


def mdp_log(seed: int, episodes: int = 2_000, horizon: int = 30) -> tuple[ope.EvaluationLog, np.ndarray, float]:
    """Three states in a ring, two actions (stay or go on), leave with probability .1, at the latest after 30 steps."""
    rng = np.random.default_rng(seed)
    pi_b, pi_e = RING
    worth, gamma = np.array([0.0, 1.0, 3.0]), 0.9
    state, values = rng.integers(0, 3, episodes), np.zeros(3)
    for _ in range(horizon):
        values = worth + gamma * 0.9 * (pi_e[:, 0] * values + pi_e[:, 1] * np.roll(values, -1))
    alive, rows = np.arange(episodes), []
    for step in range(horizon):
        action = (rng.random(len(alive)) < pi_b[state, 1]).astype(int)
        rows.append(np.stack([alive, np.full(len(alive), step), state, action]))
        stays = rng.random(len(alive)) < 0.9
        alive, state = alive[stays], ((state + action) % 3)[stays]
    episode, step, state, action = np.concatenate(rows, axis=1)
    order = np.lexsort((step, episode))
    episode, state, action = episode[order], state[order], action[order]
    log = ope.EvaluationLog(
        worth[state] + rng.normal(size=len(state)),
        pi_b[state, action],
        pi_e[state, action],
        episode_starts=np.flatnonzero(np.diff(episode, prepend=-1)),
        gamma=gamma,
    )
    return log, state, float(values.mean())


def test_exact_ratios_within_four_standard_errors():
    """The chances to be in a state by dynamic programming; at 30 steps the products of ratios are of no use."""
    log, states, truth = mdp_log(0, episodes=5_000)
    reached = [[np.full(3, 1 / 3)], [np.full(3, 1 / 3)]]
    for policy, path in zip(RING, reached, strict=True):
        for _ in range(29):
            path.append(0.9 * (policy[:, 0] * path[-1] + np.roll(policy[:, 1] * path[-1], 1)))
    ratios = np.array(reached[1]) / np.array(reached[0])
    mis = ope.estimate(replace(log, state_ratios=ratios[log.steps, states]), "mis")
    assert abs(mis.value - truth) < 4 * mis.std_error and mis.std_error < 0.05 * truth
    assert mis.ci_low < truth < mis.ci_high and mis.interval_kind == "sampling-only"
    found = ope.density.state_ratios(log, states)
    early = log.steps < 5
    assert np.abs(found - ratios[log.steps, states])[early].max() < 0.15


@pytest.mark.parametrize("method", ["tabular", "classification", "stationary"])
def test_long_episodes_have_a_value_by_states_and_none_by_histories(method):
    errors, plain = [], []
    for seed in range(4 if method == "classification" else 20):
        log, states, truth = mdp_log(seed, episodes=1_000)
        errors.append(value(replace(log, state_ratios=ope.density.state_ratios(log, states, method))) - truth)
        plain.append(value(log, "ips") - truth)
    assert np.sqrt(np.mean(np.square(errors))) < 0.5 * np.sqrt(np.mean(np.square(plain)))
    assert abs(np.mean(errors)) < 0.05 * truth


def test_one_step_logs_have_ratios_of_1():
    log = ope.EvaluationLog([1, 2], [0.5, 0.5], [0.5, 0.1])
    for method in ("tabular", "classification", "stationary"):
        assert ope.density.state_ratios(log, [0, 1], method) == pytest.approx([1, 1])


def test_weights_that_are_all_zero_stay_zero():
    log = ope.EvaluationLog([1, 2, 1, 2], np.full(4, 0.5), [0, 0.5, 0, 0.5], episode_starts=[0, 2])
    for method in ("tabular", "classification", "stationary"):
        assert ope.density.state_ratios(log, [0, 1, 0, 1], method)[1::2] == pytest.approx([0, 0], abs=1e-12)


def test_refusals(population):
    log, states = population.log, population.states
    with pytest.raises(UnknownNameError, match=r"Unknown method 'tabula'\. Did you mean 'tabular'"):
        ope.density.state_ratios(log, states, "tabula")
    with pytest.raises(InputError, match="states: Shape"):
        ope.density.state_ratios(log, states[1:])
    with pytest.raises(InputError, match="Codes of discrete states are needed"):
        ope.density.state_ratios(log, states[:, None])
    bad = np.eye(6)[states]
    bad[7] = np.nan
    with pytest.raises(InputError, match="states: 1 values are not a finite number; the first is nan at row 7"):
        ope.density.state_ratios(log, bad, "stationary")
