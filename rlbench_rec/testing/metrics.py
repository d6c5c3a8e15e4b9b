"""What every registered metric must be: `check_metric("NDCG@10")`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..evaluation.report import ranking_report
from ..mdp.dataset import TransitionDataset
from ..mdp.from_events.outcomes import METRICS as METRICS_OF_LOGS
from ..policies import Policy
from ..results.metrics import METRICS
from ..tasks import TASKS
from .contract import Check, require
from .toy_logs import toy_logs

LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]*")
IMITATION = re.compile(r"(HR|recall|NDCG|MRR|MAP)@(\d+)(-new)?")
OF_LISTS = re.compile(r"(coverage|novelty|Gini|ILD)@(\d+)")
EVERYWHERE = ("reward", "normalised")
"""Valued on every source: no log has a column of them."""
Case = tuple[TransitionDataset, Sequence[float]]
"""A log, and what each of its decisions is worth."""


def check_metric(label: str, cases: Sequence[Case] = ()) -> None:
    """Assert the contract: it has a name, a direction and somebody who records it; what it computes is sound.

    Args:
        label: label in `METRICS`.
        cases: logs whose answer is known, for a metric that is computed.

    Raises:
        AssertionError: what does not hold.
    """
    require(metric_checks(label, cases))


def metric_checks(label: str, cases: Sequence[Case] = ()) -> list[Check]:
    """The checks of `check_metric`, one by one."""
    checks = [
        Check("says what it is and which way is better", lambda: _check_description(label)),
        Check("is recorded or computed somewhere", lambda: _check_recorded(label)),
    ]
    metric = METRICS[label]
    if IMITATION.fullmatch(label):
        checks.append(Check("is 1 for the best policy and 0 for the worst", lambda: _check_imitation(label)))
    if metric.compute is not None:
        checks.append(Check("is a number for each decision", lambda: _check_numbers(label)))
        checks.append(Check("is the same each time", lambda: _check_repeatable(label)))
        checks.append(Check("looks at one episode alone", lambda: _check_episodes(label)))
    if cases:
        checks.append(Check("known cases", lambda: _check_cases(label, cases)))
    return checks


def _check_description(label: str) -> None:
    metric = METRICS[label]
    assert LABEL.fullmatch(label), f"the label {label!r} must be letters, digits and @._- for tables and TOML."
    assert metric.label == label, f"calls itself {metric.label!r}; register it under its own label."
    assert isinstance(metric.higher_is_better, bool), f"higher_is_better is {metric.higher_is_better!r}; True or False."
    kinds = ("outcome", "imitation", "list")
    assert metric.kind in kinds, f"kind is {metric.kind!r}; 'outcome' or 'imitation' is needed, or 'list'."
    assert metric.description.strip().endswith("."), "needs a description, one sentence that ends in a full stop."


def _check_recorded(label: str) -> None:
    metric = METRICS[label]
    if metric.kind != "outcome":
        computed = "HR@k, recall@k, NDCG@k, MRR@k, MAP@k, coverage@k, novelty@k, Gini@k and ILD@k"
        known = (IMITATION if metric.kind == "imitation" else OF_LISTS).fullmatch(label)
        assert known, f"only {computed} are computed of rankings; make it an 'outcome'."
        return
    recorded = {name for task in TASKS for name in getattr(TASKS[task], "metric_names", ())}
    recorded |= {*METRICS_OF_LOGS, *EVERYWHERE}
    hint = "Give it `compute`, or put its label into the metric_names of a task."
    assert metric.compute is not None or label in recorded, f"no task and no log records it. {hint}"


def _check_imitation(label: str) -> None:
    match = IMITATION.fullmatch(label)
    assert match is not None, "called for such metrics alone"
    k, steps = int(match[2]), "new" if match[3] else "all"
    log = replace(toy_logs()["sessions"], action_count=k + 5, action_names=())
    values = []
    for first in (True, False):
        report = ranking_report(log, _Logged(log, first), ks=[k], targets=["next"], n_resamples=100)
        values.append(report.row(f"{match[1]}@{k}", steps=steps).value)
    best, worst = values
    assert METRICS[label].higher_is_better, "higher values are better predictions; set higher_is_better=True."
    assert best == 1.0, f"is {best:g} where the logged action always comes first, and not 1."
    assert worst == 0.0, f"is {worst:g} where the logged action always comes last, and not 0."


def _computed(label: str, log: TransitionDataset) -> np.ndarray:
    compute = METRICS[label].compute
    assert compute is not None, "called for computed metrics alone"
    return np.asarray(compute(log))


def _check_numbers(label: str) -> None:
    for title, log in toy_logs().items():
        before = (log.observations.tobytes(), log.actions.tobytes(), log.rewards.tobytes())
        values = _computed(label, log)
        assert values.shape == (len(log),), f"On a log of {title}: the shape is {values.shape}, not ({len(log)},)."
        assert values.dtype.kind in "fiub", f"On a log of {title}: {values.dtype} are not numbers."
        assert np.isfinite(values).all(), f"On a log of {title}: row {np.argmin(np.isfinite(values))} is not finite."
        after = (log.observations.tobytes(), log.actions.tobytes(), log.rewards.tobytes())
        assert before == after, f"On a log of {title}: changes the log; work on a copy."


def _check_repeatable(label: str) -> None:
    log = toy_logs()["sessions"]
    assert np.array_equal(_computed(label, log), _computed(label, log)), "asked twice, it gives different answers."


def _check_episodes(label: str) -> None:
    log = toy_logs()["sessions"]
    part = log.episodes(5, 9)
    rows = slice(log.episode_starts[5], log.episode_starts[9])
    same = np.allclose(_computed(label, part), _computed(label, log)[rows])
    assert same, "an episode's value depends on the other episodes; intervals need episodes that stand alone."


def _check_cases(label: str, cases: Sequence[Case]) -> None:
    for number, (log, expected) in enumerate(cases):
        values = _computed(label, log)
        assert np.allclose(values, expected), f"case {number}: {values.tolist()} and not {list(expected)}."


class _Logged(Policy):
    """Puts the logged action of each row first, or last."""

    name = "logged"

    def __init__(self, log: TransitionDataset, first: bool):
        self.action_count, self.first = log.action_count, first
        self.actions = dict(zip((state.tobytes() for state in log.states()), log.actions, strict=True))

    def probabilities(self, states: np.ndarray) -> np.ndarray:
        logged = np.array([self.actions[state.tobytes()] for state in states], dtype=np.int64)
        rows = np.eye(self.action_count)[logged]
        return rows if self.first else (1.0 - rows) / (self.action_count - 1)
