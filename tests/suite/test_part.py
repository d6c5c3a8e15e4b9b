"""Parts of a run: every job in one of them, and those of a shop in the same."""

from __future__ import annotations

import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.suite import Suite
from rlbench_rec.suite.kinds.algorithms.jobs import plan
from rlbench_rec.suite.part import Part, parse_part

SUITE = Suite(
    name="tiny",
    sources=[{"task": "tabular-v1"}, {"task": "offers-v1"}],
    algorithms=[{"id": "random"}, {"id": "dqn"}, {"id": "cql"}],
    forms=["greedy", "frontier-best"],
    replicates=4,
    logs=2,
)


def test_every_job_is_in_one_part_and_those_of_a_shop_are_together():
    jobs = plan(SUITE)
    shares = [Part(number, 3).jobs(jobs) for number in (1, 2, 3)]
    assert sum(map(len, shares)) == len(jobs) and set.union(*shares) == {job.run_id for job in jobs}
    for share in shares:
        homes = {(job.place, job.replicate) for job in jobs if job.run_id in share}
        assert {job.run_id for job in jobs if (job.place, job.replicate) in homes} == share
        # The choice among learners is where the learners are.
        assert all(set(job.needs) <= share for job in jobs if job.run_id in share)


def test_as_many_parts_as_replicates_are_the_replicates():
    jobs = plan(SUITE)
    third = [job for job in jobs if job.run_id in Part(3, 4).jobs(jobs)]
    assert {job.replicate for job in third} == {2} and {job.place for job in third} == {"tabular-v1", "offers-v1"}


def test_a_part_beyond_the_last_shop_is_empty():
    assert Part(9, 9).jobs(plan(SUITE)) == set()


def test_a_part_as_it_is_typed():
    assert parse_part("2/5") == (2, 5) and str(Part(2, 5)) == "2/5"


@pytest.mark.parametrize("text", ["", "2", "0/5", "6/5", "2/0", "-1/5", "2/5/1", "a/b", " 2/5", "2/99999", "²/5"])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(InputError, match="part"):
        parse_part(text)
