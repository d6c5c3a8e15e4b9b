"""Ranking metrics of a policy on a log, with what limits them: groups of steps, the vocabulary, items already seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..arguments import expect
from ..errors import InputError
from ..mdp.dataset import TransitionDataset
from ..policies.policy import Policy, expect_policy
from .group_means import GroupMean, group_means
from .list_gains import ONE_RELEVANT
from .list_properties import diversity_by, list_properties
from .ranking_metrics import verdict_of
from .ranking_views import View, views
from .ranks import ranked_log
from .session_actions import SessionActions, units_of
from .step_groups import step_groups

if TYPE_CHECKING:
    import pandas as pd

Target = Literal["next", "rest"]
KS = (1, 5, 10, 20)
TARGETS: tuple[Target, ...] = ("next", "rest")


@dataclass(frozen=True)
class RankingRow:
    """One figure of a report.

    Attributes:
        metric: `NDCG@10`, `coverage@10`, …
        target: what is relevant at a step: `next`, the logged action, or `rest`, all actions of the session from it on;
            empty where the metric is of lists alone (coverage, Gini, novelty, ILD).
        steps: which steps, see `step_groups`.
        vocabulary: `all`: what cannot be recommended is a miss; `known`: it is left out.
        list: `full`: all actions are ranked; `unseen`: those of earlier steps of the session are taken out, and so are
            steps whose action is among them.
        value: mean over steps, in expectation over random order of ties.
        ci_low, ci_high: percentile bootstrap over sessions, or over users; NaN for metrics of lists.
        ceiling: what the best list reaches, as not everything can be recommended.
        n_steps, n_episodes: how many steps, of how many sessions.
        verdict: `weak` or `unreliable`, see `RankingMetric`; empty for metrics of lists.
    """

    metric: str
    target: str
    steps: str
    vocabulary: str
    list: str
    value: float
    ci_low: float
    ci_high: float
    ceiling: float
    n_steps: int
    n_episodes: int
    verdict: str


@dataclass(frozen=True)
class RankingReport:
    """How well a policy's lists predict what users chose: imitation, not what the policy would earn.

    Attributes:
        rows: the figures.
        ceiling: share of the steps whose action can be recommended.
        diversity_by: what ILD compares items by: `item vectors`, `co-occurrence`, or nothing.
    """

    rows: tuple[RankingRow, ...]
    ceiling: float
    diversity_by: str

    def row(
        self, metric: str, *, target: Target = "next", steps: str = "all", vocabulary: str = "all", list: str = "full"
    ) -> RankingRow:
        """One figure. `recall@k` and `MAP@k` of the next item are `HR@k` and `MRR@k`, under which they stand.

        Raises:
            InputError: the report has none such.
        """
        name, _, k = metric.partition("@")
        same = f"{ONE_RELEVANT[name]}@{k}" if target == "next" and name in ONE_RELEVANT else metric
        wanted = ((same, target, steps, vocabulary, list), (metric, "", steps, vocabulary, list))
        for row in self.rows:
            if (row.metric, row.target, row.steps, row.vocabulary, row.list) in wanted:
                return replace(row, metric=metric)
        what = f"There is no {metric} with target={target}, steps={steps}, vocabulary={vocabulary}, list={list}."
        raise InputError(what, where="ranking report", hint="See to_frame() for all that there is.")

    def to_frame(self) -> pd.DataFrame:
        """The figures as a table, a row each."""
        import pandas as pd

        return pd.DataFrame([asdict(row) for row in self.rows], columns=list(RankingRow.__dataclass_fields__))


def ranking_report(
    data: TransitionDataset,
    policy: Policy,
    *,
    train: TransitionDataset | None = None,
    ks: Sequence[int] = KS,
    targets: Sequence[Target] = TARGETS,
    cold_below: int = 5,
    seed: int = 0,
    n_resamples: int = 1_000,
    confidence: float = 0.95,
) -> RankingReport:
    """HR, recall, NDCG, MRR and MAP of a policy's lists on a log, over all actions, and what the lists are like.

    Args:
        data: the test side, whose actions are what users chose.
        policy: ranked by `policies.ranking_on_log`.
        train: the training side, for groups by items and users, novelty and ILD; None leaves these out.
        ks: lengths of the lists.
        targets: `next`, `rest` or both.
        cold_below: an item with fewer training steps is cold.
        seed: of the bootstrap, and of the order of ties in lists.
        n_resamples, confidence: of the bootstrap.

    Raises:
        InputError: a log of candidates, a training side of other actions, lengths below 1, unknown targets, or scores
            that are not numbers.
    """
    expect(data, TransitionDataset, "data")
    expect_policy(policy)
    _check(data, train, ks, targets)
    sessions = SessionActions.of(data)
    asked = {"rest": "rest" in targets, "unseen": "next" in targets}
    ranked = ranked_log(data, policy, sessions, max(ks), **asked, seed=seed)
    groups, units = step_groups(data, sessions, train, cold_below), units_of(data)
    rows: list[RankingRow] = []
    for view in views(ranked, groups, ks):
        flat = view.gains.reshape(len(data), -1)
        bootstrap = {"seed": seed, "n_resamples": n_resamples}
        means = group_means(view.groups, flat, units, **bootstrap, confidence=confidence)
        for group, mean in means.items():
            rows += _rows_of(view, group, mean, ks, data)
    rows += _rows_of_lists(list_properties(ranked.lists, data, train, ks, seed), ks, data)
    return RankingReport(tuple(rows), float(ranked.next.known.mean()), diversity_by(train))


def _rows_of(view: View, group: str, mean: GroupMean, ks: Sequence[int], data: TransitionDataset) -> list[RankingRow]:
    mask = view.groups[group]
    best = view.ceilings[mask].mean(axis=0).ravel()
    hits = mean.unit_sums[:, : len(ks)]
    episodes = len(np.unique(np.searchsorted(data.episode_starts, np.flatnonzero(mask), side="right")))
    return [
        RankingRow(
            f"{metric}@{k}",
            view.target,
            group,
            view.vocabulary,
            view.list,
            float(mean.value[at]),
            float(mean.ci_low[at]),
            float(mean.ci_high[at]),
            float(best[at]),
            mean.n_steps,
            episodes,
            # HR is the first metric.
            verdict_of(hits[:, at % len(ks)]),
        )
        for at, (metric, k) in enumerate(product(view.metrics, ks))
    ]


def _rows_of_lists(found: dict[str, list[float]], ks: Sequence[int], data: TransitionDataset) -> list[RankingRow]:
    nothing = (np.nan, np.nan, np.nan, len(data), data.n_episodes, "")
    return [
        RankingRow(f"{metric}@{k}", "", "all", "all", "full", value, *nothing)
        for metric, values in found.items()
        for k, value in zip(ks, values, strict=True)
    ]


def _check(data: TransitionDataset, train: TransitionDataset | None, ks: Sequence[int], targets: Sequence[str]) -> None:
    if data.candidates is not None:
        hint = "Rank on the log without candidates, or use imitation_metrics, among the candidates of each row."
        raise InputError("The actions of this log are slots of candidates.", where=data.provenance.source, hint=hint)
    if train is not None and (train.action_count, train.other_action) != (data.action_count, data.other_action):
        what = f"The training side has {train.action_count} actions, the log {data.action_count}."
        raise InputError(what, where="train", hint="Give both sides of one log: train, test = data.split().")
    if not ks or min(ks) < 1 or len(set(ks)) < len(ks):
        raise InputError(f"{list(ks)}; whole numbers from 1 are needed, each once.", where="ks")
    unknown = [target for target in targets if target not in TARGETS]
    if unknown or not targets:
        raise InputError(f"{list(targets)}; {' and '.join(TARGETS)} are possible.", where="targets")
