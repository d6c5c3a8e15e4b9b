"""Do the intervals of a calibrated shop hold the truth? Known shop -> choice log -> draws -> intervals of lifts.

    python -m studies.calibration_round_trips --out results/studies/calibration_round_trips.csv       # shows 100 trips
    python -m studies.calibration_round_trips --out .cache/design.csv --first 0 --trips 100           # to design on
    python -m studies.calibration_round_trips --out results/studies/calibration_round_trips.csv --table

A row a round trip and policy; trips that the file has are skipped, so it goes on where it was stopped. Trips below 200
are for design: the ranges that are drawn from were widened after 19 of these.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from rlbench_rec.errors import InputError
from rlbench_rec.tasks.calibration import calibrate, fit_shop, hidden_part
from rlbench_rec.tasks.calibration.choice_logs import choice_log
from rlbench_rec.tasks.calibration.hidden_part import draw_shops
from rlbench_rec.tasks.calibration.lifts import lifts, lifts_in
from studies.calibration.deployed import deployed
from studies.calibration.known_shops import known_shop
from studies.resumable import add_rows, made_already, read_rows

SESSIONS, DRAWS, USERS = 4_000, 40, 2_048
TRUTH_USERS, TRUTH_SEED = 8_192, 77_001
ASKED = ("random", "myopic", "sharper", "fresh", "honest", "caring", "one item")
"""Policies; the others of the ladder are between these."""


def trip(number: int, draws: int) -> Iterator[dict[str, object]]:
    """Rows of one round trip."""
    started = time.process_time()
    kind, inside, shop = known_shop(number)
    fitted = calibrate(choice_log(shop, SESSIONS, seed=number + 1), groups=shop.config.categories)
    shops, rejected = draw_shops(fitted, draws)
    served = {name: policy for name, policy in deployed(fitted.shop, shop).items() if name in ASKED}
    truths = lifts_in(shop, served, TRUTH_USERS, TRUTH_SEED)
    for lift in lifts(shops, fitted.shop, USERS, ASKED):
        low, high = lift.limits
        yield {
            "trip": number,
            "kind": kind,
            "representable": inside,
            "policy": lift.policy,
            "truth": truths[lift.policy],
            "low": low,
            "high": high,
            "level": lift.level,
            "sign": lift.sign,
            "median": float(np.median(lift.draws)),
            "first": float(lift.draws[0]),
            "rejected": rejected,
            "cpu_seconds": time.process_time() - started,
        }


def table(rows: pd.DataFrame) -> str:
    """Coverage by policy and by kind, and how often a sign was given and right."""
    rows = rows.assign(
        covered=(rows["low"] <= rows["truth"]) & (rows["truth"] <= rows["high"]),
        width=rows["high"] - rows["low"],
        signed=rows["sign"] != "not identified",
        wrong=((rows["sign"] == "better") & (rows["truth"] <= 0)) | ((rows["sign"] == "worse") & (rows["truth"] >= 0)),
        one_draw_wrong=np.sign(rows["first"]) != np.sign(rows["truth"]),
    )
    columns = ["covered", "signed", "wrong", "one_draw_wrong", "width"]
    parts = [rows.groupby(by, sort=False)[columns].mean() for by in ("policy", "kind", "representable")]
    total = rows[columns].mean().to_frame("all").T
    trips = f"{rows['trip'].nunique()} trips, {rows.groupby('trip')['cpu_seconds'].max().mean():.0f} s each"
    return "\n\n".join([trips, *(part.round(3).to_string() for part in (*parts, total))])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="CSV; rows that it has are kept")
    parser.add_argument("--first", type=int, default=200, help="number of the first round trip")
    parser.add_argument("--trips", type=int, default=100, help="how many")
    parser.add_argument("--draws", type=int, default=DRAWS, help="shops drawn in each")
    parser.add_argument("--part", type=int, nargs=2, default=(0, 1), help="this one of so many processes")
    parser.add_argument("--table", action="store_true", help="print what the file says")
    options = parser.parse_args()
    if options.table:
        print(table(read_rows(options.out)))
        return
    warnings.simplefilter("ignore")
    fit_shop.SESSIONS, hidden_part.SESSIONS = 4_000, 2_000
    part, of = options.part
    there = made_already(options.out, ["trip"])
    for number in range(options.first + part, options.first + options.trips, of):
        if (str(number),) in there:
            continue
        try:
            rows = pd.DataFrame(trip(number, options.draws))
        except InputError as error:
            print(f"trip {number}: {error}", flush=True)
            continue
        add_rows(options.out, rows, digits=6)
        print(f"trip {number}: {rows['cpu_seconds'].max():.0f} s", flush=True)


if __name__ == "__main__":
    main()
