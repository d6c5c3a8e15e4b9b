"""How long does a ranking report of 100,000 test steps over 50,000 items take, and how much memory?

    OMP_NUM_THREADS=1 python -m studies.ranking_speed factors

Prints seconds (by the clock and of the processor), those of the policy's scores alone, and the peak memory of the
process, input included. One policy a process, so that the peak is its own.
"""

from __future__ import annotations

import argparse
import time

from benchmarks.bench_ranking import choices, policy_of
from rlbench_rec.evaluation import ranking_report
from rlbench_rec.evaluation.ranks import CHUNK_CELLS
from rlbench_rec.machine import peak_memory_mb
from rlbench_rec.policies import Policy, ranking_on_log


def scores_alone(policy: Policy, steps: int, items: int) -> float:
    """Processor seconds of the scores that a report asks for."""
    log, size = choices(steps, items, 1), max(1, CHUNK_CELLS // items)
    started = time.process_time()
    for first in range(0, steps, size):
        ranking_on_log(policy, log, slice(first, first + size))
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("policy", choices=("factors", "uniform"))
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=50_000)
    args = parser.parse_args()
    policy = policy_of(args.policy, args.items)
    test, train = choices(args.steps, args.items, 1), choices(5 * args.steps, args.items, 2)
    clock, processor = time.perf_counter(), time.process_time()
    report = ranking_report(test, policy, train=train)
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    print(f"{args.policy}, {args.steps:,} steps x {args.items:,} items: {len(report.rows)} figures")
    print(f"{clock:.1f} s, {processor:.1f} s of the processor, peak memory of the process {peak_memory_mb():.0f} MiB")
    print(f"the scores alone: {scores_alone(policy, args.steps, args.items):.1f} s of the processor")


if __name__ == "__main__":
    main()
