"""The best known policy of every shop of a suite, with an upper bound: searched, planned or trained, and played.

    python studies/reference_values.py                       # results/references.csv, for the suite commerce
    python studies/reference_values.py --shops 10            # ten shops of each task, as a suite of ten replicates has
    python studies/reference_values.py --suite my.toml       # further rows for shops of one's own
    python studies/reference_values.py --learners search ppo --train-seeds 3
    python studies/reference_values.py --learners ppo --train-seeds 3 --gap -1    # where the optimum is known, too

Every shop is searched, which takes seconds; PPO (stable-baselines3, extra [online]) and d3rlpy's online Double DQN are
asked for by name, and train only where the search leaves a gap to the upper bound of more than `--gap`. Shops whose
optimum is exact need no row; a gap below 0 trains there too, to see what a learner reaches of what can be. What this
will cost is printed before it is spent. Rows that are there already for the same shop, method and config are kept: a
broken run goes on, and a new version of one shop costs that shop only. A script, not an asv benchmark: importing it
does nothing.
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
from rlbench_rec.suite.reference_policies.best_known import KEYS, measure, read_references, table_file
from rlbench_rec.suite.reference_policies.candidates import PLANNER, SEARCH
from rlbench_rec.suite.reference_policies.reference import method_version
from rlbench_rec.suite.sources import TRUTH_SEED, make_task, task_identity
from rlbench_rec.training import online

LEARNERS = (SEARCH, PLANNER, *online.LEARNERS)
SECONDS = {SEARCH: 20, PLANNER: 10, "ppo": 100, "online-dqn": 120}
"""CPU seconds of a contender in a shop, roughly, on a core of 2023: for the budget that is printed."""


def is_there(table: pd.DataFrame, source: Source, learner: str, seed: int, config: dict) -> bool:
    """Whether the table has this contender in this shop as it stands, found or trained alike."""
    own = table[(table["identity"] == task_identity(source).digest) & (table["contender"] == learner)]
    if learner not in online.LEARNERS or own.empty:
        return bool((own["method_version"] == method_version(make_task(source))).any())
    made = online.make_config(learner, **config).model_dump()
    own = own[own["seed"] == seed]
    return bool(len(own)) and bool((own["config"].map(json.loads) == made).all())


def gap(table: pd.DataFrame, source: Source, error: float) -> float:
    """(bound - best row) / (bound - behaviour) in a shop; 1 where nothing is known of it, 0 where the optimum is."""
    if make_task(source).optimum is not None:
        return 0.0
    own = table[table["identity"] == task_identity(source).digest]
    if own["upper_bound"].isna().all():
        return 1.0
    task, bound = make_task(source), own["upper_bound"].min()
    zero = task.true_value(task.behaviour, error, TRUTH_SEED).value
    return float((bound - own["value"].max()) / (bound - zero))


def merged(table: pd.DataFrame, rows: list[dict], sources: list[Source]) -> pd.DataFrame:
    """The table with new rows in place of those that they replace, and without rows of shops that no longer stand."""
    new = pd.DataFrame(rows, columns=list(REFERENCES))
    replaced = pd.Series(True, index=table.index)
    for key in KEYS:
        replaced &= table[key].isin(new[key])
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
    parser.add_argument("--shops", type=int, default=1, help="shops of each task: so many seeds from the suite's on")
    parser.add_argument("--learners", nargs="+", choices=LEARNERS, default=[SEARCH], help="contenders")
    parser.add_argument("--gap", type=float, default=0.05, help="least gap to the bound at which anything is trained")
    parser.add_argument("--steps", type=int, help="decisions played in training; default each learner's")
    parser.add_argument("--train-seeds", type=int, default=1, help="trainings of each learner")
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
        sources = [
            source.model_copy(update={"task_seed": source.task_seed + shop})
            for source in sources
            for shop in range(options.shops)
        ]
        extend(sources, options)
    except RlbenchError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def extend(sources: list[Source], options: argparse.Namespace) -> None:
    """Measure what the table lacks; it is written after each contender."""
    empty = pd.DataFrame(columns=list(REFERENCES))
    table = read_references(options.out) if options.out.is_file() else empty
    due = [
        (source, learner, seed, {"steps": options.steps} if options.steps and learner in online.LEARNERS else {})
        for source in sources
        for learner in options.learners
        if learner in online.LEARNERS or make_task(source).optimum is None
        for seed in range(options.train_seeds if learner in online.LEARNERS else 1)
    ]
    due = [one for one in due if not is_there(table, *one)]
    longest = sum(SECONDS[learner] for _, learner, _, _ in due)
    print(f"{len(sources)} shops, {len(due)} contenders to measure: ", end="")
    print(f"at most about {longest:,} CPU seconds", flush=True)
    for source, learner, seed, config in due:
        if learner in online.LEARNERS and gap(table, source, options.relative_error) <= options.gap:
            continue
        begin = time.process_time()
        rows = measure(source, learner, seed, options.relative_error, config)
        for row in rows:
            row["form"] += f"/seed-{seed}" if seed else ""
        table = merged(table, rows, [source])
        write_table(table, REFERENCES, options.out)
        found = ", ".join(f"{row['form']} {row['value']:.4g}" for row in rows) or "has none"
        limit = f" of {rows[0]['upper_bound']:.4g}" if rows and rows[0]["bound"] else ""
        took = time.process_time() - begin
        print(f"{source.task} seed {source.task_seed} {learner}: {found}{limit}; {took:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
