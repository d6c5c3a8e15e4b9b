"""Every registered estimator against a slow second writing of it, straight from its paper: plain loops over episodes
that are padded with an absorbing end, and know nothing of blocks, columns or parts.

Each takes multiplicities, how often every episode counts. So the same few lines check values, bootstrap draws (counts
of a resample) and standard errors (derivatives in the counts, by differences).
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.ope.estimators.magic import BIAS_CONFIDENCE
from rlbench_rec.statistics.bootstrap import resampled_counts

CLIP, THRESHOLD, SHRINKAGE, STRENGTH = 1.5, 1.2, 3.0, 0.3
MAGIC = {"steps": 8.0, "resamples": 60.0, "bias_seed": 4.0}
GIVEN = {
    "ips-clip": {"clip": CLIP},
    "dr-clip": {"clip": CLIP},
    "switch-dr": {"threshold": THRESHOLD},
    "dros": {"shrinkage": SHRINKAGE},
    "sg-ips": {"strength": STRENGTH},
    "sg-dr": {"strength": STRENGTH},
    "magic": MAGIC,
}
FIELDS = {
    "r": "rewards",
    "b": "propensities",
    "e": "target_propensities",
    "q": "q_logged",
    "v": "v_target",
    "d": "state_ratios",
    "cb": "category_propensities",
    "ce": "target_category_propensities",
}


def log_of(seed: int, longest: int, gamma: float = 0.8, **fields) -> ope.EvaluationLog:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest + 1, 12)
    n = int(lengths.sum())
    target = rng.uniform(0.05, 0.9, n)
    target[rng.random(n) < 0.1] = 0.0
    return ope.EvaluationLog(
        rng.normal(1, 1, n),
        rng.uniform(0.2, 0.9, n),
        target,
        rng.normal(1, 1, n),
        rng.normal(1, 1, n),
        None if longest == 1 else np.cumsum(lengths) - lengths,
        gamma=gamma,
        state_ratios=rng.uniform(0.2, 2, n),
        category_propensities=rng.uniform(0.2, 0.9, n),
        target_category_propensities=rng.uniform(0.05, 0.9, n),
        **fields,
    )


class Slow:
    """The episodes as lists of numbers, and the estimators."""

    def __init__(self, log: ope.EvaluationLog):
        starts = [*(range(log.n_rows) if log.episode_starts is None else log.episode_starts), log.n_rows]
        columns = {short: [float(x) for x in getattr(log, name)] for short, name in FIELDS.items()}
        self.episodes = [
            {short: column[a:z] for short, column in columns.items()} for a, z in itertools.pairwise(starts)
        ]
        self.gamma, self.slates = float(log.gamma), log.slate_weights
        self.last = max(len(one["r"]) for one in self.episodes)

    def padded(self, one: dict, short: str, t: int) -> float:
        """After the end of an episode nothing is earned, and both policies do the same."""
        return one[short][t] if t < len(one["r"]) else (1.0 if short in ("b", "e") else 0.0)

    def weight(self, one: dict, t: int) -> float:
        """Product of the ratios up to step t; 1 before the first."""
        return math.prod(self.padded(one, "e", u) / self.padded(one, "b", u) for u in range(t + 1))

    def mean(self, counts, term) -> float:
        return sum(m * term(one) for m, one in zip(counts, self.episodes, strict=True)) / sum(counts)

    def total(self, one: dict, term) -> float:
        """sum_t gamma^t term(t) over the steps that the episode has."""
        return sum(self.gamma**t * term(t) for t in range(len(one["r"])))

    def shares(self, counts, t: int) -> list[float]:
        """w_t^i = rho_t^i / sum_j rho_t^j, w_{-1}^i = 1 / n: weights of Thomas and Brunskill 2016."""
        rho = [m * self.weight(one, t) for m, one in zip(counts, self.episodes, strict=True)]
        return [x / sum(rho) for x in rho]

    # --- importance sampling ---
    def on_policy(self, counts):
        return self.mean(counts, lambda one: self.total(one, lambda t: one["r"][t]))

    def ips(self, counts):
        return self.mean(counts, lambda one: self.total(one, lambda t: self.weight(one, t) * one["r"][t]))

    def tis(self, counts):
        return self.mean(counts, lambda one: self.weight(one, self.last - 1) * self.total(one, lambda t: one["r"][t]))

    def sntis(self, counts):
        return self.tis(counts) / self.mean(counts, lambda one: self.weight(one, self.last - 1))

    def snips(self, counts):
        """CWPDIS: consistent weighted per-decision importance sampling (Thomas 2015)."""
        value = 0.0
        for t in range(self.last):
            rewards = [self.padded(one, "r", t) for one in self.episodes]
            value += self.gamma**t * sum(w * r for w, r in zip(self.shares(counts, t), rewards, strict=True))
        return value

    def ips_clip(self, counts):
        return self.mean(counts, lambda one: self.total(one, lambda t: min(self.weight(one, t), CLIP) * one["r"][t]))

    # --- with a model ---
    def dm(self, counts):
        return self.mean(counts, lambda one: one["v"][0])

    def dr(self, counts):
        """The recursion of Jiang and Li 2016: V_{T+1} = 0, V_t = v_t + rho_t (r_t + gamma V_{t+1} - q_t)."""

        def of_episode(one):
            value = 0.0
            for t in reversed(range(len(one["r"]))):
                rho = one["e"][t] / one["b"][t]
                value = one["v"][t] + rho * (one["r"][t] + self.gamma * value - one["q"][t])
            return value

        return self.mean(counts, of_episode)

    def partial(self, counts, j: int) -> float:
        """g^(j) of Thomas and Brunskill 2016: rewards up to j, the model's value of what follows, and its control
        variate up to j. The last one is WDR."""
        value = 0.0
        for i, one in enumerate(self.episodes):
            for t in range(j + 1):
                now, before = self.shares(counts, t)[i], self.shares(counts, t - 1)[i]
                r, q, v = (self.padded(one, short, t) for short in "rqv")
                value += self.gamma**t * (now * r - (now * q - before * v))
            value += self.gamma ** (j + 1) * self.shares(counts, j)[i] * self.padded(one, "v", j + 1)
        return value

    def sndr(self, counts):
        return self.partial(counts, self.last - 1)

    def magic(self, counts):
        """Minimum of x' (Omega + b b') x over the simplex, by trying every set of shares that are above 0."""
        at = range(-1, self.last)
        g = np.array([self.partial(counts, j) for j in at])
        influences = np.stack([derivatives(lambda m, j=j: self.partial(m, j), len(counts)) for j in at])
        drawn = np.concatenate(list(resampled_counts(len(counts), int(MAGIC["resamples"]), int(MAGIC["bias_seed"]))))
        draws = [self.partial(list(row), self.last - 1) for row in drawn]
        low, high = np.quantile(draws, [(1 - BIAS_CONFIDENCE) / 2, (1 + BIAS_CONFIDENCE) / 2])
        low, high = min(low, g[-1]), max(high, g[-1])
        bias = np.array([max(x - high, 0.0) + min(x - low, 0.0) for x in g])
        error = influences @ influences.T + np.outer(bias, bias)
        best, value = math.inf, math.nan
        for size in range(1, len(g) + 1):
            for chosen in map(list, itertools.combinations(range(len(g)), size)):
                x = np.linalg.lstsq(error[np.ix_(chosen, chosen)], np.ones(size), rcond=None)[0]
                x /= x.sum()
                found = x @ error[np.ix_(chosen, chosen)] @ x
                if (x >= 0).all() and found < best:
                    best, value = found, x @ g[chosen]
        return value

    # --- one step ---
    def one_step(self, counts, weight, needs_q: bool):
        def term(one):
            w, r = one["e"][0] / one["b"][0], one["r"][0]
            return one["v"][0] + weight(w) * (r - one["q"][0]) if needs_q else weight(w) * r

        return self.mean(counts, term)

    def sg_ips(self, counts):
        return self.one_step(counts, power_mean, needs_q=False)

    def sg_dr(self, counts):
        return self.one_step(counts, power_mean, needs_q=True)

    def dr_clip(self, counts):
        return self.one_step(counts, lambda w: min(w, CLIP), needs_q=True)

    def switch_dr(self, counts):
        return self.one_step(counts, lambda w: w if w <= THRESHOLD else 0.0, needs_q=True)

    def dros(self, counts):
        return self.one_step(counts, lambda w: SHRINKAGE / (w**2 + SHRINKAGE) * w, needs_q=True)

    def mips(self, counts):
        return self.mean(counts, lambda one: one["ce"][0] / one["cb"][0] * one["r"][0])

    def snmips(self, counts):
        return self.mips(counts) / self.mean(counts, lambda one: one["ce"][0] / one["cb"][0])

    # --- states ---
    def mis(self, counts):
        rho = lambda one, t: one["d"][t] * one["e"][t] / one["b"][t]  # noqa: E731
        return self.mean(counts, lambda one: self.total(one, lambda t: rho(one, t) * one["r"][t]))

    def drl(self, counts):
        def mu(one, t):
            return one["d"][t] * one["e"][t] / one["b"][t] if t >= 0 else 1.0

        def term(one, t):
            return mu(one, t) * (one["r"][t] - one["q"][t]) + mu(one, t - 1) * one["v"][t]

        return self.mean(counts, lambda one: self.total(one, lambda t: term(one, t)))

    # --- slates ---
    def iips(self, counts):
        return self.mean(counts, lambda one: self.total(one, lambda t: one["e"][t] / one["b"][t] * one["r"][t]))

    def sniips(self, counts):
        value = 0.0
        for t in range(self.last):
            have = [(m, one) for m, one in zip(counts, self.episodes, strict=True) if t < len(one["r"])]
            above = sum(m * one["e"][t] / one["b"][t] * one["r"][t] for m, one in have)
            below = sum(m * one["e"][t] / one["b"][t] for m, one in have)
            value += self.gamma**t * sum(m for m, _ in have) / sum(counts) * above / below
        return value

    def slate_weight(self, one) -> float:
        if self.slates is not None:
            return float(self.slates[[other is one for other in self.episodes].index(True)])
        return sum(e / b for e, b in zip(one["e"], one["b"], strict=True)) - len(one["r"]) + 1

    def pseudo_inverse(self, counts):
        return self.mean(counts, lambda one: self.slate_weight(one) * self.total(one, lambda t: one["r"][t]))

    def sn_pseudo_inverse(self, counts):
        return self.pseudo_inverse(counts) / self.mean(counts, self.slate_weight)

    def value(self, name: str, counts=None) -> float:
        return getattr(self, name.replace("-", "_"))([1.0] * len(self.episodes) if counts is None else counts)


def power_mean(w: float) -> float:
    """Metelli, Russo and Restelli 2021 with power -1: ((1 - l) w^-1 + l)^-1."""
    return 1.0 / ((1.0 - STRENGTH) / w + STRENGTH) if w > 0 else 0.0


def derivatives(value, n: int, step: float = 1e-5) -> np.ndarray:
    """(n,) of a value in the counts of n episodes, at one each; central differences."""
    found = []
    for i in range(n):
        up, down = [1.0] * n, [1.0] * n
        up[i] += step
        down[i] -= step
        found.append((value(up) - value(down)) / (2 * step))
    return np.array(found)


def chosen(name: str) -> ope.Estimator:
    return ope.estimator(name, **GIVEN.get(name, {}))


CASES = [
    (name, longest)
    for name in ope.ESTIMATORS
    for longest in (1, 4)
    if longest == 1 or not ope.ESTIMATORS[name].one_step_only
]
RESAMPLED = [case for case in CASES if case[0] != "magic"]


@pytest.mark.parametrize(("name", "longest"), CASES)
def test_values(name, longest):
    for seed in range(3 if name == "magic" else 10):
        log = log_of(seed, longest, gamma=1 if seed == 9 else 0.8)
        value = ope.estimate(log, chosen(name), interval="none").value
        # Of magic's shares the second writing knows derivatives by differences only.
        assert value == pytest.approx(Slow(log).value(name), rel=1e-6 if name == "magic" else 1e-12)


@pytest.mark.parametrize(("name", "longest"), RESAMPLED)
def test_bootstrap_draws_resample_whole_estimates(name, longest):
    """The limits are quantiles of the estimator on every resample, numerator and denominator together."""
    log = log_of(3, longest)
    slow = Slow(log)
    counts = np.concatenate(list(resampled_counts(log.n_episodes, 39, 5)))
    draws = np.sort([slow.value(name, row.tolist()) for row in counts])
    estimate = ope.estimate(log, chosen(name), n_resamples=39, seed=5)
    # Ranks (39 + 1) .025 and (39 + 1) .975.
    assert (estimate.ci_low, estimate.ci_high) == pytest.approx((draws[0], draws[38]), rel=1e-11)


@pytest.mark.parametrize(("name", "longest"), RESAMPLED)
def test_standard_errors_are_the_delta_method(name, longest):
    log = log_of(4, longest)
    slow = Slow(log)
    n = log.n_episodes
    psi = n * derivatives(lambda counts: slow.value(name, counts), n)
    expected = np.sqrt((psi**2).sum() * n / (n - 1)) / n
    assert ope.estimate(log, chosen(name), interval="none").std_error == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", ["pseudo-inverse", "sn-pseudo-inverse"])
def test_given_weights_of_slates(name):
    log = log_of(5, 4, slate_weights=np.random.default_rng(5).normal(1, 2, 12))
    assert ope.estimate(log, name, interval="none").value == pytest.approx(Slow(log).value(name), rel=1e-12)


def test_figures_of_overlap():
    """Effective sample size, mean weight and its z, effective events, as their definitions have them: events are what
    differs from the median reward."""
    log = log_of(6, 4)
    slow = Slow(log)
    w = [slow.weight(one, slow.last - 1) for one in slow.episodes]
    found, n = ope.diagnose(log), len(w)
    mean = sum(w) / n
    error = math.sqrt(sum((x - mean) ** 2 for x in w) / (n - 1) / n)
    rewards = sorted(float(r) for one in slow.episodes for r in one["r"])
    middle = rewards[(len(rewards) - 1) // 2]
    events = [
        slow.total(one, lambda t, one=one: slow.weight(one, t) * abs(one["r"][t] - middle)) for one in slow.episodes
    ]
    assert found.ess == pytest.approx(sum(w) ** 2 / sum(x * x for x in w), rel=1e-12)
    assert found.ess_ratio == pytest.approx(found.ess / n, rel=1e-12)
    assert (found.mean_weight, found.mean_weight_z) == pytest.approx((mean, (mean - 1) / error), rel=1e-10)
    assert (found.max_weight, found.largest_weight_share) == pytest.approx((max(w), max(w) / sum(w)), rel=1e-12)
    assert found.zero_weight_share == pytest.approx(sum(x == 0 for x in w) / n, rel=1e-12)
    assert found.effective_events == pytest.approx(sum(events) ** 2 / sum(x * x for x in events), rel=1e-12)
    for t, ess in enumerate(found.step_ess):
        at = [slow.weight(one, t) for one in slow.episodes if t < len(one["r"])]
        assert ess == pytest.approx(sum(at) ** 2 / sum(x * x for x in at), rel=1e-12)
