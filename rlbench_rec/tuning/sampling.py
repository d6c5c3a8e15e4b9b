"""The settings of the next trial: all there are, where they are few, else by a tree-structured Parzen estimator."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any
from zlib import crc32

from .space import Range, Settings, Space

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

ATTEMPTS = 10
"""Draws for settings that no earlier trial had."""
STEP = 1_000_003
"""Between the seeds of such draws."""
FEWEST_AT_RANDOM = 4
"""Trials before the estimator has anything to go by."""


def next_settings(space: Space, earlier: Sequence[tuple[Settings, float | None]], trials: int, name: str) -> Settings:
    """The settings of the trial that comes after the earlier ones. The first has the defaults: {}.

    Where the space has no more distinct settings than there are trials, they are taken one after another. Else each is
    drawn by optuna's TPE (Bergstra et al. 2011), made anew with a seed of its own for every trial: what is drawn
    depends on the earlier trials alone, so that a search that was stopped goes on as if it had not been.

    Args:
        space: what is tried.
        earlier: settings and worth of the trials so far, in order; larger is better, None where a trial failed. Only
            the order of the worths counts.
        trials: of the whole search.
        name: of the search; searches of other names draw other settings.
    """
    number = len(earlier)
    if not number:
        return {}
    if space.count(trials) is not None:
        return next(islice(space.all(), number, None))
    drawn: Settings = {}
    seen = [settings for settings, _ in earlier]
    for attempt in range(ATTEMPTS):
        drawn = _drawn(space, earlier, trials, crc32(name.encode()) + number + attempt * STEP)
        if drawn not in seen:
            break
    return drawn


def _drawn(space: Space, earlier: Sequence[tuple[Settings, float | None]], trials: int, seed: int) -> Settings:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    distributions = {name: _distribution(values) for name, values in space.settings.items()}
    sampler = optuna.samplers.TPESampler(
        seed=seed % 2**32, n_startup_trials=max(FEWEST_AT_RANDOM, trials // 3), constant_liar=False
    )
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for settings, worth in earlier:
        known = _told(space, settings)
        if worth is not None and known:
            told = {name: distributions[name] for name in known}
            study.add_trial(optuna.trial.create_trial(params=known, distributions=told, value=worth))
    with warnings.catch_warnings():
        # A range whose step does not divide it, say: what is drawn lies within it all the same.
        warnings.simplefilter("ignore")
        drawn = study.ask(distributions).params
    settings = {name: _value(space.settings[name], value) for name, value in drawn.items()}
    return space.active({name: settings[name] for name in space.settings})


def _distribution(values: Range | list[Any]) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(values, Range):
        if values.whole:
            return IntDistribution(int(values.low), int(values.high), log=values.log)
        return FloatDistribution(values.low, values.high, log=values.log)
    # By their numbers: a value may be a list.
    return CategoricalDistribution(range(len(values)))


def _value(values: Range | list[Any], drawn: Any) -> Any:
    return values.settled(drawn) if isinstance(values, Range) else values[drawn]


def _told(space: Space, settings: Settings) -> dict[str, Any]:
    """A trial's settings as optuna knows them. The defaults are told as far as the space has them."""
    known: dict[str, Any] = {}
    for name, value in (settings or space.defaults).items():
        values = space.settings[name]
        if isinstance(values, Range):
            if isinstance(value, int | float) and values.low <= value <= values.high:
                known[name] = value
        elif value in values:
            known[name] = values.index(value)
    return known
