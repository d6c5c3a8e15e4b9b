"""The Decision Transformer: windows, what it sees, and d3rlpy's as reference."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from rlbench_rec.mdp.to_d3rlpy.quiet import d3rlpy
from rlbench_rec.policies import on_log
from rlbench_rec.testing.algorithms import OPTIMAL, toy_shop
from rlbench_rec.testing.toy_logs import toy_logs
from rlbench_rec.training import fit
from rlbench_rec.training.algorithm_config import make_config
from rlbench_rec.training.learners.dt import DTLearning, _wanted_before
from rlbench_rec.training.networks import NetworkBuilder
from rlbench_rec.training.networks.decision_transformer import DecisionTransformer
from rlbench_rec.training.trainer import create
from rlbench_rec.training.transitions import Transitions

LOGS = [title for title in toy_logs() if title != "single decisions"]


def learning(data, **config) -> DTLearning:
    torch.manual_seed(0)
    made = create(make_config("dt", config, data.gamma), "mlp", data.layout, data.action_count, 8, "cpu")
    made.prepare(data)
    for network in made.networks.values():
        network.eval()
    return made


def test_windows_by_hand():
    data = toy_logs()["sessions"]
    batch = Transitions(data, "cpu", gamma=0.0).windows(torch.tensor([0, 4, 5]), 3)
    assert batch.steps.tolist() == [[-1, -1, 0], [-1, 0, 1], [0, 1, 2]]
    np.testing.assert_array_equal(batch.states[2], data.states(np.array([3, 4, 5])))
    np.testing.assert_array_equal(batch.states[1, 1:], data.states(np.array([3, 4])))
    assert batch.actions[2].tolist() == data.actions[3:6].tolist()
    np.testing.assert_allclose(batch.returns_to_go[2], data.returns_to_go()[3:6], rtol=1e-6)


def test_what_was_wanted_before_by_hand():
    """It wants 10 now, earned 1 and then 2 at a discount of a half: 2 + .5 x 10 = 7, and 1 + .5 x 7 = 4.5 before."""
    before = _wanted_before(
        torch.tensor([10.0]), torch.tensor([[1.0, 2.0]]), torch.tensor(0.5), torch.tensor([2, 1, 0])
    )
    assert before.tolist() == [[4.5, 7.0, 10.0]]


@pytest.mark.parametrize("title", LOGS)
def test_played_along_a_session_it_sees_what_training_shows_it(title):
    """Asked for what a session did return, it wants at each decision what the log says was still to come."""
    data = toy_logs()[title]
    made, rows = learning(data, context=3), np.arange(3, 6)
    network, past = made.network, data.past(rows, 2)
    wanted = network.conditioned.wanted
    wanted.target.fill_(data.returns_to_go()[3])
    with torch.inference_mode():
        shown = network.on_batch(made.batch(Transitions(data, "cpu"), torch.from_numpy(rows)))
        columns = (past.earned.astype(np.float32), past.steps, past.rewards, past.actions, past.states)
        played = network(torch.from_numpy(data.states(rows)), *(torch.from_numpy(column) for column in columns))
    torch.testing.assert_close(played, shown, rtol=1e-4, atol=1e-5)


def test_nothing_before_the_session_and_nothing_later_is_seen():
    data = toy_logs()["sessions"]
    made = learning(data, context=3)
    batch = made.batch(Transitions(data, "cpu"), torch.tensor([4]))
    states, actions, to_go = batch.states.clone(), batch.actions.clone(), batch.returns_to_go.clone()
    with torch.inference_mode():
        logits = made.network.conditioned(states, actions, to_go, batch.steps)
        states[:, 0, :3], actions[:, 0], to_go[:, 0] = 7.0, 1, -3.0  # before the session
        actions[:, 2] = (actions[:, 2] + 1) % 4  # what is to be predicted
        again = made.network.conditioned(states, actions, to_go, batch.steps)
        torch.testing.assert_close(again[:, 1:], logits[:, 1:])
        states[:, 2, :3], to_go[:, 2] = -5.0, 2.0
        later = made.network.conditioned(states, actions, to_go, batch.steps)
        torch.testing.assert_close(later[:, 1], logits[:, 1])
        assert not torch.allclose(later[:, 2], logits[:, 2])
        actions[:, 1] = (actions[:, 1] + 1) % 4
        earlier = made.network.conditioned(states, actions, to_go, batch.steps)
        assert not torch.allclose(earlier[:, 2], later[:, 2]), "what was done before is"


def test_what_is_forbidden_is_ruled_out_in_every_place():
    data = toy_logs()["forbidden actions"]
    made = learning(data, context=3)
    batch = made.batch(Transitions(data, "cpu"), torch.tensor([5]))
    with torch.inference_mode():
        logits = made.network.conditioned(batch.states, batch.actions, batch.returns_to_go, batch.steps)
    assert ((logits[0] < -1e8).numpy() == data.forbidden[3:6]).all()


def test_asking_for_the_best_return_finds_the_best_way():
    data = toy_shop()
    config = {"quantile": 0.99, "learning_rate": 1e-2, "width": 16, "context": 3, "blocks": 1}
    run = fit(data, "dt", loop="lean", steps=100, batch_size=64, config=config, device="cpu")
    assert run.memory == 2
    best = OPTIMAL[data.observations.argmax(axis=1)]
    optimal = np.flatnonzero(data.past(None, 0).earned == 0)
    assert (on_log(run.policy("stochastic"), data)[optimal, best[optimal]] > 0.9).all()


@pytest.mark.slow
def test_logits_are_those_of_d3rlpy():
    """With the same weights. d3rlpy's norms add 0.003 to the variance, which is set to torch's default here."""
    library = d3rlpy()
    from d3rlpy.models.torch import transformers

    data = toy_logs()["sessions"]
    networks = NetworkBuilder("mlp", data.layout, data.action_count, (32,), 8, "cpu")
    torch.manual_seed(0)
    ours = DecisionTransformer(networks, 16, 2, 50).eval()

    class Encoder(nn.Module):
        def forward(self, states):
            return ours.state(ours.features(states))

    theirs = transformers.DiscreteDecisionTransformer(
        encoder=Encoder(),
        embed_size=16,
        position_encoding=transformers.SimplePositionEncoding(16, 50),
        action_size=data.action_count,
        num_heads=2,
        context_size=3,
        num_layers=2,
        attn_dropout=0.0,
        resid_dropout=0.0,
        embed_dropout=0.0,
        activation=nn.ReLU(),
        embed_activation=nn.Tanh(),
    ).eval()
    assert library.__version__
    _give_weights(ours, theirs)
    batch = Transitions(data, "cpu").windows(torch.tensor([3, 4, 5, 8]), 3)
    steps, to_go = batch.steps, batch.returns_to_go
    with torch.inference_mode():
        mine = ours(batch.states, batch.actions, to_go, steps)
        padded = (steps < 0).float()
        _, logits = theirs(batch.states, batch.actions, to_go.unsqueeze(2), steps.clamp(min=0), padded)
    real = steps >= 0
    torch.testing.assert_close(mine[real], logits[real], rtol=1e-4, atol=1e-5)


def _give_weights(ours: DecisionTransformer, theirs: nn.Module) -> None:
    with torch.no_grad():
        ours.head.bias.zero_()
        theirs._output.weight.copy_(ours.head.weight)
        theirs._action_embed.weight.copy_(ours.action.weight)
        theirs._rtg_embed.load_state_dict(ours.to_go.state_dict())
        theirs._position_encoding._embed.weight.copy_(ours.places.weight)
        theirs._gpt2._layer_norm.load_state_dict(ours.norm.state_dict())
        for mine, block in zip(ours.blocks, theirs._gpt2._transformer, strict=True):
            attention = block._attention
            for part, projection in enumerate((attention._q, attention._k, attention._v)):
                projection.weight.copy_(mine.projections.weight.chunk(3)[part])
                projection.bias.copy_(mine.projections.bias.chunk(3)[part])
            attention._proj.load_state_dict(mine.merge.state_dict())
            block._mlp._l1.load_state_dict(mine.perceptron[0].state_dict())
            block._mlp._l2.load_state_dict(mine.perceptron[2].state_dict())
            block._layer_norm1.load_state_dict(mine.before_attention.state_dict())
            block._layer_norm2.load_state_dict(mine.before_perceptron.state_dict())
        for module in theirs.modules():
            if isinstance(module, nn.LayerNorm):
                module.eps = 1e-5


def test_a_window_of_one_decision_looks_no_further_back():
    data = toy_logs()["sessions"]
    run = fit(data, "dt", steps=2, batch_size=4, config={"context": 1}, device="cpu", validation=0)
    assert run.memory == 0
    shares = on_log(run.policy("stochastic"), data)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-5)
    assert run.q_values(data.states(), past=data.past(None, 0)).shape == shares.shape
