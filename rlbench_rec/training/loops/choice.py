"""Which loop an algorithm can be trained by, where a suite asks for one of all its rows."""

from __future__ import annotations

from ..algorithms import AlgorithmConfig
from ..networks.encoders.recurrent import GRUEncoder, LSTMEncoder
from ..registries import ALGORITHMS, ENCODERS, LOOPS
from .losses import LOSSES


def nearest_loop(wanted: str, algorithm: str, encoder: str) -> str:
    """`wanted` where it can train this pair, else the next in ensemble, lean, tensor that can.

    `lean`, `graph` and `ensemble` need a loss of our own, which `bcq` and `sac` have not; recurrent encoders cannot be
    stacked.

    Args:
        wanted, algorithm, encoder: ids.

    Raises:
        UnknownNameError: an id that is not there.
    """
    loop, config, module = LOOPS.canonical(wanted), ALGORITHMS[algorithm], ENCODERS[encoder]
    if loop == "ensemble" and issubclass(module, (GRUEncoder, LSTMEncoder)):
        loop = "lean"
    return "tensor" if loop in ("ensemble", "graph", "lean") and not _has_loss(config) else loop


def _has_loss(config: type[AlgorithmConfig]) -> bool:
    return config.d3rlpy_config.removesuffix("Config") in LOSSES
