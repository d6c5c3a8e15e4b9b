"""The best policy that is known in a simulated shop: what 100 means on the normalised scale."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from ...packaged import packaged
from ...results.read import read_table
from ...results.schema import REFERENCES
from ..sources import TRUTH_SEED, make_task
from .candidates import PLANNER, SEARCH, is_planned, is_searched, planned, searched
from .reference import Reference, kept_in, method_version

if TYPE_CHECKING:
    import pandas as pd

    from ...tasks import Task
    from ..config import Source

KEYS = ("identity", "contender", "form")
OPTIMUM = "optimum"
LUCK = 2.0
"""Standard errors by which what was trained must be better than what was searched and planned."""


def table_file() -> Path:
    """The table of references that comes with the package."""
    return packaged("references.csv", checkout="results")


def read_references(file: Path) -> pd.DataFrame:
    """Rows of references.csv, of every shop; see `results.read.read_table`."""
    return read_table(file, REFERENCES, KEYS)


def find_reference(task: Task, file: Path | None = None) -> Reference | None:
    """What is 100 in a shop, where that is known without playing: the optimum where it can be computed exactly, else
    the best row of the table, if the shop's search, or the planner where nothing is searched, is among its rows; None
    where that has to be made now.

    Args:
        task: the shop.
        file: the table; None: the one that comes with the package.

    Raises:
        InputError: the table has no row of the shop, and nothing can be planned or searched there.
    """
    if (optimum := task.optimum) is not None:
        return Reference(OPTIMUM, "greedy", optimum, 0.0, 0)
    rows = _rows_of(task, file)
    without_training = SEARCH if is_searched(task) else PLANNER if is_planned(task) else None
    if len(rows) and (without_training is None or (rows["contender"] == without_training).any()):
        return best_of(_references(rows))
    if without_training:
        return None
    raise InputError(
        "No reference policy is known for this shop, and the task has no planner.",
        where=task.id,
        hint="Train one in the simulator: python studies/reference_values.py --suite SUITE (needs the extra [online]).",
    )


def how_found(task: Task) -> str:
    """In a few words, what is 100 in a shop; nothing is played for it."""
    try:
        known = find_reference(task)
    except InputError:
        return "none"
    if known is None:
        return "search, made when it is asked for" if is_searched(task) else "planner, played when it is asked for"
    exact = known.contender == OPTIMUM
    return f"{known.value:.4g}, exact" if exact else f"{known.value:.4g} by {known.contender}/{known.form}"


def reference(task: Task, truth_error: float, file: Path | None = None, cache: Path | None = None) -> Reference:
    """The best policy that is known in a shop, with the bound that no policy exceeds.

    It is the optimum where that can be computed exactly; else the best of the table's rows and, unless that is one of
    them, of a search made now (see `candidates`), which is deterministic.

    Args:
        task: the shop.
        truth_error: standard error of the searched policy's value, relative to the behaviour policy's.
        file: as in `find_reference`.
        cache: a folder that keeps what was searched and bounded from one process to the next.

    Raises:
        InputError: as `find_reference`.
    """
    return kept_in(cache, task, truth_error, lambda: _made(task, truth_error, file))


def _made(task: Task, truth_error: float, file: Path | None) -> Reference:
    found = find_reference(task, file)
    if found is None:
        found = best_of([searched(task, truth_error), *_references(_rows_of(task, file))])
    if found.upper_bound is not None:
        return found
    bound = task.upper_bound
    return replace(found, upper_bound=bound.value, bound=bound.method) if bound else found


def _rows_of(task: Task, file: Path | None) -> pd.DataFrame:
    """The table's rows of a shop, made by this version's methods."""
    import pandas as pd

    file = table_file() if file is None else file
    if not file.is_file():
        return pd.DataFrame(columns=list(REFERENCES))
    rows = read_references(file)
    current = (rows["contender"] != SEARCH) | (rows["method_version"] == method_version(task))
    return rows[(rows["identity"] == task.reference_identity.digest) & current]


def best_of(found: Sequence[Reference]) -> Reference:
    """The reference of the highest value.

    What was trained serves only where it is better than all that was searched and planned by `LUCK` standard errors of
    both: the best of several trainings, valued on the users that everything is judged on, is in part a lucky one.
    """
    untrained = [one for one in found if one.contender in (SEARCH, PLANNER)]
    if not untrained:
        return max(found, key=lambda one: one.value)
    steady = max(untrained, key=lambda one: one.value)

    def is_no_luck(one: Reference) -> bool:
        return one.value > steady.value + LUCK * float(np.hypot(one.std_error, steady.std_error))

    return max([steady, *filter(is_no_luck, found)], key=lambda one: one.value)


def _references(rows: pd.DataFrame) -> list[Reference]:
    """Rows of the table as they are read."""
    return [
        Reference(
            row["contender"],
            row["form"],
            float(row["value"]),
            float(row["std_error"]),
            int(row["n_episodes"]),
            upper_bound=float(row["upper_bound"]) if row["bound"] else None,
            bound=row["bound"],
            method_version=int(row["method_version"]),
        )
        for _, row in rows.iterrows()
    ]


def measure(
    source: Source, learner: str, seed: int, truth_error: float, config: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Rows of references.csv: a contender in its forms, trained in a shop and played on the users that suites judge on.

    Args:
        source: names the shop.
        learner: `planner`, `search`, or one of `training.online.LEARNERS`.
        seed: of the training.
        truth_error: standard error of the values, relative to the behaviour policy's.
        config: overrides of the learner's config.

    Raises:
        UnknownNameError, InputError, MissingExtraError: as `training.online.train`.
    """
    task, config = make_task(source), config or {}
    training: dict[str, Any] = dict.fromkeys(("seed", "config", "versions"))
    bound = task.upper_bound
    if learner == SEARCH:
        references = [searched(task, truth_error)]
        training["config"] = references[0].config
    elif learner == PLANNER:
        references = []
        for form, policy in planned(task).items():
            truth = task.true_value(policy, truth_error, TRUTH_SEED)
            references.append(Reference(PLANNER, form, truth.value, truth.std_error, truth.episodes))
    else:
        from ...training import online

        references = []
        for form, policy in online.train(task, learner, seed=seed, **config).items():
            truth = task.true_value(policy, truth_error, TRUTH_SEED)
            references.append(Reference(learner, form, truth.value, truth.std_error, truth.episodes))
        made = online.make_config(learner, **config)
        training = {"seed": seed, "config": _json(made.model_dump()), "versions": online.versions(learner)}
    shop = {
        "identity": task.identity.digest,
        "task": task.identity.id,
        "stratum": task.identity.stratum or "",
        "variant": task.identity.variant or "",
        "task_seed": task.identity.seed,
        "task_config": task.identity.overrides,
    }
    limit = {"upper_bound": bound.value, "bound": bound.method} if bound else {"upper_bound": None, "bound": ""}
    version = {"method_version": method_version(task)}
    return [shop | vars(measured) | training | limit | version for measured in references]


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
