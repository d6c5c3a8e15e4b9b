"""Policies that look at the past: on logs, in shops, through everything that wraps policies."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import evaluate, policies, tasks
from rlbench_rec.errors import InputError
from rlbench_rec.evaluation.next_item import imitation_metrics
from rlbench_rec.mdp import Past, TransitionDataset
from rlbench_rec.policies import (
    POLICIES,
    Allowed,
    EpsilonGreedy,
    Greedy,
    Mixed,
    OngoingSessions,
    Policy,
    PolicyForm,
    PolicyWithMemory,
    ScoresWithMemory,
    Softmax,
    Tilted,
    Uniform,
    divergence,
    on_log,
    probability_on_log,
    scores_on_log,
)
from rlbench_rec.policies.make_reweighted import make_reweighted
from rlbench_rec.testing.policies import check_policy, policy_checks
from rlbench_rec.testing.toy_logs import toy_logs


class StayWhereItPaid(PolicyWithMemory):
    """Half of the probability on the last action if it earned something; the rest, or all, evenly on all actions."""

    memory = 1

    def __init__(self, action_count: int):
        self.name, self.action_count = "stay", action_count

    def probabilities(self, states: np.ndarray, *, past: Past | None = None) -> np.ndarray:
        matrix = np.full((len(states), self.action_count), 1 / self.action_count)
        paid = np.flatnonzero(past.rewards[:, -1] > 0)
        matrix[paid] *= 0.5
        matrix[paid, past.actions[paid, -1]] += 0.5
        return matrix


class Satisfied(ScoresWithMemory):
    """Scores 1 for the action that is as many as were taken, where nothing was earned yet, and for action 0 after."""

    memory = 0

    def __call__(self, states: np.ndarray, past: Past | None = None) -> np.ndarray:
        return np.eye(4)[np.where(past.earned > 0, 0, past.steps)]


@pytest.fixture(scope="module")
def log() -> TransitionDataset:
    return toy_logs()["sessions"]


def test_a_log_is_read_with_its_own_rewards(log):
    matrix = on_log(StayWhereItPaid(4), log)
    follows = np.flatnonzero(log.past(None, 0).steps)
    paid = follows[log.rewards[follows - 1] > 0]
    assert len(paid) > 10
    np.testing.assert_allclose(matrix[paid, log.actions[paid - 1]], 0.5 + 0.125)
    others = np.setdiff1d(np.arange(len(log)), paid)
    np.testing.assert_allclose(matrix[others], 0.25)


def test_in_pieces_as_at_once(log, monkeypatch):
    policy, rows = StayWhereItPaid(4), np.arange(len(log))[::-1]
    whole, single = on_log(policy, log, rows), probability_on_log(policy, log, log.actions[rows], rows)
    monkeypatch.setattr(policies.past, "CHUNK_CELLS", 60)
    np.testing.assert_array_equal(on_log(policy, log, rows), whole)
    np.testing.assert_array_equal(probability_on_log(policy, log, log.actions[rows], rows), single)
    np.testing.assert_array_equal(single, whole[np.arange(len(log)), log.actions[rows]])


def test_sessions_that_go_on_have_the_past_of_the_log(log):
    """Fed with the log's decisions one by one, and in another order of users, they say what the log says."""
    ongoing, states = OngoingSessions(log.n_episodes, 2, log.layout.size, log.gamma), log.states()
    expected = log.past(None, 2)
    for step in range(3):
        users = np.random.default_rng(step).permutation(log.n_episodes)
        rows = log.episode_starts[users] + step
        for name in ("rewards", "actions", "states", "earned", "steps"):
            np.testing.assert_array_equal(getattr(ongoing.of(users), name), getattr(expected[rows], name))
        ongoing.add(users, states[rows], log.actions[rows], log.rewards[rows])


def test_a_shop_logs_the_probabilities_that_the_log_then_gives():
    task = tasks.make("recommend-v1", seed=3)
    policy = StayWhereItPaid(task.action_count)
    log = task.log(300, policy)
    np.testing.assert_array_equal(log.propensities, probability_on_log(policy, log, log.actions))
    assert (log.propensities > 0.5).any(), "it does stay now and then"


def test_importance_weighting_is_valid():
    """From the log of another policy, the value that playing it gives; of this policy on the states alone it is not."""
    task = tasks.make("tabular-v1", seed=1)
    log = task.log(4_000, seed=11)
    policy = Softmax(Pursuit(task.action_count), task.action_count, 1.0)
    truth = task.true_value(policy)
    assert truth.episodes > 0, "played: it has no value as a function of states"
    (estimate,) = evaluate(log, policy, ["snips"])
    spread = np.hypot(estimate.std_error, truth.std_error)
    assert abs(estimate.value - truth.value) < 3 * spread
    assert abs(truth.value - task.true_value("behaviour").value) > 4 * spread, "else it shows little"


class Pursuit(ScoresWithMemory):
    """Away from what did not pay, back to what did."""

    memory = 2

    def __init__(self, action_count: int):
        self.action_count = action_count

    def __call__(self, states: np.ndarray, past: Past | None = None) -> np.ndarray:
        scores = np.zeros((len(states), self.action_count))
        for back in range(2):
            rows = np.flatnonzero(past.actions[:, back] >= 0)
            scores[rows, past.actions[rows, back]] += np.where(past.rewards[rows, back] > 0, 1.0, -1.0)
        return scores


@pytest.mark.parametrize("q", ["linear", "fqe"])
def test_estimators_with_a_model_take_it(log, q):
    estimates = evaluate(log, StayWhereItPaid(4), ["dr", "dm"], q=q, fqe_steps=20, n_resamples=50)
    assert all(np.isfinite(estimate.value) for estimate in estimates)
    assert len(imitation_metrics(log, StayWhereItPaid(4), n_resamples=10)) == 4


def test_forms_over_scores_with_memory(log):
    past = log.past(None, 0)
    best = np.where(past.earned > 0, 0, past.steps)
    rows = np.arange(len(log))
    greedy, soft, epsilon = Greedy(Satisfied(), 4), Softmax(Satisfied(), 4, 1.0), EpsilonGreedy(Satisfied(), 4, 0.2)
    assert greedy.memory == soft.memory == epsilon.memory == 0
    np.testing.assert_array_equal(on_log(greedy, log), np.eye(4)[best])
    np.testing.assert_array_equal(greedy.act(log.states(), past=past), best)
    np.testing.assert_array_equal(greedy.probability_of(log.states(), best, past=past), 1.0)
    np.testing.assert_allclose(on_log(soft, log)[rows, best], np.e / (np.e + 3))
    np.testing.assert_allclose(on_log(epsilon, log)[rows, best], 0.85)


@pytest.mark.parametrize("base", [Uniform(4), StayWhereItPaid(4)], ids=lambda policy: policy.name)
def test_reweighted_policies_look_as_far_back_as_their_parts(log, base):
    scores, probabilities = scores_on_log(Satisfied(), log), on_log(base, log)
    for policy in (Tilted(Satisfied(), 4, 0.5, base), Mixed(Greedy(Satisfied(), 4), 0.3, base)):
        assert policy.memory == (base.memory or 0)
        expected = policy.reweight(scores, probabilities)
        past = log.past(None, policy.memory)
        np.testing.assert_array_equal(on_log(policy, log), expected)
        np.testing.assert_array_equal(policy.probabilities(log.states(), probabilities, past=past), expected)
    tilt = make_reweighted(PolicyForm("tilted", 0.1), Satisfied(), 4, base, on=log)
    assert divergence(on_log(tilt, log), probabilities, 3.0) == pytest.approx(0.1, rel=1e-3)


def test_what_is_forbidden_stays_so_and_the_past_is_passed_on():
    log = toy_logs()["forbidden actions"]
    inner = StayWhereItPaid(4)
    policy = Allowed(inner, log.layout)
    assert policy.memory == 1
    matrix = on_log(policy, log)
    assert (matrix[log.forbidden] == 0).all()
    kept = on_log(inner, log) * ~log.forbidden
    np.testing.assert_allclose(matrix, kept / kept.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("policy", [StayWhereItPaid(4), Greedy(Satisfied(), 4), Softmax(Satisfied(), 4, 1.0)])
def test_without_its_past_it_is_refused(log, policy):
    with pytest.raises(InputError, match=r"looks back .* without"):
        policies.ask(policy, log.states(), None)
    with pytest.raises(InputError, match="are due"):
        policies.ask(policy, log.states(), log.past(slice(3), policy.memory))
    if policy.memory:
        with pytest.raises(InputError, match="0 decisions back; 120 and 1 are due"):
            policies.ask(policy, log.states(), log.past(None, 0))
    longer = policies.ask(policy, log.states(), log.past(None, 3))
    np.testing.assert_array_equal(longer, on_log(policy, log))


def test_scores_asked_through_a_form_without_the_past_are_refused(log):
    with pytest.raises(InputError, match="without"):
        Greedy(Satisfied(), 4).act(log.states())


# --- the contract ----------------------------------------------------------------------------------------------------
class Diary(StayWhereItPaid):
    """Remembers by itself, what it was asked."""

    def probabilities(self, states: np.ndarray, *, past: Past | None = None) -> np.ndarray:
        self.asked = getattr(self, "asked", 0) + len(states)
        matrix = super().probabilities(states, past=past)
        return matrix if self.asked % 2 else np.roll(matrix, 1, axis=1)


class Undeclared(Policy):
    memory = 1
    name, action_count = "undeclared", 4

    def probabilities(self, states: np.ndarray) -> np.ndarray:
        return np.full((len(states), 4), 0.25)


@pytest.fixture
def registered(monkeypatch):
    def register(make):
        monkeypatch.setitem(POLICIES._targets, "past", make)
        return "past"

    return register


def test_contract(registered):
    check_policy(registered(lambda train: StayWhereItPaid(train.action_count)))
    check_policy(registered(lambda train: Softmax(Pursuit(train.action_count), train.action_count, 0.5)))


def test_the_contract_catches_a_memory_of_its_own(registered):
    with pytest.raises(AssertionError):
        check_policy(registered(lambda train: Diary(train.action_count)))


def test_the_contract_catches_a_memory_that_cannot_be_asked_with(registered, log):
    broken = policy_checks(registered(lambda train: Undeclared()), log)[0]
    with pytest.raises(AssertionError, match="PolicyWithMemory"):
        broken.run()
