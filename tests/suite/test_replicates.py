"""Replicates: which shops, logs and seeds a suite runs on, and that older suites keep their run ids."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.results.read import load_runs
from rlbench_rec.suite import Suite, load_suite, sources
from rlbench_rec.suite.jobs import planned
from rlbench_rec.suite.kinds import kind_of
from rlbench_rec.suite.kinds.algorithms.jobs import batches, plan
from rlbench_rec.suite.replicates import BETWEEN_LOGS, replicates_of
from rlbench_rec.suite.runner import run_suite
from rlbench_rec.suite.sources import TRUTH_SEED

ROOT = Path(__file__).parents[2]
BASE = {"task": "tabular-v1", "episodes": 60}
SUITE = Suite(
    name="tiny",
    sources=[BASE, {"dataset": "open-bandit-sample/random-men"}, BASE | {"task_seed": 40, "log_seed": 7}],
    algorithms=[{"id": "random"}, {"id": "dqn"}],
    seeds=[0, 2],
    replicates=3,
    logs=2,
    estimators=["snips"],
    n_resamples=100,
    truth_error=0.2,
)
FIXED = SUITE.model_copy(update={"algorithms": SUITE.algorithms[:1], "sources": [SUITE.sources[0], SUITE.sources[2]]})
SMALL = FIXED.model_copy(update={"sources": FIXED.sources[:1], "logs": 1})
"""Six jobs: the behaviour policy and a uniform one in three shops."""


def test_every_shop_has_its_own_log_and_seeds():
    found = [(one.source.task_seed, one.replicate, one.log, one.seeds) for one in replicates_of(SUITE)[:6]]
    assert found == [
        (0, 0, 0, (0, 2)),
        (0, 0, 1, (0, 2)),
        (1, 1, 0, (3, 5)),
        (1, 1, 1, (3, 5)),
        (2, 2, 0, (6, 8)),
        (2, 2, 1, (6, 8)),
    ]


def test_log_seeds_follow_the_shop_and_are_never_the_same():
    seeds = [sources.log_seed(one.source) for one in replicates_of(SUITE) if one.source.task]
    assert seeds == [1, BETWEEN_LOGS + 1, 2, BETWEEN_LOGS + 2, 3, BETWEEN_LOGS + 3] + [
        7 + shop + log * BETWEEN_LOGS for shop in range(3) for log in range(2)
    ]
    assert len(set(seeds)) == len(seeds) and TRUTH_SEED not in seeds


def test_a_data_set_has_one_replicate_and_every_place_is_one():
    found = replicates_of(SUITE)
    assert [one.replicate for one in found if one.source.dataset] == [0]
    # All replicates of a source are called as the source is.
    assert len({one.place for one in found}) == 3 and len(found) == 13


def test_another_log_of_the_same_shop():
    one, other = (sources.decisions(shop.source) for shop in replicates_of(FIXED)[:2])
    assert one.provenance.source_sha256 != other.provenance.source_sha256 or (one.rewards != other.rewards).any()
    assert len(one.rewards) != len(other.rewards) or (one.actions != other.actions).any()


def test_names_say_the_replicate_and_jobs_are_all_different():
    jobs = plan(SUITE)
    names = [job.name for job in jobs]
    assert "tabular-v1.dqn.mlp.replicate1.log1.seed5" in "\n".join(names).replace("/task_seed=40/log_seed=7", "")
    assert len(set(names)) == len(names) == len({job.run_id for job in jobs})
    assert all(len({job.replicate for job in batch}) == 1 for batch in batches(jobs))


def test_more_replicates_change_no_job_of_those_before():
    fewer = SUITE.model_copy(update={"replicates": 2, "logs": 1})
    assert {job.run_id for job in plan(fewer)} < {job.run_id for job in plan(SUITE)}


def test_two_sources_that_share_a_shop_are_refused():
    near = [BASE, BASE | {"task_seed": 2}]
    suite = SUITE.model_copy(update={"sources": Suite.model_validate(SUITE.model_dump() | {"sources": near}).sources})
    with pytest.raises(InputError, match=r"are the same.*task_seed further apart"):
        kind_of(suite).check(suite)
    # The same shop with another length of its log is asked for on purpose.
    kind_of(suite).check(suite.model_copy(update={"replicates": 2}))


def test_older_suites_keep_their_run_ids():
    # Of those that normalise the reference is a part, which a better method may change.
    committed = set(load_runs(ROOT / "results" / "quick" / "runs.csv")["run_id"])
    assert committed <= {job.run_id for job in planned(load_suite("quick"), "cpu")}


def test_rows_say_their_replicate(tmp_path, in_this_process, without_pictures):
    run_suite(FIXED, tmp_path / "out", device="cpu", workers=1)
    runs = pd.read_csv(tmp_path / "out" / "runs.csv")
    assert len(in_this_process) == 2 * 2 * 6
    truths = runs[(runs["estimator"] == "truth") & (runs["task"] == "tabular-v1")]
    behaviour = truths[truths["algorithm"] == "behaviour"]
    assert sorted(zip(behaviour["replicate"], behaviour["log"], behaviour["seed"], strict=True)) == [
        (shop, log, 3 * shop) for shop in range(3) for log in range(2)
    ]
    # A shop is worth the same whatever was logged there; another shop is not.
    assert behaviour.groupby("replicate")["value"].nunique().eq(1).all() and behaviour["value"].nunique() == 3


def test_a_run_in_parts_ends_with_the_bytes_of_a_run_in_one(tmp_path, in_this_process, without_pictures):
    def part(number, **options):
        in_this_process.clear()
        return run_suite(SMALL, tmp_path / "parts", device="cpu", workers=1, part=(number, 3), **options)

    def interrupt(event):
        if len(in_this_process) == 1:
            raise KeyboardInterrupt

    run_suite(SMALL, tmp_path / "whole", device="cpu", workers=1)
    third = part(3)
    assert (len(third.results), third.missing) == (2, 4)
    with pytest.raises(KeyboardInterrupt):
        part(1, progress=interrupt)
    assert pd.read_csv(tmp_path / "parts" / "runs.csv")["replicate"].value_counts().to_dict() == {2: 4, 0: 2}
    assert part(1).missing == 2 and len(in_this_process) == 1
    assert part(2).missing == 0
    for name in ("runs.csv", "leaderboard.csv"):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


def test_replicates_may_be_added_and_seeds_then_not(tmp_path, in_this_process, without_pictures):
    run_suite(SMALL.model_copy(update={"replicates": 2}), tmp_path / "out", device="cpu", workers=1)
    in_this_process.clear()
    run_suite(SMALL, tmp_path / "out", device="cpu", workers=1, resume=True)
    assert len(in_this_process) == 2
    for change, why in (({"replicates": 1}, "replicates are 3"), ({"seeds": [0, 2, 3]}, "with replicates they stay")):
        with pytest.raises(InputError, match=why):
            run_suite(SMALL.model_copy(update=change), tmp_path / "out", device="cpu", resume=True)
