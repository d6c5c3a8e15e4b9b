"""Does `rlbench perf compare` catch a slow-down, and does it stay quiet where there is none?

In a clone of this checkout a commit makes one benchmarked function take 1.5 times as long: it waits for half the time
that its work took. The commit before is compared with it, and ten times with itself. The clone is temporary.

    python -m studies.perf_gate --out results/studies/perf_gate.csv
"""

from __future__ import annotations

import argparse
import inspect
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rlbench_rec import ope, perf
from rlbench_rec.files import write_csv

ROOT = Path(__file__).resolve().parents[1]
BENCH = r"OneStep.time_ten|Episodes.time_four|FromArrays.time.*32|Bounds.time_interval.*(sequence|cressie)"
"""Six fast benchmarks; `time_ten` and `time_four` go through the function that is slowed down."""
SLOWED = """

def _slowed(function):
    import functools
    import time

    @functools.wraps(function)
    def call(*arguments, **options):
        started = time.perf_counter()
        result = function(*arguments, **options)
        end = started + {factor} * (time.perf_counter() - started)
        while time.perf_counter() < end:
            pass
        return result

    return call


estimate_all = _slowed(estimate_all)
"""
COLUMNS = ("comparison", "benchmark", "outcome", "old_ms", "new_ms", "ratio", "low", "high", "rounds", "note")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="CSV file to write")
    parser.add_argument("--slow-down", type=float, default=1.5)
    parser.add_argument("--repeats", type=int, default=10, help="comparisons of the commit with itself")
    parser.add_argument("--bench", default=BENCH)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder, "clone")
        git(ROOT, "clone", "--quiet", "--shared", str(ROOT), str(clone))
        before = git(clone, "rev-parse", "HEAD")
        after = slowed_commit(clone, options.slow_down)
        comparisons = [("slowed", before, after)] + [("itself", before, before)] * options.repeats
        for number, (name, old, new) in enumerate(comparisons):
            started = time.monotonic()
            comparison = perf.compare(perf.Repository(clone), old, new, bench=options.bench)
            print(f"{number} {name}: exit code {comparison.exit_code}, {comparison.counts}", end="", flush=True)
            print(f", {time.monotonic() - started:.0f} s", flush=True)
            rows += [table_row(f"{number} {name}", row) for row in comparison.rows]
    if options.out:
        write_csv(options.out, rows, COLUMNS)


def slowed_commit(clone: Path, factor: float) -> str:
    """A commit in which `ope.estimate_all` takes `factor` times as long."""
    module = Path(inspect.getfile(ope.estimate_all)).relative_to(Path(inspect.getfile(ope)).parents[2])
    path = clone / module
    path.write_text(path.read_text() + SLOWED.format(factor=factor))
    identity = ("-c", "user.name=study", "-c", "user.email=study@localhost")
    git(clone, *identity, "commit", "--quiet", "--all", "--message", f"Slow estimate_all down by {factor}")
    return git(clone, "rev-parse", "HEAD")


def table_row(comparison: str, row: perf.Row) -> dict[str, str | int]:
    figures = {"old_ms": 1e3 * row.old, "new_ms": 1e3 * row.new, "ratio": row.ratio, "low": row.low, "high": row.high}
    texts = {"comparison": comparison, "benchmark": row.benchmark, "outcome": row.outcome, "note": row.note}
    return texts | {name: f"{value:.4g}" for name, value in figures.items()} | {"rounds": row.rounds}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    main()
