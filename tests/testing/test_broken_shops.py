"""Contracts of tasks, algorithms and data sets catch what breaks them, and say what to do."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pytest
import torch

from rlbench_rec.events.cards.find import CARDS
from rlbench_rec.policies import Uniform
from rlbench_rec.tasks import TASKS
from rlbench_rec.tasks.shops.tabular import Tabular, TabularSimulator
from rlbench_rec.testing.algorithms import algorithm_checks
from rlbench_rec.testing.datasets import check_dataset
from rlbench_rec.testing.tasks import task_checks
from rlbench_rec.training import ALGORITHMS
from rlbench_rec.training.algorithm_config import ValueConfig
from rlbench_rec.training.torch_algorithm import TorchAlgorithm


class Unnumbered(Tabular):
    """No version in its id."""

    id = "broken"


class Undocumented(Tabular):
    id = "broken-v1"


class Boundless(Tabular):
    """Bounds that its states leave."""

    id = "broken-v1"

    @property
    def observation_bounds(self):
        return np.zeros(10, np.float32), np.full(10, 0.5, np.float32)


class Restless(Tabular):
    """Draws beside its seed."""

    id = "broken-v1"

    def simulator(self, n_users, seed, users=None):
        class Drawing(TabularSimulator):
            def _react(self, actions, uniforms):
                return super()._react(actions, np.random.default_rng().random(uniforms.shape, dtype=np.float32))

        return Drawing(self, n_users, seed, users)


class Crowded(Tabular):
    """Users who see how many they are."""

    id = "broken-v1"

    def simulator(self, n_users, seed, users=None):
        class Seeing(TabularSimulator):
            def _observe(self):
                return super()._observe() / len(self.present)

        return Seeing(self, n_users, seed, users)


class Hopeless(Tabular):
    """A behaviour policy that is no better than random."""

    id = "broken-v1"

    @cached_property
    def behaviour(self):
        return Uniform(self.action_count)


class Dishonest(Tabular):
    """True values that are not those of its users."""

    id = "broken-v1"

    def state_values(self, policy, gamma=None):
        return 2 * super().state_values(policy, gamma)


SHOPS = [
    (Unnumbered, "is documented and named", "an id ends in its version"),
    (Undocumented, "is documented and named", "write down the shop's equations"),
    (Boundless, "logs with exact propensities", "observation_bounds are float32 limits"),
    (Restless, "the same seed gives the same log", "draw from the seed alone"),
    (Crowded, "a user alone is as in the batch", "users may not see each other"),
    (Hopeless, "the behaviour policy beats random", "it must be clearly better"),
    (Dishonest, "true values agree with logs", "the log earned"),
]


@pytest.mark.parametrize(("shop", "promise", "message"), SHOPS, ids=lambda case: getattr(case, "__name__", ""))
def test_tasks(monkeypatch, shop, promise, message):
    if shop is Undocumented:
        shop.__doc__ = None
    monkeypatch.setitem(TASKS._targets, shop.id, shop)
    checks = {check.name: check for check in task_checks(shop.id)}
    with pytest.raises(AssertionError, match=message):
        checks[promise].run()


class Idle(ValueConfig):
    """Learns nothing."""

    def build(self, networks, batch_size):
        return IdleLearning(self, networks)


class IdleLearning(TorchAlgorithm):
    def __init__(self, config, networks):
        self.q = networks.scores()
        super().__init__(config, {"q": self.q})

    def loss(self, batch):
        return 0.0 * self.q(batch.states).sum()

    def score_network(self, other_action=None):
        return self.q


class Restart(Idle):
    """Draws from a generator of its own."""

    def build(self, networks, batch_size):
        torch.manual_seed(int(np.random.default_rng().integers(2**31)))
        return IdleLearning(self, networks)


def test_algorithms(monkeypatch):
    monkeypatch.setitem(ALGORITHMS._targets, "idle", Idle)
    monkeypatch.setitem(ALGORITHMS._targets, "restart", Restart)
    checks = {check.name: check for check in algorithm_checks("idle", steps=5)}
    for promise in ("finds the optimal policy", "does not look ahead at gamma = 0"):
        with pytest.raises(AssertionError, match=r"idle did not find|idle does not take what pays"):
            checks[promise].run()
    checks["repeats itself"].run()
    checks["is saved and read back"].run()
    checks = {check.name: check for check in algorithm_checks("restart", steps=5)}
    with pytest.raises(AssertionError, match="restart does not repeat itself"):
        checks["repeats itself"].run()


def test_datasets(monkeypatch, tmp_path):
    card = tmp_path / "my-shop.toml"
    card.write_text(
        'id = "my-shop"\ntitle = "Mine"\nlicence = "ours"\ncitation = "none"\nfiles = [{ pattern = "log.csv" }]\n'
        'time_unit = "s"\nsession = "row"\naction_source = "exposure"\npropensity = "none"\nevent = "click"\n'
        "reward_weights = { click = 1 }\n"
        '[columns]\ntimestamp = "time"\nitem = "item"\n'
    )
    monkeypatch.setitem(CARDS._targets, "my-shop", card)
    with pytest.raises(AssertionError, match=r"its files are there: .*No file log.csv here"):
        check_dataset("my-shop")
    (tmp_path / "log.csv").write_text("time,item\nx,1\n")
    with pytest.raises(AssertionError, match=r"no row is lost, and all is in order: .*No row can be used"):
        check_dataset("my-shop")
    (tmp_path / "log.csv").write_text("time,item\n1,1\n")
    with pytest.raises(AssertionError, match="becomes decisions, some of them to test on"):
        check_dataset("my-shop")
    (tmp_path / "log.csv").write_text("time,item\n" + "".join(f"{second},{second % 3}\n" for second in range(40)))
    check_dataset("my-shop")
