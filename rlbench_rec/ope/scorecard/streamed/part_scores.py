"""What is kept of a part of a table of logged decisions: enough for its scorecard, and it adds up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ...analysis.lifts import paired
from ...data.evaluation_log import EvaluationLog
from ...estimators import Estimator, estimator
from ...streaming import Stream
from ..column_values import Values
from ..decision_rows import log_fields, row_fields
from ..repeats import DecisionCounts, counted_once
from ..table_layout import TableLayout
from ..thinning import WeightCounts
from ..users import UserCounts, one_each


@dataclass(frozen=True)
class Asked:
    """What is asked of a table.

    Attributes:
        layout: how it is read.
        members: estimators of the reward; the first decides.
        further: the estimator of metrics and guardrails.
        largest: how many of the largest weights are kept.
    """

    layout: TableLayout
    members: tuple[Estimator, ...]
    further: Estimator
    largest: int

    @property
    def of_reward(self) -> tuple[Estimator, ...]:
        """All estimators that the reward is valued by."""
        return self.members if self.further in self.members else (*self.members, self.further)

    def streams(self) -> dict[str, Stream]:
        """An empty stream for the reward and for each metric: the behaviour policy, each estimator, each lift."""

        def stream(estimators: tuple[Estimator, ...], metric: int | None) -> Stream:
            return Stream([estimator("on-policy"), *estimators, *map(paired, estimators)], metric=metric)

        metrics = {name: stream((self.further,), at) for at, name in enumerate(self.layout.metrics)}
        return {self.layout.parts["reward"]: stream(self.of_reward, None), **metrics}


@dataclass(frozen=True)
class PartCounts:
    """What the notes of a scorecard count, None where a table has no such column."""

    decisions: DecisionCounts = field(default_factory=DecisionCounts)
    users: UserCounts | None = None
    weights: WeightCounts | None = None

    def merged(self, other: PartCounts) -> PartCounts:
        """The counts of both parts together."""
        return PartCounts(
            self.decisions.merged(other.decisions),
            other.users if self.users is None or other.users is None else self.users.merged(other.users),
            other.weights if self.weights is None or other.weights is None else self.weights.merged(other.weights),
        )


class PartScores:
    """The scores of a part of a table that holds whole sessions, and all rows of its users.

    Args:
        asked: what is asked of the table.
    """

    def __init__(self, asked: Asked):
        self.asked = asked
        self.streams = asked.streams()
        self.largest_weights = np.zeros(0)
        self.counts: PartCounts | None = None

    def add(self, values: Values) -> None:
        """Take in rows of the table: all those of some users.

        Raises:
            InputError: a row that cannot be used.
        """
        log, counts = log_of(values, self.asked.layout)
        part = PartScores(self.asked)
        for stream in part.streams.values():
            stream.add(log)
        part.counts = counts
        part.largest_weights = log.times_weights(log.scaled_final_weights)
        self.merge(part)

    def merge(self, other: PartScores) -> None:
        """Take in what is known of another part."""
        for name, stream in self.streams.items():
            stream.merge(other.streams[name])
        if other.counts is not None:
            self.counts = other.counts if self.counts is None else self.counts.merged(other.counts)
        weights = np.concatenate([self.largest_weights, other.largest_weights])
        keep = self.asked.largest
        self.largest_weights = np.partition(weights, -keep)[-keep:] if len(weights) > keep else weights


def log_of(values: Values, layout: TableLayout) -> tuple[EvaluationLog, PartCounts]:
    """The log of some rows of a table, and what its notes count: what `read_log` does of all rows.

    Raises:
        InputError: a row that cannot be used.
    """
    parts, counts = layout.parts, PartCounts()
    if layout.counts_once and "decision" in parts:
        values, decisions = counted_once(values, parts["decision"])
        counts = replace(counts, decisions=decisions)
    rows, _ = row_fields(values, layout)
    users = values.codes(parts["user"], words=True) if "user" in parts else None
    if "weight" in parts:
        weights = WeightCounts.of(rows["weights"], rows["propensities"], rows["target_propensities"])
        counts = replace(counts, weights=weights)
    rows, users, _ = log_fields(values, layout, rows, users)
    if users is not None:
        counts = replace(counts, users=UserCounts.of(users))
        users = one_each(users)
    return layout.log(rows | {"clusters": users}), counts
