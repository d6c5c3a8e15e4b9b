"""Does `rlbench perf compare` catch a slow-down, and does it stay quiet where there is none?

In a clone of this checkout a commit makes one benchmarked function take 1.5 times as long: it waits for half the time
that its work took. The commit before is compared with it, and ten times with itself. The clone is temporary.

    python -m studies.perf_gate --out results/studies/perf_gate.csv

The file is written after each comparison. Started again, the study goes on with the comparisons that the file lacks, at
the commit that it names.
"""

from __future__ import annotations

import argparse
import csv
import inspect
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rlbench_rec import ope, perf
from rlbench_rec.files import make_folder
from rlbench_rec.results.write import write_rows

ROOT = Path(__file__).resolve().parents[1]
BENCH = r"OneStep.time_ten|FromArrays.time.*32"
"""Two fast benchmarks. The first goes through the function that is slowed down, the second does not."""
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
FIGURES = ("old_ms", "new_ms", "ratio", "low", "high")
COLUMNS = ("commit", "comparison", "load", "benchmark", "outcome", *FIGURES, "rounds", "note")
"""`load` is how many processes wanted to run, on average, during the last minute of a comparison."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="CSV file to write, or to go on with")
    parser.add_argument("--slow-down", type=float, default=1.5)
    parser.add_argument("--repeats", type=int, default=10, help="comparisons of the commit with itself")
    parser.add_argument("--bench", default=BENCH)
    options = parser.parse_args()
    make_folder(options.out.parent)
    rows = saved_rows(options.out)
    done = {row["comparison"] for row in rows}
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder, "clone")
        git(ROOT, "clone", "--quiet", "--shared", str(ROOT), str(clone))
        if rows:
            git(clone, "checkout", "--quiet", rows[0]["commit"])
        before = git(clone, "rev-parse", "HEAD")
        after = slowed_commit(clone, options.slow_down)
        comparisons = {"slowed": after} | {f"itself {number}": before for number in range(1, options.repeats + 1)}
        for name, new in comparisons.items():
            if name in done:
                continue
            started = time.monotonic()
            comparison = perf.compare(perf.Repository(clone), before, new, bench=options.bench, progress=say)
            seconds = time.monotonic() - started
            say(f"{name}: exit code {comparison.exit_code}, {comparison.counts}, {seconds:.0f} s")
            about = {"commit": before, "comparison": name, "load": f"{os.getloadavg()[0]:.1f}"}
            rows += [about | table_row(row) for row in comparison.rows]
            write_rows(options.out, rows, COLUMNS)


def say(text: str) -> None:
    print(text, flush=True)


def saved_rows(path: Path) -> list[dict[str, str]]:
    """What an earlier start of the study has written."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def slowed_commit(clone: Path, factor: float) -> str:
    """A commit in which `ope.estimate_all` takes `factor` times as long."""
    module = Path(inspect.getfile(ope.estimate_all)).relative_to(Path(inspect.getfile(ope)).parents[2])
    path = clone / module
    path.write_text(path.read_text() + SLOWED.format(factor=factor))
    identity = ("-c", "user.name=study", "-c", "user.email=study@localhost")
    git(clone, *identity, "commit", "--quiet", "--all", "--message", f"Slow estimate_all down by {factor}")
    return git(clone, "rev-parse", "HEAD")


def table_row(row: perf.BenchmarkRow) -> dict[str, str]:
    figures = (1e3 * row.old, 1e3 * row.new, row.ratio, row.low, row.high)
    texts = {"benchmark": row.benchmark, "outcome": row.outcome, "rounds": str(row.rounds), "note": row.note}
    return texts | {name: f"{value:.4g}" for name, value in zip(FIGURES, figures, strict=True)}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    main()
