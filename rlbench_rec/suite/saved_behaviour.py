"""The behaviour policy of a data set as a saved run, from which the log gets its probabilities of all actions."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import InputError, MissingFileError
from ..mdp.dataset import TransitionDataset
from ..policies import Policy, on_log, parse_form
from ..policies.forms import FRONTIER_FORMS, REWEIGHTED_FORMS
from .config import SavedBehaviour

WHERE = "behaviour"


def check_behaviour(behaviour: SavedBehaviour) -> None:
    """Refuse what is wrong before any work.

    Raises:
        MissingFileError: no saved run there.
        InputError: a form that is none, or no policy by itself.
    """
    form = parse_form(behaviour.form)
    if form.name in (*REWEIGHTED_FORMS, *FRONTIER_FORMS):
        what = f"'{form}' reweights another policy, which the saved run does not hold."
        raise InputError(what, where=WHERE, hint="Log its probabilities of all actions: see docs/cards.md.")
    if not (Path(behaviour.run) / "run.json").is_file():
        hint = "Give the folder that Run.save wrote, such as models/<run id> of a suite's results."
        raise MissingFileError("There is no saved run here.", where=f"{WHERE}: {behaviour.run}", hint=hint)


def identity(behaviour: SavedBehaviour) -> str:
    """SHA-256 of the run's header, which holds those of its weights; of nothing, where it cannot be read."""
    try:
        return hashlib.sha256((Path(behaviour.run) / "run.json").read_bytes()).hexdigest()
    except OSError:
        return "unknown"


def with_behaviour(data: TransitionDataset, behaviour: SavedBehaviour) -> TransitionDataset:
    """The log with the saved policy's probabilities of all actions.

    Raises:
        MissingFileError: no saved run, or not all of it.
        InputError: a log without propensities, a run for other states or actions, or a policy that did not choose
            these actions: its probabilities are not the logged propensities.
    """
    where = f"{WHERE}: {behaviour.run}"
    if data.propensities is None:
        hint = "Log the probability of each chosen action: columns.propensity of the card."
        raise InputError(
            "The log has no propensities that the saved policy could be held against.", where=where, hint=hint
        )
    policy = _policy(data, behaviour, where)
    probabilities = on_log(policy, data).astype(np.float32)
    try:
        return replace(data, behaviour_probabilities=probabilities)
    except InputError as error:
        what = f"The saved policy '{behaviour.form}' did not choose the actions of this log. {error.what}"
        hint = "Give the run, the form and the checkpoint that were in service."
        raise InputError(what, where=where, hint=hint) from error


def _policy(data: TransitionDataset, behaviour: SavedBehaviour, where: str) -> Policy:
    from ..training import load

    run = load(behaviour.run, device="cpu")
    if (run.action_count, run.action_names) != (data.action_count, data.action_names):
        raise InputError("The saved run has other actions than this log.", where=where)
    if run.layout != data.layout:
        what = "The saved run takes other states than this log has."
        raise InputError(what, where=where, hint="Build the log with the settings that it was trained with.")
    form = parse_form(behaviour.form)
    return run.policy(form.name, **form.arguments, checkpoint=behaviour.checkpoint)
