"""What is served from raw requests is what was trained: the states to 1e-6, scores and probabilities to 1e-5."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import events, mdp

from .served_parity import check_parity, served, trained
from .shop_log import build, raw_sessions, requests_of

pytest.importorskip("onnxruntime", reason="the extra [export] is not installed")
ROWS = 1_000


def test_sessions_of_a_card_with_context_histories_and_searches(tmp_path):
    sessions = raw_sessions()
    data = build(tmp_path, sessions)
    requests = requests_of(sessions, data)
    assert len(requests) == len(data) and data.other_item and data.layout.history == 3
    assert data.encoding.searches and data.encoding.decisions == ("view", "click")
    run = trained(data.split()[0])
    check_parity(served(run, tmp_path), run, requests, data.states())


def test_single_decisions_of_a_card_with_context(tmp_path):
    log = events.load("open-bandit-sample/random-all")
    data = mdp.build(log)
    rows = log.to_pandas()
    context = [*data.encoding.columns]
    assert "position" in context and any(column.kind == "number" for column in data.encoding.context)
    wanted = rows.head(ROWS)
    stamps = wanted["timestamp"].astype(int)
    cells = wanted[context].astype(object).where(wanted[context].notna(), None).to_dict("records")
    requests = [{"timestamp": int(t), "context": row} for t, row in zip(stamps, cells, strict=True)]
    run = trained(data.split()[0])
    check_parity(served(run, tmp_path, "epsilon-greedy-0.2"), run, requests, data.states(np.arange(ROWS)))
