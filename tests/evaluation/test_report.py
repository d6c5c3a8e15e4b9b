"""The ranking report, against plain loops over rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlbench_rec.errors import InputError
from rlbench_rec.evaluation import ranking_report, top_scores
from rlbench_rec.mdp.dataset import TransitionDataset
from rlbench_rec.policies import Greedy, Stateless

KS = (1, 3)
METRICS = ("HR", "recall", "NDCG", "MRR", "MAP")


def log_of(sessions, action_count, other=None, outcomes=None, users=None):
    """A log of these actions by session; a state is the number of its row."""
    actions = np.concatenate(sessions).astype(np.int64)
    lengths = [len(session) for session in sessions]
    return TransitionDataset(
        observations=np.arange(len(actions), dtype=np.float32)[:, None],
        actions=actions,
        rewards=np.ones(len(actions), dtype=np.float32),
        episode_starts=np.cumsum(lengths) - lengths,
        action_count=action_count,
        other_action=other,
        metrics=None if outcomes is None else np.array(outcomes, dtype=np.float32),
        metric_names=() if outcomes is None else ("CTR", "CVR"),
        clusters=None if users is None else np.array(users),
    )


def policy_of(scores):
    return Greedy(lambda states: scores[states[:, 0].astype(int)], scores.shape[1])


def naive(scores, log, target, list_, vocabulary, chosen, metric, k):
    """The mean over rows, one at a time, with scores that have no ties."""
    values = []
    for first, stop in zip(log.episode_starts, log.episode_ends, strict=True):
        for row in range(first, stop):
            seen = set(log.actions[first:row].tolist())
            own = int(log.actions[row])
            out = {log.other_action} | (seen if list_ == "unseen" else set())
            if not chosen(row) or (list_ == "unseen" and own in seen):
                continue
            ranked = [a for a in np.argsort(-scores[row]) if a not in out][:k]
            steps = [own] if target == "next" else log.actions[row:stop].tolist()
            others = sum(action == log.other_action for action in steps)
            relevant = set(steps) - {log.other_action}
            m = len(relevant) + (others if vocabulary == "all" else 0)
            if m:
                values.append(one_list([action in relevant for action in ranked], m, k, metric))
    return (float(np.mean(values)), len(values)) if values else None


def one_list(hits, m, k, metric):
    places = [i + 1 for i, hit in enumerate(hits) if hit]
    ideal = sum(1 / np.log2(1 + i) for i in range(1, min(m, k) + 1))
    return {
        "HR": float(bool(places)),
        "recall": len(places) / m,
        "NDCG": sum(1 / np.log2(1 + i) for i in places) / ideal,
        "MRR": 1 / places[0] if places else 0.0,
        "MAP": sum((n + 1) / i for n, i in enumerate(places)) / min(m, k),
    }[metric]


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.booleans())
def test_every_metric_is_a_plain_mean_over_rows(seed, with_other):
    rng = np.random.default_rng(seed)
    sessions = [rng.integers(0, 6, rng.integers(1, 6)) for _ in range(rng.integers(1, 5))]
    rows = sum(map(len, sessions))
    outcomes = np.stack([np.ones(rows), rng.random(rows) < 0.4], axis=1)
    users = rng.integers(0, 3, len(sessions))
    log = log_of(sessions, 6, 5 if with_other else None, outcomes, users)
    train = log_of([rng.integers(0, 6, 4) for _ in range(3)], 6, log.other_action, users=rng.integers(0, 3, 3))
    scores = rng.permuted(np.tile(np.arange(6.0), (rows, 1)), axis=1)
    report = ranking_report(log, policy_of(scores), train=train, ks=KS, n_resamples=20, cold_below=2)
    counts, session = np.bincount(train.actions, minlength=6), np.repeat(np.arange(len(sessions)), log.episode_lengths)
    chosen = {
        "all": lambda row: True,
        "new": lambda row: log.actions[row] not in log.actions[log.row_starts[row] : row],
        "click": lambda row: not outcomes[row, 1],
        "purchase": lambda row: bool(outcomes[row, 1]),
        "cold-item": lambda row: log.actions[row] != log.other_action and counts[log.actions[row]] < 2,
        "known-user": lambda row: users[session[row]] in train.clusters,
        "cold-user": lambda row: users[session[row]] not in train.clusters,
    }
    frame = report.to_frame()
    for row in frame[(frame["target"] != "") & frame["steps"].isin(chosen)].to_dict("records"):
        name, _, k = row["metric"].partition("@")
        expected = naive(scores, log, row["target"], row["list"], row["vocabulary"], chosen[row["steps"]], name, int(k))
        assert (row["value"], row["n_steps"]) == pytest.approx(expected), row
        assert row["value"] <= row["ceiling"] + 1e-12
    known = [action != log.other_action for action in log.actions]
    assert report.ceiling == pytest.approx(np.mean(known))
    assert report.row("recall@3").value == report.row("HR@3").value


def test_groups_by_popularity_are_thirds_of_the_training_steps():
    # Steps: 0 has 3, 1 has 2, 2, 3, 4 and 5 have 1 of 9: 0 is the head, 1 and 2 the middle, the others the tail.
    train = log_of([[0, 0, 0, 1, 1, 2, 3, 4, 5]], 6)
    log = log_of([[0, 1, 2, 3, 4, 5]], 6)
    report = ranking_report(log, policy_of(np.eye(6)), train=train, ks=(1,), n_resamples=10)
    steps = {name: report.row("HR@1", steps=name, vocabulary="known").n_steps for name in ("head", "mid", "tail")}
    assert steps == {"head": 1, "mid": 2, "tail": 3}
    assert report.row("HR@1", steps="cold-item", vocabulary="known").n_steps == 6


def test_what_lists_are_like():
    train = log_of([[0, 1], [0, 1], [0, 2], [3]], 5, other=4)
    log = log_of([[0, 1, 2, 3]], 5, other=4)
    # Lists of two: 0 1, 0 1, 0 2, 1 3.
    scores = np.array([[2.0, 1, 0, 0, 9], [2, 1, 0, 0, 9], [2, 0, 1, 0, 9], [0, 2, 0, 1, 9]])
    report = ranking_report(log, policy_of(scores), train=train, ks=(2,), n_resamples=10)
    lists = report.to_frame().query("target == ''").set_index("metric")["value"]
    # Items 0 to 3 are recommended 3, 3, 1 and 1 times: sum (2 i - 5) N_(i) = -3 - 1 + 3 + 9 of 4 x 8.
    assert lists["coverage@2"] == 1.0 and lists["Gini@2"] == pytest.approx(8 / 32)
    # Training steps 3, 2, 1, 1 of 7, with one more for each of the 4 items: shares of 11.
    shares = np.array([4, 3, 2, 2]) / 11
    assert lists["novelty@2"] == pytest.approx(-(np.array([3, 3, 1, 1]) @ np.log2(shares)) / 8)
    # Sessions with 0: three, with 1: two, both with 0; with 2: one, with 0; with 3: one, with none of them.
    cosines = [2 / np.sqrt(6), 2 / np.sqrt(6), 1 / np.sqrt(3), 0.0]
    assert report.diversity_by == "co-occurrence"
    assert lists["ILD@2"] == pytest.approx(1 - np.mean(cosines))


def test_item_vectors_tell_diversity_where_the_log_has_them(sessions_log):
    items = sessions_log.item_count
    vectors = np.zeros((items + 1, 2), dtype=np.float32)
    vectors[1:, 0], vectors[2, 1] = 1.0, 1.0
    log = replace(sessions_log, item_vectors=vectors)
    scores = np.zeros(log.action_count)
    scores[[0, 1]] = 0.6, 0.4
    found = ranking_report(log, Stateless("two", scores), train=log, ks=(2,), n_resamples=10)
    assert found.diversity_by == "item vectors"
    value = found.to_frame().set_index("metric")["value"]["ILD@2"]
    assert value == pytest.approx(1 - 1 / np.sqrt(2))


@pytest.fixture
def sessions_log():
    from rlbench_rec.testing.toy_logs import toy_logs

    log = toy_logs()["sessions"]
    assert log.acts_on_items
    return log


def test_a_large_catalogue_is_ranked_as_a_small_one(monkeypatch):
    rng = np.random.default_rng(0)
    log = log_of([rng.integers(0, 1_500, 4) for _ in range(40)], 1_500, other=7)
    # A third of the scores are tied with others; the logged action is often high.
    scores = np.round(rng.random((len(log), 1_500)), 2) + rng.random((len(log), 1_500)) * (rng.random(1_500) < 0.7)
    scores[np.arange(len(log)), log.actions] += 0.5
    policy = policy_of(scores.astype(np.float32))
    in_blocks = ranking_report(log, policy, n_resamples=20).to_frame().query("target != ''")
    monkeypatch.setattr(top_scores, "SHORT", 10_000)
    whole = ranking_report(log, policy, n_resamples=20).to_frame().query("target != ''")
    assert in_blocks["value"].tolist() == pytest.approx(whole["value"].tolist())
    assert 0.02 < in_blocks.set_index("metric")["value"]["NDCG@20"].max() < 1


def test_uniform_lists_are_spread_over_all_items():
    log = log_of([[0] * 400], 300)
    uniform = Stateless("uniform", np.full(300, 1 / 300))
    report = ranking_report(log, uniform, train=log, ks=(10,), n_resamples=10)
    lists = report.to_frame().set_index("metric")["value"]
    assert lists["coverage@10"] == 1.0 and lists["Gini@10"] < 0.2
    assert report.row("HR@10").value == pytest.approx(10 / 300)


def test_imitation_is_never_trusted_and_intervals_hold_the_value():
    rng = np.random.default_rng(0)
    log = log_of([rng.integers(0, 8, 3) for _ in range(300)], 8)
    scores = np.eye(8)[log.actions] + rng.random((len(log), 8))
    report = ranking_report(log, policy_of(scores), ks=(1, 5), n_resamples=200)
    frame = report.to_frame().query("target != ''")
    assert set(frame["verdict"]) <= {"weak", "unreliable"}
    assert (frame["ci_low"] >= 0).all() and (frame["ci_high"] <= 1).all()
    assert ((frame["ci_low"] <= frame["value"]) & (frame["value"] <= frame["ci_high"])).all()
    assert not set(frame["steps"]) & {"head", "cold-user", "click"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"ks": ()}, "each once"), ({"ks": (5, 5)}, "each once"), ({"targets": ("last",)}, "next and rest")],
)
def test_wrong_arguments(arguments, message):
    log = log_of([[0, 1]], 2)
    with pytest.raises(InputError, match=message):
        ranking_report(log, policy_of(np.eye(2)), **arguments)


def test_a_figure_that_is_not_there():
    report = ranking_report(log_of([[0, 1]], 2), policy_of(np.eye(2)), ks=(1,), n_resamples=10)
    with pytest.raises(InputError, match=r"no NDCG@7"):
        report.row("NDCG@7")


def test_a_training_side_of_another_log():
    log = log_of([[0, 1]], 2)
    with pytest.raises(InputError, match="training side has 3 actions"):
        ranking_report(log, policy_of(np.eye(2)), train=log_of([[0, 1]], 3))


def test_candidates_are_no_catalogue(sessions_log):
    from rlbench_rec.mdp import with_candidates

    data = with_candidates(sessions_log, 4, "uniform")
    with pytest.raises(InputError, match="slots of candidates"):
        ranking_report(data, Stateless("uniform", np.full(4, 0.25)))
