"""What an answer costs beside ONNX Runtime alone, in the process and over HTTP with one and two workers.

In the process all kinds of call take turns, request by request, so that whatever else the machine does meets them
alike; each is timed by the clock and by the thread's own processor time.

python -m studies.serving_speed --requests 2000
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from rlbench_rec import tasks
from rlbench_rec.serving import DecisionLog, ServedPolicy
from rlbench_rec.training import export, fit

WARM_UP = 50
"""Calls before the measured ones."""
ALONE = "ONNX Runtime alone"
Call = Callable[[int], object]


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
        calls: dict[str, Call] = {
            ALONE: lambda i: policy.file.run({"states": states[i % 500][None]}),
            "recommend": lambda i: policy.recommend(requests[i % 500]),
            "recommend, k=10": lambda i: policy.recommend(requests[i % 500], k=10),
            "recommend and log": lambda i: log.record(policy, policy.recommend(requests[i % 500])),
        }
        in_turns(calls, count)
        log.close()
        for workers, connections in ((1, 1), (1, 4), (2, 4)):
            over_http(path, Path(folder) / f"log-{workers}-{connections}", requests, count, workers, connections)


def in_turns(calls: dict[str, Call], count: int) -> None:
    """Print the times of each kind of call, and its processor time over that of ONNX Runtime alone, turn by turn."""
    clock, used = np.zeros((len(calls), count)), np.zeros((len(calls), count))
    for turn in range(-WARM_UP, count):
        for kind, call in enumerate(calls.values()):
            began, before = time.perf_counter(), time.thread_time()
            call(turn % 500)
            if turn >= 0:
                used[kind, turn] = time.thread_time() - before
                clock[kind, turn] = time.perf_counter() - began
    alone = used[list(calls).index(ALONE)]
    for kind, name in enumerate(calls):
        ratio = np.median(used[kind] / alone)
        rate = f"{1 / used[kind].mean():6.0f}/s of a core  {ratio:4.1f} times alone"
        print(f"{name:20} clock {percentiles(clock[kind])}  processor {percentiles(used[kind])}  {rate}")


def percentiles(seconds: np.ndarray) -> str:
    """Median and 99th percentile."""
    p50, p99 = 1e6 * np.percentile(seconds, [50, 99])
    return f"p50 {p50:6.0f} p99 {p99:6.0f} us"


def over_http(path: Path, log: Path, requests: list[dict], count: int, workers: int, connections: int) -> None:
    """Print the same of examples/serve.py, asked by several connections at a time, and what its workers used."""
    from tests.serving.http_service import Service, service

    times = np.zeros((connections, count // connections))

    def ask(client: Service, row: np.ndarray) -> None:
        for turn in range(len(row)):
            began = time.perf_counter()
            status, _ = client.call("POST", "/recommend", {"request": requests[turn % 500]})
            row[turn] = time.perf_counter() - began
            assert status == 200

    with service(path, log, workers, seed=None) as shop:
        clients = [Service(shop.process, shop.port) for _ in range(connections)]
        for client in clients:
            ask(client, np.zeros(WARM_UP // connections))
        before, began = processor_seconds(shop.process.pid), time.perf_counter()
        asking = [threading.Thread(target=ask, args=each) for each in zip(clients, times, strict=True)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        seconds, used = time.perf_counter() - began, processor_seconds(shop.process.pid) - before
        for client in clients:
            client.connection.close()
    name, asked = f"HTTP, {workers} worker{'s' * (workers > 1)}, {connections} conn.", times.size
    rate = f"{asked / seconds:5.0f}/s by the clock, {asked / used:5.0f}/s of a core"
    print(f"{name:28} clock {percentiles(times)}  processor {1e6 * used / asked:5.0f} us, {rate}")


def processor_seconds(process: int) -> float:
    """What a process and those that it started have used so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return own + sum(processor_seconds(int(child)) for child in children)


if __name__ == "__main__":
    main()
