"""What an answer costs beside ONNX Runtime alone: p50, p99 and requests a second, in the process and over HTTP.

python -m studies.serving_speed --requests 2000
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from rlbench_rec import tasks
from rlbench_rec.serving import DecisionLog, ServedPolicy
from rlbench_rec.training import export, fit

WARM_UP = 50
"""Calls before the measured ones."""


def measured(name: str, call: Callable[[int], object], count: int) -> None:
    """Print the times of one call after another, by the clock and by the processor's time."""
    for number in range(WARM_UP):
        call(number)
    times, started, used = [], time.perf_counter(), time.process_time()
    for number in range(count):
        begin = time.perf_counter()
        call(number)
        times.append(time.perf_counter() - begin)
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    p50, p99 = 1e6 * np.percentile(times, [50, 99])
    rates = f"{count / seconds:6.0f}/s  processor {1e6 * processor / count:5.0f} us"
    print(f"{name:20} p50 {p50:6.0f} us  p99 {p99:6.0f} us  {rates}")


def main() -> None:
    """Train a small policy with 100 items and ten past events, and ask it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2_000)
    count = parser.parse_args().requests
    print(platform.machine(), f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    task = tasks.make("recommend-v1", seed=0, items=100, history=10)
    data = task.log(episodes=200, policy=task.behaviour, seed=1)
    run = fit(data, "dqn", steps=10, batch_size=32, device="cpu")
    shown = [{"item_id": name, "event": "impression"} for name in data.action_names[:20]]
    contexts = [dict(zip(data.observation_names, map(float, row), strict=False)) for row in data.observations[:500]]
    requests = [{"context": context, "events": shown} for context in contexts]
    with tempfile.TemporaryDirectory() as folder:
        path = export(run, Path(folder) / "policy.onnx", "onnx", form="softmax-0.3")
        policy, log = ServedPolicy(path, seed=0), DecisionLog(Path(folder) / "log")
        states = policy.states(requests)
        measured("ONNX Runtime alone", lambda i: policy.file.run(states[i % 500][None], None), count)
        measured("recommend", lambda i: policy.recommend(requests[i % 500]), count)
        measured("recommend, k=10", lambda i: policy.recommend(requests[i % 500], k=10), count)
        measured("recommend and log", lambda i: log.record(policy, policy.recommend(requests[i % 500])), count)
        log.close()
        over_http(path, Path(folder) / "http-log", requests, count)


def over_http(path: Path, log: Path, requests: list[dict], count: int) -> None:
    """The same by examples/serve.py, one connection, one process; then what the service itself used."""
    from tests.serving.http_service import service

    with service(path, log) as shop:
        before = processor_seconds(shop.process.pid)
        measured("POST /recommend", lambda i: shop.call("POST", "/recommend", {"request": requests[i % 500]}), count)
        used = (processor_seconds(shop.process.pid) - before) / (count + WARM_UP)
        print(f"{'the service alone':20} processor {1e6 * used:5.0f} us, {1 / used:.0f}/s on a core of its own")


def processor_seconds(process: int) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
