"""Which columns of a table of logged decisions are read, and what for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import InputError
from ..data.bounds import Range
from ..data.evaluation_log import EvaluationLog
from .column_roles import NOT_USED, ROLES, assigned, column
from .target_policy import Target, target_of


@dataclass(frozen=True)
class TableLayout:
    """How a table is read.

    Attributes:
        path: the file.
        names: all its columns.
        named: part -> column, as far as the user named them.
        target: how the target policy is read.
        parts: part -> column; see `column_roles.ROLES`.
        metrics: columns of further outcomes.
        gamma, reward_range, weight_bound, propensity_source: fields of EvaluationLog.
    """

    path: str
    names: tuple[str, ...]
    named: Mapping[str, str | None]
    target: Target
    parts: dict[str, str]
    metrics: tuple[str, ...] = ()
    gamma: float = 1.0
    reward_range: Range | None = None
    weight_bound: float | None = None
    propensity_source: str = "logged"

    @property
    def columns(self) -> list[str]:
        """The columns with one value per row that parts and metrics need."""
        flat = [name for part, name in self.parts.items() if part not in ("scores", "base")]
        return list(dict.fromkeys([*flat, *self.metrics]))

    @property
    def counts_once(self) -> bool:
        """Whether rows of one decision are looked for."""
        return self.named.get("decision") != NOT_USED

    @property
    def form(self) -> str | None:
        """The policy form of the target policy, where it is made of the table's columns."""
        return None if self.target.form is None else str(self.target.form)

    def log(self, fields: dict[str, Any]) -> EvaluationLog:
        """The log of its rows' fields."""
        fields = fields | {
            "gamma": self.gamma,
            "reward_range": self.reward_range,
            "weight_bound": self.weight_bound,
        }
        if self.target.by_weights:
            fields.pop("propensities")
            rewards, ratios = fields.pop("rewards"), fields.pop("target_propensities")
            return EvaluationLog.from_weights(rewards, ratios, exact=self.propensity_source != "estimated", **fields)
        return EvaluationLog(**({"propensity_source": self.propensity_source} | fields))


def layout_of(
    names: Sequence[str],
    path: str,
    columns: Mapping[str, str | None] | None,
    *,
    form: str | None = None,
    metrics: Sequence[str] = (),
    features: Sequence[str] = (),
    gamma: float = 1.0,
    reward_range: Range | None = None,
    weight_bound: float | None = None,
    propensity_source: str = "logged",
) -> TableLayout:
    """The layout of a table with these columns; the arguments are those of `read_log`.

    Raises:
        InputError: a part, a form or a column that is not there, or that do not go together.
    """
    named = dict(columns or {})
    for part in named:
        if part not in ROLES:
            raise InputError(f"There is no part '{part}'.", where="columns", hint=f"Parts: {', '.join(ROLES)}.")
    target = target_of(form, named, bool(features))
    if "action" not in target.without and not named.get("action"):
        named["action"] = ROLES["action"].default
    parts = assigned(names, named, path, target.without)
    outcomes = tuple(column(names, name, path) for name in metrics)
    for name in features:
        column(names, name, path)
    known = (gamma, reward_range, weight_bound, propensity_source)
    return TableLayout(path, tuple(names), named, target, parts, outcomes, *known)
