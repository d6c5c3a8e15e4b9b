"""The table of docs/findings.md, on a log small enough to see through."""

from __future__ import annotations

from dataclasses import replace

from rlbench_rec.testing.toy_logs import toy_logs
from studies.choice_ceiling import HEADER, line, reports


def test_a_line_for_each_baseline():
    log = replace(toy_logs()["sessions"], train_episodes=30)
    found = reports(log, ("popularity", "repeat"), n_resamples=20)
    cells = line("toy", log.action_count, "repeat", found["repeat"]).split(" | ")
    assert len(cells) == HEADER.count("|") - 1 and cells[3] == "repeat"
    assert found["repeat"].ceiling == 1.0 and cells[-1] == "1.000 |"
