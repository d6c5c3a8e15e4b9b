"""Does a calibrated shop name the right algorithm and the right estimator? Known shops, with training.

    python -m studies.calibration_winners --out results/studies/calibration_winners.csv      # 10 trips, resumable
    python -m studies.calibration_winners --out .cache/few.csv --trips 1 --draws 4 --steps 200

A row a round trip: the algorithm that is first in most draws and the one that is best in the true shop (mean of three
trainings), what the choice costs there, and the same of the estimator of the smallest error.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from rlbench_rec.suite.calibrated.algorithm_winner import judged, true_values
from rlbench_rec.suite.calibrated.estimator_choice import LIKE, ranked_errors, scored
from rlbench_rec.suite.config import Source
from rlbench_rec.suite.kinds.estimators.config import TaskSource
from rlbench_rec.tasks.calibration import calibrate, choice_log, draw_shops, write_shop
from studies.calibration.known_shops import known_shop
from studies.resumable import add_rows, made_already, read_rows


def trip(number: int, options: argparse.Namespace, folder: Path) -> dict[str, object]:
    """One round trip."""
    started = time.process_time()
    kind, inside, shop = known_shop(number)
    fitted = calibrate(choice_log(shop, options.sessions, seed=number + 1), groups=shop.config.categories)
    files = []
    for config in draw_shops(fitted, options.draws)[0]:
        files.append(folder / f"shop-{config.draw:02d}.json")
        write_shop(config, files[-1])
    true = {"task": shop.id, "task_seed": shop.identity.seed, "task_config": json.loads(shop.identity.overrides)}
    train = {"workers": 1, "steps": options.steps}
    draws = [Source(task=str(file), episodes=options.sessions) for file in files]
    told = judged(true_values(draws, folder / "draws", **train))
    truth = true_values([Source(**true, episodes=options.sessions)], folder / "truth", seeds=3, **train).iloc[:, 0]
    trained = truth.index.get_level_values(0)
    lift = {
        one.name: float(truth.loc[one.name].get(one.form or truth.loc[one.name].index[0]))
        for one in told
        if one.name in trained
    }
    behaviour = float(truth.loc["behaviour"].iloc[0])
    best = max(lift, key=lambda name: lift[name])
    policies = {"matched": list(LIKE), "mismatched": []}
    shown = [TaskSource(task=str(file), **policies) for file in files]
    score = {"workers": 1, "q": "linear"}
    errors, _, _ = ranked_errors(scored(shown, options.sessions, folder / "estimators", **score))
    real, _, _ = ranked_errors(scored([TaskSource(**true, **policies)], options.sessions, folder / "real", **score))
    chosen = next(name for name in errors if name in real)
    return {
        "trip": number,
        "kind": kind,
        "representable": inside,
        "first": told[0].name,
        "first_in": told[0].first,
        "draws": options.draws,
        "low": told[0].lift.limits[0],
        "high": told[0].lift.limits[1],
        "true_lift": lift[told[0].name] / behaviour - 1.0,
        "best": best,
        "regret": (lift[best] - lift[told[0].name]) / behaviour,
        "estimator": chosen,
        "best_estimator": next(iter(real)),
        "error": real[chosen],
        "least_error": min(real.values()),
        "estimator_regret": real[chosen] - min(real.values()),
        "cpu_seconds": time.process_time() - started,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="CSV; rows that it has are kept")
    parser.add_argument("--first", type=int, default=200, help="number of the first round trip")
    parser.add_argument("--trips", type=int, default=10, help="how many")
    parser.add_argument("--draws", type=int, default=20, help="shops drawn in each")
    parser.add_argument("--sessions", type=int, default=4_000, help="size of the logs")
    parser.add_argument("--steps", type=int, default=1_000, help="of training")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    there = made_already(options.out, ["trip"])
    for number in range(options.first, options.first + options.trips):
        if (str(number),) in there:
            continue
        with TemporaryDirectory() as folder:
            row = pd.DataFrame([trip(number, options, Path(folder))])
        add_rows(options.out, row, digits=6)
        print(row.iloc[0].to_dict(), flush=True)
    rows = read_rows(options.out)
    right = (rows["first"] == rows["best"]).sum()
    print(
        f"{right} of {len(rows)} winners right, mean regret {rows['regret'].mean():.1%} of the behaviour policy's value"
    )
    print(f"estimator's regret {rows['estimator_regret'].mean():.1%}, at most {np.max(rows['estimator_regret']):.1%}")


if __name__ == "__main__":
    main()
