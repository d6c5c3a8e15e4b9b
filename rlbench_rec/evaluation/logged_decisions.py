"""Logged decisions and what a target policy thinks of them as a table that `rlbench ope` reads, a row each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..files import make_folder, new_file
from ..mdp.dataset import TransitionDataset

if TYPE_CHECKING:
    import pyarrow

    from ..ope import EvaluationLog

TARGET = "target_propensity"
"""The column that `rlbench ope` reads a target policy from, unless it is told of another."""
STATE = "state"


def decisions_table(
    data: TransitionDataset, log: EvaluationLog, column: str = TARGET, *, states: bool = False
) -> pyarrow.Table:
    """The rows of a log: (n,) `action` by its outside name, `reward`, `propensity` and the target policy's probability;
    where they are known `unsupported_mass`, `q_logged` and `v_target` (under the standard column alone: they belong to
    one policy), `episode` and `step` of sessions of several decisions, `user` by its number, and the metrics by name.
    Of importance weights alone, `weight` stands for both probabilities.

    Args:
        data: the decisions.
        log: the same ones as estimators read them, from `evaluation_log`.
        column: what the target policy's column is called.
        states: also write (n,) lists of `layout.size` numbers, what the policy saw.

    Raises:
        InputError: a column that is there already.
    """
    import pyarrow

    columns = {"action": _names(data), "reward": log.rewards}
    if log.propensity_source == "service":
        columns["weight" if column == TARGET else column] = log.ratios
    else:
        columns |= {"propensity": log.propensities, column: log.target_propensities}
    if column == TARGET:
        of_policy = {name: getattr(log, name) for name in ("unsupported_mass", "q_logged", "v_target")}
        columns |= {name: values for name, values in of_policy.items() if values is not None}
    episodes = np.repeat(np.arange(data.n_episodes), data.episode_lengths)
    if not data.one_step:
        columns |= {"episode": episodes, "step": np.arange(len(data)) - data.row_starts}
    if data.clusters is not None:
        columns["user"] = data.clusters[episodes]
    metrics = {} if log.metrics is None else dict(zip(data.metric_names, log.metrics.T, strict=True))
    if taken := sorted(columns.keys() & metrics.keys()):
        raise InputError(f"There is a column '{taken[0]}' already.", where="--column", hint="Name another one.")
    table = pyarrow.table({**columns, **metrics})
    if not states:
        return table
    rows = data.states()
    lists = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(rows.ravel()), rows.shape[1])
    return table.append_column(STATE, lists)


def check_format(path: Path) -> None:
    """Refuse, before any work, a name that is of no format of a table.

    Raises:
        InputError: another suffix than .parquet or .csv.
    """
    if path.suffix not in (".parquet", ".csv"):
        raise InputError(f"'{path.suffix}' is no format of a table.", where=str(path), hint="Write .parquet or .csv.")


def write_decisions(table: pyarrow.Table, path: Path) -> None:
    """Write a table as Parquet, or as CSV by its suffix; the file appears whole or not at all.

    Raises:
        InputError: another suffix, or lists in CSV.
        OutputError: it cannot be written.
    """
    import pyarrow
    from pyarrow import csv, parquet

    check_format(path)
    if path.suffix == ".csv" and any(pyarrow.types.is_nested(field.type) for field in table.schema):
        raise InputError("CSV holds no lists.", where=str(path), hint="Write .parquet.")
    make_folder(path.parent)
    with new_file(path) as partial:
        if path.suffix == ".csv":
            csv.write_csv(table, partial)
        else:
            parquet.write_table(table, partial)


def _names(data: TransitionDataset) -> np.ndarray:
    return np.array(data.action_names, dtype=object)[data.actions] if data.action_names else data.actions
