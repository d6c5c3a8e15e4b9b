"""The best known policy of every shop of a suite: planned, or trained in the simulator, and played.

    python studies/reference_values.py                       # results/references.csv, for the suite commerce
    python studies/reference_values.py --suite my.toml       # further rows for shops of one's own

Contenders are the task's planner, PPO (stable-baselines3, extra [online]) and d3rlpy's online Double DQN; the suite
takes the best. Rows that are there already for the same shop and config are kept: a broken run goes on, and
a new version of one shop costs that shop only. A script, not an asv benchmark: importing it does nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import pandas as pd

from rlbench_rec.errors import RlbenchError, UnknownNameError
from rlbench_rec.results.schema import REFERENCES
from rlbench_rec.results.write import write_table
from rlbench_rec.suite.config import Source, Suite, load_suite
from rlbench_rec.suite.reference_policies.best_known import PLANNER, measure, read_references, table_file
from rlbench_rec.suite.sources import task_identity
from rlbench_rec.training import online

LEARNERS = (PLANNER, *online.LEARNERS)


def is_there(table: pd.DataFrame, source: Source, learner: str, seed: int, config: dict) -> bool:
    """Whether the table has this contender in this shop as it stands, trained alike."""
    own = table[(table["identity"] == task_identity(source).digest) & (table["contender"] == learner)]
    if learner == PLANNER or own.empty:
        return len(own) > 0
    made = online.make_config(learner, **config).model_dump()
    return bool(((own["seed"] == seed) & (own["config"].map(json.loads) == made)).all())


def merged(table: pd.DataFrame, rows: list[dict], sources: list[Source]) -> pd.DataFrame:
    """The table with new rows in place of those that they replace, and without rows of shops that no longer stand."""
    new = pd.DataFrame(rows, columns=list(REFERENCES))
    replaced = table["identity"].isin(new["identity"]) & table["contender"].isin(new["contender"])
    table = pd.concat([table[~replaced], new], ignore_index=True)
    for source in sources:
        shop = task_identity(source)
        same = (table["task"] == shop.id) & (table["variant"] == (shop.variant or ""))
        same &= (table["task_seed"] == shop.seed) & (table["task_config"] == shop.overrides)
        table = table[~same | (table["identity"] == shop.digest)]
    return table.sort_values(["task", "variant", "task_seed", "identity", "contender", "form"], ignore_index=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--suite", default="commerce", help="whose shops: a name or a .toml file")
    parser.add_argument("--tasks", nargs="+", help="only these tasks")
    parser.add_argument("--learners", nargs="+", choices=LEARNERS, default=LEARNERS, help="contenders")
    parser.add_argument("--steps", type=int, help="decisions played in training; default each learner's")
    parser.add_argument("--seed", type=int, default=0, help="of the training")
    parser.add_argument("--relative-error", type=float, default=0.005, help="of the true values")
    parser.add_argument("--out", type=Path, default=table_file(), help="the table")
    options = parser.parse_args()
    try:
        suite = load_suite(options.suite)
        if not isinstance(suite, Suite):
            parser.error(f"{suite.name} scores estimators; it has no references")
        sources = [source for source in suite.sources if source.task]
        names = [source.task for source in sources]
        for name in options.tasks or []:
            if name not in names:
                raise UnknownNameError(f"task of suite {suite.name}", name, names)
        sources = [source for source in sources if not options.tasks or source.task in options.tasks]
        extend(sources, options)
    except RlbenchError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def extend(sources: list[Source], options: argparse.Namespace) -> None:
    """Measure what the table lacks; it is written after each contender."""
    empty = pd.DataFrame(columns=list(REFERENCES))
    table = read_references(options.out) if options.out.is_file() else empty
    for source in sources:
        for learner in options.learners:
            config = {"steps": options.steps} if options.steps and learner != PLANNER else {}
            if is_there(table, source, learner, options.seed, config):
                continue
            begin = time.perf_counter()
            rows = measure(source, learner, options.seed, options.relative_error, config)
            table = merged(table, rows, [source])
            write_table(table, REFERENCES, options.out)
            found = ", ".join(f"{row['form']} {row['value']:.4g}" for row in rows) or "has none"
            print(f"{source.task} {learner}: {found}; {time.perf_counter() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
