"""KuaiRand: which rows belong to which log, and what is known of how they were shown."""

from __future__ import annotations

import pytest

from rlbench_rec import events, mdp
from rlbench_rec.testing.datasets import check_log


@pytest.fixture
def pure(raw):
    return raw("kuairand")


def test_random_rows_are_decisions_with_the_pools_propensity(pure):
    log = events.load("kuairand/pure-random", pure)
    check_log(log)
    assert log.report == events.LoadReport(8, 5, {"malformed": 1, "other_log": 1, "unknown_event": 1})
    frame = log.to_pandas()
    assert frame["event"].tolist() == ["impression", "click", "favourite", "favourite", "impression"]
    assert frame["propensity"].tolist() == [1 / 7583] * 5
    assert frame["session_id"].tolist() == [0, 1, 2, 3, 4] and frame["user_id"].fillna(-1).tolist() == [0, 0, 1, 1, -1]
    assert log.card.propensity == "uniform" and len(log.catalogue) == 7583
    assert mdp.build(log, mdp.MDPConfig(train_fraction=0.5)).provenance.identification == "identified"


def test_standard_rows_have_sessions_and_no_propensity(pure):
    log = events.load("kuairand/pure-standard", pure)
    check_log(log)
    assert log.report == events.LoadReport(16, 2, {"malformed": 2, "other_log": 12})
    assert "propensity" not in log.to_arrow().column_names
    assert log.card.propensity == "estimated" and log.card.session == "gap"
    assert set(log.to_pandas()["policy"]) == {"standard"}


@pytest.mark.parametrize("version", ["pure", "1k", "27k"])
def test_what_may_be_claimed_of_each_version(version):
    random, standard = (events.find_card(f"kuairand/{version}-{kind}") for kind in ("random", "standard"))
    assert (random.action_source, random.propensity, random.session) == ("exposure", "uniform", "row")
    assert (standard.action_source, standard.propensity, standard.session) == ("exposure", "estimated", "gap")
