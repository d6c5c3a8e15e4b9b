"""fit: train an algorithm on logged decisions."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

from torch import nn

from ..errors import InputError
from ..mdp.dataset import StateLayout, TransitionDataset
from ..mdp.validate import check
from .algorithms import AlgorithmConfig, QConfig, make_config
from .device import resolve, seeded
from .held_out import HeldOut, Scores
from .networks import ScoreNetwork
from .registries import ALGORITHMS, ENCODERS, LOOPS
from .run import Run


def fit(
    data: TransitionDataset,
    algorithm: str,
    *,
    loop: str = "tensor",
    encoder: str = "mlp",
    steps: int = 2_000,
    batch_size: int = 256,
    seed: int = 0,
    device: str = "auto",
    config: dict[str, Any] | None = None,
    validation: float = 0.1,
    eval_every: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Train on the training side of a log.

    The last tenth of the episodes is not trained on: the learning curve's TD error and mean Q are taken there, and so
    is the choice of the best checkpoint, which therefore sees no test data. The same inputs and seed give the same
    numbers, bit for bit, on one machine's CPU. Global random states and thread numbers are left as they were.

    Args:
        data: the training side.
        algorithm: id in `ALGORITHMS`.
        loop: id in `LOOPS`; `tensor` and `stock` train alike, `tensor` faster.
        encoder: id in `ENCODERS`.
        steps: gradient steps.
        batch_size: rows a step, drawn uniformly with replacement.
        seed: of initial weights and of sampling.
        device: `auto` (CUDA where there is one), `cpu`, `cuda` or `cuda:<n>`.
        config: overrides of the algorithm's config, e.g. `{"gamma": 0.0}`.
        validation: share of episodes, the last ones, held out; 0 holds none out, and then there is no best checkpoint.
        eval_every: steps between points of the learning curve; None takes a twentieth of `steps`.
        progress: called as `progress(step, steps)` after every point.

    Raises:
        UnknownNameError: an unknown algorithm, encoder or loop.
        InputError: an unknown config field, CUDA asked for and absent, data with NaN, with one action or with fewer
            rows than a batch, or a loss that stops being a number, naming the step.
    """
    algorithm, encoder, loop = ALGORITHMS.canonical(algorithm), ENCODERS.canonical(encoder), LOOPS.canonical(loop)
    settings = make_config(algorithm, config, data.gamma)
    device = resolve(device)
    _check_numbers(steps=steps, batch_size=batch_size, eval_every=1 if eval_every is None else eval_every)
    train, held = _hold_out(data, validation)
    _check_data(data, train, batch_size)

    with seeded(seed, device):
        algo = create(settings, encoder, data.layout, data.action_count, batch_size, device)
        network, judged = settings.network(algo.impl), settings.judged(algo.impl)
        options = {"n_steps": settings.n_steps} if isinstance(settings, QConfig) else {}
        advance = LOOPS[loop](algo, train, batch_size, seed, device, **options)
        judge = HeldOut(held, device, getattr(settings, "gamma", None)) if held else None
        stride = eval_every or max(1, steps // 20)
        history, best, seconds = _train(network, judged, advance, judge, steps, stride, progress)

    import pandas as pd

    networks = {"last": copy.deepcopy(network)}
    if best:
        networks["best"] = best[1]
    return Run(
        algorithm=algorithm,
        encoder=encoder,
        loop=loop,
        config=settings,
        layout=data.layout,
        action_count=data.action_count,
        networks={name: network.eval().requires_grad_(False) for name, network in networks.items()},
        history=pd.DataFrame(history),
        steps=steps,
        batch_size=batch_size,
        seed=seed,
        best_step=best[0] if best else None,
        steps_per_second=steps / seconds,
        action_names=data.action_names,
    )


def create(
    config: AlgorithmConfig, encoder: str, layout: StateLayout, action_count: int, batch_size: int, device: str
) -> Any:
    """d3rlpy's algorithm with fresh networks for states of this layout."""
    from .factory import StateEncoderFactory

    factory = StateEncoderFactory(
        encoder=encoder,
        history=layout.history,
        item_count=layout.item_count,
        event_count=layout.event_count,
        hidden_units=list(config.hidden_units),
        embedding_size=config.embedding_size,
    )
    algo = config.create(factory, batch_size, device)
    algo.create_impl((layout.size,), action_count)
    return algo


def _train(
    network: nn.Module,
    judged: ScoreNetwork,
    advance: Callable[[int], float],
    judge: HeldOut | None,
    steps: int,
    eval_every: int,
    progress: Callable[[int, int], None] | None,
) -> tuple[list[dict[str, Any]], tuple[int, nn.Module] | None, float]:
    """The learning curve, the best step with its network, and the seconds spent training."""
    history, best, least, seconds, step = [], None, float("inf"), 0.0, 0
    while step < steps:
        stride = min(eval_every, steps - step)
        started = time.perf_counter()
        loss = advance(stride)
        seconds += time.perf_counter() - started
        step += stride
        scores = judge.score(judged) if judge else Scores()
        history.append({"step": step, "loss": loss, **vars(scores)})
        if scores.criterion < least:
            least, best = scores.criterion, (step, copy.deepcopy(network))
        if progress:
            progress(step, steps)
    return history, best, seconds


def _hold_out(data: TransitionDataset, share: float) -> tuple[TransitionDataset, TransitionDataset | None]:
    if not 0.0 <= share < 1.0:
        raise InputError(f"The share is {share}; it must lie in [0, 1).", where="validation")
    held = min(max(1, round(share * data.n_episodes)), data.n_episodes - 1) if share else 0
    if not held:
        return data, None
    kept = data.n_episodes - held
    return data.episodes(0, kept), data.episodes(kept, data.n_episodes)


def _check_numbers(**numbers: int) -> None:
    for name, value in numbers.items():
        if value < 1:
            raise InputError(f"{value}; at least 1 is needed.", where=name)


def _check_data(data: TransitionDataset, train: TransitionDataset, batch_size: int) -> None:
    check(data)
    if data.action_count < 2:
        raise InputError("There is one action, so there is nothing to decide.", where=data.provenance.source)
    if len(train) < batch_size:
        raise InputError(
            f"{len(train)} rows to train on ({len(data)} with those held out), fewer than a batch of {batch_size}.",
            where=data.provenance.source,
            hint="Give a longer log, or a smaller batch_size (a line of the suite's TOML).",
        )
    if data.history and (data.items.max() > data.item_count or data.events.max() > data.event_count):
        raise InputError("An id is larger than item_count or event_count.", where=data.provenance.source)
