"""Plans of a table: long enough to be trusted in the asked share of cases, guardrails included, and honest if rare."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.cli.render.plan import plan_lines
from rlbench_rec.errors import InputError
from rlbench_rec.ope import EvaluationLog
from rlbench_rec.ope.analysis import Guardrail
from rlbench_rec.ope.reliability.gate import Gate
from rlbench_rec.ope.scorecard import Goal, PlanOptions, plan_for, read_log
from rlbench_rec.ope.scorecard.support import log_needed
from rlbench_rec.ope.scorecard.trusted_length import trusted_length

LOGGING, TARGET = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rng = np.random.default_rng(0)
    items = rng.choice(3, 4_000, p=LOGGING)
    columns = {"propensity": LOGGING[items], "target_propensity": TARGET[items]}
    columns["reward"] = (rng.random(4_000) < np.array([0.05, 0.1, 0.2])[items]) * 1.0
    columns |= {"returns": (rng.random(4_000) < 0.01) * 1.0, "never": np.zeros(4_000)}
    path = tmp_path_factory.mktemp("plans") / "log.parquet"
    pd.DataFrame(columns).to_parquet(path)
    return read_log(path, metrics=["returns", "never"])


def test_a_log_is_planned_to_be_trusted_and_not_as_likely_as_not(table):
    needed = log_needed(table.log, Gate())[0]
    even, often = (plan_for(table, PlanOptions(0.05, power=power)).trusted_times for power in (0.5, 0.9))
    assert even == pytest.approx(needed)
    assert often == pytest.approx(needed * np.exp(1.2816 * np.sqrt(2 * (1 + needed) / 25)), rel=1e-4)


def test_a_rare_guardrail_is_waited_for(table):
    rail = {"returns": Guardrail(0, 0.02, lower_is_better=True)}
    alone, guarded = (plan_for(table, PlanOptions(0.05), goal=Goal(rails)) for rails in ({}, rail))
    assert guarded.trusted_times > 2 * alone.trusted_times and guarded.times == guarded.trusted_times
    assert guarded.log.times < guarded.trusted_times


def test_a_guardrail_that_never_happened_is_not_planned_for(table):
    with pytest.raises(InputError, match="guardrail 'never': Every unit"):
        plan_for(table, PlanOptions(0.05), goal=Goal({"never": Guardrail(1, 0.02, lower_is_better=True)}))


def test_a_lift_that_is_not_enough_is_the_plans(table):
    with pytest.raises(InputError, match="does not exceed") as refused:
        plan_for(table, PlanOptions(0.01), goal=Goal(min_lift=0.02))
    assert refused.value.where == "plan"


def test_a_plan_from_few_events_says_so(table, tmp_path):
    many = " ".join(plan_lines(plan_for(table, PlanOptions(0.05))))
    rng = np.random.default_rng(1)
    items = rng.choice(3, 4_000, p=LOGGING)
    rewards = (rng.random(4_000) < 0.008) * 1.0
    columns = {"reward": rewards, "propensity": LOGGING[items], "target_propensity": TARGET[items]}
    pd.DataFrame(columns).to_parquet(tmp_path / "rare.parquet")
    few = " ".join(" ".join(plan_lines(plan_for(read_log(tmp_path / "rare.parquet"), PlanOptions(0.01)))).split())
    assert "expect less than 80%" in few and "few events" not in many


def test_unequal_amounts_ask_for_more_than_the_margin_of_their_counts():
    rng = np.random.default_rng(0)
    items = rng.choice(3, 6_000, p=LOGGING)
    amounts = (rng.random(6_000) < 0.02) * rng.lognormal(3.0, 0.8, 6_000)
    log = EvaluationLog(amounts, LOGGING[items], TARGET[items])
    needed = log_needed(log, Gate())[0]
    even, often = (trusted_length(log, power, Gate()) for power in (0.5, 0.8))
    # Of a log that is long enough by its own sizes, the sizes that a longer one shows ask for more.
    assert needed < even < 2 * needed
    assert often > even * np.exp(0.8416 * np.sqrt(2 * (1 + needed) / 25))
