"""A board on the scale that is known today: what 100 is has changed, and nothing that was trained has.

    python -m studies.rescale_board results/commerce --out .cache/commerce

Reads a folder that `rlbench run` left. Every shop's reference is found as a run would find it now; the row of the
reference and all rows on the normalised scale are made anew from the rewards, and with them every table that is made of
these, unpacked, in another folder. A shop whose behaviour policy does not earn what the folder says is another shop,
and is refused. Where no reference has moved, the same tables come out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rlbench_rec.audit.run_folder import read_run_folder
from rlbench_rec.audit.tables import results_of, write_tables
from rlbench_rec.errors import InputError, RlbenchError
from rlbench_rec.results.row_names import NORMALISED_METRIC, REFERENCE
from rlbench_rec.suite.config import Source, Suite
from rlbench_rec.suite.kinds.algorithms.score import truth_cells
from rlbench_rec.suite.plan import JobResult
from rlbench_rec.suite.reference_policies.best_known import reference
from rlbench_rec.suite.reference_policies.normalised_scale import Scale, normalised, scale_row
from rlbench_rec.suite.replicates import replicates_of
from rlbench_rec.suite.sources import make_task

Row = dict[str, Any]
Shops = Mapping[tuple[str, int], Source]
"""By `place_of`."""


def place_of(row: Mapping[str, Any]) -> tuple[str, int]:
    """The shop that a row is of: its task, and which of the task's shops."""
    return str(row["task"]), int(row["replicate"])


def todays_scale(suite: Suite, shops: Shops, printed: Iterable[Row], cache: Path | None) -> list[Row]:
    """Rows of scale.csv as a run would write them now.

    Raises:
        InputError: a shop's behaviour policy earns something else than is printed.
    """
    rows = []
    for old in printed:
        place, replicate = place_of(old)
        new = scale_row(place, make_task(shops[place, replicate]), suite.truth_error, cache)
        if abs(new["zero"] - old["zero"]) > 1e-9 * abs(old["zero"]):
            what = f"The behaviour policy earns {new['zero']:.6g}, by the folder {old['zero']:.6g}: another shop."
            raise InputError(what, where=f"{place}, replicate {replicate}")
        rows.append(old | new)
        print(f"{place} {replicate}: 100 was {old['hundred']:.5g}, is {new['hundred']:.5g}", flush=True)
    return rows


def reference_row(row: Row, source: Source, suite: Suite, cache: Path | None) -> Row:
    """The reference's reward as a run would print it now."""
    best = reference(make_task(source), suite.truth_error, cache=cache)
    names = {"variant": f"{best.contender}/{best.form}", "policy": best.form}
    return row | names | truth_cells(best.value, best.std_error, best.n_episodes, suite.confidence)


def rescaled(suite: Suite, results: list[JobResult], cache: Path | None) -> list[JobResult]:
    """What the jobs of a run left, on today's scale."""
    shops = {(one.place, one.replicate): one.source for one in replicates_of(suite)}
    for result in results:
        result.scale = todays_scale(suite, shops, result.scale, cache)
    scales = {place_of(row): Scale(row["zero"], row["hundred"]) for result in results for row in result.scale}
    for result in results:
        rows = [row for row in result.rows if row["metric"] != NORMALISED_METRIC]
        rows = [
            reference_row(row, shops[place_of(row)], suite, cache) if row["algorithm"] == REFERENCE else row
            for row in rows
        ]
        # Rows of one job are of one shop.
        here = [row for row in rows if place_of(row) in scales]
        result.rows = rows + (normalised(here, scales[place_of(here[0])]) if here else [])
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="of a run")
    parser.add_argument("--out", type=Path, required=True, help="folder for the tables")
    parser.add_argument("--cache", type=Path, help="folder that keeps references from one time to the next")
    options = parser.parse_args()
    try:
        if options.out.resolve() == options.folder.resolve():
            raise InputError("The tables would lie beside packed ones of the old scale.", where=str(options.out))
        run = read_run_folder(options.folder)
        if not isinstance(run.suite, Suite) or not run.suite.normalise:
            raise InputError("The run has no normalised scale.", where=str(options.folder))
        options.out.mkdir(parents=True, exist_ok=True)
        write_tables(run.suite, rescaled(run.suite, results_of(run), options.cache), options.out)
    except RlbenchError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
