"""What is asked of an inference is checked once, wherever it is asked."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.ope.inference import INTERVALS, Inference, Interval

BAD = [
    ({"interval": "bootstrp"}, UnknownNameError, "Unknown interval 'bootstrp'. Did you mean 'bootstrap'"),
    ({"confidence": 1.0}, InputError, "confidence is 1.0; it must lie in"),
    ({"n_resamples": 0}, InputError, "n_resamples is 0; a whole number from 1 up"),
    ({"seed": -1}, InputError, "seed is -1; a whole number from 0 up"),
]
QUESTIONS = {
    "estimate": lambda log, **options: ope.estimate(log, "ips", **options),
    "estimate_all": lambda log, **options: ope.estimate_all(log, ["ips", "snips"], **options),
    "lift": lambda log, **options: ope.lift(log, **options),
    "kpis": lambda log, **options: ope.analysis.kpis(log, {"revenue": None}, **options),
    "ship": lambda log, **options: ope.analysis.ship(log, {}, **options),
    "by_slice": lambda log, **options: ope.analysis.by_slice(log, np.arange(40) % 2, **options),
    "over_days": lambda log, **options: ope.analysis.over_days(log, np.arange(40) % 4, **options),
}


def a_log() -> ope.EvaluationLog:
    rng = np.random.default_rng(0)
    return ope.EvaluationLog(rng.random(40), np.full(40, 0.5), rng.choice([0.25, 0.75], 40))


def test_every_interval_has_a_function_and_a_type():
    assert set(INTERVALS) == set(get_args(Interval))


def test_the_levels_are_the_tails_of_the_interval():
    assert Inference(confidence=0.9).levels == pytest.approx((0.05, 0.95))


@pytest.mark.parametrize(("options", "error", "message"), BAD)
def test_bad_options_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        Inference(**options)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(("options", "error", "message"), BAD)
def test_every_question_refuses_them(question, options, error, message):
    with pytest.raises(error, match=message):
        QUESTIONS[question](a_log(), **options)


def test_the_gate_reaches_every_verdict():
    log, gate = a_log(), ope.Gate(unreliable_ess=1e6)
    asked = {"interval": "none", "gate": gate}
    assert ope.estimate(log, "ips", **asked).verdict == "unreliable"
    assert ope.lift(log, **asked).verdict == "unreliable"
    assert ope.lift(log, against=log, **asked).verdict == "unreliable"
    assert ope.analysis.kpis(log, {"revenue": None}, **asked)[0].value.verdict == "unreliable"
    assert ope.analysis.ship(log, {}, **asked).headline.lift.verdict == "unreliable"
    assert ope.analysis.by_slice(log, np.zeros(40), **asked)[0].lift.verdict == "unreliable"
    assert ope.analysis.over_days(log, np.arange(40) % 20, gate=gate).verdict == "unreliable"
    lenient = ope.Gate(unreliable_ess=1.0, unreliable_events=0.0)
    assert ope.estimate(log, "ips", interval="none", gate=lenient).verdict != "unreliable"
