"""fit: train an algorithm on logged decisions."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..mdp.dataset import StateLayout, TransitionDataset
from ..mdp.validate import check
from .algorithms import AlgorithmConfig, QConfig, make_config
from .device import resolve, seeded
from .learning_curve import Member, train
from .loops.loop import Loop, optimisers_of
from .networks.heads import make_head
from .networks.items import give_vectors
from .registries import ALGORITHMS, ENCODERS, LOOPS
from .resume import Progress, networks_in, settings_of
from .training_run import Run
from .validation import HeldOut


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
    keep: str | Path | None = None,
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
        keep: a file that keeps how far training is, written at every point of the curve. Where it is there already,
            training goes on from it and ends with the weights it would have had; it is deleted at the end.

    Raises:
        UnknownNameError: an unknown algorithm, encoder or loop.
        OutputError: `keep` cannot be written.
        InputError: an unknown config field, CUDA asked for and absent, data with NaN, with one action or with fewer
            rows than a batch, a loss that stops being a number, naming the step, or `keep` of another training.
    """
    options = {"loop": loop, "encoder": encoder, "steps": steps, "batch_size": batch_size, "device": device}
    options |= {"config": config, "validation": validation, "eval_every": eval_every, "progress": progress}
    return _fit(data, algorithm, [seed], keep=keep, **options)[0]


def fit_seeds(
    data: TransitionDataset, algorithm: str, seeds: Sequence[int], *, loop: str = "ensemble", **options: Any
) -> list[Run]:
    """One training a seed on the same data: what `[fit(..., seed=seed) for seed in seeds]` gives.

    With `loop="ensemble"` they train in one pass, each on the batches that `lean` would show it and to the same
    weights but for rounding.

    Args:
        data, algorithm: as for `fit`.
        seeds: one for each training.
        loop: `ensemble`, or another, which trains them one after the other.
        options: of `fit`, but for `seed` and `keep`.

    Raises:
        InputError: as `fit`; no seed, or an algorithm or encoder that cannot be stacked.
    """
    if not seeds:
        raise InputError("No seed is given.", where="seeds")
    if LOOPS.canonical(loop) != "ensemble":
        return [fit(data, algorithm, seed=seed, loop=loop, **options) for seed in seeds]
    return _fit(data, algorithm, seeds, loop=loop, **options)


def _fit(
    data: TransitionDataset,
    algorithm: str,
    seeds: Sequence[int],
    *,
    loop: str,
    encoder: str = "mlp",
    steps: int = 2_000,
    batch_size: int = 256,
    device: str = "auto",
    config: dict[str, Any] | None = None,
    validation: float = 0.1,
    eval_every: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    keep: str | Path | None = None,
) -> list[Run]:
    """Trainings that differ in their seeds alone, in one loop."""
    algorithm, encoder, loop = ALGORITHMS.canonical(algorithm), ENCODERS.canonical(encoder), LOOPS.canonical(loop)
    settings = make_config(algorithm, config, data.gamma)
    device = resolve(device)
    _check_numbers(steps=steps, batch_size=batch_size, eval_every=1 if eval_every is None else eval_every)
    training, held = _hold_out(data, validation)
    _check_data(data, training, batch_size)
    stride = eval_every or max(1, steps // 20)

    with seeded(seeds[0], device):
        members = [_member(settings, encoder, data, batch_size, seed, device) for seed in seeds]
        running = _loop(loop, members, training, settings, batch_size, device)
        kept = None
        if keep:
            given = {"algorithm": algorithm, "encoder": encoder, "loop": loop, "config": settings.model_dump()}
            given |= {"steps": steps, "stride": stride, "batch_size": batch_size, "seed": seeds[0]}
            kept = Progress(Path(keep), settings_of(training, **given), members[0].algo, running)
            members[0].point = kept.restore(members[0].network)
        judge = HeldOut(held, device, getattr(settings, "gamma", None)) if held else None
        train(members, running, judge, steps, stride, progress, kept)
    if kept:
        kept.path.unlink(missing_ok=True)
    shared = {"algorithm": algorithm, "encoder": encoder, "loop": loop, "config": settings}
    return [_run(member, data, **shared, steps=steps, batch_size=batch_size) for member in members]


def _member(
    settings: AlgorithmConfig, encoder: str, data: TransitionDataset, batch_size: int, seed: int, device: str
) -> Member:
    with seeded(seed, device):
        algo = create(settings, encoder, data.layout, data.action_count, batch_size, device)
    for part in networks_in(algo.impl).values():
        give_vectors(part, data.item_vectors, settings.tune_item_vectors)
    return Member(seed, algo, settings.network(algo.impl, data.other_action), settings.judged(algo.impl))


def _loop(
    loop: str,
    members: Sequence[Member],
    training: TransitionDataset,
    settings: AlgorithmConfig,
    batch_size: int,
    device: str,
) -> Loop:
    options = {"n_steps": settings.n_steps} if isinstance(settings, QConfig) else {}
    if len(members) == 1:
        return LOOPS[loop](members[0].algo, training, batch_size, members[0].seed, device, **options)
    from .loops.ensemble import together

    algos, seeds = [member.algo for member in members], [member.seed for member in members]
    return together(algos, training, batch_size, seeds, device, **options)


def _run(member: Member, data: TransitionDataset, *, steps: int, **shared: Any) -> Run:
    import pandas as pd

    point = member.point
    networks = {"last": copy.deepcopy(member.network)}
    if point.best is not None:
        networks["best"] = point.best
    return Run(
        layout=data.layout,
        action_count=data.action_count,
        networks={name: network.eval().requires_grad_(False) for name, network in networks.items()},
        history=pd.DataFrame(point.history),
        steps=steps,
        seed=member.seed,
        best_step=point.best_step,
        steps_per_second=steps / point.seconds,
        action_names=data.action_names,
        other_action=data.other_action,
        **shared,
    )


def create(
    config: AlgorithmConfig, encoder: str, layout: StateLayout, action_count: int, batch_size: int, device: str
) -> Any:
    """d3rlpy's algorithm with fresh networks for states of this layout."""
    from .networks.factory import StateEncoderFactory

    shape = {name: value for name, value in asdict(layout).items() if name != "context"}
    factory = StateEncoderFactory(
        **shape,
        encoder=encoder,
        hidden_units=list(config.hidden_units),
        embedding_size=config.embedding_size,
    )
    algo = config.create(factory, batch_size, device)
    algo.create_impl((layout.size,), action_count)
    if layout.beside:
        _replace_policy_heads(algo.impl, layout, action_count, config.embedding_size)
    return algo


def _replace_policy_heads(impl: Any, layout: StateLayout, action_count: int, embedding_size: int) -> None:
    """d3rlpy makes the heads of its policies itself, so they are changed afterwards, and its optimiser told."""
    for name in ("imitator", "policy"):
        policy = getattr(impl.modules, name, None)
        if policy is None:
            continue
        old = policy._fc
        head = make_head(layout, old.in_features - layout.beside, action_count, embedding_size).to(old.weight.device)
        policy._fc = head
        for optimiser in optimisers_of(impl):
            if any(parameter is old.weight for group in optimiser.param_groups for parameter in group["params"]):
                optimiser.add_param_group({"params": list(head.parameters())})


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
