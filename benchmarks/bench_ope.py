"""Speed and memory of off-policy evaluation. Full sizes: speed_ope.py."""

from __future__ import annotations

import time

import numpy as np

from rlbench_rec import ope

from . import repeated

ONE_STEP = [
    "ips",
    "snips",
    "dm",
    "dr",
    "sndr",
    ope.estimator("ips-clip", clip=10),
    ope.estimator("dr-clip", clip=10),
    ope.estimator("switch-dr", threshold=10),
    ope.estimator("dros", shrinkage=10),
    ope.estimator("sg-dr", strength=0.1),
]


def columns(n: int) -> dict[str, np.ndarray]:
    """Vectors of an EvaluationLog: 5 % clicks, log-weights of standard deviation 0.5."""
    rng = np.random.default_rng(0)
    propensities = rng.uniform(0.05, 0.5, n)
    return {
        "rewards": (rng.random(n) < 0.05).astype(float),
        "propensities": propensities,
        "target_propensities": np.minimum(propensities * rng.lognormal(0, 0.5, n), 1.0),
        "q_logged": rng.uniform(0, 0.1, n),
        "v_target": rng.uniform(0, 0.1, n),
    }


class OneStep:
    """Ten estimators, and the bootstrap of all ten."""

    def setup(self):
        self.columns = columns(100_000)

    def estimates(self, **settings):
        return ope.estimate_all(ope.EvaluationLog(**self.columns), ONE_STEP, **settings)

    def time_ten_estimators(self):
        self.estimates(interval="none")

    def peakmem_ten_estimators(self):
        self.estimates(interval="none")

    def time_bootstrap_2k(self):
        self.estimates(n_resamples=2_000)

    def peakmem_bootstrap_2k(self):
        self.estimates(n_resamples=2_000)


class Episodes:
    """10,000 episodes of 10 steps, and as many of 1 to 19."""

    params = ("equal", "ragged")
    param_names = ("lengths",)

    def setup(self, lengths):
        rng = np.random.default_rng(1)
        rows = rng.integers(1, 20, 10_000) if lengths == "ragged" else np.full(10_000, 10)
        self.columns = columns(int(rows.sum())) | {"episode_starts": np.cumsum(rows) - rows, "gamma": 0.9}

    def estimates(self, **settings):
        return ope.estimate_all(ope.EvaluationLog(**self.columns), ["ips", "tis", "dr", "sndr"], **settings)

    def time_four_estimators(self, lengths):
        self.estimates(interval="none")

    def time_bootstrap_500(self, lengths):
        self.estimates(n_resamples=500)

    def peakmem_bootstrap_500(self, lengths):
        self.estimates(n_resamples=500)


class FromArrays:
    """Slicing and checking dense policy matrices, in single and double precision."""

    params = ("float32", "float64")
    param_names = ("dtype",)

    def setup(self, dtype):
        rng = np.random.default_rng(2)
        policy = rng.random((100_000, 80))
        policy /= policy.sum(axis=1, keepdims=True)
        self.policy, self.actions = policy.astype(dtype), rng.integers(0, 80, 100_000)
        self.given = columns(100_000)

    def build(self):
        given = self.given
        return ope.EvaluationLog.from_arrays(
            self.actions, given["rewards"], given["propensities"], self.policy, self.policy
        )

    def time_from_arrays(self, dtype):
        self.build()

    def peakmem_from_arrays(self, dtype):
        self.build()


class Bounds:
    """Intervals that search for their limits."""

    params = ("betting", "betting-sequence", "cressie-read")
    param_names = ("interval",)

    def setup(self, interval):
        self.log = ope.EvaluationLog(**columns(100_000), reward_range=(0, 1), weight_bound=100.0)

    def time_interval(self, interval):
        ope.estimate(self.log, "ips", interval=interval)


class Growth:
    """CPU time of ten times the rows, over ten times the CPU time: 1 where cost grows with the rows alone."""

    params = ("ten estimators", "episodes", "one long episode", "slates", "states", "sensitivity", "bootstrap")
    param_names = ("work",)
    timeout = 120

    def setup(self, work):
        self.small, self.large = columns(20_000), columns(200_000)

    def run(self, work, given):
        n = len(given["rewards"])
        starts = np.arange(0, n, 10)
        if work == "one long episode":
            starts = np.append(0, np.arange(n // 10, n))
        if work in ("episodes", "one long episode", "slates", "states"):
            given = given | {"episode_starts": starts}
        log = ope.EvaluationLog(**given)
        if work == "sensitivity":
            ope.analysis.sensitivity(log, (1.5,))
        elif work in ("episodes", "one long episode"):
            ope.estimate_all(log, ["ips", "tis", "dr", "sndr"], interval="none")
        elif work == "slates":
            ope.estimate_all(log, ["iips", "sniips", "pseudo-inverse", "sn-pseudo-inverse"], interval="none")
        elif work == "states":
            ope.density.state_ratios(log, np.arange(n) % 50)
        else:
            ope.estimate_all(
                log, ONE_STEP, interval="none" if work == "ten estimators" else "bootstrap", n_resamples=200
            )

    def track_tenfold_rows(self, work):
        ratios = []
        for _ in repeated(5):
            taken = []
            for given, repeats in ((self.small, 10), (self.large, 1)):
                start = time.process_time()
                for _ in range(repeats):
                    self.run(work, given)
                taken.append(time.process_time() - start)
            ratios.append(taken[1] / taken[0])
        return float(np.median(ratios))

    track_tenfold_rows.unit = "ratio"
