"""From a raw request to what is shown, and with which probability."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from rlbench_rec.errors import InputError, MissingFileError
from rlbench_rec.serving import ServedPolicy

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")
from .small_policies import ENCODING, write

REQUEST = {"context": {"x": 1.0}}


def test_a_greedy_policy_shows_its_best(tmp_path):
    policy = ServedPolicy(write(tmp_path / "p.onnx", [2.0, 1.0, -1e9], "greedy"))
    shown = policy.recommend(REQUEST, k=5)
    # What is ruled out is not shown, however many are asked for.
    assert shown.actions == ("red", "green") and shown.propensities == (1.0, 1.0) and shown.state.tolist() == [1.0]
    assert policy.recommend(REQUEST).actions == ("red",) and policy.columns == ("x",)


def test_draws_follow_the_probabilities_place_by_place(tmp_path):
    policy = ServedPolicy(write(tmp_path / "p.onnx", [0.5, 0.3, 0.2]), seed=0)
    drawn = [policy.recommend(REQUEST, k=2) for _ in range(3_000)]
    shares = {"red": 0.5, "green": 0.3, "blue": 0.2}
    for name, share in shares.items():
        assert np.mean([each.actions[0] == name for each in drawn]) == pytest.approx(share, abs=0.03)
    for each in drawn:
        first, second = each.actions
        assert each.propensities == pytest.approx((shares[first], shares[second] / (1 - shares[first])), rel=1e-6)
    # By Plackett and Luce: green is second after red or blue.
    expected = 0.5 * 0.3 / 0.5 + 0.2 * 0.3 / 0.8
    assert np.mean([each.actions[1] == "green" for each in drawn]) == pytest.approx(expected, abs=0.03)
    assert policy.recommend(REQUEST, k=9).propensities[-1] == pytest.approx(1.0)


def test_a_seed_repeats_the_draws(tmp_path):
    path = write(tmp_path / "p.onnx", [0.5, 0.3, 0.2])
    first, second = ([ServedPolicy(path, seed=3).recommend(REQUEST, k=2).actions for _ in range(2)] for _ in range(2))
    assert first == second


def test_a_mixture_leaves_unknown_items_to_what_is_in_service(tmp_path):
    # 0.4 of the base is on what the policy does not know.
    path = write(tmp_path / "p.onnx", [0.4, 0.2], "mixed-0.5", base=True, other=2)
    policy = ServedPolicy(path, seed=0)
    request = REQUEST | {"base": {"red": 0.2, "green": 0.1, "blue": 0.7}}
    drawn = [policy.recommend(request) for _ in range(2_000)]
    assert np.mean([each.actions == ("<other>",) for each in drawn]) == pytest.approx(0.4, abs=0.04)
    assert {round(each.propensities[0], 4) for each in drawn} == {0.4, 0.2}
    assert policy.takes_base and drawn[0].base == pytest.approx([0.2, 0.1, 0.7])


@pytest.mark.parametrize(
    ("base", "message"),
    [
        (None, r"request\.base: A mixed-0\.5 policy reweights what is in service"),
        ({"red": 0.5}, r"request\.base: These are not probabilities: they sum to 0\.5"),
        ({"pink": 1.0}, r"request\.base: Unknown action 'pink'"),
        ([0.5, 0.5], r"request\.base: 2 probabilities of 3 actions"),
        ([1.5, -0.5, 0.0], r"not probabilities"),
        ([float("nan"), 0.5, 0.5], r"request\.base\[0\]: It is not a finite number"),
        ("red", r"request\.base: 'red' is not a list"),
    ],
)
def test_a_bad_base(base, message, tmp_path):
    policy = ServedPolicy(write(tmp_path / "p.onnx", [0.4, 0.2], "mixed-0.5", base=True, other=2))
    with pytest.raises(InputError, match=message):
        policy.recommend(REQUEST | {"base": base})


def test_requests_that_ask_for_too_much(tmp_path):
    policy = ServedPolicy(write(tmp_path / "p.onnx", [0.5, 0.3, 0.2]))
    with pytest.raises(InputError, match="A softmax-1 policy takes no base"):
        policy.recommend(REQUEST | {"base": [1.0, 0.0, 0.0]})
    with pytest.raises(InputError, match="k: 0; at least 1"):
        policy.recommend(REQUEST, k=0)
    nothing = ServedPolicy(write(tmp_path / "q.onnx", [-1e9] * 3, "greedy"))
    with pytest.raises(InputError, match="leaves nothing to recommend"):
        nothing.recommend(REQUEST)


def test_a_policy_that_asks_for_a_return_is_told_what_the_session_has_earned(tmp_path):
    policy = ServedPolicy(write(tmp_path / "p.onnx", [2.0, 1.0, 0.0], "greedy", gamma=0.5))
    assert policy.takes_rewards
    # 3 + 2 / 2 + 8 / 4 = 6 on top of every score.
    _, scores = policy.ranked([REQUEST | {"rewards": [3, 2.0, 8]}, REQUEST | {"rewards": []}])
    assert scores.tolist() == [[8.0, 7.0, 6.0], [2.0, 1.0, 0.0]]
    shown = policy.recommend(REQUEST | {"rewards": [1.0, 0.0], "step": 2})
    assert shown.step == 2 and policy.recommend(REQUEST | {"rewards": [1.0]}).step == 1


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, r"request\.rewards: The policy asks for a return, .* \[\] where there was none"),
        ({"rewards": [1.0], "step": 3}, r"request\.rewards: 1 rewards of 3 earlier decisions"),
        ({"rewards": [1.0, None]}, r"request\.rewards\[1\]: None is not a number"),
        ({"rewards": 1.0}, r"request\.rewards: 1\.0 is not a list"),
        ({"rewards": [1e300]}, r"request\.rewards: A number is too large"),
    ],
)
def test_rewards_that_are_refused(asked, message, tmp_path):
    policy = ServedPolicy(write(tmp_path / "p.onnx", [2.0, 1.0], "greedy", gamma=0.5))
    with pytest.raises(InputError, match=message):
        policy.recommend(REQUEST | asked)
    other = ServedPolicy(write(tmp_path / "q.onnx", [0.5, 0.5]))
    with pytest.raises(InputError, match="A softmax-1 policy takes no rewards"):
        other.recommend(REQUEST | {"rewards": []})


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"sha256": "0" * 64}, r"p\.onnx\.json: The description is not that of this file: its sha256 differs"),
        ({"encoding": None}, "does not say how requests become states. Train with this version"),
        ({"encoding": ENCODING.to_json() | {"schema_version": 2}}, "encoding: Schema version 2"),
        ({"input": {"states": ["batch", 4]}}, r"It does not fit \(states of 4 and 1 columns\)"),
        (
            {"algorithm": "dt", "memory": 2},
            "dt looks at the states, actions and rewards of earlier dec",
        ),
        ({"output": {}}, "It does not fit"),
        ({"action_count": 5}, "gives the 3 likeliest of 5 actions"),
    ],
)
def test_files_that_are_refused(card, message, tmp_path):
    path = write(tmp_path / "p.onnx", [0.5, 0.3, 0.2], **card)
    with pytest.raises(InputError, match=message):
        ServedPolicy(path)


def test_files_that_are_broken(tmp_path):
    path = write(tmp_path / "p.onnx", [0.5, 0.3, 0.2])
    card = json.loads((tmp_path / "p.onnx.json").read_text())
    with pytest.raises(MissingFileError, match="There is no such file"):
        ServedPolicy(tmp_path / "other.onnx")
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="sha256 differs"):
        ServedPolicy(path)
    import hashlib

    card["sha256"] = hashlib.sha256(b"nothing").hexdigest()
    (tmp_path / "p.onnx.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match="It is not a policy that was exported"):
        ServedPolicy(path)
    (tmp_path / "p.onnx.json").write_text("[" * 100_000)
    with pytest.raises(InputError, match="It is not JSON"):
        ServedPolicy(path)
    (tmp_path / "p.onnx.json").write_text("[]")
    with pytest.raises(InputError, match="not the description of a policy"):
        ServedPolicy(path)


def test_serving_needs_numpy_and_onnx_runtime_alone(tmp_path):
    path = write(tmp_path / "p.onnx", [0.5, 0.3, 0.2])
    code = (
        "import sys; from rlbench_rec.serving import ServedPolicy\n"
        f"print(ServedPolicy({str(path)!r}).recommend({REQUEST!r}).actions)\n"
        "heavy = 'torch pandas d3rlpy duckdb sklearn scipy pydantic pyarrow onnx rich typer'.split()\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stdout
