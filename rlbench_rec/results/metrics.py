"""The metrics of a leaderboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ..errors import InputError
from ..registry import Registry

if TYPE_CHECKING:
    import numpy as np

    from ..mdp.dataset import TransitionDataset

IMITATION_MEANS = "how well users' own choices are predicted, not what a policy would earn"
"""What metrics of the kind `imitation` say."""


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        label: as the field writes it.
        higher_is_better: direction.
        kind: `outcome`, what a policy's decisions bring; `imitation`, how well it predicts what users did; or `list`,
            what its lists are like, whoever sees them.
        description: one sentence.
        compute: of a log: (n,) what each decision brought; None: the log or the task records it.
    """

    label: str
    higher_is_better: bool
    kind: Literal["outcome", "imitation", "list"]
    description: str
    compute: Callable[[TransitionDataset], np.ndarray] | None = None


KS = (1, 5, 10, 20)
"""Lengths of lists."""


def _imitation(name: str, sentence: str) -> list[Metric]:
    return [Metric(f"{name}@{k}", True, "imitation", f"{sentence.format(k=k)}.") for k in KS]


def _imitation_new(name: str, sentence: str) -> list[Metric]:
    """The metric on the boards of runs.csv, over some of the rows; ranking.csv has a column for that."""
    end = ", over rows whose item did not occur earlier in the session."
    return [Metric(f"{name}@{k}-new", True, "imitation", sentence.format(k=k) + end) for k in KS[1:]]


def _of_lists(name: str, higher: bool, sentence: str) -> list[Metric]:
    return [Metric(f"{name}@{k}", higher, "list", sentence.format(k=k)) for k in KS]


_HIT = "How often the logged next item (or one of the rest of the session) is among the policy's first {k}"
_GAIN = "Discounted gain of the logged next item's rank (or of those of the rest of the session) among the first {k}"
_ALL = [
    Metric("reward", True, "outcome", "Discounted sum of training rewards per episode."),
    Metric(
        "CTR", True, "outcome", "Discounted sum of click-throughs per episode; the click-through rate on one-step logs."
    ),
    Metric("normalised", True, "outcome", "Reward on the scale 0 = behaviour policy, 100 = reference policy."),
    Metric("CVR", True, "outcome", "Discounted sum of purchases per episode; the conversion rate on one-step logs."),
    Metric("revenue", True, "outcome", "Discounted sum of the prices of what was purchased, per episode."),
    Metric("diversity", True, "outcome", "Discounted sum of decisions that brought variety; see the task's page."),
    Metric("satisfaction", True, "outcome", "Discounted sum of ratings, or of how pleased a task's users were."),
    Metric("spend", False, "outcome", "Discounted sum of what was paid out: for impressions, orders, vouchers."),
    Metric("discount", False, "outcome", "Discounted sum of the discounts shown, per episode."),
    Metric("lost", False, "outcome", "Discounted sum of units asked for and not in stock, per episode."),
    Metric("held", False, "outcome", "Discounted sum of units left over at the end of each week, per episode."),
    Metric("retained", True, "outcome", "Discounted sum of weeks after which the customer stayed, per episode."),
    Metric("settled", True, "outcome", "Discounted share of chats that ended with the customer content."),
    Metric("handed", False, "outcome", "Discounted share of chats that were handed over to a person."),
    Metric("watched", True, "outcome", "Discounted sum of minutes watched, per episode."),
    Metric("returned", True, "outcome", "Discounted sum of days after which the user came back, per episode."),
    *_imitation("HR", _HIT),
    *_imitation_new("HR", _HIT),
    *_imitation("NDCG", _GAIN),
    *_imitation_new("NDCG", _GAIN),
    *_imitation("recall", "Share of the rest of the session among the policy's first {k}; of the next item, HR@{k}"),
    *_imitation("MRR", "One over the rank of the first item that was to be found, 0 beyond {k}"),
    *_imitation("MAP", "Mean precision at the ranks of the rest of the session up to {k}; of the next item, MRR@{k}"),
    *_of_lists("coverage", True, "Share of the items that are among the first {k} of some list."),
    *_of_lists("novelty", True, "Mean of -log2 of the training share of the items among the first {k}."),
    *_of_lists("Gini", False, "How unevenly items are spread over the first {k} of all lists: 0 evenly, near 1 a few."),
    *_of_lists("ILD", True, "How unlike each other the first {k} of a list are: mean of 1 - cosine over their pairs."),
]
METRICS: Registry[Metric] = Registry(
    "metric", {metric.label: metric for metric in _ALL}, group="rlbench_rec.metrics", named_by="label"
)
"""Metrics by label."""


def with_metrics(data: TransitionDataset, labels: Sequence[str]) -> TransitionDataset:
    """The dataset with a column for each of these metrics that it lacks and that can be computed.

    Raises:
        UnknownNameError: no such metric.
        InputError: a metric that is not a finite number for each decision.
    """
    import numpy as np

    for label in labels:
        compute = METRICS[label].compute
        if label in data.metric_names or compute is None:
            continue
        column = np.asarray(compute(data), dtype=np.float32)
        if column.shape != (len(data),):
            raise InputError(f"It gives the shape {column.shape} for {len(data)} decisions.", where=f"metric {label}")
        recorded = [] if data.metrics is None else [data.metrics]
        columns = np.column_stack([*recorded, column])
        data = replace(data, metrics=columns, metric_names=(*data.metric_names, label))
    return data
