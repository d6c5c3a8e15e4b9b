"""What an algorithm minimises, and that every loop does the same steps on it."""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

from rlbench_rec.errors import InputError
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import ALGORITHMS
from rlbench_rec.training.algorithm_config import ValueConfig, make_config
from rlbench_rec.training.algorithms import D3rlpyConfig
from rlbench_rec.training.device import seeded
from rlbench_rec.training.loops.ensemble import together
from rlbench_rec.training.loops.lean import lean
from rlbench_rec.training.loops.tensor import tensor
from rlbench_rec.training.networks import NetworkBuilder, score
from rlbench_rec.training.objective import Objective, move
from rlbench_rec.training.torch_algorithm import TorchAlgorithm
from rlbench_rec.training.trainer import create
from rlbench_rec.training.transitions import Transitions

BATCH = 16
LEARNERS = [name for name in ALGORITHMS if ALGORITHMS[name].__module__.startswith("rlbench_rec.training.learners.")]
OURS = [n for n in LEARNERS if ALGORITHMS[n].gives_objective() and not issubclass(ALGORITHMS[n], D3rlpyConfig)]


def linear(*rows):
    module = nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([rows]))
    return module


def test_targets_move_by_their_rate_when_their_interval_is_over():
    heads, targets = [linear(1.0, 2.0), linear(9.0, 9.0)], [linear(5.0, 0.0)]
    objective = Objective(
        heads, lambda *_: torch.zeros(()), targets=targets, target_update_interval=3, target_rate=0.25
    )
    assert [step for step in range(8) if objective.moves_targets(step)] == [0, 3, 6]
    objective.move_targets()
    assert targets[0].weight.tolist() == [[4.0, 0.5]]
    assert [tuple(weight.flatten().tolist()) for weight in objective.parameters] == [(1.0, 2.0), (9.0, 9.0)]
    assert not Objective(heads, lambda *_: torch.zeros(())).moves_targets(0)


def test_at_rate_1_they_are_copies():
    weights = [torch.zeros(3)]
    move(weights, [torch.tensor([0.1, 1e-30, 7.0])])
    assert weights[0].tolist() == torch.tensor([0.1, 1e-30, 7.0]).tolist()


def test_heads_that_share_weights_and_targets_without_heads():
    shared = linear(1.0, 2.0)
    with pytest.raises(InputError, match=r"share weights.*several outputs"):
        Objective([shared, nn.Sequential(shared)], lambda *_: torch.zeros(()))
    with pytest.raises(InputError, match="copy of a head"):
        Objective([shared], lambda *_: torch.zeros(()), targets=[linear(0.0, 0.0), linear(0.0, 0.0)])


def _made(algorithm, data, seed=3, **config):
    if "target_update_interval" in ALGORITHMS[algorithm].model_fields:
        config = {"target_update_interval": 4} | config
    with seeded(seed, "cpu"):
        settled = make_config(algorithm, config, data.gamma)
        made = create(settled, settled.encoder, data.layout, data.action_count, BATCH, "cpu")
    made.prepare(data)
    return made


def _outputs(made, data):
    """Scores and Q values on all rows of the log."""
    batch = made.batch(Transitions(data, "cpu", gamma=made.gamma or 0.0), torch.arange(len(data)))
    with torch.no_grad():
        return [network.on_batch(batch).numpy() for network in (made.score_network(), made.score_network().critic)]


def _rows(data, steps, seed=5):
    drawn = np.random.default_rng(seed).integers(len(data), size=(steps, BATCH))
    return iter([torch.from_numpy(rows) for rows in drawn])


@pytest.mark.parametrize("algorithm", OURS)
def test_lean_takes_the_steps_of_tensor(algorithm):
    data, losses, scores = toy_shop(200, history=2), [], []
    for loop, options in ((tensor, {}), (lean, {"fused": False})):
        made = _made(algorithm, data)
        advance = loop(made, data, BATCH, 5, "cpu", rows=_rows(data, 20), **options)
        losses.append([advance(1)[0] for _ in range(20)])
        scores.append(_outputs(made, data))
    assert losses[1] == pytest.approx(losses[0], rel=1e-6)
    assert np.array_equal(scores[0][0], scores[1][0]) and np.array_equal(scores[0][1], scores[1][1])


@pytest.mark.parametrize("algorithm", [name for name in OURS if ALGORITHMS[name].encoder != "gru"])
def test_members_of_an_ensemble_take_the_steps_of_lean(algorithm):
    data = toy_shop(200, history=2)
    number = next(
        (name for name in ("expectile", "beta", "td_weight") if name in ALGORITHMS[algorithm].model_fields), None
    )
    configs = [
        {},
        {number: 0.9} if number else {},
        {"gamma": 0.5} if "gamma" in ALGORITHMS[algorithm].model_fields and algorithm != "myopic" else {},
    ]
    members, alone = ([_made(algorithm, data, i, **c) for i, c in enumerate(configs)] for _ in range(2))
    together(members, data, BATCH, range(3), "cpu")(10)
    for seed, (member, single) in enumerate(zip(members, alone, strict=True)):
        lean(single, data, BATCH, seed, "cpu")(10)
        for outputs, expected in zip(_outputs(member, data), _outputs(single, data), strict=True):
            assert outputs == pytest.approx(expected, abs=1e-4)


class Numbers(NamedTuple):
    strength: float


class Plain(ValueConfig):
    strength: float = 0.1
    optimiser: str = "adam"

    def build(self, networks: NetworkBuilder, batch_size: int) -> PlainLearning:
        return PlainLearning(self, networks)


class PlainLearning(TorchAlgorithm):
    def __init__(self, config: Plain, networks: NetworkBuilder):
        self.q = networks.scores()
        self.slow = copy.deepcopy(self.q).requires_grad_(False)
        objective = Objective([self.q], self.value, Numbers(config.strength), [self.slow], 1, 0.5)
        others = [torch.optim.SGD(self.q.parameters(), lr=0.1)] if config.optimiser == "sgd" else None
        super().__init__(config, {"q": self.q, "slow": self.slow}, others, objective=objective)

    @staticmethod
    def value(heads, targets, batch, numbers):
        aim = batch.targets(lambda states: targets[0](states).amax(dim=1, keepdim=True))
        values = heads[0](batch.states)
        return (values.gather(1, batch.actions) - aim).square().mean() + numbers.strength * values.square().mean()

    def score_network(self, other_action=None):
        return self.q


@pytest.fixture
def plain(monkeypatch):
    monkeypatch.setitem(ALGORITHMS._targets, "plain", Plain)


def test_an_algorithm_of_a_users_trains_in_every_loop_that_asks_for_an_objective(plain):
    data, slow = toy_shop(200), []
    for loop in (tensor, lean):
        made = _made("plain", data)
        loop(made, data, BATCH, 5, "cpu", rows=_rows(data, 10))(10)
        slow.append(score(made.networks["slow"], data.states()))
        assert made.grad_step == 10
    assert slow[0] == pytest.approx(slow[1], abs=1e-5)
    members = [_made("plain", data, 3), _made("plain", data, 3, strength=2.0)]
    together(members, data, BATCH, [5, 5], "cpu", rows=[_rows(data, 10), _rows(data, 10)])(10)
    assert score(members[0].networks["slow"], data.states()) == pytest.approx(slow[1], abs=1e-5)
    assert not np.allclose(*(score(member.q, data.states()) for member in members), atol=1e-3)


def test_another_optimiser_than_adam_is_refused(plain):
    data = toy_shop(200)
    with pytest.raises(InputError, match=r"steps one Adam.*Use tensor"):
        lean(_made("plain", data, optimiser="sgd"), data, BATCH, 0, "cpu")


def test_an_algorithm_that_gives_nothing_to_minimise():
    data = toy_shop(50)
    made = _made("sarsa", data)
    made.objective = None
    with pytest.raises(NotImplementedError, match="neither an objective nor a loss"):
        tensor(made, data, BATCH, 0, "cpu")(1)
