"""What a search looks at: another shop than the one that is judged, or the earlier part of a log."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from ..errors import InputError
from ..mdp.dataset import TransitionDataset
from ..mdp.provenance import NOT_IDENTIFIED
from ..suite.config import Source
from ..suite.saved_behaviour import with_behaviour
from ..suite.sources import Loaded, decisions, ending, load
from ..training.fit_options import FitOptions


def source_to_tune_on(source: Source) -> Source:
    """A task's `train` shop in place of its own; a data set as it is, of which `load_to_tune` takes the earlier part.

    Raises:
        InputError: the suite judges on the `train` shop itself.
    """
    if source.task is None:
        return source.model_copy(update={"counterpart": None, "metrics": []})
    if source.variant == "train":
        hint = 'Give the source variant = "judge", or none.'
        raise InputError("It judges on the shop that settings are chosen on.", where=source.name, hint=hint)
    return source.model_copy(update={"variant": "train", "metrics": []})


def load_to_tune(source: Source, behaviour_fit: FitOptions) -> Loaded:
    """A source to tune on, with the episodes to learn from as `train` and those to score on as `test`.

    Of a data set this is the training side alone, cut once more: what a suite tests on stays unseen.

    Args:
        source: as `source_to_tune_on` gives it.
        behaviour_fit: how the model of the behaviour policy is trained; its share for validation is also the share of
            the training side that trials are scored on.

    Raises:
        Whatever reading, building and splitting a log, or making a shop, may raise.
    """
    if source.task:
        return load(source, behaviour_fit)
    loaded = _load(source.model_dump_json(), behaviour_fit)
    if isinstance(loaded, Exception):
        raise loaded
    return loaded


@lru_cache(maxsize=2)
def _load(key: str, behaviour_fit: FitOptions) -> Loaded | Exception:
    source = Source.model_validate_json(key)
    try:
        data = decisions(source)
        if source.behaviour is not None:
            data = with_behaviour(data, source.behaviour)
        return loaded_to_tune(source, data, behaviour_fit)
    except Exception as error:
        # Without its frames, which would keep the half-read log in memory.
        return error.with_traceback(None)


def loaded_to_tune(source: Source, data: TransitionDataset, behaviour_fit: FitOptions) -> Loaded:
    """The training side of a log, cut once more: the later `behaviour_fit.validation` of its episodes is scored on.

    Raises:
        InputError: the training side is too short to be cut.
    """
    earlier = data.split()[0]
    held = max(1, round(behaviour_fit.validation * earlier.n_episodes))
    inner = replace(earlier, train_episodes=earlier.n_episodes - held)
    train, test = inner.split()
    loaded = Loaded(source, ending(inner), train, ending(test), behaviour_fit=behaviour_fit)
    if inner.propensities is None and loaded.identification != NOT_IDENTIFIED:
        loaded.behaviour = loaded.clone
    return loaded
