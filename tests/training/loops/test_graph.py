"""The graph loop: lean's numbers, by steps that can be recorded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from rlbench_rec.errors import InputError
from rlbench_rec.mdp import with_candidates
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import ALGORITHMS, ENCODERS
from rlbench_rec.training.algorithm_config import make_config
from rlbench_rec.training.device import seeded
from rlbench_rec.training.loops.choice import nearest_loop
from rlbench_rec.training.loops.graph import graph, graph_bf16
from rlbench_rec.training.loops.lean import lean
from rlbench_rec.training.loops.recorded import WARM_UP, Recorded
from rlbench_rec.training.networks import score
from rlbench_rec.training.networks.heads import Slots
from rlbench_rec.training.trainer import create

BATCH = 16
ON_A_GPU = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")]
WAITS = {"_local_scalar_dense", "is_nonzero", "item", "masked_select", "nonzero", "unique_dim", "_unique2", "equal"}
"""Operations whose outcome the host has to wait for; a CUDA graph cannot hold them."""
OF_THE_HOST = {"lift_fresh", "lift", "from_file"}
"""Operations that make a tensor out of numbers the host has: a graph would hold today's numbers for good."""


class Operations(TorchDispatchMode):
    """The names of all operations that torch runs, and whether one indexes by true and false, which waits too."""

    def __init__(self):
        super().__init__()
        self.names, self.masked = [], 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function._schema.name.removeprefix("aten::")
        self.names.append(name)
        if name in ("index", "index_put", "index_put_"):
            self.masked += any(index is not None and index.dtype == torch.bool for index in args[1])
        return function(*args, **(kwargs or {}))


def _forbidding(data):
    forbidden = np.zeros((len(data), data.action_count), dtype=bool)
    forbidden[np.arange(len(data)), (data.actions + 1) % data.action_count] = True
    return replace(data, forbidden=forbidden)


def _with_propensities(data):
    """What learners from exposures weigh by; a log of candidates has none of its own."""
    return replace(data, propensities=np.full(len(data), 0.5))


SHOPS = {
    "context": lambda: toy_shop(60),
    "history": lambda: toy_shop(60, history=3),
    "forbidden": lambda: _forbidding(toy_shop(60, history=3)),
    "candidates": lambda: _with_propensities(with_candidates(toy_shop(60, history=3), 2)),
}


def _trained(loop, data, algorithm, parts, encoder="mlp", device="cpu", **options):
    fields = {"target_update_interval": 5}
    known = {name: value for name, value in fields.items() if name in ALGORITHMS[algorithm].model_fields}
    config = make_config(algorithm, known, data.gamma)
    with seeded(3, device):
        algo = create(config, encoder, data.layout, data.action_count, BATCH, device)
    advance = loop(algo, data, BATCH, 5, device, **options)
    return [advance(steps)[0] for steps in parts], score(algo.validated_network(), data.states())


@pytest.mark.parametrize("shop", SHOPS)
@pytest.mark.parametrize("algorithm", ["dqn", "double-dqn", "cql", "bc"])
def test_on_a_cpu_its_numbers_are_those_of_lean(algorithm, shop):
    data = SHOPS[shop]()
    losses, scores = _trained(graph, data, algorithm, [1, 12, 7])
    expected_losses, expected_scores = _trained(lean, data, algorithm, [1, 12, 7])
    assert losses == expected_losses and np.array_equal(scores, expected_scores)


CASES = [("mlp", shop) for shop in SHOPS] + [(encoder, "history") for encoder in ENCODERS if encoder != "mlp"]


RECORDED = [name for name in ALGORITHMS if nearest_loop("graph", name) == "graph"]
OF_D3RLPY = [name for name in RECORDED if nearest_loop("stock", name) == "stock"]


def _cases(algorithm):
    """What an algorithm is recorded on. An encoder waits for nothing because of what is learnt on it."""
    config = ALGORITHMS[algorithm]
    if config.encoders:
        return [(config.encoder, shop) for shop in SHOPS if shop != "context"]
    return [case for case in CASES if algorithm in OF_D3RLPY or case[0] == "mlp"]


PAIRS = [(name, case) for name in RECORDED for case in _cases(name)]


@pytest.mark.parametrize(("algorithm", "case"), PAIRS, ids=["-".join((name, *case)) for name, case in PAIRS])
@pytest.mark.parametrize("loop", [graph, graph_bf16])
def test_a_step_holds_nothing_that_waits_for_the_device(loop, algorithm, case):
    encoder, shop = case
    _waits_for_nothing(loop, algorithm, None, encoder, SHOPS[shop]())


@pytest.mark.parametrize("loop", [graph, graph_bf16])
def test_nor_do_the_negatives_of_a_sampled_softmax(loop):
    config = {"loss": "sampled-softmax", "negatives": 20}
    _waits_for_nothing(loop, "sasrec", config, "transformer", SHOPS["forbidden"]())


def _waits_for_nothing(loop, algorithm, overrides, encoder, data):
    operations, config = Operations(), make_config(algorithm, overrides, data.gamma)
    algo = create(config, encoder, data.layout, data.action_count, BATCH, "cpu")
    algo.prepare(data)
    advance = loop(algo, data, BATCH, 0, "cpu")
    advance(WARM_UP)
    with operations:
        advance(4)
    assert "_fused_adam_" in operations.names
    # Once, at the end, when the host asks for the mean loss.
    assert [name for name in operations.names if name in WAITS] == ["_local_scalar_dense"]
    assert not OF_THE_HOST & set(operations.names) and not operations.masked


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda:0", marks=ON_A_GPU)])
@pytest.mark.parametrize("shop", SHOPS)
@pytest.mark.parametrize("algorithm", ["dqn", "double-dqn", "cql", "bc"])
def test_in_bfloat16_scores_are_near_those_of_lean_and_not_the_same(algorithm, shop, device):
    data = SHOPS[shop]()
    losses, scores = _trained(graph_bf16, data, algorithm, [20], device=device)
    expected_losses, expected_scores = _trained(lean, data, algorithm, [20], device=device)
    assert losses == pytest.approx(expected_losses, rel=2e-2)
    assert np.allclose(scores, expected_scores, rtol=0.05, atol=0.02)
    assert scores.dtype == np.float32 and not np.array_equal(scores, expected_scores)


def test_ids_of_candidates_are_never_rounded():
    shop = toy_shop(60, history=3)
    spread = shop.actions * 999
    shop = replace(shop, actions=spread, items=(spread + 1).astype(np.int32), action_count=2_000, item_count=2_000)
    data = with_candidates(shop, 3)
    algo = create(make_config("dqn", None, data.gamma), "mlp", data.layout, data.action_count, BATCH, "cpu")
    (slots,) = [part for part in algo.impl.modules.q_funcs.modules() if isinstance(part, Slots)]
    seen = []
    slots.items.register_forward_hook(lambda module, ids, _: seen.append(ids[0]))
    graph_bf16(algo, data, BATCH, 0, "cpu")(3)
    assert max(int(ids.max()) for ids in seen) > 256  # the first whole number that bfloat16 rounds is 257
    assert set(torch.cat(seen).unique().tolist()) <= {0, 1, 1000, 1999}


def test_rows_come_to_the_place_that_was_recorded():
    seen = []
    run = Recorded(lambda rows: seen.append((rows.data_ptr(), rows.tolist())), 2, "cpu")
    run(torch.tensor([3, 4]))
    run(torch.tensor([5, 6]))
    assert [rows for _, rows in seen] == [[3, 4], [5, 6]]
    assert seen[0][0] == seen[1][0]


@pytest.mark.parametrize("algorithm", ["bcq", "sac"])
def test_what_has_no_lean_loss_is_refused(algorithm):
    with pytest.raises(InputError, match="no loss"):
        _trained(graph, SHOPS["context"](), algorithm, [1])


@pytest.mark.parametrize("device", [pytest.param("cuda:0", marks=ON_A_GPU)])
@pytest.mark.parametrize("case", CASES, ids="-".join)
@pytest.mark.parametrize("algorithm", ["dqn", "double-dqn", "cql", "bc"])
def test_replayed_steps_are_leans(algorithm, case, device):
    encoder, shop = case
    data = SHOPS[shop]()
    losses, scores = _trained(graph, data, algorithm, [1, 12, 7], encoder, device)
    expected_losses, expected_scores = _trained(lean, data, algorithm, [1, 12, 7], encoder, device)
    assert losses == pytest.approx(expected_losses, rel=1e-4)
    assert scores == pytest.approx(expected_scores, rel=1e-3, abs=1e-5)
