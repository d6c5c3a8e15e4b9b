"""Does the q decide which estimator to believe? The suite `ope` on small logs, with the linear q and with that of
`rlbench run`.

    python studies/ope_q.py --out results/studies/ope_q.csv

Rows of estimators.csv of both runs, those of estimators without a q once. A script, not an asv benchmark: importing it
does nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from rlbench_rec.results.read import read_table
from rlbench_rec.results.schema import ESTIMATOR_KEYS, ESTIMATORS
from rlbench_rec.results.write import write_table
from rlbench_rec.suite import load_suite, run_suite
from rlbench_rec.suite.kinds.estimators.config import EstimatorSuite

SCORED = ["ips", "snips", "dm", "dr", "sndr"]


def scores(q: str, folder: Path, episodes: int, logs: int) -> pd.DataFrame:
    """estimators.csv of the suite `ope` with a q; a run that was begun in the folder goes on."""
    settings = {"name": f"ope-{q}", "q": q, "estimators": SCORED, "episodes": [episodes], "logs": [logs]}
    suite = EstimatorSuite(**load_suite("ope").model_dump() | settings | {"fqe_steps": 300, "truth_error": 0.01})
    run_suite(suite, folder / q, device="cpu", resume=(folder / q).is_dir(), progress=print)
    return read_table(folder / q / "estimators.csv", ESTIMATORS, ESTIMATOR_KEYS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--episodes", type=int, default=2_000, help="sessions a log")
    parser.add_argument("--logs", type=int, default=3, help="logs a shop")
    parser.add_argument("--folder", type=Path, default=Path("runs/ope-q"), help="of the runs")
    parser.add_argument("--out", type=Path, help="CSV to write")
    options = parser.parse_args()
    both = pd.concat([scores(q, options.folder, options.episodes, options.logs) for q in ("linear", "auto")])
    both = both.drop_duplicates(list(ESTIMATOR_KEYS)).sort_values(list(ESTIMATOR_KEYS), ignore_index=True)
    columns = ["rmse", "coverage95", "rank_correlation", "regret_at_1"]
    print(both.groupby(["policies", "estimator", "q"])[columns].median().round(3).to_string())
    if options.out:
        write_table(both, ESTIMATORS, options.out)


if __name__ == "__main__":
    main()
