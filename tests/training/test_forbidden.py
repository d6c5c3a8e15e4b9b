"""Forbidden actions: no target looks at them, no penalty counts them, no policy takes them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from rlbench_rec import policies
from rlbench_rec.errors import InapplicableError, InputError
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import export, fit, fqe, load
from rlbench_rec.training.algorithm_config import make_config
from rlbench_rec.training.loops.losses import LOSSES, Penalties
from rlbench_rec.training.trainer import create
from rlbench_rec.training.transitions import Batch

OFFER = 2


def shop_without_offers(history=0):
    """The toy shop where browsing forbids the offer that leads to the cart, so that selling at once is best."""
    data = toy_shop(600, history=history)
    browsing = data.observations[:, 1] == 1
    offered = np.add.reduceat(browsing & (data.actions == OFFER), data.episode_starts) > 0
    rows = ~np.repeat(offered, data.episode_lengths)
    columns = ("observations", "actions", "rewards", "items", "events", "gaps", "propensities")
    starts = np.cumsum(np.append(0, data.episode_lengths[~offered]))[:-1]
    forbidden = np.zeros((len(data), 3), dtype=bool)
    forbidden[browsing, OFFER] = True
    return replace(
        data,
        **{name: getattr(data, name)[rows] for name in columns},
        episode_starts=starts,
        forbidden=forbidden[rows],
        train_episodes=len(starts),
    )


@pytest.fixture(scope="module")
def data():
    return shop_without_offers()


def where(data, state):
    return data.observations[:, state] == 1


@pytest.mark.parametrize(
    ("algorithm", "loop"),
    [
        ("dqn", "stock"),
        ("double-dqn", "tensor"),
        ("cql", "tensor"),
        ("dqn", "lean"),
        ("cql", "lean"),
        ("nfq", "tensor"),
        ("cql", "ensemble"),
    ],
)
def test_no_target_looks_at_them(algorithm, loop, data):
    """Were the offer free, showing around would be worth 2.4 and not .9."""
    config = {"learning_rate": 1e-2} if algorithm == "nfq" else {"learning_rate": 2e-2, "target_update_interval": 10}
    run = fit(data, algorithm, loop=loop, steps=150, batch_size=32, device="cpu", config=config)
    states = data.states()
    assert (run.policy("greedy").act(states[where(data, 0)]) == 0).all()
    q = run.q_values(states)
    assert (q[where(data, 1)][:, OFFER] == -np.inf).all() and np.isfinite(q[where(data, 1)][:, :OFFER]).all()
    assert q[where(data, 0)][:, 1].max() < 1.2
    tilted = ("tilted", {"temperature": 0.3, "base": policies.Uniform(3)})
    for form, options in (("greedy", {}), ("softmax", {"tau": 0.3}), ("epsilon-greedy", {"epsilon": 0.2}), tilted):
        policy = run.policy(form, **options)
        matrix = policy.probabilities(states)
        assert (matrix[data.forbidden] == 0).all() and np.allclose(matrix.sum(axis=1), 1.0)
        assert (policy.probability_of(states, np.full(len(states), OFFER))[where(data, 1)] == 0).all()
        acted = policy.act(states, np.random.default_rng(0))
        assert not data.forbidden[np.arange(len(data)), acted].any()


@pytest.mark.parametrize("algorithm", ["bc", "sac"])
def test_cloned_and_learnt_policies_keep_to_what_is_allowed(algorithm, data):
    run = fit(data, algorithm, steps=200, batch_size=256, device="cpu", config={"learning_rate": 2e-3})
    matrix = run.policy("stochastic").probabilities(data.states())
    assert (matrix[data.forbidden] == 0).all() and np.isfinite(run.history["loss"]).all()
    if algorithm == "bc":
        logged = np.bincount(data.actions[where(data, 1)], minlength=3) / where(data, 1).sum()
        assert matrix[where(data, 1)].mean(axis=0) == pytest.approx(logged, abs=0.06)


def test_cqls_penalty_counts_only_what_is_allowed(data):
    config = make_config("cql", {"alpha": 1.0}, data.gamma)
    network = create(config, "mlp", data.layout, 3, 8, "cpu").score_network()
    browsing, penalties = np.flatnonzero(where(data, 1))[:8], Penalties(alpha=1.0, beta=0.0)
    states, actions = torch.from_numpy(data.states(browsing)), torch.from_numpy(data.actions[browsing])[:, None]
    batch = Batch(states, actions, torch.zeros(8, 1), None, torch.zeros(8, 1))
    q = network(states).double()
    allowed = q[:, :OFFER].logsumexp(dim=1, keepdim=True)
    cql, dqn = (LOSSES[name](network.heads, [], batch, penalties) for name in ("DiscreteCQL", "DQN"))
    assert (cql - dqn).item() == pytest.approx((allowed - q.gather(1, actions)).mean().item(), rel=1e-5)


@pytest.mark.parametrize("encoder", ["mlp", "gru", "transformer"])
def test_encoders_do_not_see_the_flags(encoder):
    data = shop_without_offers(history=2)
    run = fit(data, "dqn", encoder=encoder, steps=5, batch_size=32, device="cpu")
    states = data.states()
    freed = states.copy()
    freed[:, -3:] = 0
    q, free = run.q_values(states), run.q_values(freed)
    assert np.isfinite(free).all()
    assert np.array_equal(q[~data.forbidden], free[~data.forbidden])


def test_saved_and_exported(data, tmp_path):
    run = fit(data, "cql", steps=20, batch_size=32, device="cpu", config={"dueling": True})
    run.save(tmp_path / "run")
    states = data.states()
    assert np.array_equal(load(tmp_path / "run").q_values(states), run.q_values(states))
    export(run, tmp_path / "policy.pt", k=3)
    actions, scores = torch.jit.load(str(tmp_path / "policy.pt"))(torch.from_numpy(states[where(data, 1)]))
    assert (actions[:, -1] == OFFER).all() and (scores[:, -1] < -1e8).all()


def test_policies_without_networks_keep_to_what_is_allowed(data):
    states = data.states()
    for name in policies.POLICIES:
        try:
            matrix = policies.make(name, data).probabilities(states)
        except InapplicableError:
            assert name not in ("random", "popularity", "popular-greedy", "popular-recent", "constant")
            continue
        assert (matrix[data.forbidden] == 0).all() and np.allclose(matrix.sum(axis=1), 1.0)
    random = policies.make("random", data)
    assert np.allclose(random.probabilities(states)[where(data, 1)], [0.5, 0.5, 0.0])
    states[0, -3:] = 1
    with pytest.raises(InputError, match="State 0 leaves nothing to recommend"):
        random.probabilities(states)


def test_fitted_q_evaluation_of_an_allowed_policy(data):
    """Uniform over what is allowed: browsing is worth .5, so showing around .45."""
    q = fqe(data, policies.make("random", data), steps=600, device="cpu")
    states = data.states()
    assert q(states[where(data, 0)])[:, 1].mean() == pytest.approx(0.45, abs=0.08)


def test_bcq_says_that_it_cannot(data):
    with pytest.raises(InputError, match="bcq does not work with"):
        fit(data, "bcq", steps=5, batch_size=32, device="cpu")


def test_a_forbidden_action_that_was_taken_is_refused(data):
    forbidden = data.forbidden.copy()
    forbidden[7, data.actions[7]] = True
    with pytest.raises(InputError, match=r"forbidden.*row 7"):
        replace(data, forbidden=forbidden)
    with pytest.raises(InputError, match=r"forbidden.*\(.*, 3\) is needed"):
        replace(data, forbidden=forbidden[:, :2])


def test_flags_travel_with_the_data(data, tmp_path):
    data.save(tmp_path / "data")
    again = type(data).load(tmp_path / "data")
    assert np.array_equal(again.states(), data.states()) and again.layout == data.layout
    part = data.episodes(3, 9)
    assert np.array_equal(part.forbidden, data.forbidden[data.episode_starts[3] : data.episode_starts[9]])
    assert np.array_equal(data.states(slice(2, 5)), data.states()[2:5])
