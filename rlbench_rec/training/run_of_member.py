"""Runs of trainings: of one that has ended, and of one that is under way and watched."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ..mdp.dataset import TransitionDataset
from ..mdp.encoding import encoding_of
from .algorithm_config import AlgorithmConfig
from .fit_options import FitOptions
from .learning_curve import Member
from .networks import ActionScores
from .training_run import Run


def checkpoints_of(member: Member) -> dict[str, ActionScores]:
    """The networks that a training leaves: its last, and its best where held-out episodes told one."""
    networks = {"last": member.finished or copy.deepcopy(member.network)}
    if member.point.best is not None:
        networks["best"] = member.point.best
    return {name: network.eval().requires_grad_(False) for name, network in networks.items()}


def run_of(
    member: Member,
    networks: dict[str, ActionScores],
    algorithm: str,
    config: AlgorithmConfig,
    data: TransitionDataset,
    options: FitOptions,
    scale: float,
) -> Run:
    """The run of a training.

    Args:
        member: the training.
        networks: its checkpoints.
        algorithm, config, options: what was trained, and how.
        data: its log, with the validation episodes.
        scale: the unit of rewards inside training.
    """
    import pandas as pd

    point = member.point
    return Run(
        algorithm=algorithm,
        encoder=options.encoder or config.encoder,
        loop=options.loop,
        config=config,
        layout=data.layout,
        action_count=data.action_count,
        networks=networks,
        history=pd.DataFrame(point.history),
        steps=options.steps,
        batch_size=options.batch_size,
        seed=member.seed,
        best_step=point.best_step,
        steps_used=point.step,
        steps_per_second=point.step / point.seconds,
        action_names=data.action_names,
        other_action=data.other_action,
        reward_scale=scale,
        encoding=encoding_of(data),
    )


def watch_of(
    member: Member, algorithm: str, config: AlgorithmConfig, data: TransitionDataset, options: FitOptions, scale: float
) -> Callable[[], None] | None:
    """What shows a training as it stands to what watches it; None where nothing does."""
    if options.watch is None:
        return None

    def run() -> Run:
        # A copy, without what ends a training: that it is looked at changes nothing.
        unfinished = replace(member, finished=None, point=replace(member.point, best=None, best_step=None))
        return run_of(unfinished, checkpoints_of(unfinished), algorithm, config, data, options, scale)

    return partial(options.watch, run)
