"""fit: what it refuses, what it reports, what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.policies import Softmax, Stateless, temperature_for, tilt
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import ALGORITHMS, fit
from rlbench_rec.training.algorithm_config import make_config

QUICK = {"steps": 20, "batch_size": 32, "device": "cpu"}


@pytest.fixture(scope="module")
def data():
    return toy_shop(150)


@pytest.fixture(scope="module")
def run(data):
    return fit(data, "dqn", **QUICK)


def test_a_run_is_shown_in_a_few_lines(run):
    assert "algorithm='dqn'" in repr(run) and "Sequential" not in repr(run) and len(repr(run)) < 1_000


def test_learning_curve(data):
    seen = []
    run = fit(data, "dqn", eval_every=8, progress=lambda *point: seen.append(point), **QUICK)
    assert list(run.history.columns) == [
        "step",
        "loss",
        "td_error",
        "mean_q",
        "mean_return",
        "unexplained",
        "log_loss",
        "overestimation",
    ]
    assert run.history["step"].tolist() == [8, 16, 20]
    assert seen == [(8, 20), (16, 20), (20, 20)]
    assert run.history[["loss", "td_error", "mean_q", "unexplained"]].notna().all(axis=None)
    assert run.history["log_loss"].isna().all()
    assert run.steps_per_second > 0


def test_learning_curve_of_a_clone_is_its_log_loss(data):
    run = fit(data, "bc", steps=300, batch_size=64, device="cpu", config={"learning_rate": 3e-3})
    assert run.history["td_error"].isna().all()
    # The uniform policy that logged has a log-loss of log 3.
    assert run.history["log_loss"].iloc[-1] == pytest.approx(np.log(3), abs=0.08)


def test_the_curve_is_of_held_out_episodes(data):
    run = fit(data, "dqn", eval_every=20, **QUICK)
    held = data.episodes(135, 150)
    states, rows = held.states(), np.arange(len(held))
    q = run.q_values(states).astype(np.float64)
    ahead = np.append(q.max(axis=1)[1:], 0.0) * ~held.terminals
    targets = held.rewards + data.gamma * ahead
    td_error = ((targets - q[rows, held.actions]) ** 2).mean()
    assert run.history["td_error"].iloc[-1] == pytest.approx(td_error, rel=1e-5)
    assert run.history["unexplained"].iloc[-1] == pytest.approx(td_error / targets.var(), rel=1e-5)
    returns = [
        sum(data.gamma**k * r for k, r in enumerate(part.rewards[i:]))
        for part in (data.episodes(e, e + 1) for e in range(135, 150))
        for i in range(len(part))
    ]
    assert run.history["mean_return"].iloc[-1] == pytest.approx(np.mean(returns))
    assert run.history["mean_q"].iloc[-1] == pytest.approx(q.max(axis=1).mean(), rel=1e-5)


def test_best_is_the_point_that_explains_most(data):
    run = fit(data, "dqn", eval_every=2, **QUICK, config={"learning_rate": 0.1})
    assert run.best_step == run.history["step"][run.history["unexplained"].idxmin()]
    assert run.best_step != 20, "the case needs a best that is not the last"
    states = data.states()
    assert not np.array_equal(run.q_values(states), run.q_values(states, checkpoint="best"))
    again = fit(data, "dqn", eval_every=2, **QUICK | {"steps": run.best_step}, config={"learning_rate": 0.1})
    assert np.array_equal(again.q_values(states), run.q_values(states, checkpoint="best"))


def test_nothing_held_out_means_no_best(data):
    run = fit(data, "dqn", validation=0, **QUICK)
    assert run.history["td_error"].isna().all()
    with pytest.raises(InputError, match="nothing was held out"):
        run.policy("greedy", checkpoint="best")


def test_seeds(data, run):
    states = data.states()
    same, other = fit(data, "dqn", **QUICK), fit(data, "dqn", seed=1, **QUICK)
    assert np.array_equal(same.q_values(states), run.q_values(states))
    assert not np.array_equal(other.q_values(states), run.q_values(states))


def test_global_states_are_left_alone(data):
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), torch.get_num_threads()  # noqa: NPY002
    fit(data, "cql", **QUICK)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert torch.get_num_threads() == before[2]
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_configs_round_trip_through_json(algorithm):
    config = make_config(algorithm, {"learning_rate": 1e-3, "hidden_units": [8]}, gamma=0.5)
    assert type(config).model_validate_json(config.model_dump_json()) == config
    assert ALGORITHMS[algorithm].__doc__.strip()


def test_gamma_is_the_datasets_unless_overridden(data, run):
    assert run.config.gamma == data.gamma
    assert fit(data, "dqn", config={"gamma": 0.0}, **QUICK).config.gamma == 0.0


def test_overrides_reach_d3rlpy_and_the_network(data):
    wide = fit(data, "cql", config={"alpha": 2.0, "hidden_units": (8, 4), "n_critics": 2}, **QUICK)
    assert wide.config.alpha == 2.0
    network = wide.networks["last"]
    assert len(network.heads) == 2
    assert [m.out_features for m in network.modules() if isinstance(m, torch.nn.Linear)] == [8, 4, 3] * 2
    mild = fit(data, "cql", config={"alpha": 0.0, "hidden_units": (8, 4), "n_critics": 2}, **QUICK)
    assert not np.array_equal(mild.q_values(data.states()), wide.q_values(data.states()))


def test_dueling_heads_are_the_actions_advantages(data):
    run = fit(data, "dqn", config={"dueling": True, "hidden_units": (8,)}, **QUICK)
    (encoder, head), states = run.networks["last"].heads[0], torch.from_numpy(data.states())
    value, advantage = head.value(encoder(states)), head.advantage(encoder(states))
    expected = run.reward_scale * (value + advantage - advantage.mean(dim=1, keepdim=True))
    assert np.allclose(run.q_values(data.states()), expected.detach().numpy(), atol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"config": {"gama": 0.0}}, "Unknown field 'gama'.*Did you mean 'gamma'"),
        ({"config": {"gamma": 2.0}}, "config of dqn: gamma"),
        ({"config": {"learning_rate": "fast"}}, "config of dqn: learning_rate"),
        ({"batch_size": 100_000}, r"fewer than a batch of 100000.*smaller batch_size"),
        ({"steps": 0}, "steps: 0"),
        ({"eval_every": 0}, "eval_every: 0"),
        ({"validation": 1.0}, "validation"),
        ({"device": "tpu"}, "Unknown device 'tpu'"),
        ({"device": "cuda:x"}, "Unknown device"),
        ({"device": "cuda:99"}, "torch sees"),
    ],
)
def test_refused_options(data, options, message):
    with pytest.raises(InputError, match=message):
        fit(data, "dqn", **QUICK | options)


def test_cuda_asked_for_and_absent(data, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="torch sees 0 CUDA devices"):
        fit(data, "dqn", **QUICK | {"device": "cuda"})


@pytest.mark.parametrize(
    ("field", "name", "guess"), [("algorithm", "dpn", "dqn"), ("loop", "tensors", "tensor"), ("encoder", "mpl", "mlp")]
)
def test_unknown_names(data, field, name, guess):
    with pytest.raises(UnknownNameError, match=f"Unknown {field} '{name}'.*Did you mean '{guess}'"):
        fit(data, **{"algorithm": "dqn", field: name})


def test_one_action_is_nothing_to_decide(data):
    single = replace(data, actions=np.zeros_like(data.actions), action_count=1)
    with pytest.raises(InputError, match="one action"):
        fit(single, "dqn", **QUICK)


def test_data_that_went_bad_after_it_was_checked():
    data = toy_shop(100)
    data.rewards[7] = np.nan
    with pytest.raises(InputError, match=r"rewards.*row 7"):
        fit(data, "dqn", **QUICK)


def test_ids_beyond_the_vocabulary():
    with pytest.raises(InputError, match=r"items: .* outside 1\.\.2"):
        replace(toy_shop(100, history=2), item_count=2)


def test_a_diverging_loss_names_the_step(data):
    loud = replace(data, rewards=data.rewards * np.float32(1e38))
    with pytest.raises(InputError, match=r"The loss is .* at step 1"):
        fit(loud, "dqn", config={"standardise_rewards": False}, **QUICK)


def test_an_action_never_seen_still_has_a_value(data):
    run = fit(replace(data, action_count=4), "cql", **QUICK)
    assert run.q_values(data.states()).shape == (len(data), 4)


def test_policies(data, run):
    states = data.states()
    q = run.q_values(states)
    assert run.forms == ("greedy", "softmax", "epsilon-greedy", "tilted", "mixed", "constrained")
    soft = run.policy("softmax", tau=0.5)
    assert soft.name == "softmax-0.5"
    assert np.allclose(soft.probabilities(states), Softmax(lambda s: q, 3, 0.5).probabilities(states))
    assert np.array_equal(run.policy("greedy").act(states), q.argmax(axis=1))
    clone = fit(data, "bc", **QUICK)
    stochastic = clone.policy("stochastic")
    assert stochastic.name == "stochastic"
    assert np.allclose(stochastic.probabilities(states).sum(axis=1), 1.0)


def test_forms_that_stay_with_the_log(data, run):
    states, base = data.states(), Stateless("service", np.array([0.2, 0.5, 0.3]))
    q, shares = run.q_values(states), np.tile([0.2, 0.5, 0.3], (len(data), 1))
    tilted = run.policy("tilted", divergence=0.3, base=base, on=data)
    assert tilted.name == "tilted-0.3"
    expected = temperature_for(q, shares, 0.3, len(data) / data.n_episodes)
    assert tilted.temperature == pytest.approx(expected) and 0 < expected < np.inf
    assert np.allclose(tilted.probabilities(states), tilt(q, shares, expected))
    known = replace(data, behaviour_probabilities=shares.astype(np.float32), propensities=shares[0, data.actions])
    assert run.policy("tilted", divergence=0.3, on=known).temperature == pytest.approx(expected, rel=1e-5)
    served = run.policy("tilted", temperature=expected)
    assert np.allclose(served.probabilities(states, shares), tilted.probabilities(states))
    mixed = run.policy("mixed", share=0.25, base=base)
    assert mixed.name == "mixed-0.25"
    assert np.allclose(mixed.probabilities(states), 0.75 * shares + 0.25 * run.policy("greedy").probabilities(states))
    constrained = run.policy("constrained", share=0.5)
    assert constrained.name == "constrained-0.5"
    assert np.array_equal(constrained.probabilities(states, shares).argmax(axis=1), 1 + q[:, 1:].argmax(axis=1))


def test_a_clone_is_tilted_by_its_logits(data):
    clone = fit(data, "bc", **QUICK)
    shares = np.full((len(data), 3), 1 / 3)
    tilted = clone.policy("tilted", temperature=1.0).probabilities(data.states(), shares)
    assert np.allclose(tilted, clone.policy("stochastic").probabilities(data.states()))


@pytest.mark.parametrize(
    ("form", "options", "message"),
    [
        ("stochastic", {}, "no policy 'stochastic'.*Use greedy, softmax, epsilon-greedy"),
        ("softmax", {}, "softmax needs tau"),
        ("greedy", {"tau": 0.1}, "greedy takes no tau"),
        ("epsilon-greedy", {"tau": 0.1, "epsilon": 0.1}, "takes no tau"),
        ("softmax", {"tau": 0.0}, "temperature"),
        ("greedy", {"base": Stateless("one", np.array([1.0]))}, "greedy takes no base"),
        ("tilted", {}, "tilted needs divergence"),
        ("tilted", {"divergence": 0.1}, "The log whose states set the temperature is missing"),
        ("tilted", {"divergence": 0.1, "temperature": 0.1}, "takes no divergence"),
        ("tilted", {"temperature": -1.0}, "temperature is -1"),
        ("mixed", {"divergence": 0.1}, "mixed takes no divergence|mixed needs share"),
        ("mixed", {"share": 2.0}, "share is 2"),
        ("frontier", {}, "no policy 'frontier'"),
        ("greedy", {"checkpoint": "first"}, "Unknown checkpoint 'first'"),
    ],
)
def test_refused_policies(run, form, options, message):
    with pytest.raises(InputError, match=message):
        run.policy(form, **options)


def test_a_divergence_needs_a_base(data, run):
    with pytest.raises(InputError, match=r"tilted-0\.1: The divergence is from the behaviour policy, which is missing"):
        run.policy("tilted", divergence=0.1, on=data)


def test_states_of_another_width(run):
    with pytest.raises(InputError, match=r"\(n, 3\) is needed"):
        run.q_values(np.zeros((2, 5), dtype=np.float32))


def test_no_states_no_values(run):
    assert run.q_values(np.zeros((0, 3), dtype=np.float32)).shape == (0, 3)
