"""Does the frontier keep its promise? Judge shops that no rule was chosen on, every answer beside the truth.

    python -m studies.frontier_study run --out .cache/frontier --shown       # half a minute of a core a shop
    python -m studies.frontier_study run --out .cache/frontier-design        # the shops that rules were chosen on
    python -m studies.frontier_study table --out .cache/frontier --to results/studies/frontier.csv
    python -m studies.frontier_study picture --out .cache/frontier --to docs/frontier_lifts.svg

One file a shop, written whole or not at all: `run` goes on where it was stopped. Shops are in `frontier/shops.py`, what
is trained in `frontier/learners.py`, what is asked in `frontier/answers.py`, the bars in `frontier/bars.py`.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from pathlib import Path

import pandas as pd

from studies.resumable import read_rows, write_frame


def run(options: argparse.Namespace) -> None:
    """Answer every shop that has no file yet; of several processes each takes its own."""
    import torch

    from studies.frontier.answers import answers
    from studies.frontier.shops import DESIGN_SEEDS, SHOWN_SEEDS, shops

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    options.out.mkdir(parents=True, exist_ok=True)
    seeds = SHOWN_SEEDS if options.shown else DESIGN_SEEDS
    for number, shop in enumerate(shops(seeds)):
        if number % options.of != options.part or (options.tasks and shop.task not in options.tasks):
            continue
        file = options.out / f"{shop}.csv"
        if file.exists():
            continue
        started = time.perf_counter()
        rows, steps = answers(shop)
        write_frame(options.out / f"{shop}.steps.csv", pd.DataFrame(steps))
        write_frame(file, pd.DataFrame(rows))
        print(f"{shop}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)


def read(folder: Path) -> pd.DataFrame:
    """The answers of all shops that are done."""
    files = sorted(file for file in folder.glob("*.csv") if not file.name.endswith(".steps.csv"))
    return pd.concat([read_rows(file) for file in files], ignore_index=True)


def table(options: argparse.Namespace) -> None:
    """Print the bars, and write the answers of all shops as one file."""
    from studies.frontier.bars import bars, by_task

    answers = read(options.out)
    for name, figure in bars(answers).items():
        print(f"{name}: {figure}")
    print(by_task(answers).to_string(float_format=lambda number: f"{number:.1f}"))
    if options.to:
        write_frame(options.to, answers, digits=6)


def picture(options: argparse.Namespace) -> None:
    """Draw the true lifts of all shops by task."""
    from studies.frontier.picture import draw

    draw(read(options.out), options.to)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for function in (run, table, picture):
        command = commands.add_parser(function.__name__, help=function.__doc__)
        command.set_defaults(function=function)
        command.add_argument("--out", type=Path, required=True, help="folder with one file a shop")
        if function is run:
            command.add_argument("--shown", action="store_true", help="the shops that show the rule")
            command.add_argument("--tasks", nargs="*", default=[], help="only these tasks")
            command.add_argument("--part", type=int, default=0)
            command.add_argument("--of", type=int, default=1, help="number of processes")
        else:
            command.add_argument("--to", type=Path, default=None)
    options = parser.parse_args()
    options.function(options)


if __name__ == "__main__":
    main()
