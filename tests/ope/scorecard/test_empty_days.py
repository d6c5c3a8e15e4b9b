"""Days on which nothing was logged are not passed over."""

from __future__ import annotations

import pytest

from rlbench_rec.cli.render.scorecard import scorecard_text
from rlbench_rec.ope import scorecard
from rlbench_rec.ope.scorecard.empty_days import empty_days


@pytest.mark.parametrize(
    ("days", "gaps"),
    [
        ([], {}),
        (["2025-03-01"], {}),
        (["2025-02-28", "2025-03-01"], {}),
        (["2025-03-01", "2025-03-03"], {"2025-03-01": "2025-03-02"}),
        (
            ["2024-02-27", "2024-03-01", "2024-03-02", "2024-12-31"],
            {"2024-02-27": "2024-02-28 to 2024-02-29", "2024-03-02": "2024-03-03 to 2024-12-30"},
        ),
    ],
)
def test_gaps(days, gaps):
    assert empty_days(days) == gaps


def test_the_screen_shows_them_between_the_others(tmp_path):
    rows = [f"2026-03-0{1 + 3 * (k % 3 == 2) + k % 3}T10:00:00,{k % 7 == 0:d},0.5,0.{4 + k % 2}" for k in range(90)]
    (tmp_path / "log.csv").write_text("time,reward,propensity,target_propensity\n" + "\n".join(rows) + "\n")
    text = scorecard_text(scorecard.score(scorecard.read_log(tmp_path / "log.csv", by="time"), interval="none"))
    labels = [line.split()[0] for line in text.splitlines() if line.startswith("  2026-")]
    assert labels == ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-06"]
    (gap,) = (line for line in text.splitlines() if line.startswith("  2026-03-03"))
    assert gap.split() == ["2026-03-03", "to", "2026-03-05", "0", "no", "rows"]
