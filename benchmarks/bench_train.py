"""Speed of training: one step per algorithm and loop, and the loops against each other in one process."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import statistics
import time

import numpy as np

from rlbench_rec.mdp.to_d3rlpy.quiet import d3rlpy

from . import repeated

ALGORITHMS = ["dqn", "double-dqn", "cql"]
LOOPS = ["stock", "tensor", "lean"]
STEPS = 20
"""Steps timed at once; `time_` figures are of so many."""


def session_log(sessions=400, length=10, context=64, actions=100, history=0):
    """Random sessions: speed depends on shapes alone."""
    from rlbench_rec.mdp import TransitionDataset

    rng = np.random.default_rng(0)
    n = sessions * length
    chosen = rng.integers(0, actions, n)
    return TransitionDataset(
        observations=rng.normal(size=(n, context)).astype(np.float32),
        actions=chosen,
        rewards=rng.random(n).astype(np.float32),
        episode_starts=np.arange(0, n, length),
        action_count=actions,
        items=(chosen + 1).astype(np.int32),
        events=rng.integers(1, 4, n).astype(np.int8),
        gaps=rng.random(n).astype(np.float32),
        history=history,
        item_count=actions,
        event_count=3,
    )


def ready_loop(data, algorithm, loop, batch_size, encoder="mlp", device="cpu"):
    """`advance(steps)` of a loop, warmed up."""
    from rlbench_rec.training import LOOPS as registered

    created = new_algorithm(data, algorithm, batch_size, encoder, device)
    advance = registered[loop](created, data, batch_size, 0, device)
    advance(5)
    return advance


def new_algorithm(data, algorithm, batch_size, encoder="mlp", device="cpu"):
    """An algorithm with fresh networks, on one thread."""
    import torch

    from rlbench_rec.training.algorithm_config import make_config
    from rlbench_rec.training.trainer import create

    torch.set_num_threads(1)
    return create(make_config(algorithm, None, 0.9), encoder, data.layout, data.action_count, batch_size, device)


# Loads d3rlpy and all that torch's optimisers import, once, before asv's server forks a process for each benchmark.
new_algorithm(session_log(), "dqn", 256)


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


class OtherAlgorithms:
    """Twenty steps of the algorithms beside the headline three, in the tensor loop."""

    params = (["nfq", "bcq", "sac", "bc"],)
    param_names = ("algorithm",)
    warmup_time = 0

    def setup(self, algorithm):
        self.advance = ready_loop(session_log(), algorithm, "tensor", batch_size=256)

    def time_steps(self, algorithm):
        self.advance(STEPS)


class Candidates:
    """Twenty steps of CQL in the lean loop where the catalogue has 100,000 items and a decision has 100 candidates."""

    params = ([10_000, 100_000],)
    param_names = ("items",)
    warmup_time = 0

    def setup(self, items):
        from rlbench_rec.mdp import with_candidates

        self.advance = ready_loop(with_candidates(session_log(actions=items), 100), "cql", "lean", batch_size=256)

    def time_steps(self, items):
        self.advance(STEPS)

    def peakmem_steps(self, items):
        self.advance(STEPS)


class Ratio:
    """Steps per CPU second of a loop over those of d3rlpy's own fit, and of bare torch, interleaved in one process.

    Medians of seven rounds, so that the figure survives a noisy machine; above 1 is faster than fit.
    """

    params = (ALGORITHMS, [256, 1_024])
    param_names = ("algorithm", "batch")
    unit = "ratio"
    timeout = 300

    def setup(self, algorithm, batch):
        data = session_log()
        self.loops = {name: ready_loop(data, algorithm, name, batch) for name in LOOPS}
        self.loops["floor"] = bare_loop(data, algorithm, batch)
        self.loops["floor"](5)

    def track_tensor_over_stock(self, algorithm, batch):
        return speed_ratio(self.loops["tensor"], self.loops["stock"])

    def track_lean_over_stock(self, algorithm, batch):
        return speed_ratio(self.loops["lean"], self.loops["stock"])

    def track_lean_over_floor(self, algorithm, batch):
        return speed_ratio(self.loops["lean"], self.loops["floor"])


class EnsembleRatio:
    """Ten seeds in one pass over ten lean loops one after the other, interleaved in one process; above 1 is faster."""

    params = (ALGORITHMS,)
    param_names = ("algorithm",)
    timeout = 300

    def setup(self, algorithm):
        from rlbench_rec.training.loops.ensemble import together

        data, seeds = session_log(), range(10)
        self.one_by_one = [ready_loop(data, algorithm, "lean", 256) for _ in seeds]
        members = [new_algorithm(data, algorithm, 256) for _ in seeds]
        self.at_once = together(members, data, 256, list(seeds), "cpu")
        self.at_once(5)

    def track_ensemble_over_lean(self, algorithm):
        return speed_ratio(self.at_once, lambda steps: [advance(steps) for advance in self.one_by_one], steps=5)

    track_ensemble_over_lean.unit = "ratio"


def speed_ratio(advance, reference, steps=STEPS):
    """How many times faster `advance` is, in CPU seconds of one thread: other work on the machine adds less to them."""
    ratios = []
    for _ in repeated(7):
        seconds = []
        for loop in (advance, reference):
            started = time.process_time()
            loop(steps)
            seconds.append(time.process_time() - started)
        ratios.append(seconds[1] / seconds[0])
    return statistics.median(ratios)


def bare_loop(data, algorithm, batch_size, device="cpu"):
    """The least that torch can do: a perceptron, its target, Adam, and batches sliced from two ready tables."""
    import torch
    from torch import nn

    def network():
        return nn.Sequential(
            nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, data.action_count)
        ).to(device)

    online, target = network(), network()
    adam = torch.optim.Adam(online.parameters(), 5e-4, fused=True)
    states = torch.from_numpy(data.states()).to(device)
    alive = 1 - torch.from_numpy(data.terminals.astype(np.float32)).to(device).unsqueeze(1)
    following = states.roll(-1, 0) * alive
    actions, rewards = (torch.from_numpy(column).to(device).unsqueeze(1) for column in (data.actions, data.rewards))
    generator = torch.Generator(device).manual_seed(0)

    def advance(steps):
        for _ in range(steps):
            rows = torch.randint(len(states), (batch_size,), generator=generator, device=device)
            with torch.no_grad():
                ahead = target(following[rows])
                best = (ahead if algorithm == "dqn" else online(following[rows])).argmax(1, keepdim=True)
                aim = rewards[rows] + data.gamma * ahead.gather(1, best) * alive[rows]
            values = online(states[rows])
            picked = values.gather(1, actions[rows])
            loss = nn.functional.smooth_l1_loss(picked, aim)
            if algorithm == "cql":
                loss = loss + 0.1 * (values.logsumexp(1, keepdim=True) - picked).mean()
            adam.zero_grad()
            loss.backward()
            adam.step()

    return advance


class FittedQRatio:
    """Fitted Q evaluation of a greedy policy against d3rlpy's own, 100 steps of each, interleaved in one process."""

    timeout = 300

    def setup(self):
        import torch

        from rlbench_rec.training import fit, fqe
        from rlbench_rec.training.trainer import create

        torch.set_num_threads(1)
        data, library = session_log(), d3rlpy()
        run = fit(data, "dqn", steps=2, validation=0, device="cpu")
        algorithm = create(run.config, "mlp", data.layout, data.action_count, 256, "cpu")
        stock = library.ope.DiscreteFQE(
            algo=algorithm.algo, config=library.ope.FQEConfig(batch_size=256, learning_rate=2e-3), device="cpu"
        )
        buffer, logger = data.to_d3rlpy(), library.logging.NoopAdapterFactory()
        options = {"n_steps_per_epoch": STEPS, "logger_adapter": logger, "show_progress": False}
        self.stock = lambda steps: stock.fit(buffer, n_steps=steps, **options)
        self.ours = lambda steps: fqe(data, run.policy("greedy"), steps=steps, device="cpu")

    def track_ours_over_stock(self):
        return speed_ratio(self.ours, self.stock, steps=5 * STEPS)

    track_ours_over_stock.unit = "ratio"


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
