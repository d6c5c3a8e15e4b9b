"""Contracts catch what breaks them, and say what to do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from rlbench_rec.errors import InputError
from rlbench_rec.ope import Estimator
from rlbench_rec.ope.estimators.episode_columns import Vectors
from rlbench_rec.ope.estimators.functionals import Mean, Ratio, mean
from rlbench_rec.ope.estimators.importance_sampling import ips, ips_clip, snips
from rlbench_rec.policies import POLICIES, Policy, Stateless
from rlbench_rec.results.metrics import METRICS, Metric
from rlbench_rec.testing.encoders import check_encoder
from rlbench_rec.testing.estimators import check_estimator
from rlbench_rec.testing.metrics import check_metric
from rlbench_rec.testing.policies import check_policy
from rlbench_rec.testing.toy_logs import toy_logs
from rlbench_rec.training import ENCODERS


@pytest.fixture
def add(monkeypatch):
    """Register a thing for one test."""

    def register(registry, name, thing):
        monkeypatch.setitem(registry._targets, name, thing)
        return name

    return register


# --- estimators ------------------------------------------------------------------------------------------------------
def undocumented(log, outcome):
    return ips(log, outcome)


def secretive(log, outcome):
    """Reads q and does not say so."""
    return [mean(log, log.discounts * (log.q_logged + log.importance_weights * (outcome - log.q_logged)))]


def modest(log, outcome):
    """Reads q where it is there."""
    return ips(log, outcome if log.q_logged is None else outcome + log.q_logged)


def unstable(log, outcome):
    """Draws without a seed."""
    return [mean(log, outcome * log.importance_weights * np.random.default_rng().uniform(0.5, 1.5, log.n_rows))]


def infinite(log, outcome):
    """Divides by 0."""
    return [Ratio(Vectors(outcome * 0, outcome * 0))] if log.one_step else ips(log, outcome)


def ordered(log, outcome):
    """Thinks more of what comes first."""
    episodes = np.linspace(2, 0, log.n_episodes)
    return [Mean(Vectors(episodes * log.per_episode(log.importance_weights * outcome)))]


def in_euros(log, outcome):
    """Knows that nothing earns more than 3."""
    return [mean(log, log.importance_weights * np.minimum(outcome, 3.0))]


def doubled(log, outcome):
    """Twice as much."""
    return ips(log, 2 * outcome)


def unweighted(log, outcome):
    """Takes one policy for the other."""
    return [mean(log, log.discounts * outcome)]


def centred(log, outcome):
    """Reads the mean over all rows, and so not a block alone."""
    return [mean(log, log.discounts * log.importance_weights * (outcome - outcome.mean())), mean(log, outcome)]


BROKEN = [
    (undocumented, {}, "no docstring"),
    (secretive, {}, "needs_q=True"),
    (modest, {}, "reads q_logged without saying so"),
    (unstable, {}, "fix the seed"),
    (infinite, {}, "is finite: the value is nan"),
    (ordered, {}, "in another order"),
    (in_euros, {"biased": True}, "unit of the reward"),
    (doubled, {"biased": True}, "where every weight is 1"),
    (unweighted, {}, "on a whole population"),
    (ips, {"needs": "state_ratios", "shift_equivariant": True}, "10 added to every reward"),
    (ips_clip, {"required": ("clip",)}, "on a whole population"),
]


@pytest.mark.parametrize(("compute", "claims", "message"), BROKEN, ids=lambda case: getattr(case, "__name__", ""))
def test_estimators(compute, claims, message):
    with pytest.raises(AssertionError, match=message):
        check_estimator(Estimator("mine", compute, **claims))


def test_an_estimator_that_claims_blocks_and_needs_all_rows():
    from rlbench_rec.testing.estimators import estimator_checks

    checks = {check.name: check for check in estimator_checks(Estimator("mine", centred, biased=True))}
    with pytest.raises(AssertionError, match="set by_blocks=False"):
        checks["is the same in blocks of rows"].run()


def test_a_sound_estimator_passes():
    check_estimator(Estimator("mine", snips, shift_equivariant=True))


# --- policies --------------------------------------------------------------------------------------------------------
class Rows(Policy):
    """Whatever a function of the states says."""

    name = "rows"

    def __init__(self, train, rows):
        self.action_count, self.rows = train.action_count, rows

    def probabilities(self, states):
        return self.rows(states, self.action_count)


def one_action(states, count):
    return np.tile(np.eye(count)[0], (len(states), 1))


class Boastful(Rows):
    def probability_of(self, states, actions):
        return np.ones(len(states))


class Eager(Rows):
    def act(self, states, rng):
        return np.full(len(states), self.action_count - 1)


def spoil(states, count):
    states[:, 0] = 0.0
    return one_action(states, count)


def by_batch(states, count):
    rows = np.ones((len(states), count))
    rows[:, 0] += len(states)
    return rows / rows.sum(axis=1, keepdims=True)


def restless(states, count):
    return np.random.default_rng().dirichlet(np.ones(count), size=len(states))


def refuse(train):
    raise InputError("Not my log.", where="policy mine")


WRONG = [
    (lambda train: 3, "made int; return an instance"),
    (lambda train: Stateless("mine", np.array([0.5, 0.5])), "set action_count"),
    (lambda train: Rows(train, lambda states, count: one_action(states, count)[:, 0]), "the shape"),
    (lambda train: Rows(train, lambda states, count: one_action(states, count) * np.nan), "NaN"),
    (lambda train: Rows(train, lambda states, count: 3 * one_action(states, count) - 2 / count), "below 0"),
    (lambda train: Rows(train, lambda states, count: 0.5 * one_action(states, count)), "row 0 sums to 0.5; divide"),
    (lambda train: Rows(train, spoil), "work on a copy"),
    (lambda train: Boastful(train, one_action), "row 0 has 1, and 0 in probabilities"),
    (lambda train: Eager(train, one_action), "an action of probability 0"),
    (lambda train: Rows(train, by_batch), "read nothing but the row itself"),
    (refuse, "can be made of a log: policy mine: Not my log.*--dataset CARD"),
]


@pytest.mark.parametrize(("make", "message"), WRONG, ids=[message for _, message in WRONG])
def test_policies(add, make, message):
    with pytest.raises(AssertionError, match=message):
        check_policy(add(POLICIES, "mine", make))


def test_a_policy_that_changes_its_mind(add):
    from rlbench_rec.testing.policies import policy_checks

    name = add(POLICIES, "mine", lambda train: Rows(train, restless))
    with pytest.raises(AssertionError, match="asked twice"):
        policy_checks(name)[-1].run()


def test_a_policy_is_checked_on_its_own_log(add):
    log = toy_logs()["single decisions"]

    def picky(train):
        if train.history:
            refuse(train)
        return Stateless("picky", np.full(train.action_count, 1 / train.action_count))

    check_policy(add(POLICIES, "mine", picky), log)


# --- encoders --------------------------------------------------------------------------------------------------------
class Plain(nn.Module):
    """One layer."""

    def __init__(self, layout, hidden_units, embedding_size):
        super().__init__()
        self.layer = nn.Linear(layout.size, hidden_units[-1])

    def forward(self, states):
        return self.layer(states)


class Undocumented(Plain):
    pass


Undocumented.__doc__ = None


class Choosy(Plain):
    """Reads nothing."""

    def __init__(self, layout, hidden_units, embedding_size):
        raise InputError("No.", where="encoder")


class Narrow(Plain):
    """Forgets the width."""

    def __init__(self, layout, hidden_units, embedding_size):
        super().__init__(layout, hidden_units[:1], embedding_size)


class AcrossTheBatch(Plain):
    """Takes off the mean of the batch."""

    def forward(self, states):
        return self.layer(states - states.mean(dim=0))


class Noisy(Plain):
    """Draws in eval mode too."""

    def forward(self, states):
        return self.layer(states) + torch.rand(len(states), 1)


class Idle(Plain):
    """Has a layer that it does not use."""

    def __init__(self, layout, hidden_units, embedding_size):
        super().__init__(layout, hidden_units, embedding_size)
        self.spare = nn.Linear(2, 2)


class Forgetful(Plain):
    """Keeps something beside its weights."""

    def __init__(self, layout, hidden_units, embedding_size):
        super().__init__(layout, hidden_units, embedding_size)
        self.offset = torch.rand(1)

    def forward(self, states):
        return self.layer(states) + self.offset


class Overflowing(Plain):
    """Takes a logarithm of whatever comes."""

    def forward(self, states):
        return self.layer(states.log())


ENCODERS_THAT_FAIL = [
    (Undocumented, "no docstring"),
    (Choosy, "refuses every state"),
    (Narrow, r"the shape \(12, 16\), not \(12, 8\)"),
    (AcrossTheBatch, "may not look across the batch"),
    (Noisy, "nothing may be drawn in eval mode"),
    (Idle, "spare.weight has no gradient"),
    (Forgetful, "keep all it needs in parameters and buffers"),
    (Overflowing, "NaN or an infinity"),
]


@pytest.mark.parametrize(("encoder", "message"), ENCODERS_THAT_FAIL, ids=lambda case: getattr(case, "__name__", ""))
def test_encoders(add, encoder, message):
    with pytest.raises(AssertionError, match=message):
        check_encoder(add(ENCODERS, "mine", encoder))


def test_an_encoder_that_is_not_a_module(add):
    with pytest.raises(AssertionError, match="is what it is registered as: 3 was registered; register a class"):
        check_encoder(add(ENCODERS, "mine", 3))


# --- metrics ---------------------------------------------------------------------------------------------------------
def metric(compute=None, label="mine", kind="outcome", description="What it brought.", higher=True):
    return Metric(label, higher, kind, description, compute)


METRICS_THAT_FAIL = [
    (metric(description="What it brought"), "full stop"),
    (metric(label="yours"), "calls itself 'yours'"),
    (metric(kind="income"), "kind is 'income'"),
    (metric(higher="yes"), "higher_is_better is 'yes'"),
    (metric(), "no task and no log records it"),
    (metric(kind="imitation"), "only HR@k, recall@k, NDCG@k"),
    (metric(lambda data: data.rewards[:3]), r"the shape is \(3,\)"),
    (metric(lambda data: np.full(len(data), np.nan)), "row 0 is not finite"),
    (metric(lambda data: data.rewards.astype(str)), "not numbers"),
    (metric(lambda data: np.random.default_rng().random(len(data))), "asked twice"),
    (metric(lambda data: data.rewards - data.rewards.mean()), "an episode's value depends on the other episodes"),
]


@pytest.mark.parametrize(("thing", "message"), METRICS_THAT_FAIL, ids=[message for _, message in METRICS_THAT_FAIL])
def test_metrics(add, thing, message):
    with pytest.raises(AssertionError, match=message):
        check_metric(add(METRICS, "mine", thing))


def test_known_cases_of_a_metric(add):
    name = add(METRICS, "mine", metric(lambda data: 2 * data.rewards))
    log = toy_logs()["sessions"]
    check_metric(name, [(log, 2 * log.rewards)])
    with pytest.raises(AssertionError, match="known cases: case 0"):
        check_metric(name, [(log, log.rewards)])
