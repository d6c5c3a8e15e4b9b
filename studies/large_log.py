"""Time and memory from a raw log to a saved dataset: one row of the table in docs/data.md.

    python benchmarks/rees46_log.py 10000000 big/2019-Oct.csv
    python studies/large_log.py rees46 big --memory-limit 1.5GB

A script of its own process, since the largest memory a process ever held can be asked once only.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rlbench_rec import events, mdp


class Clock:
    """Seconds of each stage, on the wall and of the processor, and the largest memory until its end."""

    def __init__(self):
        self.walls, self.processor, self.peaks = {}, 0.0, {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        wall, processor = time.perf_counter(), time.process_time()
        yield
        self.walls[name] = time.perf_counter() - wall
        self.processor += time.process_time() - processor
        self.peaks[name] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measure(card: str, path: Path, memory_limit: str, top_k: int) -> str:
    """What `rlbench data build` does, as a row: rows, sessions, limit, stages, total, processor time, peaks."""
    clock = Clock()
    with tempfile.TemporaryDirectory(prefix=".large-log-", dir=path.resolve().parent) as scratch:
        folder = Path(scratch)
        (folder / "columns").mkdir()
        with clock.stage("reading"):
            log = events.load(card, path, memory_limit=memory_limit, out=folder / "log")
        with clock.stage("building"):
            data = mdp.build(log, mdp.MDPConfig(top_k=top_k), scratch=folder / "columns")
        with clock.stage("saving"):
            data.save(folder / "dataset")
        walls = [*clock.walls.values(), sum(clock.walls.values()), clock.processor]
        cells = [f"{log.n_rows:,}", f"{log.n_sessions:,}", memory_limit, *(f"{seconds:.1f} s" for seconds in walls)]
    return f"| {' | '.join(cells)} | {' | '.join(f'{peak:.2f} GB' for peak in clock.peaks.values())} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("card")
    parser.add_argument("path", type=Path)
    parser.add_argument("--memory-limit", default="2GB")
    parser.add_argument("--top-k", type=int, default=1000)
    arguments = parser.parse_args()
    print(measure(arguments.card, arguments.path, arguments.memory_limit, arguments.top_k))


if __name__ == "__main__":
    main()
