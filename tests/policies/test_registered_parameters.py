"""Parameters of registered policies, read off their signatures."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import pytest
from pydantic import Field

from rlbench_rec import policies
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.policies import POLICIES, Softmax
from rlbench_rec.policies.registry import settled
from rlbench_rec.testing.toy_logs import toy_logs

LOG = toy_logs()["sessions"]


@pytest.fixture
def register(monkeypatch):
    def add(name, function):
        monkeypatch.setitem(POLICIES._targets, name, function)

    return add


def by_hand(train, *, tau: Annotated[float, Field(gt=0)] = 1.0, seed: int = 0):
    """A policy with two parameters."""
    return Softmax(lambda states: states[:, :4] * seed, 4, tau)


def test_names_ranges_and_defaults(register):
    register("mine", by_hand)
    found = policies.parameters("mine")
    assert list(found) == ["tau", "seed"] and found["tau"].default == 1.0
    assert policies.parameters("random") == {}
    assert settled("mine", {"seed": 3}) == {"tau": 1.0, "seed": 3}


def test_they_reach_the_policy(register):
    register("mine", by_hand)
    assert policies.make("mine", LOG, tau=0.25).tau == 0.25


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"tua": 1.0}, "config of mine: Unknown field 'tua'. Did you mean 'tau'"),
        ({"tau": 0.0}, r"config of mine: tau: must be greater than 0 \(got 0.0\)"),
        ({"seed": 1.5}, "config of mine: seed: must be a whole number"),
    ],
)
def test_what_cannot_be_is_refused(register, overrides, message):
    register("mine", by_hand)
    with pytest.raises(InputError, match=message):
        policies.make("mine", LOG, **overrides)


def test_a_function_may_take_anything_or_be_a_class(register):
    register("open", lambda train, **settings: Softmax(lambda states: states[:, :4], 4, settings["tau"]))
    assert policies.make("open", LOG, tau=0.5).tau == 0.5

    class Mine(Softmax):
        def __init__(self, train, tau: float = 2.0):
            super().__init__(lambda states: states[:, :4], train.action_count, tau)

    register("class", Mine)
    assert list(policies.parameters("class")) == ["tau"] and policies.make("class", LOG, tau=0.5).tau == 0.5


def test_an_unknown_policy_has_no_parameters():
    with pytest.raises(UnknownNameError, match="Did you mean 'markov'"):
        policies.parameters("markow")


def test_what_keeps_to_candidates_takes_parameters_too():
    log = toy_logs()["candidates"]
    policy = policies.make("popularity", replace(log), smoothing=0.5)
    assert policy.name == "popularity" and policy.probabilities(log.states()).shape == (120, 3)
