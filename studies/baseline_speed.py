"""How long do the sessions of a test side take against a million events, and how much memory?

    OMP_NUM_THREADS=1 python -m studies.baseline_speed vsknn

Prints seconds (by the clock and of the processor) of making the policy, which fits twice and calibrates, and of scoring
the last state of each of 10,000 sessions over all items; and the peak memory of the process, input included. One policy
a process, so that the peak is its own.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from benchmarks.bench_baselines import browsing, last_states
from rlbench_rec import policies
from rlbench_rec.machine import peak_memory_mb
from rlbench_rec.policies import Softmax
from rlbench_rec.policies.policy import CHUNK_CELLS


def timed(what: str, work: Callable[[], object]) -> None:
    clock, processor = time.perf_counter(), time.process_time()
    work()
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    print(f"{what}: {clock:.1f} s, {processor:.1f} s of the processor")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("policy", choices=("item-knn", "vsknn", "ease", "als", "bpr"))
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--sessions", type=int, default=10_000)
    args = parser.parse_args()
    data = browsing(args.events, args.items)
    states = last_states(data, args.sessions)
    made: list[Softmax] = []

    def make() -> None:
        policy = policies.make(args.policy, data)
        assert isinstance(policy, Softmax)
        made.append(policy)

    def score() -> None:
        size = max(1, CHUNK_CELLS // args.items)
        for first in range(0, args.sessions, size):
            made[0].q(states[first : first + size])

    print(f"{args.policy}, {args.sessions:,} sessions against {args.events:,} events on {args.items:,} items")
    timed("made", make)
    timed("scored", score)
    print(f"peak memory of the process {peak_memory_mb():.0f} MiB")


if __name__ == "__main__":
    main()
