"""fit: train an algorithm on logged decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from torch.nn import Dropout

from ..arguments import expect
from ..errors import InputError
from ..mdp.dataset import StateLayout, TransitionDataset
from ..mdp.validate import check
from .algorithm_config import AlgorithmConfig, ValueConfig, encoder_of, make_config
from .device import resolve, seeded
from .fit_options import FitOptions, Retrieval, Steps
from .learning_curve import Member, train
from .loops.loop import Loop
from .networks import NetworkBuilder
from .networks.items import give_vectors
from .registries import ALGORITHMS, LOOPS
from .resumable_checkpoint import ResumableCheckpoint, settings_of
from .reward_scale import in_units_of, reward_scale
from .run_of_member import checkpoints_of, run_of, watch_of
from .trainable import Trainable
from .training_run import Run
from .two_stage import FirstStage
from .validation import HeldOut, hold_out


def fit(
    data: TransitionDataset,
    algorithm: str,
    *,
    loop: str = "tensor",
    encoder: str | None = None,
    steps: Steps = 2_000,
    batch_size: int = 256,
    seed: int = 0,
    device: str = "auto",
    config: Mapping[str, object] | None = None,
    validation: float = 0.1,
    eval_every: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    retrieval: Retrieval | None = None,
    keep: str | Path | None = None,
) -> Run:
    """Train on the training side of a log.

    The last tenth of the episodes is not trained on: the learning curve's TD error and mean Q are taken there, and so
    is the choice of the best checkpoint, which therefore sees no test data. The same inputs and seed give the same
    numbers, bit for bit, on one machine's CPU. Global random states and thread numbers are left as they were.

    Value-based algorithms see rewards in units of the return's standard deviation (`ValueConfig.standardise_rewards`),
    so that their settings mean the same on every log; what they report is in the log's units.

    Args:
        data: the training side.
        algorithm: id in `ALGORITHMS`.
        loop: id in `LOOPS`; `tensor` and `stock` train alike, `tensor` faster.
        encoder: id in `ENCODERS`; None: the algorithm's own, `mlp` of most.
        steps: gradient steps; or `plateau`: until the held-out score that chooses the best checkpoint has not improved
            for `PATIENCE` = 2,000 steps, `MOST_STEPS` = 50,000 at the most. `run.steps_used` says how many they were.
        batch_size: rows per step, drawn uniformly with replacement.
        seed: of initial weights and of sampling.
        device: `auto` (CUDA where there is one), `cpu`, `cuda` or `cuda:<n>`.
        config: overrides of the algorithm's config, e.g. `{"gamma": 0.0}`.
        validation: share of episodes, the last ones, held out; 0 holds none out, and then there is no best checkpoint.
        eval_every: steps between points of the learning curve; None takes a twentieth of `steps`, at a plateau 250.
        progress: called as `progress(step, steps)` after every point; `steps` are the most there can be.
        retrieval: choose among the items that a policy ranks highest; that policy is fitted on what is trained on. The
            run is then a `TwoStageRun`, over all items as any other.
        keep: a file that keeps how far training is, written at every point of the curve. Where it is there already,
            training goes on from it and ends with the weights it would have had; it is deleted at the end.

    Raises:
        UnknownNameError: an unknown algorithm, encoder or loop.
        OutputError: `keep` cannot be written.
        InputError: an unknown config field, an encoder that the algorithm cannot have, CUDA asked for and absent, data
            with NaN, with one action or with fewer rows than a batch, a loss that stops being a number, naming the
            step, or `keep` of another training.
    """
    options = FitOptions(
        loop=loop,
        encoder=encoder,
        steps=steps,
        batch_size=batch_size,
        device=device,
        config=config,
        validation=validation,
        eval_every=eval_every,
        progress=progress,
        retrieval=retrieval,
    )
    return _fit(data, algorithm, [seed], options, keep)[0]


def fit_seeds(
    data: TransitionDataset,
    algorithm: str,
    seeds: Sequence[int],
    *,
    loop: str = "ensemble",
    encoder: str | None = None,
    steps: Steps = 2_000,
    batch_size: int = 256,
    device: str = "auto",
    config: Mapping[str, object] | None = None,
    validation: float = 0.1,
    eval_every: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    retrieval: Retrieval | None = None,
) -> list[Run]:
    """One training a seed on the same data: what `[fit(..., seed=seed) for seed in seeds]` gives.

    With `loop="ensemble"` they train in one pass, each on the batches that `lean` would show it and to the same
    weights but for rounding. With `steps="plateau"` each ends at its own, and the pass with the last of them.

    Args:
        data, algorithm: as for `fit`.
        seeds: one for each training.
        loop: `ensemble`, or another, which trains them one after the other.
        encoder, steps, batch_size, device, config, validation, eval_every, progress, retrieval: as for `fit`.

    Raises:
        InputError: as `fit`; no seed, or an algorithm or encoder that cannot be stacked.
    """
    options = FitOptions(
        loop=loop,
        encoder=encoder,
        steps=steps,
        batch_size=batch_size,
        device=device,
        config=config,
        validation=validation,
        eval_every=eval_every,
        progress=progress,
        retrieval=retrieval,
    )
    return train_seeds(data, algorithm, seeds, options)


def train_seeds(data: TransitionDataset, algorithm: str, seeds: Sequence[int], options: FitOptions) -> list[Run]:
    """`fit_seeds`, its options as one object.

    Raises:
        InputError: as `fit_seeds`.
    """
    if not seeds:
        raise InputError("No seed is given.", where="seeds")
    if LOOPS.canonical(options.loop) == "ensemble":
        return _fit(data, algorithm, seeds, options)
    return [run for seed in seeds for run in _fit(data, algorithm, [seed], options)]


def _fit(
    data: TransitionDataset,
    algorithm: str,
    seeds: Sequence[int],
    options: FitOptions,
    keep: str | Path | None = None,
) -> list[Run]:
    """Trainings that differ in their seeds alone, in one loop."""
    expect(data, TransitionDataset, "data")
    if options.retrieval:
        first = FirstStage.fit(data, options.retrieval, options.validation)
        inner = replace(options, retrieval=None, watch=first.watched_by(options.watch))
        runs = _fit(first.choices(), algorithm, seeds, inner, keep)
        return [first.with_second(run) for run in runs]
    algorithm, loop = ALGORITHMS.canonical(algorithm), LOOPS.canonical(options.loop)
    encoder = encoder_of(algorithm, options.encoder)
    config = make_config(algorithm, options.config, data.gamma)
    options = replace(options, encoder=encoder, loop=loop, device=resolve(options.device))
    training, held = config.episodes(*hold_out(data, options.validation))
    _check_data(data, training, options.batch_size)
    scale = reward_scale(training) if config.scales_rewards else 1.0

    with seeded(seeds[0], options.device):
        scaled = in_units_of(training, scale)
        members = [_member(config, scaled, seed, options) for seed in seeds]
        running = _loop(members, scaled, config, options)
        checkpoint = None
        if keep:
            settings = settings_of(algorithm, config, seeds[0], options)
            checkpoint = ResumableCheckpoint(Path(keep), training, settings, members[0].algorithm, running)
            members[0].point = checkpoint.restore(members[0].network)
        held_out = HeldOut(held, options.device, members[0].algorithm, scale) if held else None
        watch = watch_of(members[0], algorithm, config, data, options, scale)
        train(members, running, held_out, options, checkpoint, watch)
    if checkpoint:
        checkpoint.path.unlink(missing_ok=True)
    runs = []
    for member in members:
        networks = checkpoints_of(member)
        for network in networks.values():
            member.algorithm.conclude(network, scaled, held_out)
        runs.append(run_of(member, networks, algorithm, config, data, options, scale))
    return runs


def _member(config: AlgorithmConfig, data: TransitionDataset, seed: int, options: FitOptions) -> Member:
    with seeded(seed, options.device):
        encoder = options.encoder or config.encoder
        algorithm = create(config, encoder, data.layout, data.action_count, options.batch_size, options.device)
    for network in algorithm.networks.values():
        give_vectors(network, data.item_vectors, config.tune_item_vectors)
    algorithm.prepare(data)
    return Member(seed, algorithm, algorithm.score_network(data.other_action), algorithm.validated_network())


def _loop(members: Sequence[Member], training: TransitionDataset, config: AlgorithmConfig, options: FitOptions) -> Loop:
    n_steps = config.n_steps if isinstance(config, ValueConfig) else 1
    batch_size, device = options.batch_size, options.device
    if len(members) == 1:
        make, (member,) = LOOPS[options.loop], members
        return make(member.algorithm, training, batch_size, member.seed, device, n_steps=n_steps)
    from .loops.ensemble import together

    algorithms, seeds = [member.algorithm for member in members], [member.seed for member in members]
    return together(algorithms, training, batch_size, seeds, device, n_steps=n_steps)


def create(
    config: AlgorithmConfig, encoder: str, layout: StateLayout, action_count: int, batch_size: int, device: str
) -> Trainable:
    """The algorithm with fresh networks for states of this layout.

    Raises:
        InputError: settings that its networks do not take.
    """
    networks = NetworkBuilder(
        encoder,
        layout,
        action_count,
        config.hidden_units,
        config.embedding_size,
        device,
        dropout=config.dropout,
        layer_norm=config.layer_norm,
    )
    algorithm = config.build(networks, batch_size)
    if config.dropout and not any(isinstance(m, Dropout) for n in algorithm.networks.values() for m in n.modules()):
        raise InputError("Its networks take no dropout.", where=f"config of {algorithm.name}", hint="Leave it out.")
    return algorithm


def _check_data(data: TransitionDataset, train: TransitionDataset, batch_size: int) -> None:
    check(data)
    if data.action_count < 2:
        raise InputError("There is one action, so there is nothing to decide.", where=data.provenance.source)
    if len(train) < batch_size:
        raise InputError(
            f"{len(train)} rows to train on ({len(data)} with those held out), fewer than a batch of {batch_size}.",
            where=data.provenance.source,
            hint="Give a longer log, or a smaller batch_size.",
        )
