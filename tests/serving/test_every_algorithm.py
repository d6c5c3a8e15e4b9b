"""Every registered algorithm answers raw requests as it was trained, or is refused in words."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.policies import scores_on_log
from rlbench_rec.serving import ServedPolicy
from rlbench_rec.training import ALGORITHMS, Retrieval, export, fit, load, load_second_stage

from .item_sessions import ITEMS, item_sessions, requests_of

pytest.importorskip("onnxruntime", reason="the extra [export] is not installed")
REFUSED = {"dt": r"dt looks at the states, actions and rewards of earlier decisions, which requests do not hold"}
SMALL = {"dt": {"context": 3, "width": 8, "blocks": 1}}


def check(algorithm: str, folder) -> None:
    """Fit it, save it, read it back, export it, and ask it."""
    data = item_sessions()
    encoder = next(iter(ALGORITHMS[algorithm].encoders), "mlp")
    run = fit(data, algorithm, encoder=encoder, steps=5, batch_size=32, device="cpu", config=SMALL.get(algorithm))
    run.save(folder / "run")
    path = export(load(folder / "run", device="cpu"), folder / "policy.onnx", "onnx")
    if algorithm in REFUSED:
        with pytest.raises(InputError, match=REFUSED[algorithm]):
            ServedPolicy(path)
        return
    policy = ServedPolicy(path)
    requests = requests_of(data, rewards=policy.takes_rewards)
    assert len(requests) >= 1_000
    np.testing.assert_array_equal(policy.states(requests), data.states())
    actions, scores = policy.ranked(requests)
    expected = scores_on_log(run.policy("greedy").q, data)
    finite = np.maximum(expected, -1e9)
    np.testing.assert_allclose(np.take_along_axis(finite, actions, axis=1), scores, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(np.take_along_axis(expected, actions[:, :1], axis=1)[:, 0], expected.max(axis=1))
    assert policy.recommend(requests[-1]).actions == (data.action_names[actions[-1, 0]],)


def test_a_table_is_served_as_it_was_made(tmp_path):
    check("q-table", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name != "q-table"])
def test_every_other_algorithm_is_served_as_it_was_trained(algorithm, tmp_path):
    check(algorithm, tmp_path)


@pytest.mark.slow
def test_the_second_of_two_stages_ranks_the_candidates_that_a_request_brings(tmp_path):
    data = item_sessions()
    run = fit(data, "dqn", steps=5, batch_size=32, device="cpu", retrieval=Retrieval("popularity", 3))
    run.save(tmp_path / "run")
    with pytest.raises(InputError, match="popularity, which is not a network and which no file holds"):
        export(run, tmp_path / "whole.onnx", "onnx")
    second = load_second_stage(tmp_path / "run", device="cpu")
    policy = ServedPolicy(export(second, tmp_path / "policy.onnx", "onnx", form="softmax-0.2"))
    ids = run.first.retriever(data.states())
    candidates = [[ITEMS[item - 1] for item in row] for row in ids]
    requests = [asked | {"candidates": names} for asked, names in zip(requests_of(data), candidates, strict=True)]
    items, shares = policy.ranked(requests)
    expected = run.policy("softmax", tau=0.2).probabilities(data.states())
    np.testing.assert_allclose(np.take_along_axis(expected, items - 1, axis=1), shares, atol=1e-5)
    assert policy.recommend(requests[0], k=3).actions != () and set(policy.recommend(requests[0]).actions) <= set(ITEMS)
