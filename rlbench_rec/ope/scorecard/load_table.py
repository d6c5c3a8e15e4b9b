"""From a file of logged decisions to an EvaluationLog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from ..data.bounds import Range
from ..data.evaluation_log import EvaluationLog
from ..data.from_matrices import episode_order
from ..data.log_fields import ROW_FIELDS
from ..estimators import Outcome
from .column_roles import NOT_USED, ROLES, assigned, column, overlooked
from .column_values import Values
from .probabilities import same_but_for_rounding
from .repeats import repeats
from .row_file import TableFile
from .target_policy import about_temperature, mixed, of_policies, target_of
from .thinning import about_weights, row_weights
from .users import about_users, belonging, one_each

if TYPE_CHECKING:
    from ..propensity import Propensities


LARGEST_WHOLE = 2.0**53
"""Whole numbers above it run together in a float."""


@dataclass(frozen=True)
class LoggedTable:
    """A table of logged decisions, read.

    Attributes:
        path: the file.
        log: what estimators read.
        columns: part -> column of the file; see `column_roles.ROLES`.
        metrics: columns of further outcomes, in the order of `log.metrics`.
        notes: what the reader should be asked about the table.
        propensities: the model of the behaviour policy, where propensities were estimated.
        slices: (episodes,) what each is sliced by, None where nothing is.
        days: how many days these are, where they are days.
        form: the policy form of the target policy, where it was made of the table's columns (`mixed-0.1`).
        temperature: of the form `tilted`.
    """

    path: str
    log: EvaluationLog
    columns: dict[str, str]
    metrics: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    propensities: Propensities | None = None
    slices: np.ndarray | None = None
    days: int | None = None
    form: str | None = None
    temperature: float | None = None

    def outcome(self, name: str) -> Outcome:
        """What `ope.estimate` calls the column, or the ratio `revenue/orders` of two.

        Raises:
            InputError: neither the reward nor a metric that was read.
        """
        above, slash, below = name.partition("/")
        is_column = name in self.metrics or name == self.columns["reward"]
        return self._column(name) if is_column or not slash else (self._column(above), self._column(below))

    def _column(self, name: str) -> int | None:
        """The number of a metric; None for the reward."""
        if name == self.columns["reward"]:
            return None
        if name not in self.metrics:
            have = ", ".join((self.columns["reward"], *self.metrics))
            raise InputError(f"'{name}' is not an outcome that was read.", where=self.path, hint=f"Read were: {have}.")
        return self.metrics.index(name)


def read_log(
    path: str | Path,
    columns: Mapping[str, str | None] | None = None,
    *,
    form: str | None = None,
    metrics: Sequence[str] = (),
    by: str | None = None,
    timezone: str | None = None,
    features: Sequence[str] = (),
    model: str = "logistic",
    seed: int = 0,
    gamma: float = 1.0,
    reward_range: Range | None = None,
    weight_bound: float | None = None,
    propensity_source: str = "logged",
) -> LoggedTable:
    """Read a Parquet or CSV file with one logged decision per row, in any order.

    Needed are the columns `reward`, `propensity` and `target_propensity`; `q_logged` with `v_target`,
    `unsupported_mass`, `episode`, `step`, `user` and `decision_id` are used where they are there. A decision that the
    table holds twice is counted once; rows without a user are users of their own. `notes` of the result say so.

    Args:
        path: the file.
        columns: other names: {"propensity": "pscore"}; "none" leaves an optional column out. With `weights`, importance
            weights, no policy's probabilities are needed.
        form: of the target policy: `mixed-<m>` of the target column with the behaviour policy, `tilted-<k>` or
            `constrained-<c>` of the columns `scores` and `base`, lists over all actions in which `action` is the place
            of the logged one. See `policies.PolicyForm`.
        metrics: columns of further outcomes.
        by: a column to slice by; times are sliced by day. Of a session, the first row's counts.
        timezone: by whose clock days are counted: `Europe/Berlin`, `+02:00`; None: by the offset that each time has.
        features: what the behaviour policy knew of a decision, where the table has no propensities: they are then
            estimated from the column `action`, cross-fitted by user (by session where users are not known). See
            `ope.estimate_propensities`.
        model, seed: of that.
        gamma, reward_range, weight_bound, propensity_source: fields of EvaluationLog; estimated propensities are
            always of source "estimated".

    Raises:
        MissingFileError, InputError: a file, a column or a row that cannot be used: names it, with the first bad line.
    """
    file = TableFile(path)
    named = dict(columns or {})
    for part in named:
        if part not in ROLES:
            raise InputError(f"There is no part '{part}'.", where="columns", hint=f"Parts: {', '.join(ROLES)}.")
    policy = target_of(form, named, bool(features))
    if "action" not in policy.without and not named.get("action"):
        named["action"] = ROLES["action"].default
    part_columns = assigned(file.names, named, str(path), policy.without)
    metrics, features = (tuple(column(file.names, name, str(path)) for name in names) for names in (metrics, features))
    sliced = [] if by is None else [column(file.names, by, str(path), option="by")]
    if timezone is not None and by is None:
        raise InputError("It is for slices by day, and nothing is sliced.", where="timezone", hint="Name a time: --by.")
    flat = [name for part, name in part_columns.items() if part not in ("scores", "base")]
    values = Values(file, file.read([*flat, *metrics, *features, *sliced]))
    values, notes = repeats(values, part_columns, named.get("decision") != NOT_USED)

    rows: dict[str, Any] = {"rewards": values.numbers(part_columns["reward"], "Where nothing was earned, write 0.")}
    _in_range(values, part_columns["reward"], rows["rewards"], reward_range)
    probabilities, temperature = of_policies(values, part_columns, policy)
    rows |= probabilities
    if "q" in part_columns:
        rows |= {"q_logged": values.numbers(part_columns["q"]), "v_target": values.numbers(part_columns["v"])}
    if metrics:
        rows["metrics"] = np.stack([values.numbers(name) for name in metrics], axis=1)
    users = values.codes(part_columns["user"], words=True) if "user" in part_columns else None
    slices, days = (None, None) if by is None else values.slices(by, timezone)
    if "weight" in part_columns:
        ratios = rows["target_propensities"]
        rows["weights"] = row_weights(values, part_columns["weight"], rows.get("propensities"), ratios)
        notes += (about_weights(rows["weights"], part_columns["weight"]),)
    fitted = None
    if features:
        sessions = values.ids(part_columns["episode"], words=True) if "episode" in part_columns else None
        units = belonging(users, sessions)
        fitted = _estimated(values, part_columns["action"], features, units, rows.get("weights"), model, seed)
        rows |= fitted.fields(rows["target_propensities"], unsupported_mass=rows.get("unsupported_mass"))
    rows |= mixed(rows, policy)
    rows["target_propensities"] = same_but_for_rounding(rows["target_propensities"], rows["propensities"])
    if "episode" in part_columns:
        order, starts = _episodes(values, part_columns)
        if "weights" in rows:
            _same_weight(values, part_columns, rows["weights"], order, starts)
        rows = {name: row[order] if name in ROW_FIELDS else row for name, row in rows.items()}
        rows["episode_starts"] = starts
        users = None if users is None else _users(values, part_columns, users, order, starts)
        slices = None if slices is None else slices[order][starts]
    if users is not None:
        notes += about_users(users, part_columns["user"], "rows" if "episode" not in part_columns else "sessions")
        users = one_each(users)
    if days is not None and days.clock:
        notes += (f"Days of '{by}' are {days.clock}.",)
    known = {"clusters": users, "gamma": gamma, "reward_range": reward_range, "weight_bound": weight_bound}
    log = _log(rows | known, propensity_source, policy.by_weights)
    notes += overlooked(file.names, part_columns, named) + about_temperature(policy.form, temperature)
    return LoggedTable(
        str(path),
        log,
        part_columns,
        metrics,
        notes,
        fitted,
        slices,
        None if days is None else days.count,
        None if policy.form is None else str(policy.form),
        temperature,
    )


def _log(fields: dict[str, Any], source: str, by_weights: bool) -> EvaluationLog:
    if by_weights:
        fields.pop("propensities")
        rewards, ratios = fields.pop("rewards"), fields.pop("target_propensities")
        return EvaluationLog.from_weights(rewards, ratios, exact=source != "estimated", **fields)
    return EvaluationLog(**({"propensity_source": source} | fields))


def _estimated(
    values: Values,
    action: str,
    features: Sequence[str],
    units: np.ndarray | None,
    weights: np.ndarray | None,
    model: str,
    seed: int,
) -> Propensities:
    from ..propensity import estimate_propensities

    known = np.concatenate([values.feature(name) for name in features], axis=1)
    return estimate_propensities(values.ids(action), known, model, users=units, weights=weights, seed=seed)


def _episodes(values: Values, part_columns: Mapping[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """The order of rows that makes episodes contiguous, and their first rows in it."""
    episodes = values.ids(part_columns["episode"], words=True)
    if "step" not in part_columns:
        return episode_order(episodes, None)
    steps = values.order(part_columns["step"])
    order = np.lexsort((steps, episodes))
    again = np.zeros(len(steps), dtype=bool)
    # Compared, not subtracted: the difference of two whole numbers may not fit.
    again[order[1:]] = (np.diff(episodes[order]) == 0) & (steps[order][1:] == steps[order][:-1])
    hint = "Steps must give an order; of rows that were written twice leave one, or name their id: --decision."
    if steps.dtype.kind == "f" and np.abs(steps).max() > LARGEST_WHOLE:
        hint += " These are floats, in which nanoseconds run together: store whole numbers."
    values.refuse(part_columns["step"], again, f"a repeat within its '{part_columns['episode']}'", hint)
    return episode_order(episodes, steps)


def _users(
    values: Values, part_columns: Mapping[str, str], users: np.ndarray, order: np.ndarray, starts: np.ndarray
) -> np.ndarray:
    """(episodes,) their users, -1 where no row has one; rows before a log-in belong to the user who logged in."""
    lengths = np.diff(starts, append=len(users))
    no_user = users.max() + 1
    owners = np.minimum.reduceat(np.where(users < 0, no_user, users)[order], starts)
    of_episode = np.repeat(np.where(owners == no_user, -1, owners), lengths)
    other = np.zeros(len(users), dtype=bool)
    other[order] = (users[order] != of_episode) & (users[order] >= 0)
    values.refuse(part_columns["user"], other, f"another than elsewhere in its '{part_columns['episode']}'")
    return of_episode[starts]


def _in_range(values: Values, reward: str, rewards: np.ndarray, limits: Range | None) -> None:
    """Refuse a reward beyond the known limits, by its line: the log knows rows alone, which sessions put in order."""
    if limits is None:
        return
    low, high = limits
    hint = "Give the limits that hold for every row."
    values.refuse(reward, (rewards < low) | (rewards > high), f"outside the reward range [{low:g}, {high:g}]", hint)


def _same_weight(
    values: Values, part_columns: Mapping[str, str], weights: np.ndarray, order: np.ndarray, starts: np.ndarray
) -> None:
    """Refuse a weight that changes within a session."""
    other = np.zeros(len(weights), dtype=bool)
    other[order] = weights[order] != np.repeat(weights[order][starts], np.diff(starts, append=len(weights)))
    hint = "Whole sessions are kept or not."
    values.refuse(part_columns["weight"], other, f"unlike an earlier one of the same '{part_columns['episode']}'", hint)
