"""asv benchmarks: bench_*.py. What to run is in suites/; scripts that docs quote are in studies/."""

import os


def repeated(usual: int) -> range:
    """The rounds of a ratio, or of a best; at most `$RLBENCH_BENCHMARK_ROUNDS`, where only that it runs counts."""
    return range(min(usual, int(os.environ.get("RLBENCH_BENCHMARK_ROUNDS", usual))))
