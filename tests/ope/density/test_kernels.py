"""Continuous actions: ratios of densities, kernels, bandwidths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlbench_rec import ope
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.ope.density.kernels import KERNELS


def test_on_paper():
    # Distances in bandwidths 1/2, 1, 0: Epanechnikov 9/16, 0, 3/4; over h f = 2 * (1/4, 1/4, 3).
    log = ope.density.kernel_log([4.0, 5.0, 8.0], [3.0, 2.0, 7.0], [0.25, 0.25, 3.0], [2.0, 4.0, 7.0], 2.0)
    assert log.importance_weights == pytest.approx([9 / 8, 0, 1 / 8], rel=1e-14)
    estimate = ope.estimate(log, "ips", interval="none")
    assert estimate.value == pytest.approx((4.5 + 1) / 3, rel=1e-14)
    assert estimate.estimator == "kernel2-ips" and estimate.interval_kind == "sampling-only"
    assert ope.estimate(log, "snips", interval="none").value == pytest.approx(5.5 / 1.25, rel=1e-14)


def test_doubly_robust_on_paper():
    log = ope.density.kernel_log(
        [4.0, 5.0, 8.0],
        [3.0, 2.0, 7.0],
        [0.25, 0.25, 3.0],
        [2.0, 4.0, 7.0],
        2.0,
        q_logged=[2, 9, 0],
        v_target=[1, 2, 3],
    )
    assert ope.estimate(log, "dr", interval="none").value == pytest.approx((1 + 9 / 4 + 2 + 3 + 1) / 3, rel=1e-14)


def test_a_bound_cuts_the_kernel():
    # At the bound itself half of the kernel is left, so what remains counts twice.
    free, bound = (
        ope.density.kernel_log([1.0], [0.5], [1.0], [0.0], 1.0, bounds=bounds).importance_weights[0]
        for bounds in ((-np.inf, np.inf), (0.0, 9.0))
    )
    assert bound == pytest.approx(2 * free, rel=1e-14)


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernels_are_densities(kernel):
    density, cumulative = KERNELS[kernel]
    u = np.linspace(-8, 8, 160_001)
    mass = np.cumsum(density(u)) * (u[1] - u[0])
    np.testing.assert_allclose(mass, cumulative(u), atol=1e-4)


def prices(seed: int, n: int = 20_000, noise: float = 0.5, at: float = 3.0, bounds=(1.0, 5.0)):
    """Prices drawn uniformly within bounds, revenue 10 - (price - 2.5)^2 + noise: a policy that always asks `at`."""
    rng = np.random.default_rng(seed)
    low, high = bounds
    actions = rng.uniform(low, high, n)
    rewards = 10 - (actions - 2.5) ** 2 + noise * rng.normal(size=n)
    return rewards, actions, np.full(n, 1 / (high - low)), np.full(n, at)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("at", [3.0, 1.2])
def test_the_value_of_the_smoothed_policy_lies_within_four_standard_errors(kernel, at):
    """What is estimated without bias is the policy with the kernel's noise, cut off at the bounds."""
    log = ope.density.kernel_log(*prices(0, at=at), 0.4, kernel=kernel, bounds=(1.0, 5.0))
    density, _ = KERNELS[kernel]
    grid = np.linspace(1, 5, 40_001)
    chances = density((grid - at) / 0.4)
    smoothed = (chances @ (10 - (grid - 2.5) ** 2)) / chances.sum()
    for estimate in ope.estimate_all(log, ["ips", "snips"]):
        assert abs(estimate.value - smoothed) < 4 * estimate.std_error
    assert abs(ope.diagnose(log).mean_weight_z) < 3


def test_a_model_takes_the_smoothing_bias_away():
    rewards, actions, densities, target = prices(1)
    model = {"q_logged": 10 - (actions - 2.5) ** 2, "v_target": 10 - (target - 2.5) ** 2}
    log = ope.density.kernel_log(rewards, actions, densities, target, 1.0, **model)
    dr, snips = ope.estimate_all(log, ["dr", "snips"])
    assert dr.ci_low < 9.75 < dr.ci_high and snips.ci_high < 9.65
    assert dr.verdict == "weak" and dr.reasons == ("a kernel of width 1 stands for the exact action",)


def test_slope_narrows_where_the_reward_is_curved_and_data_are_many():
    chosen = [
        ope.density.kernel_log(*prices(2, n=n, noise=noise), "slope").bandwidth
        for n, noise in ((500, 5), (50_000, 0.1))
    ]
    assert chosen[0] > 2 * chosen[1]
    log = ope.density.kernel_log(*prices(3, noise=1.0), bounds=(1.0, 5.0))
    estimate = ope.estimate(log, "snips")
    assert estimate.estimator == f"kernel{log.bandwidth:g}-snips"
    assert abs(estimate.value - 9.75) < 0.1


def test_the_chosen_bandwidth_is_at_most_some_times_worse_than_the_best():
    """With half widths of two standard errors it would be 3.2 times."""
    errors: dict[float | str, list[float]] = {}
    for seed in range(20):
        rng = np.random.default_rng(seed)
        actions = rng.uniform(0, 10, 5_000)
        data = np.sin(2 * actions) + rng.normal(size=5_000), actions, np.full(5_000, 0.1), np.full(5_000, 4.0)
        for width in (0.1, 0.2, 0.3, 0.4, 0.5, "slope"):
            log = ope.density.kernel_log(*data, width, bounds=(0, 10))
            errors.setdefault(width, []).append(ope.estimate(log, "snips", interval="none").value - np.sin(8))
    squares = {width: np.sqrt(np.mean(np.square(found))) for width, found in errors.items()}
    chosen = squares.pop("slope")
    assert chosen < 2.2 * min(squares.values())


def test_a_kernel_log_works_with_lift_and_selection():
    rewards, actions, densities, target = prices(5)
    logs = {
        name: ope.density.kernel_log(rewards, actions, densities, target + shift, 0.3, bounds=(1, 5))
        for name, shift in (("dear", 1.0), ("right", -0.5))
    }
    lift = ope.lift(logs["right"], "snips")
    assert lift.estimator == "kernel0.3-snips-lift" and lift.ci_low > 0
    best = ope.analysis.select(logs, "snips")[0]
    assert best.estimate.estimator == "kernel0.3-snips" and best.estimate.value > 9.8


def test_slope_passes_over_bandwidths_that_match_nothing():
    """Five rows near the target: a narrow kernel has few of them, or none, and no standard error to speak of."""
    rng = np.random.default_rng(0)
    actions = np.concatenate([rng.uniform(0, 1, 5), rng.uniform(4, 10, 995)])
    rewards = rng.normal(5, 1, 1_000)
    log = ope.density.kernel_log(rewards, actions, np.full(1_000, 0.1), np.full(1_000, 0.5), grid=[0.01, 0.1, 5.0, 9.0])
    assert log.bandwidth >= 5
    # Where none matches enough, the widest.
    assert (
        ope.density.kernel_log(rewards, actions, np.full(1_000, 0.1), np.full(1_000, 0.5), grid=[0.1, 0.01]).bandwidth
        == 0.1
    )


def test_two_densities():
    rng = np.random.default_rng(4)
    actions = rng.normal(size=5_000)
    behaviour, target = (np.exp(-0.5 * ((actions - m) / s) ** 2) / s for m, s in ((0, 1), (0.5, 0.5)))
    # Densities beyond 1 (in a small unit) are as good as any.
    log = ope.density.density_log(actions**2, 1e3 * behaviour, 1e3 * target)
    np.testing.assert_allclose(log.importance_weights, target / behaviour, rtol=1e-12)
    estimate = ope.estimate(log, "snips")
    assert estimate.estimator == "snips" and estimate.interval_kind == "sampling" and estimate.verdict == "trusted"
    assert estimate.ci_low < 0.5 < estimate.ci_high


@given(st.integers(0, 10_000), st.floats(0.01, 100.0))
@settings(max_examples=25, deadline=None)
def test_units_of_the_price_and_the_order_of_rows_do_not_matter(seed, unit):
    rewards, actions, densities, target = prices(seed, n=200)
    order = np.random.default_rng(seed).permutation(200)
    plain = ope.density.kernel_log(rewards, actions, densities, target, 0.3, bounds=(1, 5))
    other = ope.density.kernel_log(
        rewards[order],
        unit * actions[order],
        densities[order] / unit,
        unit * target[order],
        0.3 * unit,
        bounds=(unit, 5 * unit * (1 + 1e-12)),
    )
    np.testing.assert_allclose(other.importance_weights, plain.importance_weights[order], rtol=1e-7, atol=1e-9)


def test_refusals():
    rewards, actions, densities, target = prices(0, n=5)
    with pytest.raises(UnknownNameError, match=r"Unknown kernel 'gausian'\. Did you mean 'gaussian'"):
        ope.density.kernel_log(rewards, actions, densities, target, 1.0, kernel="gausian")
    with pytest.raises(InputError, match="bandwidth is 0"):
        ope.density.kernel_log(rewards, actions, densities, target, 0.0)
    with pytest.raises(InputError, match="bandwidth is 'slop'"):
        ope.density.kernel_log(rewards, actions, densities, target, "slop")
    with pytest.raises(InputError, match=r"actions: .* outside bounds \(4.9, 5\)"):
        ope.density.kernel_log(rewards, actions, densities, target, 1.0, bounds=(4.9, 5))
    with pytest.raises(InputError, match=r"densities: 1 values are outside \(0, inf\]; the first is 0 at row 2"):
        ope.density.kernel_log(rewards, actions, [1, 1, 0, 1, 1], target, 1.0)
    with pytest.raises(InputError, match="target_actions: 4 entries for 5 densities"):
        ope.density.kernel_log(rewards, actions, densities, target[1:], 1.0)
    with pytest.raises(InputError, match="Nearly all actions are the same"):
        ope.density.kernel_log(rewards, np.ones(5), densities, target)
    with pytest.raises(InputError, match="Bandwidths above 0"):
        ope.density.kernel_log(rewards, actions, densities, target, grid=[0, 1])
    with pytest.raises(InputError, match="have no odds"):
        ope.analysis.sensitivity(ope.density.density_log(rewards, densities, densities))
    with pytest.raises(InputError, match="bandwidth is -1"):
        ope.EvaluationLog([1.0], [1.0], [1.0], bandwidth=-1)
