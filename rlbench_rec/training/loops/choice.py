"""Which loop an algorithm can be trained by, where a suite asks for one of all its rows."""

from __future__ import annotations

from collections.abc import Mapping

from ..algorithm_config import AlgorithmConfig, encoder_of
from ..algorithms import D3rlpyConfig
from ..device import resolve
from ..networks.encoders.recurrent import GRUEncoder, LSTMEncoder
from ..networks.encoders.transformer import TransformerEncoder
from ..registries import ALGORITHMS, ENCODERS, LOOPS

RECURRENT = (GRUEncoder, LSTMEncoder)


def nearest_loop(
    wanted: str,
    algorithm: str,
    encoder: str | None = None,
    device: str = "auto",
    config: Mapping[str, object] | None = None,
) -> str:
    """`wanted` where it can train this pair, and is worth it, else the next in ensemble, lean, tensor.

    `stock` trains d3rlpy's algorithms alone, and the loops of our own those that give an `Objective`, which `bcq`,
    `sac` and `q-table` do not; recurrent encoders and dropout cannot be stacked; stacked Transformers are slower on a
    CPU than one after the other.

    Args:
        wanted, algorithm: ids.
        encoder: id; None: the algorithm's own.
        device: where to train, as in `fit`.
        config: overrides of the algorithm's config, as in `fit`.

    Raises:
        UnknownNameError: an id that is not there.
        InputError: an encoder that the algorithm cannot have.
    """
    loop, learner, module = LOOPS.canonical(wanted), ALGORITHMS[algorithm], ENCODERS[encoder_of(algorithm, encoder)]
    alone = issubclass(module, RECURRENT) or bool((config or {}).get("dropout"))
    if loop == "ensemble" and (alone or (issubclass(module, TransformerEncoder) and resolve(device) == "cpu")):
        loop = "lean"
    return loop if loop == "tensor" or _can_train(loop, learner) else "tensor"


def _can_train(loop: str, config: type[AlgorithmConfig]) -> bool:
    return issubclass(config, D3rlpyConfig) if loop == "stock" else config.gives_objective()
