"""How fast does each training loop step on this machine's device? Prints the table of docs/performance.md.

    python -m studies.loops_table --device cuda --batches 256 4096

A script, not an asv benchmark: it is for the device at hand, a GPU above all.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable

import torch

from benchmarks.bench_train import ALGORITHMS, bare_loop, new_algorithm, ready_loop, session_log
from rlbench_rec.training.device import resolve
from rlbench_rec.training.loops.ensemble import together

LOOPS = ("stock", "tensor", "lean", "graph", "graph-bf16")
SEEDS = 10
ENSEMBLE = f"ensemble of {SEEDS}"
"""A step of it is one of each seed."""


def steps_per_second(advance: Callable[[int], object], steps: int, device: str) -> float:
    """Of one call, until the device has done its work."""
    started = time.perf_counter()
    advance(steps)
    if device != "cpu":
        torch.cuda.synchronize(device)
    return steps / (time.perf_counter() - started)


def measure(algorithm: str, batch: int, device: str, steps: int, rounds: int) -> dict[str, float]:
    """Median steps a second of every loop, of ten seeds at once, and of bare torch; rounds interleaved."""
    data = session_log(sessions=max(400, batch // 5))
    loops = {name: ready_loop(data, algorithm, name, batch, device=device) for name in LOOPS}
    members = [new_algorithm(data, algorithm, batch, device=device) for _ in range(SEEDS)]
    loops[ENSEMBLE] = together(members, data, batch, list(range(SEEDS)), device)
    loops["bare torch"] = bare_loop(data, algorithm, batch, device)
    taken = {name: [] for name in loops}
    for _ in range(rounds + 1):
        for name, advance in loops.items():
            taken[name].append(steps_per_second(advance, steps, device))
    # The first round warms up.
    return {name: statistics.median(figures[1:]) for name, figures in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batches", type=int, nargs="+", default=[256, 4096])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    device = resolve(options.device)
    name = platform.processor() or platform.machine() if device == "cpu" else torch.cuda.get_device_name(device)
    print(f"{name}, torch {torch.__version__}, steps a second\n")
    names = [*LOOPS, ENSEMBLE, "bare torch"]
    heads = ["algorithm", "batch", *names, "graph / stock", f"time of {SEEDS} seeds / of one by lean"]
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for algorithm in ALGORITHMS:
        for batch in options.batches:
            speed = measure(algorithm, batch, device, options.steps, options.rounds)
            figures = " | ".join(f"{speed[name]:,.0f}" for name in names)
            ratios = f"{speed['graph'] / speed['stock']:.1f} | {speed['lean'] / speed[ENSEMBLE]:.1f}"
            print(f"| {algorithm} | {batch:,} | {figures} | {ratios} |", flush=True)


if __name__ == "__main__":
    main()
