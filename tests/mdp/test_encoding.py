"""Raw requests become the states of the dataset, whatever it was made of."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import mdp
from rlbench_rec.mdp.encoding import encoding_of
from rlbench_rec.serving import StateEncoding
from rlbench_rec.serving.raw_requests import encode, session_step
from rlbench_rec.testing.toy_logs import toy_logs
from tests.serving.shop_log import build, raw_sessions, requests_of

LOGS = toy_logs()


def raw_request(data: mdp.TransitionDataset, encoding: StateEncoding, row: int) -> dict:
    """What a shop with such a log would ask."""
    episode = int(np.searchsorted(data.episode_starts, row, side="right")) - 1
    begin = int((data.episode_starts if data.event_starts is None else data.event_starts)[episode])
    events, items = list(encoding.events), [*encoding.items, "something else"]
    shown = [
        {"item_id": items[data.items[i] - 1], "event": events[data.events[i] - 1], "gap": float(data.gaps[i])}
        for i in range(begin, int(data.events_of(np.array([row]))[0]))
    ]
    request: dict = {"context": dict(zip(data.observation_names, map(float, data.observations[row]), strict=True))}
    request |= {"events": shown}
    if data.forbidden is not None:
        request["forbidden"] = [data.action_names[a] for a in np.flatnonzero(data.forbidden[row])]
    return request


@pytest.mark.parametrize("log", [name for name in LOGS if name != "candidates"])
def test_columns_as_they_are(log):
    data = LOGS[log]
    encoding = encoding_of(data)
    requests = [raw_request(data, encoding, row) for row in range(len(data))]
    names = {name: number for number, name in enumerate(data.action_names)}
    np.testing.assert_allclose(encode(encoding, requests, names), data.states(), atol=1e-6)
    assert data.encoding is None and encoding.size == data.layout.size


def test_candidates_are_items_in_their_slots(tmp_path):
    data = build(tmp_path, raw_sessions(60), history=2)
    slots = mdp.with_candidates(data, slots=4, negatives="uniform")
    names = ["", *slots.encoding.items, "something else"]
    sessions = raw_sessions(60)
    requests = [
        request | {"candidates": [names[item] for item in row if item]}
        for request, row in zip(requests_of(sessions, data), slots.candidates, strict=True)
    ]
    states = slots.states()
    # Empty slots stand last in a request.
    packed = np.array([sorted(row, key=lambda item: item == 0) for row in slots.candidates], dtype=np.float32)
    np.testing.assert_allclose(encode(encoding_of(slots), requests)[:, :-4], states[:, :-4], atol=1e-6)
    np.testing.assert_array_equal(encode(encoding_of(slots), requests)[:, -4:], packed)


@pytest.mark.parametrize(
    ("config", "decisions"),
    [
        ({}, ("look",)),
        ({"decisions": "every-event", "history": 5}, ("look", "basket", "buy")),
        ({"decisions": ["cart", "purchase"], "history": 1, "reward_weights": {"cart": 1.0}}, ("basket", "buy")),
        ({"history": 0, "top_k": 2}, ("look",)),
    ],
)
def test_a_log_of_events(config, decisions, tmp_path):
    sessions = raw_sessions(80)
    data = build(tmp_path, sessions, **config)
    requests = requests_of(sessions, data, decisions)
    np.testing.assert_allclose(encode(encoding_of(data), requests), data.states(), atol=1e-6)
    steps = np.arange(len(data)) - data.row_starts
    assert [session_step(data.encoding, request) for request in requests] == steps.tolist()
    assert StateEncoding.from_json(json.loads(json.dumps(data.encoding.to_json()))) == data.encoding


def test_it_is_saved_with_the_dataset_and_goes_with_its_parts(tmp_path):
    data = build(tmp_path, raw_sessions(60))
    data.save(tmp_path / "saved")
    assert mdp.TransitionDataset.load(tmp_path / "saved").encoding == data.encoding
    train, _ = data.split()
    assert train.encoding == data.encoding == data.select(np.arange(3)).encoding
    LOGS["sessions"].save(tmp_path / "plain")
    assert "encoding" not in json.loads((tmp_path / "plain" / "dataset.json").read_text())
    # Other observations than those that were built are columns as they are.
    other = replace(data, observations=data.observations[:, :1].copy(), observation_names=("one",))
    assert [column.name for column in encoding_of(other).context] == ["one"]
