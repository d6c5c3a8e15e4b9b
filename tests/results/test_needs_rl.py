"""Does this log need RL? The answer follows the interval of the difference."""

import pandas as pd
import pytest

from rlbench_rec.results.needs_rl import needs_rl


def _row(variant, mean, half=0.1, **cells):
    defaults = {"dataset": "", "task": "shop-v1", "algorithm": "dqn", "metric": "reward", "estimator": "truth"}
    labels = {"verdict": "trusted", "identification": "identified"}
    return defaults | labels | {"variant": variant, "mean": mean, "ci_low": mean - half, "ci_high": mean + half} | cells


def _answer(*rows):
    (sentence,) = needs_rl(pd.DataFrame(rows))
    return sentence


@pytest.mark.parametrize(
    ("mean", "answer"),
    [
        (2.0, "Does shop-v1 need RL? Yes. dqn looking"),
        (1.1, "Not shown: the interval holds 0"),
        (0.5, "No, looking ahead is worse"),
    ],
)
def test_the_interval_of_the_difference_decides(mean, answer):
    assert answer in _answer(_row("mlp/greedy", mean), _row("mlp/gamma-0/greedy", 1.0))


def test_interval_from_the_sides_that_face_each_other():
    ahead = _row("mlp/greedy", 2.0, ci_low=1.7, ci_high=9.0)
    control = _row("mlp/gamma-0/greedy", 1.0, ci_low=-9.0, ci_high=1.4)
    assert "+1, interval [+0.5, " in _answer(ahead, control)


def test_each_in_its_best_form_that_the_log_supports():
    wild = _row("mlp/greedy", 50.0, verdict="unreliable")
    sentence = _answer(_row("mlp/softmax-1", 2.0), wild, _row("mlp/gamma-0/greedy", 1.0))
    assert "Yes." in sentence
    assert "+1," in sentence
    assert "does not support one of the two" in _answer(wild, _row("mlp/gamma-0/greedy", 1.0))


def test_users_own_choices_answer_nothing():
    rows = [_row("mlp/greedy", 2.0, estimator="dr"), _row("mlp/gamma-0/greedy", 1.0, estimator="dr")]
    sentence = _answer(*(row | {"identification": "not-identified"} for row in rows))
    assert "users chose the items themselves" in sentence


def test_the_best_estimator_there_is_answers():
    rows = [
        _row(v, m, estimator=e) for e in ("ips", "snips") for v, m in (("mlp/greedy", 2), ("mlp/gamma-0/greedy", 1))
    ]
    assert "(snips)" in _answer(*rows)


def test_without_the_control_there_is_no_question():
    assert needs_rl(pd.DataFrame([_row("mlp/greedy", 2.0)])) == []
    undefined = _row("mlp/greedy", float("nan"))
    assert "No value to compare" in _answer(undefined, _row("mlp/gamma-0/greedy", 1.0))
