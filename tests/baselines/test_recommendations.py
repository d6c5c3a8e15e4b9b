"""A file of recommendations as a policy: whom it is for, and what it makes of scores."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rlbench_rec as rb
from rlbench_rec import policies
from rlbench_rec.errors import InapplicableError, InputError
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.policies import on_log
from rlbench_rec.testing.policies import check_policy
from rlbench_rec.testing.toy_logs import toy_logs


@pytest.fixture
def log(named_log: TransitionDataset) -> TransitionDataset:
    return named_log


def table(path: str, log: TransitionDataset, **parameters) -> np.ndarray:
    return on_log(policies.from_file(path, log, **parameters), log)


def test_probabilities_are_taken_as_they_are_and_the_rest_is_spread(file, log):
    path = file("user,item,probability\nann,item-1,0.5\nann,item-2,0.3\n")
    rows = table(path, log)
    ann = np.repeat(log.user_names == "ann", 3)
    np.testing.assert_allclose(rows[ann], [[0.1, 0.5, 0.3, 0.1]] * 60, atol=1e-12)
    np.testing.assert_allclose(rows[~ann], on_log(policies.make("popularity", log), log)[~ann])
    assert policies.from_file(path, log).coverage(log) == 0.5


def test_scores_are_a_softmax_over_their_list(file, log):
    path = file("session,item,score\ns0,item-1,2\ns0,item-3,1\n")
    wanted = np.exp([2 / 0.5, 1 / 0.5]) / np.exp([2 / 0.5, 1 / 0.5]).sum()
    np.testing.assert_allclose(table(path, log, temperature=0.5)[:3], [[0, wanted[0], 0, wanted[1]]] * 3)
    half = table(path, log, temperature=0.5, explore=0.5)[0]
    np.testing.assert_allclose(half, 0.5 * np.array([0, wanted[0], 0, wanted[1]]) + 0.125)


def test_scores_that_cannot_be_calibrated_count_by_their_ranks(file, log):
    """Too few logged decisions are on the list of s0. Ranks 1, and 2 and 3 shared by equal scores: 1, 1/2.5, 1/2.5."""
    path = file("session,item,score\ns0,item-1,900\ns0,item-3,5\ns0,item-0,5\n")
    np.testing.assert_allclose(table(path, log)[0], np.array([0.4, 1, 0, 0.4]) / 1.8)


def test_ranks_from_any_number_on(file, log):
    for first in (0, 1):
        path = file(f"session,item,rank\ns0,item-1,{first}\ns0,item-3,{first + 1}\n")
        np.testing.assert_allclose(table(path, log)[0], [0, 2 / 3, 0, 1 / 3])


def test_the_temperature_is_the_one_that_made_the_log(file, log):
    rng = np.random.default_rng(0)
    rows = 6_000
    scores = rng.normal(size=(rows, 4))
    chances = np.exp(scores / 0.4) / np.exp(scores / 0.4).sum(axis=1, keepdims=True)
    actions = policies.sample(chances, rng)
    made = TransitionDataset(
        observations=np.zeros((rows, 1), np.float32),
        actions=actions,
        rewards=np.zeros(rows, np.float32),
        episode_starts=np.arange(rows),
        action_count=4,
        action_names=("a", "b", "c", "d"),
        session_names=np.arange(rows).astype(np.str_),
    )
    frame = pd.DataFrame({"session_id": np.repeat(np.arange(rows), 4), "item_id": list("abcd") * rows})
    policy = policies.from_file(file(frame.assign(score=scores.ravel()), "r.parquet"), made)
    assert abs(policy.temperature - 0.4) < 0.02
    np.testing.assert_allclose(on_log(policy, made), chances, atol=0.05)


def test_a_list_for_each_step(file, log):
    path = file("session,step,item,probability\ns1,0,item-0,1\ns1,2,item-3,1\n")
    rows = table(path, log)
    assert rows[3].tolist() == [1, 0, 0, 0] and rows[5].tolist() == [0, 0, 0, 1]
    np.testing.assert_allclose(rows[4], rows[0], err_msg="step 1 has no list: popularity")
    assert policies.from_file(path, log).coverage(log) == 2 / 120


def test_what_stands_for_other_items_is_never_shown(file, log):
    log = replace(log, other_item=4, other_action=3, action_names=("item-0", "item-1", "item-2", "<other>"))
    rows = table(file("user,item,probability\nann,item-1,0.5\n"), log)
    np.testing.assert_allclose(rows[0], [0.25, 0.5, 0.25, 0])
    with pytest.raises(InputError, match="None of its 1 items"):
        table(file("user,item,probability\nann,<other>,0.5\n"), log)


def test_forbidden_actions_are_left_out(file, log):
    forbidden = np.zeros((120, 4), dtype=bool)
    forbidden[np.arange(120), (log.actions + 1) % 4] = True
    log = replace(log, forbidden=forbidden, propensities=None)
    rows = table(file("user,item,score\nann,item-1,1\nbob,item-2,1\n"), log)
    assert (rows[forbidden] == 0).all() and np.allclose(rows.sum(axis=1), 1)


def test_logs_that_do_not_say_whose_they_are(file, log):
    path = file("user,item,score\nann,item-1,1\n")
    with pytest.raises(InapplicableError, match=r"not keep the names of its sessions\. Build it with .*keep_names"):
        policies.from_file(path, replace(log, session_names=None, user_names=None))
    with pytest.raises(InputError, match=r"of users, and the log has none\. Name sessions"):
        policies.from_file(path, replace(log, user_names=None))
    with pytest.raises(InapplicableError, match="Its actions have no names"):
        policies.from_file(path, toy_logs()["candidates"])
    with pytest.raises(InapplicableError):
        policies.from_file(path, rb.tasks.make("recommend-v1", seed=0).log(episodes=20))
    policy = policies.from_file(path, log)
    with pytest.raises(InputError, match="does not keep the names"):
        on_log(policy, replace(log, session_names=None, user_names=None))
    with pytest.raises(InputError, match="asked without them"):
        policy.probabilities(log.states())


def test_settings(file, log):
    path = file("user,item,probability\nann,item-1,1\n")
    assert set(policies.parameters(f"file:{path}")) == {"temperature", "explore"}
    for wrong, message in (
        ({"temperature": 0.0}, "temperature"),
        ({"explore": 1.5}, "explore"),
        ({"tau": 1.0}, "Unknown field 'tau'"),
        ({"temperature": 1.0}, "Probabilities are taken as they are"),
    ):
        with pytest.raises(InputError, match=message):
            policies.from_file(path, log, **wrong)


@pytest.mark.parametrize("worth", ["probability", "score", "rank"])
def test_the_contract_of_policies_holds(file, log, worth):
    rng = np.random.default_rng(0)
    said = np.full(120, 0.25) if worth == "probability" else rng.normal(size=120)
    rows = zip(np.repeat(log.session_names, 3), ["item-0", "item-1", "item-2"] * 40, said, strict=True)
    frame = pd.DataFrame(rows, columns=["session", "item", worth])
    check_policy(f"file:{file(frame, 'r.parquet')}", log)


@pytest.mark.parametrize("baseline", ["item-knn", "markov"])
def test_a_baselines_own_recommendations_score_as_it_does(file, log, baseline):
    """What any library would do: its probabilities written to a file, decision by decision."""
    alone = policies.make(baseline, log)
    chances = on_log(alone, log)
    steps = np.tile(np.arange(3), 40)
    frame = pd.DataFrame(
        {
            "session_id": np.repeat(np.repeat(log.session_names, 3), 4),
            "step": np.repeat(steps, 4),
            "item_id": list(log.action_names) * 120,
            "probability": chances.ravel(),
        }
    )
    policy = policies.make(f"file:{file(frame, 'r.parquet')}", log)
    np.testing.assert_allclose(on_log(policy, log), chances, atol=1e-9)
    for mine, its in zip(rb.evaluate(log, policy), rb.evaluate(log, alone), strict=True):
        assert [mine.value, mine.ci_low] == pytest.approx([its.value, its.ci_low]) and mine.verdict == its.verdict
    ranked = [rb.evaluation.imitation_metrics(log, each, k=2) for each in (policy, alone)]
    assert [m.value for m in ranked[0]] == pytest.approx([m.value for m in ranked[1]])


def test_the_page_runs_as_written(tmp_path, monkeypatch, capsys):
    page = (Path(__file__).parents[2] / "docs" / "baselines.md").read_text(encoding="utf-8")
    section = page.split("## Recommendations of your own library")[1].split("\n## ")[0]
    (block,) = re.findall(r"^```python\n(.*?)^```$", section, flags=re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "baselines.md", "exec"), {})
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["snips", "dr"]
