"""What to act on: one line a place, and no number where the log supports none."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from rlbench_rec.results.actions import action
from rlbench_rec.results.frontier import Advice
from rlbench_rec.results.frontier_words import Lift, percent, to_test
from rlbench_rec.results.headline import Headline


def advice_of(lift, *, step="dqn tilted by 0.6 nats a session", log_needed=1.0):
    """A frontier whose behaviour policy earns 4."""
    return Advice(
        place="shop",
        run_id="shop.dqn.mlp.seed0",
        algorithm="dqn",
        variant="mlp/frontier",
        seed=0,
        base="logged",
        step=step,
        contender="dqn" if step else "",
        dial="tilted" if step else "",
        parameter=0.1,
        divergence=0.6,
        lift=lift,
        shuffled=None,
        negated=None,
        behaviour=4.0,
        log_needed=log_needed,
        sentence="",
        controls="",
    )


def place_of(rows, estimator="truth", behaviour=(4.0, 3.9, 4.1)):
    columns = ["algorithm", "variant", "mean", "ci_low", "ci_high", "verdict", "rank"]
    logged = None if behaviour is None else pd.Series(dict(zip(("mean", "ci_low", "ci_high"), behaviour, strict=True)))
    return Headline("shop", "reward", estimator, pd.DataFrame(rows, columns=columns), logged)


NOWHERE = place_of([])


def test_a_lift_that_the_test_side_shows_is_tested():
    found = action(NOWHERE, advice_of(Lift(0.4, 0.2, 0.6, "trusted", math.nan)))
    assert (found.what, found.algorithm, found.variant) == ("A/B test", "dqn", "mlp/frontier")
    assert (found.gain, found.interval) == ("+10.0 %", "[5.0, 15.0]")
    assert found.why == "dqn tilted by 0.6 nats a session"


@pytest.mark.parametrize(
    ("verdict", "gain", "interval"),
    [("weak", "+2.5 %", "[-5.0, 10.0]"), ("trusted", "+2.5 %", "[-5.0, 10.0]"), ("unreliable", "", "")],
)
def test_a_step_that_is_not_shown_asks_for_more_log_and_has_no_number_where_it_is_unreliable(verdict, gain, interval):
    found = action(NOWHERE, advice_of(Lift(0.1, -0.2, 0.4, verdict, math.nan)))
    assert (found.what, found.gain, found.interval) == ("log more", gain, interval)
    assert verdict in found.why


@pytest.mark.parametrize(
    ("needed", "why"),
    [
        (3.14, "3.1 times this log would"),
        (1e6, "; 100 times this log would not do"),
        (math.nan, "; 100 times this log would not do"),
    ],
)
def test_where_nothing_is_chosen_what_is_in_service_stays(needed, why):
    found = action(NOWHERE, advice_of(Lift(0.0, 0.0, 0.0, "weak", math.nan), step="", log_needed=needed))
    assert (found.what, found.algorithm, found.gain) == ("keep", "", "") and found.why.endswith(why)


def test_own_choices_tell_nothing_of_a_value():
    found = action(place_of([("bc", "mlp/greedy", 0.5, 0.4, 0.6, "weak", 1)], "ranking"), None)
    assert (found.what, found.gain, found.interval) == ("cannot be told", "", "")


def test_without_frontiers_the_best_trusted_row_speaks_that_could_be_served():
    rows = [
        ("reference", "optimum/greedy", 9.0, 8.9, 9.1, "trusted", 1),
        ("dqn", "mlp/best/greedy", 6.0, 5.9, 6.1, "trusted", 2),
        ("cql", "mlp/greedy", 5.5, 5.0, 6.0, "weak", 3),
        ("dqn", "mlp/greedy", 5.0, 4.8, 5.2, "trusted", 4),
        ("behaviour", "logged", 4.0, 3.9, 4.1, "trusted", 5),
    ]
    found = action(place_of(rows), None)
    assert (found.what, found.algorithm, found.variant, found.gain) == ("A/B test", "dqn", "mlp/greedy", "+25.0 %")
    assert found.interval == "[20.0, 30.0]"
    assert action(place_of(rows[:3] + rows[4:]), None).what == "cannot be told"
    assert action(place_of(rows, behaviour=None), None).what == "cannot be told"
    assert action(place_of(rows, behaviour=(4.9, 4.8, 5.0)), None).what == "keep"


def test_a_difference_is_a_share_only_of_what_is_above_zero():
    assert percent((0.4, -0.00001, 0.6), 4.0) == ("+10.0 %", "[0.0, 15.0]")
    assert percent((0.4, -0.2, 0.6), -1.0) == ("+0.4", "[-0.2, 0.6]")


def test_no_number_stands_after_what_cannot_be_told():
    step = pd.Series(
        {
            "algorithm": "dqn",
            "variant": "mlp/frontier",
            "contender": "dqn",
            "dial": "tilted",
            "parameter": 0.1,
            "divergence": 0.6,
        }
    )
    said = to_test(step, Lift(0.1, -0.2, 0.4, "unreliable", 0.05), 4.0)
    before, _, after = said.partition("cannot be told")
    assert "0.6 nats" in before and after and not any(character.isdigit() for character in after)
    assert "+2.5 % [-5.0, 10.0] on the test side, weak" in to_test(step, Lift(0.1, -0.2, 0.4, "weak", math.nan), 4.0)
