"""Suites: reading them, refusing bad ones, and the jobs they make."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from rlbench_rec import tasks
from rlbench_rec.errors import InputError, MissingFileError, UnknownNameError
from rlbench_rec.suite import Suite, config, list_suites, load_suite
from rlbench_rec.suite.kinds import kind_of
from rlbench_rec.suite.kinds.algorithms.check import check
from rlbench_rec.suite.kinds.algorithms.jobs import plan
from rlbench_rec.suite.kinds.estimators.config import EstimatorSuite
from rlbench_rec.suite.request import request

SMALL = {
    "name": "small",
    "sources": [{"task": "recommend-v1", "episodes": 100}],
    "algorithms": [{"id": "random"}, {"id": "dqn"}, {"id": "dqn", "label": "gamma-0", "config": {"gamma": 0.0}}],
    "seeds": [0, 1],
}


def test_every_suite_that_ships_loads_and_names_what_exists():
    assert "quick" in list_suites()
    for name in list_suites():
        suite = load_suite(name)
        assert suite.name == name
        if name == "rl-rec":
            # Its log cannot be given away; whoever runs it brings it.
            suite = suite.model_copy(update={"sources": load_suite("dataset").sources})
        kind_of(suite).check(suite)


def test_the_quick_suite_is_what_the_readme_says():
    suite = load_suite("quick")
    logs = {
        f"open-bandit-sample/{policy}-{campaign}"
        for policy in ("random", "bts")
        for campaign in ("all", "men", "women")
    }
    assert {source.name for source in suite.sources} == logs | {"recommend-v1"}
    learners = {"bc", "dqn", "double-dqn", "cql", "ips-learner", "dr-learner"}
    assert {spec.id for spec in suite.algorithms} == {"random", "popularity", "constant"} | learners
    assert len(suite.seeds) == 3


def test_jobs_of_a_source_stand_together_and_fixed_policies_run_once():
    jobs = plan(Suite(**SMALL))
    assert [(job.spec.id, job.spec.label, job.seed) for job in jobs] == [
        ("behaviour", "", 0),
        ("random", "", 0),
        ("dqn", "", 0),
        ("dqn", "", 1),
        ("dqn", "gamma-0", 0),
        ("dqn", "gamma-0", 1),
    ]
    assert len({job.run_id for job in jobs}) == len(jobs)


def test_run_ids_are_safe_as_file_names():
    source = {"dataset": "../my shops/shop.toml/a"}
    jobs = plan(Suite(**SMALL | {"sources": [source]}))
    assert all("/" not in job.run_id and " " not in job.run_id for job in jobs)


def test_the_config_hash_sees_what_shapes_numbers_and_nothing_else():
    first = plan(Suite(**SMALL))[2]
    assert plan(Suite(**SMALL | {"description": "other words", "seeds": [0]}))[2].config_hash == first.config_hash
    assert plan(Suite(**SMALL | {"steps": 7}))[2].config_hash != first.config_hash
    assert plan(Suite(**SMALL))[4].config_hash != first.config_hash


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"algorithms": [{"id": "dqm"}]}, "Unknown algorithm 'dqm'. Did you mean 'dqn'"),
        ({"estimators": ["drs"]}, "Unknown estimator 'drs'. Did you mean"),
        ({"sources": [{"task": "recomend-v1"}]}, "Unknown task 'recomend-v1'. Did you mean 'recommend-v1'"),
        ({"sources": [{"dataset": "taobo"}]}, "Unknown dataset 'taobo'. Did you mean 'taobao'"),
        ({"loop": "tensr"}, "Unknown loop"),
        ({"algorithms": [{"id": "dqn", "encoder": "mpl"}]}, "Unknown encoder"),
        ({"algorithms": [{"id": "dqn", "config": {"gama": 0.5}}]}, "gamma"),
        ({"forms": ["softmax"]}, "Unknown policy form 'softmax'"),
        (
            {"sources": [{"task": "recommend-v1", "metrics": ["revenu"]}]},
            "Unknown metric 'revenu'. Did you mean 'revenue'",
        ),
    ],
)
def test_unknown_names_are_refused_before_any_work(change, message):
    with pytest.raises((UnknownNameError, InputError), match=message):
        check(Suite(**SMALL | change))


def test_a_metric_of_a_task_that_nobody_registered_is_refused_before_any_work(monkeypatch):
    monkeypatch.setattr(tasks.TASKS["pricing-v1"], "metric_names", ("profit",))
    suite = Suite(**SMALL | {"sources": [{"task": "pricing-v1", "episodes": 100, "metrics": ["profit"]}]})
    with pytest.raises(UnknownNameError, match="Unknown metric 'profit'"):
        check(suite)


def test_a_bad_suite_file_is_refused_with_its_field(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text('name = "s"\nsteps = 0\n[[sources]]\ntask = "recommend-v1"\n[[algorithms]]\nid = "dqn"\n')
    with pytest.raises(InputError, match=r"s\.toml:2: steps: .*greater than or equal to 1"):
        load_suite(str(path))
    path.write_text("name = ")
    with pytest.raises(InputError, match="Not a TOML file"):
        load_suite(str(path))
    with pytest.raises(MissingFileError, match=r"nowhere\.toml"):
        load_suite(str(tmp_path / "nowhere.toml"))
    with pytest.raises(UnknownNameError, match="Did you mean 'quick'"):
        load_suite("quik")


def test_a_dataset_takes_the_standard_board_with_all_its_variants(tmp_path):
    suite, folder = request("", "open-bandit-sample", seeds=2, out=tmp_path / "out")
    assert [source.name for source in suite.sources][:2] == [
        "open-bandit-sample/random-all",
        "open-bandit-sample/random-men",
    ]
    assert len(suite.sources) == 6 and suite.seeds == [0, 1] and folder == tmp_path / "out"
    suite, _ = request("", "taobao", tmp_path)
    assert [(source.dataset, source.data) for source in suite.sources] == [("taobao", str(tmp_path))]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"suite": "quick", "dataset": "taobao"}, "not both"),
        ({"data": "somewhere"}, "--data needs --dataset"),
        ({"resume": True}, "--resume needs --out"),
        ({"suite": "ope", "loop": "lean"}, "The suite 'ope' trains nothing"),
    ],
)
def test_options_that_do_not_go_together(arguments, message):
    with pytest.raises(InputError, match=message):
        request(**arguments)


def test_a_loop_in_place_of_the_suites():
    assert request(loop="lean")[0].loop == "lean"
    with pytest.raises(UnknownNameError, match="Did you mean 'ensemble'"):
        request(loop="ensembel")


def test_a_suite_file_may_begin_with_a_byte_order_mark(tmp_path):
    content = (config.suites_folder() / "quick.toml").read_bytes()
    (tmp_path / "quick.toml").write_bytes(b"\xef\xbb\xbf" + content)
    assert load_suite(str(tmp_path / "quick.toml")) == load_suite("quick")


@pytest.mark.parametrize(
    "change", [{"seeds": list(range(10_001))}, {"sources": [{"task": "ads-v1", "episodes": 10**12}]}]
)
def test_a_number_beyond_all_machines_is_refused(change):
    with pytest.raises(ValidationError, match=r"at most 10000|less than or equal to 100000000"):
        Suite(**SMALL | change)


@pytest.mark.parametrize("change", [{"logs": [2**63]}, {"episodes": [2**40]}])
def test_logs_beyond_all_machines_are_refused(change):
    plain = {"kind": "estimators", "name": "a", "sources": [{"task": "ads-v1"}], "episodes": [100], "logs": [1]}
    with pytest.raises(ValidationError, match="at most"):
        EstimatorSuite(**plain | change)
