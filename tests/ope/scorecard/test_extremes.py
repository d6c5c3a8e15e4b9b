"""Numbers at the edge of a float: no crash, no warning, and nothing infinite called a value."""

from __future__ import annotations

import json
import re
import warnings

import numpy as np
import pytest

from rlbench_rec.cli.render.scorecard import scorecard_text
from rlbench_rec.ope.scorecard import advice, record

KINDS = {
    "rewards of 1e200": lambda r, p, t: (r * 1e200, p, t),
    "rewards of 1e308": lambda r, p, t: (r * 1e308, p, t),
    "rewards of either sign": lambda r, p, t: (np.where(r > 0, 1e308, -1e308), p, t),
    "constant 1e308": lambda r, p, t: (np.full(len(r), 1e308), p, t),
    "denormal rewards": lambda r, p, t: (r * 5e-324, p, t),
    "propensities of 1e-300": lambda r, p, t: (r, np.full(len(r), 1e-300), t),
    "denormal propensities": lambda r, p, t: (r, np.full(len(r), 5e-324), t),
    "no target at all": lambda r, p, t: (r, p, np.zeros(len(r))),
    "one row": lambda r, p, t: (r[:1], p[:1], t[:1]),
    "two rows": lambda r, p, t: (r[:2], p[:2], t[:2]),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("steps", [1, 3])
def test_extremes(clicks, report_on, kind, steps):
    columns = KINDS[kind](*(column[:600] for column in clicks))
    starts = None if steps == 1 else np.arange(0, len(columns[0]), steps)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = report_on(*columns, episode_starts=starts, n_resamples=50)
        text = scorecard_text(report, advice(report))
    table = text.split("Overlap of the two policies")
    assert not re.search(r"\b(inf|nan)\b", table[0].split("NOT SHOWN")[0] + table[1])
    assert max(map(len, text.splitlines())) < 130
    assert report.decision.exit_code == 3 or kind == "rewards of 1e200"
    json.dumps(record(report), allow_nan=False)
