"""What is served from raw requests is what was trained: the states to 1e-6, scores and probabilities to 1e-5."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import events, mdp
from rlbench_rec.serving import StateEncoding
from rlbench_rec.serving.raw_requests import encode

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


@pytest.fixture(scope="module")
def exposures() -> tuple[mdp.TransitionDataset, list[dict]]:
    """Single decisions of a card with context, and the raw request before each of the first."""
    log = events.load("open-bandit-sample/random-all")
    data = mdp.build(log)
    rows, context = log.to_pandas().head(ROWS), [*data.encoding.columns]
    cells = rows[context].astype(object).where(rows[context].notna(), None).to_dict("records")
    stamps = rows["timestamp"].astype(int)
    return data, [{"timestamp": int(t), "context": row} for t, row in zip(stamps, cells, strict=True)]


def test_states_of_single_decisions_of_a_card_with_context(exposures):
    data, requests = exposures
    assert {"category", "number", "clock"} <= {column.kind for column in data.encoding.context}
    assert "position" in data.encoding.columns and len(requests) == ROWS
    states = encode(StateEncoding.from_json(data.encoding.to_json()), requests)
    np.testing.assert_allclose(states, data.states(np.arange(ROWS)), atol=1e-6)


@pytest.mark.slow
def test_a_policy_of_single_decisions_of_a_card_with_context(exposures, tmp_path):
    data, requests = exposures
    run = trained(data.split()[0])
    check_parity(served(run, tmp_path, "epsilon-greedy-0.2"), run, requests, data.states(np.arange(ROWS)))
