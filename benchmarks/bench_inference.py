"""Speed of a trained policy: one state at a time, and in batches, against the bare network."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import statistics
import time

import numpy as np

from . import repeated


class Inference:
    """Q values and probabilities of a trained network: 64 context columns, 100 actions, histories of 0 or 10."""

    params = ([1, 4_096], [0, 10])
    param_names = ("states", "history")

    def setup(self, states, history):
        import torch

        from benchmarks.bench_train import session_log
        from rlbench_rec.training import fit

        torch.set_num_threads(1)
        data = session_log(sessions=500, history=history)
        self.run = fit(data, "dqn", steps=2, device="cpu")
        self.states = data.states(slice(0, states))
        self.policy = self.run.policy("softmax", tau=0.3)
        self.rng = np.random.default_rng(0)

    def time_q_values(self, states, history):
        self.run.q_values(self.states)

    def time_probabilities(self, states, history):
        self.policy.probabilities(self.states)

    def time_act(self, states, history):
        self.policy.act(self.states, self.rng)

    def track_q_values_over_bare_network(self, states, history):
        """Seconds of `Run.q_values` over seconds of the network alone, interleaved in one process."""
        import torch

        network, tensor = self.run.networks["last"], torch.from_numpy(self.states)
        repeats, ratios = (200 if states == 1 else 3), []
        for _ in repeated(9):
            with torch.inference_mode():
                bare = _seconds(lambda: network(tensor), repeats)
            ratios.append(_seconds(lambda: self.run.q_values(self.states), repeats) / bare)
        return statistics.median(ratios)

    track_q_values_over_bare_network.unit = "ratio"


class Exported:
    """The top ten of 100 actions from an exported file, by the runtime that it is for."""

    params = (["torchscript", "onnx"], [1, 4_096])
    param_names = ("format", "states")

    def setup(self, format, states):
        import tempfile

        import torch

        from benchmarks.bench_train import session_log
        from rlbench_rec.training import export, fit

        torch.set_num_threads(1)
        data = session_log(sessions=500, history=10)
        run = fit(data, "dqn", steps=2, device="cpu")
        self.states = data.states(slice(0, states))
        with tempfile.TemporaryDirectory() as folder:
            path = export(run, f"{folder}/policy", format)
            self.serve = served(path, format)
        network, tensor = run.networks["last"], torch.from_numpy(self.states)
        self.bare = lambda: network(tensor).topk(10, dim=1)

    def time_top_ten(self, format, states):
        self.serve(self.states)

    def track_file_over_bare_network(self, format, states):
        """Seconds of the file over seconds of the network in torch with its top ten, interleaved in one process."""
        import torch

        repeats, ratios = (200 if states == 1 else 3), []
        for _ in repeated(9):
            with torch.inference_mode():
                bare = _seconds(self.bare, repeats)
            ratios.append(_seconds(lambda: self.serve(self.states), repeats) / bare)
        return statistics.median(ratios)

    track_file_over_bare_network.unit = "ratio"


def served(path, format):
    """states -> top ten, by ONNX Runtime on one thread or by TorchScript."""
    import torch

    if format == "torchscript":
        module = torch.jit.load(str(path))

        def run(states):
            with torch.inference_mode():
                return module(torch.from_numpy(states))

        return run
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    return lambda states: session.run(None, {"states": states})


def _seconds(call, repeats):
    started = time.perf_counter()
    for _ in range(repeats):
        call()
    return time.perf_counter() - started
