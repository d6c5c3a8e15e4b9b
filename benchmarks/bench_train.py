"""Speed of training: one step per algorithm and loop, and the loops against each other in one process."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import statistics
import time

import numpy as np

from rlbench_rec.mdp.quiet import d3rlpy

# Once, before asv's server forks a process for each benchmark.
d3rlpy()

ALGORITHMS = ["dqn", "double-dqn", "cql"]
LOOPS = ["stock", "tensor"]
STEPS = 20
"""Steps timed at once; `time_` figures are of so many."""


def session_log(sessions=400, length=10, context=64, actions=100, history=0):
    """Random sessions: speed depends on shapes alone."""
    from rlbench_rec.mdp import TransitionDataset

    rng = np.random.default_rng(0)
    n = sessions * length
    return TransitionDataset(
        observations=rng.normal(size=(n, context)).astype(np.float32),
        actions=rng.integers(0, actions, n),
        rewards=rng.random(n).astype(np.float32),
        episode_starts=np.arange(0, n, length),
        action_count=actions,
        items=rng.integers(1, actions + 1, n).astype(np.int32),
        events=rng.integers(1, 4, n).astype(np.int8),
        gaps=rng.random(n).astype(np.float32),
        history=history,
        item_count=actions,
        event_count=3,
    )


def ready_loop(data, algorithm, loop, batch_size, encoder="mlp"):
    """`advance(steps)` of a loop, warmed up."""
    import torch

    from rlbench_rec.training import LOOPS as registered
    from rlbench_rec.training.algorithms import make_config
    from rlbench_rec.training.fitting import create

    torch.set_num_threads(1)
    algo = create(make_config(algorithm, None, 0.9), encoder, data.layout, data.action_count, batch_size, "cpu")
    advance = registered[loop](algo, data, batch_size, 0, "cpu")
    advance(5)
    return advance


class Step:
    """Twenty training steps at batch 256."""

    params = (ALGORITHMS, LOOPS, [0, 10])
    param_names = ("algorithm", "loop", "history")
    warmup_time = 0

    def setup(self, algorithm, loop, history):
        self.advance = ready_loop(session_log(history=history), algorithm, loop, batch_size=256)

    def time_steps(self, algorithm, loop, history):
        self.advance(STEPS)


class Size:
    """Twenty steps of CQL in the tensor loop, by the number of actions."""

    params = ([30, 1_000, 10_000],)
    param_names = ("actions",)
    warmup_time = 0

    def setup(self, actions):
        self.advance = ready_loop(session_log(actions=actions), "cql", "tensor", batch_size=256)

    def time_steps(self, actions):
        self.advance(STEPS)

    def peakmem_steps(self, actions):
        self.advance(STEPS)


class Ratio:
    """Seconds of the tensor loop over seconds of d3rlpy's own fit, interleaved in one process; below 1 is faster."""

    params = (ALGORITHMS,)
    param_names = ("algorithm",)
    unit = "ratio"
    timeout = 300

    def track_tensor_over_stock(self, algorithm):
        data = session_log()
        loops = {name: ready_loop(data, algorithm, name, batch_size=256) for name in LOOPS}
        ratios = []
        for _ in range(7):
            seconds = {}
            for name, advance in loops.items():
                started = time.perf_counter()
                advance(STEPS)
                seconds[name] = time.perf_counter() - started
            ratios.append(seconds["tensor"] / seconds["stock"])
        return statistics.median(ratios)


class FittedQ:
    """Cross-fitted q on a test log: fitted Q evaluation on sessions, a reward model on single decisions."""

    timeout = 120
    warmup_time = 0

    def setup(self):
        from rlbench_rec.policies import Uniform

        rng = np.random.default_rng(0)
        self.sessions = session_log(sessions=800, context=16, actions=30)
        self.decisions = session_log(sessions=10_000, length=1, context=110, actions=80)
        clicks = (rng.random(10_000) < 0.005).astype(np.float32)
        self.decisions.rewards[:] = clicks
        self.policies = Uniform(30), Uniform(80)

    def time_sessions_100_steps(self):
        from rlbench_rec.training import cross_fitted_q

        cross_fitted_q(self.sessions, self.policies[0], steps=100, device="cpu")

    def time_decisions(self):
        from rlbench_rec.training import cross_fitted_q

        cross_fitted_q(self.decisions, self.policies[1], device="cpu")
