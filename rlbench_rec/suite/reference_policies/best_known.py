"""The best policy that is known in a simulated shop: what 100 means on the normalised scale."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...packaged import packaged
from ...results.read import read_table
from ...results.schema import REFERENCES
from ...tasks.policy_ladder import ScoreBlend, ScoredTask
from ..sources import TRUTH_SEED, make_task

if TYPE_CHECKING:
    import pandas as pd

    from ...tasks import Task
    from ..config import Source

KEYS = ("identity", "contender", "form")
PLANNER, OPTIMUM = "planner", "optimum"
PLANNER_FORMS = {"greedy": 0.0, "softmax-0.1": 0.1, "softmax-0.3": 0.3}
"""Forms of the far-sighted score: temperatures."""


@dataclass(frozen=True)
class Reference:
    """A policy that serves as 100.

    Attributes:
        contender: `planner`, `ppo`, `online-dqn`, or `optimum` where that is known exactly.
        form: the policy made of it.
        value, std_error, n_episodes: its true value, by rollout or exact.
    """

    contender: str
    form: str
    value: float
    std_error: float
    n_episodes: int


def table_file() -> Path:
    """The table of references that comes with the package."""
    return packaged("references.csv", checkout="results")


def read_references(file: Path) -> pd.DataFrame:
    """Rows of references.csv, of every shop; see `results.read.read_table`."""
    return read_table(file, REFERENCES, KEYS)


def find_reference(task: Task, file: Path | None = None) -> Reference | None:
    """The shop's optimum where that is known exactly, else the best row of the table that was measured in this very
    shop; None where the planner has to serve.

    Args:
        task: the shop.
        file: the table; None: the one that comes with the package.

    Raises:
        InputError: the table has no such row, and the task brings no planner.
    """
    if (optimum := task.optimum) is not None:
        return Reference(OPTIMUM, "greedy", optimum, 0.0, 0)
    file = table_file() if file is None else file
    rows = read_references(file) if file.is_file() else None
    if rows is not None:
        of_shop = rows[rows["identity"] == task.reference_identity.digest]
        if len(of_shop):
            best = of_shop.iloc[int(of_shop["value"].to_numpy().argmax())]
            numbers = float(best["value"]), float(best["std_error"]), int(best["n_episodes"])
            return Reference(best["contender"], best["form"], *numbers)
    if isinstance(task, ScoredTask):
        return None
    stale = rows is not None and bool((rows["task"] == task.id).any())
    raise InputError(
        "No reference policy is known for this shop, and the task has no planner."
        + (" The table's rows are of another seed, other parameters or an earlier version." if stale else ""),
        where=task.id,
        hint="Train one in the simulator: python studies/reference_values.py --suite SUITE (needs the extra [online]).",
    )


def reference(task: Task, truth_error: float, file: Path | None = None) -> Reference:
    """The best policy that is known in a shop: of the table where it was measured there, else the planner in its best
    form, played now.

    Args:
        task: the shop.
        truth_error: standard error of the planner's value, relative to the behaviour policy's.
        file: as in `find_reference`.

    Raises:
        InputError: as `find_reference`.
    """
    return find_reference(task, file) or _best_planned(task, truth_error)


@lru_cache(maxsize=2)  # every job on a shop asks for it
def _best_planned(task: Task, truth_error: float) -> Reference:
    return max(planned(task, truth_error), key=lambda form: form.value)


def planned(task: Task, truth_error: float) -> Iterator[Reference]:
    """The planner's forms, played; none where the task has no planner."""
    if not isinstance(task, ScoredTask):
        return
    for form, tau in PLANNER_FORMS.items():
        policy = task.policy(ScoreBlend(score={"farsighted": 1.0}, tau=tau), form)
        truth = task.true_value(policy, truth_error, TRUTH_SEED)
        yield Reference(PLANNER, form, truth.value, truth.std_error, truth.episodes)


def measure(
    source: Source, learner: str, seed: int, truth_error: float, config: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Rows of references.csv: a contender in its forms, trained in a shop and played on the users that suites judge on.

    Args:
        source: names the shop.
        learner: `planner`, or one of `training.online.LEARNERS`.
        seed: of the training.
        truth_error: standard error of the values, relative to the behaviour policy's.
        config: overrides of the learner's config.

    Raises:
        UnknownNameError, InputError, MissingExtraError: as `training.online.train`.
    """
    task, config = make_task(source), config or {}
    training: dict[str, Any] = dict.fromkeys(("seed", "config", "versions"))
    if learner == PLANNER:
        references = list(planned(task, truth_error))
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
        "variant": task.identity.variant or "",
        "task_seed": task.identity.seed,
        "task_config": task.identity.overrides,
    }
    return [shop | vars(measured) | training for measured in references]


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
