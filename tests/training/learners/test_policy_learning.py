"""Learners that look for a policy by what it would have earned: what they find, refuse and keep."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from rlbench_rec.errors import InputError
from rlbench_rec.policies import on_log
from rlbench_rec.training import fit, load
from rlbench_rec.training.learners.candidate_policies import ALL, CandidatePolicy, candidate_policies
from rlbench_rec.training.learners.choice_of_policy import choose, lift_of
from rlbench_rec.training.learners.policy_configs import IPSLearner
from tests.training.learners.policy_logs import CHANCES, easy_log, one_step_log

LEARNERS = ("ips-learner", "dr-learner", "poem", "reinforce", "weighted-likelihood")


def trained(data, learner, steps=200, **config):
    config = {"learning_rate": 0.02} | config
    return fit(data, learner, loop="lean", steps=steps, device="cpu", config=config)


@pytest.mark.parametrize("learner", LEARNERS)
def test_the_best_action_is_found(learner):
    data = easy_log()
    run = trained(data, learner)
    policy = on_log(run.policy("stochastic"), data)
    assert (on_log(run.policy("greedy"), data).argmax(axis=1) == 2).all()
    assert (policy @ CHANCES).mean() > 1.3 * CHANCES.mean()


@pytest.mark.parametrize("form", ["linear", "network"])
@pytest.mark.parametrize("learner", LEARNERS)
def test_the_context_is_used_where_it_matters(learner, form):
    data = easy_log(context=True)
    rate = 0.05 if form == "linear" else 5e-3
    settings = {"policy": form, "imitation": (0.1,), "tilts": ("context",), "learning_rate": rate}
    greedy = on_log(trained(data, learner, **settings).policy("greedy"), data).argmax(axis=1)
    clear = np.abs(data.observations[:, 0]) > 0.5
    assert (greedy == np.where(data.observations[:, 0] > 0, 2, 0))[clear].mean() > 0.95


@pytest.mark.parametrize("learner", ["dr-learner", "poem"])
def test_a_log_without_observations_has_a_best_action(learner, tmp_path):
    data = replace(easy_log(2_000), observations=np.zeros((2_000, 0), np.float32))
    run = trained(data, learner)
    policy = on_log(run.policy("stochastic"), data)
    assert (policy == policy[0]).all() and policy[0].argmax() == 2 and policy[0] @ CHANCES > 1.3 * CHANCES.mean()
    run.save(tmp_path / "run")
    np.testing.assert_array_equal(on_log(load(tmp_path / "run").policy("stochastic"), data), policy)


@pytest.mark.parametrize("learner", LEARNERS)
def test_where_the_log_says_nothing_the_policy_stays_with_it(learner):
    data = easy_log(2_000)
    nothing = replace(data, rewards=np.random.default_rng(1).permutation(data.rewards))
    policy = on_log(trained(nothing, learner, caution=2.0).policy("stochastic"), data)
    assert 0.5 * np.abs(policy - 1 / 4).sum(axis=1).mean() < 0.05


def test_the_clone_is_the_policy_that_logged_as_far_as_propensities_tell():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3_000, 2)).astype(np.float32)
    scores = np.stack([x[:, 0], -x[:, 0], x[:, 1], np.zeros(len(x))], axis=1)
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    actions = (chances.cumsum(axis=1) > rng.random((len(x), 1))).argmax(axis=1)
    data = one_step_log(x, actions, rng.random(len(x)).astype(np.float32), chances[np.arange(len(x)), actions])
    run = trained(data, "ips-learner", steps=400, learning_rate=0.05)
    run.network().kept.fill_(len(candidate_policies(run.config, run.layout)) - 1)
    policy = on_log(run.policy("stochastic"), data)
    assert 0.5 * np.abs(policy - chances).sum(axis=1).mean() < 0.02


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_log_without_propensities_is_refused(learner):
    with pytest.raises(InputError, match="no propensities"):
        trained(replace(easy_log(400), propensities=None), learner)


def test_no_checkpoint_is_best_by_how_well_it_imitates():
    run = trained(easy_log(1_000), "ips-learner", steps=40)
    assert run.best_step is None and set(run.networks) == {"last"}
    assert np.isfinite(run.history["log_loss"]).all()


def test_what_was_chosen_is_saved(tmp_path):
    data = easy_log()
    run = trained(data, "poem")
    run.save(tmp_path / "run")
    again = load(tmp_path / "run")
    assert int(run.network().kept) == int(again.network().kept)
    np.testing.assert_array_equal(run.q_values(data.states()), again.q_values(data.states()))


def test_candidates_of_a_config():
    layout = easy_log(10).layout
    one = IPSLearner(imitation=(0.1,), tilts=("context",))
    assert candidate_policies(one, layout) == [
        CandidatePolicy("context", 0.1, ALL),
        CandidatePolicy("none", 1.0, ALL),
    ], "nothing to choose"
    members = candidate_policies(IPSLearner(imitation=(1.0, 0.1)), layout)
    assert [m.tilt for m in members] == ["context"] * 6 + ["action"] * 6 + ["sharpness"] * 3 + ["none"] * 3
    assert {m.imitation for m in members if m.tilt == "sharpness"} == {0.1}
    assert {m.tilt for m in candidate_policies(one, replace(layout, context=0))} == {"action", "none"}


def test_a_lift_by_hand():
    # Propensities 1/2; pi = 3/4 on action 0, 1/4 on action 1: weights 1.5 and .5.
    actions = np.array([0, 0, 1, 1])
    data = one_step_log(np.zeros((4, 1), np.float32), actions, np.array([1, 0, 0, 0], np.float32), np.full(4, 0.5))
    weights = np.array([1.5, 1.5, 0.5, 0.5])
    lift, error = lift_of(weights, data.rewards.astype(float), data)
    assert lift == pytest.approx(1.5 / 4 - 0.25)
    terms = weights * (data.rewards - 0.375) - (data.rewards - 0.25)
    assert error == pytest.approx(np.sqrt((terms**2).sum()) / 4)


def test_the_choice_judges_on_the_other_half():
    # Rows 0 and 2 are half 0, rows 1 and 3 half 1; the candidates fitted on half 1 judge the former.
    data = one_step_log(
        np.zeros((8, 1), np.float32), np.array([0, 1] * 4), np.array([1, 0] * 4, np.float32), np.full(8, 0.5)
    )
    members = [CandidatePolicy("action", s, half) for s in (1.0, 0.1) for half in (0, 1, ALL)]
    logged = np.log(np.full((8, 6), 0.5))
    assert choose(members, logged, data, caution=0.0) is None, "no lift"
    # The one of 0.1 takes action 0 more where it is judged; what it does where it was fitted does not count.
    logged[0::2, 4] = np.log(0.75)
    logged[1::2, 3] = np.log(0.25)
    assert choose(members, logged, data, caution=0.0) == members[5]
    logged[0::2, 3] = logged[1::2, 4] = np.log(0.01)
    assert choose(members, logged, data, caution=0.0) == members[5]


def test_a_clone_that_explores_too_much_is_sharpened():
    # What was logged is a softmax of what clicks, at a high temperature: no tilt by action helps, as x chooses.
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6_000, 4)).astype(np.float32)
    chances = np.exp(x.astype(float)) / np.exp(x.astype(float)).sum(axis=1, keepdims=True)
    actions = (chances.cumsum(axis=1) > rng.random((len(x), 1))).argmax(axis=1)
    logged = np.arange(len(x)), actions
    clicks = (rng.random(len(x)) < 0.2 * chances[logged]).astype(np.float32)
    run = trained(one_step_log(x, actions, clicks, chances[logged]), "ips-learner", steps=400)
    assert candidate_policies(run.config, run.layout)[int(run.network().kept)].tilt in ("sharpness", "context")
    only = trained(one_step_log(x, actions, clicks, chances[logged]), "ips-learner", steps=400, tilts=("sharpness",))
    policy = on_log(only.policy("stochastic"), one_step_log(x, actions, clicks, chances[logged]))
    assert (policy * chances).sum(axis=1).mean() > 1.2 * (chances**2).sum(axis=1).mean()


def test_what_is_forbidden_stays_so_however_flat_a_tilt_is():
    data = easy_log(400)
    forbidden = np.zeros((400, 4), dtype=bool)
    forbidden[np.arange(400), (data.actions + 1) % 4] = True
    data = replace(data, forbidden=forbidden)
    run = trained(data, "ips-learner", steps=5)
    with torch.no_grad():
        run.network().scores.sharpness.fill_(-5.0)
    for kept in range(len(candidate_policies(run.config, run.layout))):
        run.network().kept.fill_(kept)
        assert (on_log(run.policy("stochastic"), data)[forbidden] == 0).all()


def test_members_of_an_ensemble_are_trained_as_alone():
    from rlbench_rec.training import fit_seeds

    data = easy_log(1_000)
    together = fit_seeds(data, "dr-learner", [0, 1], steps=30, device="cpu")
    for seed, run in enumerate(together):
        alone = fit(data, "dr-learner", loop="lean", steps=30, device="cpu", seed=seed)
        np.testing.assert_allclose(run.q_values(data.states()), alone.q_values(data.states()), atol=1e-4)


def test_no_user_is_in_two_folds():
    from rlbench_rec.training.transitions import FOLDS, fold_of_rows

    data = replace(easy_log(100), clusters=np.arange(100) // 10)
    folds = fold_of_rows(data)
    assert all(len(set(folds[data.clusters == user])) == 1 for user in range(10))
    assert set(folds) == set(range(FOLDS))


def test_a_context_is_standardised_and_what_is_rare_is_bounded():
    from rlbench_rec.training.learners.candidate_policies import Observed

    observed = Observed(3)
    values = torch.zeros(10_000, 3)
    values[:5_000, 0] = 4.0
    values[0, 1] = 1.0
    observed.learn(values)
    outputs = observed(torch.cat([values, torch.ones(10_000, 2)], dim=1))
    np.testing.assert_allclose(outputs[[0, -1], 0], [1.0, -1.0], rtol=1e-5)
    assert outputs[0, 1] == pytest.approx(10.0, rel=1e-3), "a hundred standard deviations count as ten"
    assert (outputs[:, 2] == 0).all(), "a constant says nothing"
