"""A TransitionDataset in figures, and the test that its split leaks nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .chunked_columns import parts

if TYPE_CHECKING:
    from .dataset import TransitionDataset

ACCOUNT = ("credited_rows", "uncredited_rows", "uncredited_reward", "sessions_without_decisions")
"""What `mdp.build` says of the events that are no decisions."""


def describe(data: TransitionDataset) -> dict[str, str | int | float | None]:
    """Counts, means and the leak test, as plain Python values.

    `leak_test` is the outcome of `leaks`; `action_coverage` the share of actions that the training side holds at least
    once (of all rows, where there is no split); `oov_share` the share of rows whose action is out of the vocabulary,
    which was fitted on the training side, and `oov_share_test` that of the test side (None without one). `split` says
    by what the sides are split, where the log has no clock. Where some events are no decisions: `events`, all of them;
    `credited_rows`, those whose earnings went to a decision; `uncredited_rows` and `uncredited_reward`, those whose
    item no decision surfaced, and what they would have earned; `sessions_without_decisions`, which are no episodes. The
    last four are of a whole log: episodes that were chosen from it do not have them.
    """
    lengths = data.episode_lengths
    split, total_reward = first_test_row(data), float(_total(data.rewards))
    training, testing = (_counts(actions, data.action_count) for actions in np.split(data.actions, [split]))
    counts = training + testing
    described: dict[str, str | int | float | None] = {
        "source": data.provenance.source,
        "identification": data.provenance.identification,
        "rows": len(data),
        "episodes": data.n_episodes,
        "train_episodes": data.train_episodes,
        "split_hash": data.provenance.split_hash,
        "leak_test": leaks(data),
        "longest_episode": int(lengths.max()),
        "mean_episode_length": float(lengths.mean()),
        "actions": data.action_count,
        "actions_seen": int(np.count_nonzero(counts)),
        "action_coverage": float(np.count_nonzero(training) / data.action_count),
        "oov_share": _oov_share(data, counts),
        "oov_share_test": _oov_share(data, testing) if split < len(data) else None,
        "state_size": data.layout.size,
        "gamma": data.gamma,
        "mean_reward": total_reward / len(data),
        "mean_undiscounted_return": total_reward / data.n_episodes,
        "propensities": _known_propensities(data),
    }
    if "split" in data.provenance.config:
        described["split"] = str(data.provenance.config["split"])
    if data.event_rows is not None and data.items is not None:
        described["events"] = len(data.items)
        account = {key: data.provenance.config.get(key) for key in ACCOUNT}
        described |= {key: count for key, count in account.items() if isinstance(count, int | float)}
    if data.metrics is not None:
        means = _total(data.metrics) / len(data)
        described |= {name: float(mean) for name, mean in zip(data.metric_names, means, strict=True)}
    return described


def _known_propensities(data: TransitionDataset) -> str:
    if data.behaviour_probabilities is not None:
        return "logged, of all actions"
    return "none" if data.propensities is None else "logged"


def first_test_row(data: TransitionDataset) -> int:
    """The row the test side begins at; the number of rows where there is no split."""
    return int(data.episode_starts[data.train_episodes]) if 0 < data.train_episodes < data.n_episodes else len(data)


def leaks(data: TransitionDataset) -> str:
    """Whether training saw anything of the test side.

    Episodes are contiguous, so none is on both sides; what can leak is time: `passed` says that the last training row
    lies before the first test row. `failed: …` counts the test rows that do not lie after it; `no split` has
    no test side, and `passed by episode` has no clock (simulated shops, and logs with an order alone).
    """
    split = first_test_row(data)
    if split == len(data):
        return "no split"
    if data.timestamps is None:
        return "passed by episode"
    last = max(part.max() for part in parts(data.timestamps[:split]))
    early = sum(int(np.count_nonzero(part <= last)) for part in parts(data.timestamps[split:]))
    return f"failed: {early} test rows lie before the last training row" if early else "passed"


def _oov_share(data: TransitionDataset, counts: np.ndarray) -> float:
    return 0.0 if data.other_action is None else float(counts[data.other_action] / counts.sum())


def _counts(actions: np.ndarray, action_count: int) -> np.ndarray:
    """(action_count,) how often each action was taken."""
    counts = np.zeros(action_count, dtype=np.int64)
    for part in parts(actions):
        counts += np.bincount(part, minlength=action_count)
    return counts


def _total(column: np.ndarray) -> np.ndarray:
    return sum(part.sum(axis=0, dtype=np.float64) for part in parts(column))
