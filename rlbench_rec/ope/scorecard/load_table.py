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
from ..estimators import Outcome
from .column_roles import column, overlooked
from .column_values import Values
from .decision_rows import log_fields, row_fields
from .log_size import LogSize
from .repeats import repeats
from .row_file import TableFile
from .table_layout import layout_of
from .target_policy import about_temperature
from .thinning import WeightCounts
from .users import UserCounts, belonging, one_each

if TYPE_CHECKING:
    from ..propensity import Propensities


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

    @property
    def size(self) -> LogSize:
        """How large the log is."""
        return LogSize.of(self.log)

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
    layout = layout_of(
        file.names,
        str(path),
        columns,
        form=form,
        metrics=metrics,
        features=features,
        gamma=gamma,
        reward_range=reward_range,
        weight_bound=weight_bound,
        propensity_source=propensity_source,
    )
    parts = layout.parts
    sliced = [] if by is None else [column(file.names, by, str(path), option="by")]
    if timezone is not None and by is None:
        raise InputError("It is for slices by day, and nothing is sliced.", where="timezone", hint="Name a time: --by.")
    file.check_columns([*parts.values(), *layout.metrics, *features, *sliced])
    values = Values(file, file.read([*layout.columns, *features, *sliced]))
    values, notes = repeats(values, parts, layout.counts_once)

    rows, temperature = row_fields(values, layout)
    users = values.codes(parts["user"], words=True) if "user" in parts else None
    slices, days = (None, None) if by is None else values.slices(by, timezone)
    if "weight" in parts:
        notes += _about_weights(values, parts["weight"], rows)
    fitted = None
    if features:
        sessions = values.ids(parts["episode"], words=True) if "episode" in parts else None
        units = belonging(users, sessions)
        fitted = _estimated(values, parts["action"], features, units, rows.get("weights"), model, seed)
        rows |= fitted.fields(rows["target_propensities"], unsupported_mass=rows.get("unsupported_mass"))
    rows, users, first_rows = log_fields(values, layout, rows, users)
    if slices is not None and first_rows is not None:
        slices = slices[first_rows]
    if users is not None:
        notes += UserCounts.of(users).notes(parts["user"], "rows" if first_rows is None else "sessions")
        users = one_each(users)
    if days is not None and days.clock:
        notes += (f"Days of '{by}' are {days.clock}.",)
    log = layout.log(rows | {"clusters": users})
    notes += overlooked(file.names, parts, layout.named) + about_temperature(layout.target.form, temperature)
    return LoggedTable(
        str(path),
        log,
        parts,
        layout.metrics,
        notes,
        fitted,
        slices,
        None if days is None else days.count,
        layout.form,
        temperature,
    )


def _about_weights(values: Values, name: str, rows: dict[str, Any]) -> tuple[str]:
    counts = WeightCounts.of(rows["weights"], rows.get("propensities"), rows["target_propensities"])
    if (mistaken := counts.mistaken()) is not None:
        values.refuse(name, rows["weights"] > 0, *mistaken)
    return (counts.note(name),)


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
