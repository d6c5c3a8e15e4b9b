"""describe(): the split's hash, the leak test, coverage and out-of-vocabulary share, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import events, mdp, tasks
from rlbench_rec.mdp import Provenance, TransitionDataset


@pytest.fixture
def data() -> TransitionDataset:
    """Three training rows and three test rows; action 3 is `<other>`, action 2 stands in the test side alone."""
    return TransitionDataset(
        observations=np.zeros((6, 1), np.float32),
        actions=np.array([0, 1, 3, 2, 3, 3]),
        rewards=np.ones(6, np.float32),
        episode_starts=np.array([0, 2, 3, 5]),
        action_count=4,
        timestamps=np.array([10, 20, 30, 40, 50, 60]),
        train_episodes=2,
        provenance=Provenance("toy", split_hash="abc"),
        action_names=("a", "b", "c", "<other>"),
        other_action=3,
    )


def test_figures_by_hand(data):
    described = data.describe()
    assert described["split_hash"] == "abc" and described["leak_test"] == "passed"
    assert described["action_coverage"] == 0.75 and described["actions_seen"] == 4
    assert described["oov_share"] == 0.5 and described["oov_share_test"] == pytest.approx(2 / 3)


def test_a_leak_is_seen(data):
    for late in (40, 41):
        leaky = replace(data, timestamps=np.array([10, late, 30, 40, 50, 60]))
        assert leaky.describe()["leak_test"] == "failed: 1 test rows lie before the last training row"


def test_without_a_split_or_a_clock(data):
    train, _ = data.split()
    assert train.describe()["leak_test"] == "no split" and train.describe()["oov_share_test"] is None
    assert replace(data, timestamps=None).describe()["leak_test"] == "passed by episode"


@pytest.mark.parametrize("name", ["open-bandit-sample/random-men", "recommend-v1"])
def test_every_source_passes(name):
    if "/" in name:
        described = mdp.build(events.load(name)).describe()
        assert described["leak_test"] == "passed" and len(described["split_hash"]) == 64
    else:
        task = tasks.make(name)
        described = task.log(episodes=50, policy=task.behaviour, seed=0).describe()
        assert described["leak_test"].startswith("passed")
    assert described["oov_share"] == 0.0 and 0 < described["action_coverage"] <= 1
