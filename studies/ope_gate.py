"""When may `trusted` be said? Rules replayed on stored figures of simulated logs whose true values are exact.

    python -m studies.ope_gate simulate --figures .cache/gate --logs 2000   # half an hour to an hour of one core
    python -m studies.ope_gate choose --figures .cache/gate                 # the rule and its neighbours on `choose`
    python -m studies.ope_gate show --figures .cache/gate --out results/studies/ope_gate.csv
    python -m studies.ope_gate bootstrap --figures .cache/gate              # 400 logs of each with bootstrap limits
    python -m studies.ope_gate package --settings "clicks 3 %" --logs 20    # the package's own verdicts, log by log

Settings are in `gate/families.py`, what is drawn in `gate/simulate.py`, the figures in `gate/figures.py`, the rules in
`gate/rules.py`, the bars in `gate/bars.py`. A script, not an asv benchmark: importing it does nothing. `simulate` goes
on where it was stopped.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

RESAMPLES = 199
NEIGHBOURS = {
    "weights": (5.0, 30.0),
    "events": (20.0, 30.0),
    "equal_events": (12.0, 20.0),
    "equal_events_of_users": (16.0, 25.0),
    "largest": (10.0, 30.0),
    "skewness": (0.2, 0.3),
    "evenness": (0.25, 0.4, 1.0),
    "quantile": (None, 1.0),
    "lift": (1.0, 2.0),
    "number": (False,),
}
"""Each threshold changed alone, to show what it does."""


def rows_of(options: argparse.Namespace, family: str) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Rows and cells of a family, and which rows are of `tis` on sessions that vary in length."""
    from .gate import cells, store

    settings = chosen(options, family)
    rows, kinds = cells.of(settings, store.load(options.figures, family, settings))
    return rows, kinds, never_trusted(kinds)[rows["cell"]]


def never_trusted(kinds: pd.DataFrame) -> np.ndarray:
    """Which cells are of `tis` or `sntis` on sessions that vary in length."""
    return (kinds["varying"] & kinds["name"].isin(["tis", "sntis"])).to_numpy()


def chosen(options: argparse.Namespace, family: str) -> list:
    """The settings of a family that are asked for."""
    from .gate.families import FAMILIES

    return [one for one in FAMILIES[family] if not options.settings or one.name in options.settings]


def simulate(options: argparse.Namespace) -> None:
    from .gate import store
    from .gate.families import FAMILIES

    for family in FAMILIES:
        store.fill(options.figures, family, chosen(options, family), options.logs)


def choose(options: argparse.Namespace) -> None:
    """The bars on `choose`: of version 0.1, of the rule that the study began with, of the rule, of its neighbours."""
    from .gate import bars, rules

    rows, kinds, varying = rows_of(options, "choose")
    of = rules.Thresholds()
    found = {"chosen": rules.balanced(rows, of, varying), "prototype": rules.prototype(rows)}
    found |= {
        f"{name} {value}": rules.balanced(rows, replace(of, **{name: value}), varying)
        for name, values in NEIGHBOURS.items()
        for value in values
    }
    table = {name: bars.judged(bars.by_cell(rows, kinds, new), "new") for name, new in found.items()}
    table = {"version 0.1": bars.judged(bars.by_cell(rows, kinds, found["chosen"]), "old"), **table}
    print(pd.DataFrame(table).T.round(4).to_string())


def show(options: argparse.Namespace) -> None:
    """The bars on each family, tables of its settings, and a row for each cell into a CSV file."""
    from rlbench_rec.results.write import write_rows

    from .gate import bars, report, rules
    from .gate.families import FAMILIES

    found, cells = {}, []
    for family in FAMILIES:
        rows, kinds, varying = rows_of(options, family)
        table = bars.by_cell(rows, kinds, rules.balanced(rows, None, varying))
        prototype = bars.by_cell(rows, kinds, rules.prototype(rows))
        found |= {f"{family}, v0.1": bars.judged(table, "old"), f"{family}, now": bars.judged(table, "new")}
        found[f"{family}, prototype"] = bars.judged(prototype, "new")
        print(f"\n{family}\n{report.by_setting(table)}\n\n{report.broken(table)}")
        cells += report.csv_rows(family, table)
    print(f"\n{report.markdown(found)}")
    if options.out:
        write_rows(options.out, cells, list(cells[0]))


def bootstrap(options: argparse.Namespace) -> None:
    """The same with bootstrap limits, on the first 400 logs of each setting of `show` where they are quick."""
    from .gate import bars, report, resampled

    rows, kinds, new = resampled.rows(options.figures, chosen(options, "show"), min(options.logs, 400), RESAMPLES)
    table = bars.by_cell(rows, kinds, new)
    print(report.markdown({"v0.1": bars.judged(table, "old"), "now": bars.judged(table, "new")}))
    print(f"\n{report.by_setting(table)}\n\n{report.broken(table)}")


def package(options: argparse.Namespace) -> None:
    """The package's own verdicts beside the replayed ones."""
    from .gate import package as own
    from .gate.families import FAMILIES

    for setting in (one for family in FAMILIES for one in chosen(options, family)):
        found = own.compared(setting, options.logs, options.interval, RESAMPLES)
        trusted = found["verdict"] == "trusted"
        apart = found[trusted != found["replayed"]]
        missed = trusted & ~found["covered"]
        print(
            f"{setting.name}: {len(found)} verdicts, {len(apart)} apart, {int((~found['same_value']).sum())} values "
            f"apart, trusted {trusted.mean():.3f}, trusted and missed {missed.mean():.3f}",
            flush=True,
        )
        for row in apart.head(options.verbose).itertuples():
            print(f"   {row.estimator} log {row.log}: {row.verdict}, replayed {row.replayed}: {row.reasons}")


COMMANDS = {one.__name__: one for one in (simulate, choose, show, bootstrap, package)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--figures", type=Path, default=Path(".cache/gate"), help="folder of the simulated figures")
    parser.add_argument("--logs", type=int, default=2_000, help="logs a setting")
    parser.add_argument("--settings", nargs="*", help="names of settings; all by default")
    parser.add_argument("--interval", default="normal", help="of `package`")
    parser.add_argument("--verbose", type=int, default=0, help="how many verdicts that are apart `package` prints")
    parser.add_argument("--out", type=Path, help="CSV of `show`")
    options = parser.parse_args()
    COMMANDS[options.command](options)


if __name__ == "__main__":
    sys.exit(main())
