"""The study of the gate replays the package's verdicts: what coverage.md shows is what `trusted` says."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import ope
from studies.gate import bars, package, rules, sizes
from studies.gate.families import FAMILIES
from studies.gate.settings import Setting
from studies.gate.simulate import simulate

KINDS = [
    Setting("clicks", 1, rows=3_000),
    Setting("baskets with a fee", 2, rows=3_000, rate=0.1, size=("lognormal", 0.8), offset=-1.0, model="bad"),
    Setting("a price list of known range", 3, rows=3_000, rate=0.1, size=("price", "top"), ranged=True),
    Setting("dense stars", 4, rows=1_001, rate=1.0, size=("price", "stars")),
    Setting("users who keep an action", 5, users=(20,) * 150, sticky=True, rate=0.1, effects=0.2),
    Setting("unequal users", 6, users=(10,) * 200 + (400,), rate=0.1),
    Setting("sessions that vary in length", 7, rows=800, steps=4, leave=0.3, gamma=0.9, spread=0.3, rate=0.1),
    Setting("users of sessions", 8, rows=600, steps=3, users=(3,) * 200, spread=0.3, rate=0.1),
    Setting("few differ", 9, rows=3_000, policy="few", spread=0.2, rate=0.05),
]


@pytest.mark.parametrize("setting", KINDS, ids=lambda one: one.name)
def test_the_replay_is_the_package(setting):
    found = package.compared(setting, 4, "normal", 1)
    assert found["same_value"].all()
    apart = found[(found["verdict"] == "trusted") != found["replayed"]]
    assert apart.empty, apart.to_string()


@pytest.mark.parametrize("setting", KINDS, ids=lambda one: one.name)
def test_true_values_are_true(setting):
    values = [
        [one.value for one in ope.estimate_all(log, ["ips", "on-policy"], interval="none")]
        for log in package.logs(setting, simulate(setting, 60, 1))
    ]
    errors = np.std(values, axis=0, ddof=1) / np.sqrt(len(values))
    assert np.all(np.abs(np.mean(values, axis=0) - setting.truths) < 4 * errors)


@pytest.mark.parametrize(
    "kind", [("lognormal", 0.5), ("cap", 1.0, 3.0), ("whale", 0.1, 5.0), ("price", "top"), ("refund", 0.5, 0.2)]
)
def test_mean_sizes(kind):
    drawn = sizes.draw(kind, np.random.default_rng(0), 200_000)
    assert abs(drawn.mean() - sizes.mean(kind)) < 4 * drawn.std() / np.sqrt(len(drawn))


def test_the_families_share_no_setting():
    every = [one for family in FAMILIES.values() for one in family]
    assert len({one.seed for one in every}) == len({one.name for one in every}) == len(every)


def test_evenness_of_log_normal_sizes_is_what_their_sums_say():
    import pandas as pd

    e = np.exp(np.random.default_rng(0).standard_normal(400_000) * 0.5)
    row = pd.DataFrame({"s0.5": [np.sqrt(e).sum()], "s1": [e.sum()], "s2": [(e**2).sum()], "events": [len(e)]})
    assert rules.of_sizes(row, None)[0] == pytest.approx(np.exp(-0.75), rel=0.02)
    measured = (e**2).sum() ** 3 / (e**3).sum() ** 2 / len(e)
    assert rules.of_sizes(row, 0.3)[0] == pytest.approx(measured, rel=0.05)


def test_a_bar_allows_for_sampling_error():
    import pandas as pd

    cells = pd.DataFrame({"setting": ["a", "b"], "third": True, "kind": "clicks", "logs": 2_000.0})
    cells["coverage"], cells["old"], cells["new"], cells["kept"] = 0.95, 2_000.0, 2_000.0, 2_000.0
    cells["old_missed"] = cells["new_missed"] = [150.0, 300.0]
    found = bars.judged(cells, "new")
    assert found["over 7 %"] == 2 and found["over 7 %, beyond sampling error"] == 1
    assert found["pooled"] == pytest.approx(1 - 450 / 4_000)
