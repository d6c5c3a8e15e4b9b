"""A message names the option that was typed, in every command that has it."""

from __future__ import annotations

import pytest

from rlbench_rec.cli.app import app
from rlbench_rec.cli.option_names import option_of


@pytest.mark.parametrize(
    ("line", "parameter", "option"),
    [
        (["ope", "x.csv"], "n_resamples", "--resamples"),
        (["ope", "x.csv"], "min_lift", "--min-lift"),
        (["run", "quick"], "jobs", "--jobs"),
        (["run", "quick"], "device", "--device"),
        (["data", "show", "taobao"], "memory_limit", "--memory-limit"),
        (["tasks", "calibrate", "taobao"], "click_rate", "--click-rate"),
        (["perf", "compare", "a", "b"], "rounds", "--rounds"),
        (["ope", "x.csv"], "rewards", None),
        (["ope", "x.csv"], "log", None),
        (["list", "loops"], "min_lift", None),
        (["list", "loops"], None, None),
    ],
)
def test_the_option_of_a_parameter(line, parameter, option):
    assert option_of(parameter, app, line) == option


def test_data_show(rlbench):
    code, _, err = rlbench("data", "show", "open-bandit-sample/random-men", "--memory-limit", "much")
    assert code == 2 and err.startswith("rlbench: --memory-limit: 'much'")
