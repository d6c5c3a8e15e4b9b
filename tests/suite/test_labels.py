"""What tells sources and algorithms apart stands in their names; what nothing tells apart is refused."""

from __future__ import annotations

import itertools

import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.suite import Suite
from rlbench_rec.suite.config import Source
from rlbench_rec.suite.kinds.algorithms.check import check
from rlbench_rec.suite.kinds.algorithms.jobs import batches, plan
from rlbench_rec.suite.kinds.estimators.check import check as check_estimators
from rlbench_rec.suite.kinds.estimators.config import EstimatorSuite
from rlbench_rec.suite.kinds.estimators.jobs import plan as plan_logs
from rlbench_rec.suite.labels import places

TASK = {"task": "tabular-v1", "episodes": 100}
OBP = {"dataset": "open-bandit-sample/random-men"}
SMALL = {"name": "small", "sources": [TASK], "algorithms": [{"id": "random"}, {"id": "dqn"}], "seeds": [0, 1]}
SCORING = {
    "kind": "estimators",
    "name": "small",
    "sources": [{"task": "tabular-v1", "matched": ["myopic-mild"], "mismatched": ["worst"]}],
    "estimators": ["snips"],
    "episodes": [100],
    "logs": [2],
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([{}], ["tabular-v1"]),
        ([{"task_seed": 0}, {"task_seed": 1}], ["tabular-v1", "tabular-v1/task_seed=1"]),
        ([{}, {"variant": "judge"}, {"variant": "train"}], ["tabular-v1", "tabular-v1/variant=judge", None]),
        ([{}, {"task_config": {"states": 5, "actions": 3}}], ["tabular-v1", None]),
        ([{}, {"episodes": 200}], ["tabular-v1/episodes=100", "tabular-v1/episodes=200"]),
        ([{"episodes": 10_000}, {"episodes": 200}], ["tabular-v1", "tabular-v1/episodes=200"]),
        ([{}, {"forms": ["greedy", "softmax-1"]}], ["tabular-v1", "tabular-v1/forms=greedy+softmax-1"]),
        ([{}, {"steps": 7}, {"label": "long", "steps": 70}], ["tabular-v1", "tabular-v1/steps=7", "tabular-v1/long"]),
        ([{}, {"task": "ads-v1"}], ["tabular-v1", "ads-v1"]),
    ],
)
def test_places_say_what_differs_and_nothing_else(changes, expected):
    found = places([Source(**TASK | change) for change in changes])
    assert len(set(found)) == len(found)
    assert [name if other else None for name, other in zip(found, expected, strict=True)] == expected


def test_data_sets_are_told_apart_by_what_is_made_of_them_and_by_no_folder():
    shop = {"dataset": "/home/ann/cards/shop.toml", "data": "/home/ann/2020"}
    others = [{"mdp": {"gamma": 0.5}}, {"data": "/home/ann/2021"}, {"mdp": {"reward_weights": {"purchase": 2.0}}}]
    found = places([Source(**shop | change) for change in ({}, *others)])
    assert len(set(found)) == 4 and not any("ann" in name for name in found)
    assert found[1].startswith("shop/data=2020/mdp.gamma=0.5") and "mdp.reward_weights.purchase=2.0" in found[3]
    same_folder_name = [Source(**shop), Source(**shop | {"data": "/mnt/2020"})]
    with pytest.raises(InputError, match=r"Two are called shop.*Give each a `label`"):
        places(same_folder_name)


@pytest.mark.parametrize(
    ("specs", "stems"),
    [
        ([{}, {"config": {"gamma": 0.0}}], ["mlp", "mlp/gamma=0.0"]),
        (
            [{"config": {"learning_rate": rate, "gamma": 0.5}} for rate in (0.001, 0.01)],
            ["mlp/learning_rate=0.001", "mlp/learning_rate=0.01"],
        ),
        ([{}, {"config": {"hidden_units": [32, 32]}}], ["mlp", "mlp/hidden_units=32+32"]),
        ([{}, {"shuffle_rewards": True}], ["mlp", "mlp/shuffle_rewards=true"]),
        ([{"encoder": "mlp"}, {"encoder": "gru"}], ["mlp", "gru"]),
        (
            [{"label": "a"}, {"label": "a", "config": {"gamma": 0.1}}, {"label": "b", "config": {"gamma": 0.1}}],
            ["mlp/a", "mlp/a/gamma=0.1", "mlp/b"],
        ),
    ],
)
def test_rows_of_one_algorithm_say_what_differs(specs, stems):
    suite = Suite(**SMALL | {"algorithms": [{"id": "dqn"} | spec for spec in specs]})
    check(suite)
    jobs = [job for job in plan(suite, "cpu") if job.spec.id == "dqn"]
    assert list(dict.fromkeys(job.stem for job in jobs)) == stems
    assert len({job.run_id for job in jobs}) == len(jobs) == 2 * len(specs)


CHANGES = {
    "steps": {"steps": 7},
    "forms": {"forms": ["greedy"]},
    "loop": {"loop": "lean"},
    "estimators": {"estimators": ["ips"]},
    "shop's seed": {"sources": [TASK | {"task_seed": 1}]},
    "variant": {"sources": [TASK | {"variant": "judge"}]},
    "config": {"sources": [TASK | {"task_config": {"states": 5}}]},
    "episodes": {"sources": [TASK | {"episodes": 101}]},
    "metrics": {"sources": [TASK | {"metrics": ["CTR"]}]},
    "learning rate": {"algorithms": [{"id": "random"}, {"id": "dqn", "config": {"learning_rate": 0.1}}]},
    "encoder": {"algorithms": [{"id": "random"}, {"id": "dqn", "encoder": "gru"}]},
    "label": {"algorithms": [{"id": "random"}, {"id": "dqn", "label": "x"}]},
    "shuffled": {"algorithms": [{"id": "random"}, {"id": "dqn", "shuffle_rewards": True}]},
    "name": {"name": "other"},
}


def test_a_run_id_holds_everything_that_distinguishes_a_job():
    suites = {"plain": SMALL} | {name: SMALL | change for name, change in CHANGES.items()}
    ids = {name: [job.run_id for job in plan(Suite(**suite), "cpu")][-1] for name, suite in suites.items()}
    for one, other in itertools.combinations(ids, 2):
        assert ids[one] != ids[other], (one, other)
    assert ids["plain"].startswith("tabular-v1.dqn.mlp.seed1-")
    # Words, seeds beside its own and the folders of files do not distinguish it.
    same = SMALL | {"description": "other words", "seeds": [0, 1, 2]}
    assert ids["plain"] in [job.run_id for job in plan(Suite(**same), "cpu")]


def test_run_ids_stay_short_and_safe():
    long = {"config": {"hidden_units": [64] * 200}}
    suite = Suite(**SMALL | {"algorithms": [{"id": "dqn"}, {"id": "dqn", **long}]})
    ids = [job.run_id for job in plan(suite, "cpu")]
    assert len(set(ids)) == len(ids) and all(len(run_id) < 200 and "/" not in run_id for run_id in ids)


def test_seeds_of_one_row_still_share_a_batch_where_labels_were_made():
    specs = [{"id": "dqn"}, {"id": "dqn", "config": {"gamma": 0.0}}]
    suite = Suite(**SMALL | {"algorithms": specs, "loop": "ensemble"})
    assert [len(batch) for batch in batches(plan(suite, "cpu"))] == [1, 2, 2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": [0, 1, 0]}, "seeds: 0 is named twice"),
        ({"estimators": ["snips", "dr", "snips"]}, "estimators: snips is named twice"),
        ({"forms": ["softmax-0.3", "greedy", "softmax-0.30"]}, "forms: softmax-0.30 is named twice"),
        ({"sources": [TASK | {"forms": ["greedy", "greedy"]}]}, "forms: greedy is named twice"),
        ({"sources": [TASK | {"metrics": ["CTR", "CTR"]}]}, "CTR is named twice"),
        ({"sources": [TASK, TASK]}, "sources: tabular-v1 is named twice with the same settings"),
        ({"sources": [TASK, TASK | {"task_config": {"states": 10}}]}, "are the same"),
        ({"sources": [TASK, TASK | {"label": "again"}]}, "tabular-v1 and tabular-v1/again are the same"),
        ({"sources": [OBP, OBP | {"label": "again"}]}, "random-men/again are the same"),
        ({"algorithms": [{"id": "dqn"}, {"id": "dqn"}]}, "algorithms: dqn with the same settings is named twice"),
        ({"algorithms": [{"id": "dqn"}, {"id": "dqn", "config": {"learning_rate": 5e-4}}]}, "is named twice"),
        ({"algorithms": [{"id": "double-dqn"}, {"id": "ddqn"}]}, "is named twice"),
        ({"algorithms": [{"id": "dqn"}, {"id": "dqn", "sequential_only": True}]}, "is named twice"),
        ({"algorithms": [{"id": "random"}, {"id": "random", "encoder": "mlp"}]}, "is named twice"),
        ({"algorithms": [{"id": "random"}, {"id": "random", "label": "fixed"}]}, "is named twice"),
    ],
)
def test_what_is_named_twice_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        check(Suite(**SMALL | change))


def test_the_label_of_best_checkpoints_is_taken():
    with pytest.raises(InputError, match="'best' is that of best checkpoints"):
        check(Suite(**SMALL | {"algorithms": [{"id": "dqn", "label": "best"}]}))


def test_settings_of_what_is_not_trained_are_refused():
    with pytest.raises(InputError, match="config of random: Unknown field 'gamma'"):
        check(Suite(**SMALL | {"algorithms": [{"id": "random", "config": {"gamma": 0.5}}]}))
    with pytest.raises(InputError, match="random: It is not trained: its rewards cannot be shuffled"):
        check(Suite(**SMALL | {"algorithms": [{"id": "random", "shuffle_rewards": True}]}))


SHOP = SCORING["sources"][0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"estimators": ["snips", "snips"]}, "estimators: snips is named twice"),
        ({"episodes": [100, 100], "logs": [1, 2]}, "episodes: 100 is named twice"),
        ({"sources": [SHOP, SHOP]}, "named twice with the same settings"),
    ],
)
def test_what_is_named_twice_in_a_suite_of_estimators_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        check_estimators(EstimatorSuite(**SCORING | change))


def test_logs_of_two_shops_of_one_task_are_other_jobs_of_other_places():
    shops = [SHOP | {"task_seed": seed} for seed in (0, 1)] + [SHOP | {"task_seed": 1, "logging": "random"}]
    jobs = plan_logs(EstimatorSuite(**SCORING | {"sources": shops}))
    assert len({job.run_id for job in jobs}) == len(jobs) == 6
    assert len({job.place for job in jobs}) == 3 and jobs[0].place == "tabular-v1"
