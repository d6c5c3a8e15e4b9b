"""From a file of logged decisions to an EvaluationLog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from ..arrays import episode_order
from ..estimators import Outcome
from ..log import EvaluationLog
from .file import TableFile
from .roles import ROLES, assigned, column, overlooked
from .values import Values

if TYPE_CHECKING:
    from ..propensity import Propensities


@dataclass(frozen=True)
class LoggedTable:
    """A table of logged decisions, read.

    Attributes:
        path: the file.
        log: what estimators read.
        columns: part -> column of the file; see `ope.table.ROLES`.
        metrics: columns of further outcomes, in the order of `log.metrics`.
        notes: what the reader should be asked about the table.
        propensities: the model of the logging policy, where propensities were estimated.
        slices: (episodes,) what each is sliced by, None where nothing is.
        days: how many days these are, where they are days.
    """

    path: str
    log: EvaluationLog
    columns: dict[str, str]
    metrics: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    propensities: Propensities | None = None
    slices: np.ndarray | None = None
    days: int | None = None

    def outcome(self, name: str) -> Outcome:
        """What `ope.estimate` calls the column, or the ratio `revenue/orders` of two.

        Raises:
            InputError: neither the reward nor a metric that was read.
        """
        if name in self.metrics or name == self.columns["reward"]:
            return None if name == self.columns["reward"] else self.metrics.index(name)
        above, slash, below = name.partition("/")
        if not slash:
            have = ", ".join((self.columns["reward"], *self.metrics))
            raise InputError(f"'{name}' is no outcome that was read.", where=self.path, hint=f"Read were: {have}.")
        return self.outcome(above), self.outcome(below)


def read_log(
    path: str | Path,
    columns: Mapping[str, str | None] | None = None,
    *,
    metrics: Sequence[str] = (),
    by: str | None = None,
    features: Sequence[str] = (),
    model: str = "logistic",
    seed: int = 0,
    **options: Any,
) -> LoggedTable:
    """Read a Parquet or CSV file with one logged decision a row, in any order.

    Needed are the columns `reward`, `propensity` and `target_propensity`; `q_logged` with `v_target`,
    `unsupported_mass`, `episode`, `step` and `user` are used where they are there.

    Args:
        path: the file.
        columns: other names: {"propensity": "pscore"}; "none" leaves an optional column out.
        metrics: columns of further outcomes.
        by: a column to slice by; times are sliced by day. Of a session, the first row's counts.
        features: what the logging policy knew of a decision, where the table has no propensities: they are then
            estimated from the column `action`, cross-fitted by user. See `ope.estimate_propensities`.
        model, seed: of that.
        options: further fields of EvaluationLog: gamma, reward_range, weight_bound, propensity_source.

    Raises:
        MissingFileError, InputError: a file, a column or a row that cannot be used: names it, with the first bad line.
    """
    file = TableFile(path)
    without = ("propensity",) if features else ("action",)
    given = dict(columns or {})
    for part in given:
        if part not in ROLES:
            raise InputError(f"There is no part '{part}'.", where="columns", hint=f"Parts: {', '.join(ROLES)}.")
    if features and not given.get("action"):
        given["action"] = ROLES["action"].default
    found = assigned(file.names, given, str(path), without)
    metrics, features = (tuple(column(file.names, name, str(path)) for name in names) for names in (metrics, features))
    sliced = [] if by is None else [column(file.names, by, str(path), option="by")]
    values = Values(file, file.read([*found.values(), *metrics, *features, *sliced]))

    rows: dict[str, Any] = {"rewards": values.numbers(found["reward"], "Where nothing was earned, write 0.")}
    rows["target_propensities"] = values.chances(found["target_propensity"])
    if "q" in found:
        rows |= {"q_logged": values.numbers(found["q"]), "v_target": values.numbers(found["v"])}
    if "unsupported_mass" in found:
        rows["unsupported_mass"] = values.chances(found["unsupported_mass"])
    if metrics:
        rows["metrics"] = np.stack([values.numbers(name) for name in metrics], axis=1)
    users = values.ids(found["user"]) if "user" in found else None
    slices, days = (None, None) if by is None else values.slices(by)
    fitted = None
    if features:
        fitted = _estimated(values, found["action"], features, users, model, seed)
        rows |= fitted.fields(rows["target_propensities"], unsupported_mass=rows.get("unsupported_mass"))
    else:
        rows["propensities"] = values.chances(found["propensity"], positive=True)
    if "episode" in found:
        order, starts = _episodes(values, found)
        by_row = {"rewards", "propensities", "target_propensities", "q_logged", "v_target", "unsupported_mass"}
        rows = {name: row[order] if name in by_row | {"metrics"} else row for name, row in rows.items()}
        rows["episode_starts"] = starts
        users = None if users is None else _users(values, found, users, order, starts)
        slices = None if slices is None else slices[order][starts]
    log = EvaluationLog(**rows, clusters=users, **options)
    return LoggedTable(str(path), log, found, metrics, overlooked(file.names, found), fitted, slices, days)


def _estimated(
    values: Values, action: str, features: Sequence[str], users: np.ndarray | None, model: str, seed: int
) -> Propensities:
    from ..propensity import estimate_propensities

    known = np.concatenate([values.feature(name) for name in features], axis=1)
    return estimate_propensities(values.ids(action), known, model, users=users, seed=seed)


def _episodes(values: Values, found: Mapping[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """The order of rows that makes episodes contiguous, and their first rows in it."""
    episodes = values.ids(found["episode"])
    if "step" not in found:
        return episode_order(episodes, None)
    steps = values.order(found["step"])
    order = np.lexsort((steps, episodes))
    again = np.zeros(len(steps), dtype=bool)
    again[order[1:]] = (np.diff(episodes[order]) == 0) & (np.diff(steps[order]) == 0)
    values.refuse(found["step"], again, f"a repeat within its '{found['episode']}'", "Steps must tell an order.")
    return episode_order(episodes, steps)


def _users(
    values: Values, found: Mapping[str, str], users: np.ndarray, order: np.ndarray, starts: np.ndarray
) -> np.ndarray:
    """(episodes,) whose they are."""
    lengths = np.diff(starts, append=len(users))
    other = np.zeros(len(users), dtype=bool)
    other[order] = users[order] != np.repeat(users[order][starts], lengths)
    values.refuse(found["user"], other, f"another than before in its '{found['episode']}'")
    return users[order][starts]
