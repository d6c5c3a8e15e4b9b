"""Published figures, made again through the estimators of this package.

    python -m studies.published --out results/studies/published.csv
    python -m studies.published magic tabular

One row a figure of results/published/, with ours, the difference and what is not comparable. The exit code is 1 where
one of ours is further off than the stated noise allows. About a minute of one core.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from rlbench_rec.results.published import Figure, against_published, disagreements, load_published
from rlbench_rec.results.schema import AGAINST_PUBLISHED
from rlbench_rec.results.write import write_table
from studies.published import magic_domains, obp_synthetic, open_bandit, tabular_values

FOLDER = Path(__file__).parents[2] / "results" / "published"
OBP_RUNS = 100


def _tabular() -> Mapping[str, Figure]:
    exact: dict[str, Figure] = {name: (value, None) for name, value in tabular_values.ours().items()}
    return exact | {f"random-walk/right-0.6/{name}": figure for name, figure in tabular_values.walks().items()}


SUITES: dict[str, Callable[[], Mapping[str, Figure]]] = {
    "magic": lambda: {name: (value, None) for name, value in magic_domains.ours().items()},
    "obp-synthetic": lambda: obp_synthetic.ours(OBP_RUNS),
    "open-bandit": open_bandit.ours,
    "tabular": _tabular,
}


def beside(suite: str) -> pd.DataFrame:
    """The figures of a suite, with ours beside them."""
    return against_published(load_published(FOLDER / f"{suite}.csv"), SUITES[suite](), suite)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suites", nargs="*", default=list(SUITES), metavar="SUITE", help=f"of {', '.join(SUITES)}")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if unknown := set(options.suites) - set(SUITES):
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    table = pd.concat([beside(name) for name in options.suites], ignore_index=True)
    print(table[["suite", "name", "published", "ours", "difference", "allowed", "agrees"]].to_string(index=False))
    if options.out is not None:
        write_table(table, AGAINST_PUBLISHED, options.out)
    off = disagreements(table)
    print("\n".join(off) or f"{(table['agrees'] == 'yes').sum()} of {len(table)} figures agree.")
    sys.exit(1 if off else 0)


if __name__ == "__main__":
    main()
