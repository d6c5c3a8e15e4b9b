"""What is chosen of the trials of a search, and what the next draws go by."""

from __future__ import annotations

import math

from rlbench_rec.suite import Suite
from rlbench_rec.suite.config import AlgorithmSpec
from rlbench_rec.suite.kinds.algorithms.jobs import TrainingJob
from rlbench_rec.training.algorithm_config import LOGIT_FORMS, Q_FORMS
from rlbench_rec.tuning.plan import Plan, PlannedSearch, estimator_of, rows_to_tune, searches_of
from rlbench_rec.tuning.search import Search, worths
from rlbench_rec.tuning.space import Range, Space
from rlbench_rec.tuning.spaces import load_spaces
from rlbench_rec.tuning.trial import Outcome, Trial, form_of

SUITE = Suite(name="tiny", sources=[{"task": "tabular-v1"}], algorithms=[{"id": "cql"}])


def outcome(settings, ci_low, verdict, truth=math.nan, **fields):
    return Outcome(
        settings, estimator="snips", estimate=ci_low + 1, ci_low=ci_low, verdict=verdict, truth=truth, **fields
    )


def search(*outcomes):
    job = TrainingJob(suite=SUITE, source=SUITE.sources[0], place="tabular-v1", spec=SUITE.algorithms[0], seed=0)
    space = Space({"alpha": Range(low=0.1, high=1.0)}, {"alpha": 0.1})
    return Search(job, space, "softmax-0.3", 20, list(outcomes))


def test_an_estimate_that_is_not_trusted_is_chosen_only_where_none_is():
    weak, trusted = outcome({"alpha": 0.2}, 9.0, "weak", 1.0), outcome({"alpha": 0.3}, 2.0, "trusted", 0.5)
    best = search(outcome({}, 3.0, "unreliable", 2.0), weak, trusted).chosen()
    assert best.by_estimate.trial == 2 and best.by_estimate.config == {"alpha": 0.3}
    assert best.by_estimate.truth == 0.5 and best.by_truth.trial == 0 and best.by_truth.truth == 2.0
    assert search(outcome({}, 3.0, "unreliable"), weak).chosen().by_estimate.trial == 1


def test_a_choice_is_the_earliest_of_equals_and_no_trial_that_failed():
    one = search(outcome({}, 1.0, "weak", 1.0), outcome({"alpha": 0.2}, 1.0, "weak", 1.0)).chosen()
    assert (one.by_estimate.trial, one.by_truth.trial) == (0, 0)
    failed = Outcome({}, status="failed: no")
    assert search(failed, Outcome({"alpha": 0.2}, status="pruned")).chosen().by_estimate is None
    undefined = search(failed, outcome({"alpha": 0.2}, math.nan, "unreliable")).chosen()
    assert undefined.by_estimate.trial == 1 and undefined.by_estimate.ci_low is None and undefined.by_truth is None


def test_next_item_metrics_are_compared_by_their_value():
    fields = {"estimator": "NDCG@10", "verdict": "weak"}
    sure = Outcome({}, estimate=0.10, ci_low=0.09, **fields)
    best = Outcome({"alpha": 0.2}, estimate=0.11, ci_low=0.05, estimator="NDCG@10", verdict="unreliable")
    assert search(sure, best).chosen().by_estimate.trial == 1


def test_draws_go_by_places_among_the_trials_so_far():
    done = [
        outcome({}, 5.0, "weak", truth=100.0),
        outcome({}, 1.0, "trusted", truth=0.0),
        Outcome({}, status="failed: no"),
        Outcome({}, status="pruned", curve=((25, 0.2),)),
        Outcome({}, status="pruned", curve=((25, 0.3),)),
        outcome({}, 2.0, "trusted"),
    ]
    # The truth counts for nothing: a user has none.
    assert worths(done) == [2.0, 3.0, None, 0.0, 1.0, 4.0]


def test_an_algorithm_that_has_nothing_to_do_there_ends_its_search():
    ended = search(Outcome({}, status="left out: states show no history"))
    assert ended.left_out == "states show no history" and ended.remaining == 0
    assert search().remaining == 20


def test_a_search_has_no_more_trials_than_there_are_settings():
    one = Search(search().job, Space({"wide": [1, 2, 3]}, {"wide": 2}), "greedy", 20)
    assert (one.planned, one.remaining) == (3, 3)


def test_controls_take_the_choice_of_what_they_control_for():
    specs = [
        AlgorithmSpec(id="dqn", label="gamma-0", config={"gamma": 0.0}),
        AlgorithmSpec(id="dqn", shuffle_rewards=True, label="shuffled-rewards"),
        AlgorithmSpec(id="cql"),
        AlgorithmSpec(id="dqn", config={"n_steps": 3}),
        AlgorithmSpec(id="file:recs.csv"),
        AlgorithmSpec(id="cql", retrieve="als"),
    ]
    rows = rows_to_tune(specs)
    assert [(row.id, row.config, row.retrieve) for row in rows] == [
        ("cql", {}, ""),
        ("dqn", {"n_steps": 3}, ""),
        ("cql", {}, "als"),
    ]


def test_what_networks_over_candidates_do_not_take_is_not_tried():
    rows = [{"id": "cql"}, {"id": "cql", "retrieve": "markov"}]
    suite = Suite(name="two", sources=[{"task": "tabular-v1", "variant": "judge"}], algorithms=rows)
    plain, among_candidates = (found.space.settings for found in searches_of(suite, load_spaces(), 20, "cpu"))
    assert "dueling" in plain and set(plain) - set(among_candidates) == {"dueling"}


def test_the_suite_says_by_which_estimate_trials_are_scored():
    asked = [["ips", "snips", "dr", "sndr"], ["snips", "dr"], ["ips", "dr"], ["dr"]]
    suites = [SUITE.model_copy(update={"estimators": names}) for names in asked]
    assert [estimator_of(suite) for suite in suites] == ["sndr", "snips", "ips", "snips"]


def test_the_plan_says_how_long_the_rest_takes():
    lines = (
        PlannedSearch("shop", "cql", ("alpha",), 20, 5, 60.0),
        PlannedSearch("shop", "random", (), 1, 1, math.nan),
        PlannedSearch("shop", "markov", ("smoothing",), 20, 1, math.nan, "states show no history"),
    )
    plan = Plan(lines, workers=2, budget_minutes=5.0)
    # 15 trials of a minute on two processes.
    assert plan.trials == 15 and plan.minutes == 7.5 and plan.parts == 2
    assert "15 trials" in str(plan) and "--part 1/2" in str(plan)
    unknown = Plan((PlannedSearch("shop", "cql", (), 20, 0, math.nan),), 2, 5.0)
    assert math.isnan(unknown.minutes) and unknown.parts == 1 and "first trial" in str(unknown)


def trial(usual, **settings):
    return Trial(search().job, 1, settings, usual)


def test_the_form_of_a_trial_is_its_own_or_the_headline_that_can_be_made():
    assert form_of(trial("softmax-0.3"), 2.0, Q_FORMS) == "softmax-0.3"
    assert form_of(trial("softmax-0.3"), 2.0, LOGIT_FORMS) == "stochastic"
    assert form_of(trial("softmax-0.3"), 2.0, ("greedy",)) == "greedy"
    # A temperature is tried in units of the return's standard deviation, 2 here.
    assert form_of(trial("greedy", form="softmax", softmax=0.01), 2.0, Q_FORMS) == "softmax-0.02"
    assert form_of(trial("greedy", form="tilted", tilted=0.5), 2.0, Q_FORMS) == "tilted-0.5"
