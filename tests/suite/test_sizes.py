"""Sizes of a suite: what they change, and what they leave."""

from __future__ import annotations

import pytest

from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.suite import Suite, load_suite
from rlbench_rec.suite.kinds.algorithms.jobs import plan
from rlbench_rec.suite.request import request
from rlbench_rec.suite.sizes import sized

SUITE = Suite.model_validate(
    {
        "name": "mine",
        "sources": [
            {"task": "tabular-v1", "steps": 900, "episodes": 500},
            {"dataset": "open-bandit-sample/random-men", "steps": 900},
        ],
        "algorithms": [{"id": "random"}, {"id": "dqn"}, {"id": "dqn", "label": "gamma-0", "config": {"gamma": 0.0}}],
        "seeds": [0, 1],
        "replicates": 10,
        "sizes": {
            "smoke": {"replicates": 2, "seeds": [0], "steps": 50, "episodes": 100, "truth_error": 0.1},
            "fresh": {"replicates": 5, "task_seed": 1000},
            "pair": {"sources": ["tabular-v1"], "algorithms": ["dqn/gamma-0", "random"]},
            "wrong": {"algorithms": ["dqn/gamma-1"]},
        },
    }
)


def test_a_size_changes_what_it_names_alone():
    smoke = sized(SUITE, "smoke")
    assert (smoke.name, smoke.replicates, smoke.seeds, smoke.steps, smoke.truth_error) == (
        "mine-smoke",
        2,
        [0],
        50,
        0.1,
    )
    assert (smoke.fqe_steps, smoke.logs, smoke.sizes) == (SUITE.fqe_steps, 1, {})
    # The steps of a size are those of every source; a data set has the episodes that it has.
    assert [source.steps for source in smoke.sources] == [None, None]
    assert [source.episodes for source in smoke.sources] == [100, 10_000]


def test_fresh_shops_are_shops_that_the_suite_never_saw():
    def shops(suite):
        return {job.source.task_seed for job in plan(suite) if job.source.task}

    assert shops(sized(SUITE, "fresh")) == set(range(1000, 1005)) and shops(SUITE) == set(range(10))


def test_rows_and_sources_are_kept_by_name_in_their_order():
    pair = sized(SUITE, "pair")
    assert [source.task for source in pair.sources] == ["tabular-v1"]
    assert [(row.id, row.label) for row in pair.algorithms] == [("random", ""), ("dqn", "gamma-0")]


def test_unknown_names_are_refused():
    with pytest.raises(UnknownNameError, match=r"^.*: Unknown size .smokes."):
        sized(SUITE, "smokes")
    with pytest.raises(UnknownNameError, match="gamma-1"):
        sized(SUITE, "wrong")


def test_a_sized_suite_has_other_run_ids():
    assert not {job.run_id for job in plan(SUITE)} & {job.run_id for job in plan(sized(SUITE, "fresh"))}


def test_sizes_are_of_suites_of_algorithms():
    with pytest.raises(InputError, match="has no sizes"):
        request("ope", size="smoke")


def test_every_size_that_comes_with_the_package_can_be_made():
    for name in ("commerce", "commerce-others"):
        suite = load_suite(name)
        for size in suite.sizes:
            assert plan(sized(suite, size))
