"""The plan of a search, and what it chose."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from .console import note, say, stdout_console
from .tables import print_rows

if TYPE_CHECKING:
    from ...suite.tuned import Choice, Chosen
    from ...tuning.plan import Plan
    from ...tuning.search import Search
    from ...tuning.tuner import FinishedSearch


def show_plan(plan: Plan) -> None:
    """What is to be done, on stderr: a line a search, and how long all of it takes as far as that is known."""
    for search in plan.searches:
        what = ", ".join(search.settings) or "nothing to set"
        trials = search.left_out or f"{search.done} of {search.trials} trials"
        each = "" if math.isnan(search.seconds) else f", {search.seconds:.1f} s each"
        note(f"  {search.algorithm} on {search.source}: {trials}{each} ({what})")
    note(f"rlbench: {plan}")


def show_chosen(finished: FinishedSearch, as_json: bool) -> None:
    """What was chosen, beside the defaults: in a shop, what the choice by estimate is worth by the truth."""
    if as_json:
        say(json.dumps([one.model_dump(mode="json") for one in finished.chosen], indent=1))
        return
    outcomes = {search.key: search for search in finished.searches}
    rows = [_row(outcomes[one.source, one.algorithm], one) for one in finished.chosen]
    empty = [name for name in (rows[0] if rows else ()) if all(row[name] in (None, "") for row in rows)]
    print_rows([{name: cell for name, cell in row.items() if name not in empty} for row in rows])
    # Settings are too long for a column of a terminal.
    for one in finished.chosen:
        stdout_console().print(_chosen_settings(one), highlight=False, markup=False, soft_wrap=True)
    for search in finished.searches:
        if search.left_out:
            note(f"Left out: {search.job.spec.id} on {search.job.place}: {search.left_out}.")
    stdout_console().print(f"Files: {finished.folder}", highlight=False, markup=False, soft_wrap=True)


def _row(search: Search, one: Chosen) -> dict[str, Any]:
    default, best = search.outcomes[0], one.by_estimate
    return {
        "source": one.source,
        "algorithm": one.algorithm,
        "trials": one.trials,
        "estimator": one.estimator,
        "default": _number(default.estimate),
        "chosen": best and best.estimate,
        "verdict": best.verdict if best else "none has an estimate",
        "default, true": _number(default.truth),
        "chosen, true": best and best.truth,
        "best, true": one.by_truth and one.by_truth.truth,
    }


def _chosen_settings(one: Chosen) -> str:
    """One line: what was chosen, and what is best by the truth where that is another."""
    best, true = one.by_estimate, one.by_truth
    text = f"{one.algorithm} on {one.source}: {_settings(best) or 'nothing'}"
    if true is None:
        return text
    return f"{text}; best by the truth: {'the same' if best and true.trial == best.trial else _settings(true)}"


def _settings(choice: Choice | None) -> str:
    if choice is None:
        return ""
    settings = [f"{name}={value}" for name, value in choice.config.items()]
    return " ".join([*settings, choice.form]).strip() or ("defaults" if choice.trial == 0 else "")


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
