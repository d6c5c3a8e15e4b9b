"""A saved run as the behaviour policy of a data set."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from rlbench_rec import events, mdp
from rlbench_rec.errors import InputError, MissingFileError
from rlbench_rec.suite import Suite
from rlbench_rec.suite.config import AlgorithmSpec, SavedBehaviour, Source
from rlbench_rec.suite.fingerprints import content_of
from rlbench_rec.suite.kinds.algorithms.check import check
from rlbench_rec.suite.sources import load
from rlbench_rec.training import fit

ROWS = 400
CARD = """
id = "shown"
title = "Shown"
licence = "CC0"
citation = "none"
time_unit = "s"
session = "row"
items = 3
action_source = "exposure"
propensity = "PROPENSITY"
reward_weights = { click = 1.0 }
columns = { timestamp = "time", item = "item", event = "event", propensity = "p" }
events = { seen = "impression", click = "click" }
context = { age = "number" }
[[files]]
pattern = "log.csv"
"""


def write_log(folder, propensities):
    """The same decisions, with other propensities."""
    rng = np.random.default_rng(0)
    lines = [
        f"{1_700_000_000 + i},{rng.integers(3)},{'click' if rng.random() < 0.3 else 'seen'},{rng.normal():.3f},{p!r}"
        for i, p in enumerate(propensities.tolist())
    ]
    (folder / "log.csv").write_text("\n".join(["time,item,event,age,p", *lines]) + "\n")


@pytest.fixture
def source(tmp_path):
    """A log that softmax-0.3 of a saved run made, as far as its propensities go."""
    card = tmp_path / "shown.toml"
    card.write_text(CARD.replace("PROPENSITY", "logged"))
    write_log(tmp_path, np.full(ROWS, 1 / 3))
    data = mdp.build(events.load(str(card), tmp_path), mdp.MDPConfig(gamma=0.0))
    run = fit(data, "dqn", steps=20, batch_size=32, device="cpu")
    run.save(tmp_path / "run")
    write_log(tmp_path, run.policy("softmax", tau=0.3).probability_of(data.states(), data.actions))
    behaviour = {"run": str(tmp_path / "run"), "form": "softmax-0.3"}
    return Source(dataset=str(card), data=str(tmp_path), mdp={"gamma": 0.0}, behaviour=behaviour), run


def with_other(source, **changes):
    return source.model_copy(update={"behaviour": source.behaviour.model_copy(update=changes)})


def test_the_log_carries_what_the_saved_policy_says(source):
    source, run = source
    loaded = load(source)
    expected = run.policy("softmax", tau=0.3).probabilities(loaded.data.states())
    np.testing.assert_allclose(loaded.data.behaviour_probabilities, expected, rtol=1e-6)
    assert len(loaded.test.behaviour_probabilities) == len(loaded.test)


@pytest.mark.parametrize("changes", [{"form": "softmax-0.1"}, {"form": "greedy"}])
def test_a_policy_that_did_not_choose_is_refused(source, changes):
    with pytest.raises(InputError, match=r"did not choose the actions of this log\. \d+ values are not the propensity"):
        load(with_other(source[0], **changes))


def test_a_run_of_other_states_or_actions_is_refused(source, tmp_path):
    source, _ = source
    with pytest.raises(InputError, match="takes other states"):
        load(source.model_copy(update={"mdp": mdp.MDPConfig(gamma=0.0, history=3), "dataset": sessions(tmp_path)}))
    named = (tmp_path / "shown.toml").read_text().replace("items = 3", "items = 4")
    (tmp_path / "more.toml").write_text(named.replace('id = "shown"', 'id = "more"'))
    with pytest.raises(InputError, match="has other actions"):
        load(source.model_copy(update={"dataset": str(tmp_path / "more.toml")}))


def sessions(folder):
    """A card of the same log in which there are no ages, so that its states are others."""
    text = CARD.replace("PROPENSITY", "logged").replace('context = { age = "number" }\n', "")
    (folder / "no-age.toml").write_text(text.replace('id = "shown"', 'id = "no-age"'))
    return str(folder / "no-age.toml")


def test_a_log_without_propensities_cannot_be_held_against_it(source, tmp_path):
    text = CARD.replace("PROPENSITY", "estimated").replace(', propensity = "p"', "")
    (tmp_path / "bare.toml").write_text(text.replace('id = "shown"', 'id = "bare"'))
    with pytest.raises(InputError, match="no propensities that the saved policy could be held against"):
        load(source[0].model_copy(update={"dataset": str(tmp_path / "bare.toml")}))


def test_what_is_wrong_is_refused_before_any_work(source, tmp_path):
    def checked(behaviour):
        changed = source[0].model_copy(update={"behaviour": SavedBehaviour(**behaviour)})
        check(Suite(name="s", sources=[changed], algorithms=[AlgorithmSpec(id="random")]))

    checked({"run": str(tmp_path / "run"), "form": "softmax-0.3"})
    with pytest.raises(InputError, match=r"'tilted-0\.3' reweights another policy, which the saved run does not hold"):
        checked({"run": str(tmp_path / "run"), "form": "tilted-0.3"})
    with pytest.raises(InputError, match="Unknown policy form 'soft'"):
        checked({"run": str(tmp_path / "run"), "form": "soft"})
    with pytest.raises(MissingFileError, match="There is no saved run here"):
        checked({"run": str(tmp_path / "nowhere"), "form": "greedy"})
    with pytest.raises(ValidationError, match="a task knows its behaviour policy"):
        Source(task="recommend-v1", behaviour={"run": "x", "form": "greedy"})


def test_another_run_is_another_identity(source, tmp_path):
    source, run = source
    before = content_of(source).behaviour
    assert before == content_of(source).behaviour != ""
    fit_again = fit(load(source).data, "dqn", steps=20, batch_size=32, device="cpu", seed=1)
    fit_again.save(tmp_path / "other")
    assert content_of(with_other(source, run=str(tmp_path / "other"))).behaviour != before
    assert content_of(with_other(source, run=str(tmp_path / "nowhere"))).behaviour == "unknown"
    assert content_of(source.model_copy(update={"behaviour": None})).behaviour == ""
    assert run.seed == 0
