"""What a run is expected to cost: from what is done, else from what its kind took."""

from __future__ import annotations

import pytest

from rlbench_rec.suite import Suite
from rlbench_rec.suite.forecast import Forecast, forecast
from rlbench_rec.suite.kinds.algorithms.jobs import plan
from rlbench_rec.suite.kinds.estimators.config import EstimatorSuite
from rlbench_rec.suite.kinds.estimators.jobs import plan as plan_logs
from rlbench_rec.suite.plan import JobResult

SUITE = Suite(
    name="tiny",
    sources=[{"task": "tabular-v1"}, {"task": "offers-v1"}],
    algorithms=[{"id": "random"}, {"id": "dqn"}, {"id": "cql"}],
    seeds=[0],
    replicates=2,
)
JOBS = plan(SUITE)


def timed(job, seconds, cpu_seconds=None):
    return JobResult(job.run_id, [], timing={"seconds": seconds, "cpu_seconds": cpu_seconds})


def of(place, algorithm, replicate):
    return next(job for job in JOBS if (job.place, job.spec.id, job.replicate) == (place, algorithm, replicate))


def test_the_nearest_job_that_is_done_says_what_another_takes(tmp_path):
    kept = {}
    for place, algorithm, seconds in (("tabular-v1", "dqn", 60.0), ("offers-v1", "dqn", 120.0)):
        job = of(place, algorithm, 0)
        kept[job.run_id] = timed(job, 999.0, seconds)
    to_do = [of("tabular-v1", "dqn", 1)]
    assert forecast(tmp_path, JOBS, to_do, kept, 1).minutes == pytest.approx(1.0)
    # CQL was not done anywhere: it is trained as DQN is, whose mean is 90 seconds.
    to_do += [of("offers-v1", "dqn", 1), of("tabular-v1", "cql", 1)]
    expected = forecast(tmp_path, JOBS, to_do, kept, 2)
    assert expected.minutes == pytest.approx((60 + 120 + 90) / 2 / 60)
    assert (expected.jobs, expected.workers, expected.basis) == (3, 2, "as 2 jobs here took")


def test_what_none_is_like_has_the_cost_of_its_kind(tmp_path):
    job = of("tabular-v1", "dqn", 0)
    expected = forecast(tmp_path, JOBS, [job], {}, 1)
    assert expected.minutes == pytest.approx(job.usual_seconds / 60)
    both = forecast(tmp_path, JOBS, [job, of("tabular-v1", "random", 1)], {job.run_id: timed(job, 60.0)}, 1)
    assert "1 jobs here took; 1 as their kind took elsewhere" in both.basis


def test_longer_trainings_take_longer():
    longer = plan(SUITE.model_copy(update={"steps": 2 * SUITE.steps}))
    for job, other in zip(JOBS, longer, strict=True):
        assert (other.usual_seconds > job.usual_seconds) == job.is_trained


def test_where_nothing_was_measured_it_says_so(tmp_path):
    suite = EstimatorSuite(kind="estimators", name="scoring", sources=[{"task": "tabular-v1"}])
    jobs = plan_logs(suite)
    assert "not known" in str(forecast(tmp_path, jobs, jobs, {}, 1))


def test_files_that_jobs_left_are_counted(tmp_path):
    job, other = of("tabular-v1", "random", 0), of("tabular-v1", "random", 1)
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / f"{job.run_id}.json").write_text("x" * 2_000_000)
    assert forecast(tmp_path, JOBS, [other], {job.run_id: timed(job, 1.0)}, 1).disk_mb == pytest.approx(2.0)


def test_it_is_one_sentence():
    said = str(Forecast(1430, 181.3, 2, "as 13 jobs here took", 640.4))
    assert said == "Expected: about 181 minutes of 2 workers, 640 MB on disk (as 13 jobs here took)."
    assert "less than a minute of 1 worker" in str(Forecast(1, 0.2, 1, "so", None))
