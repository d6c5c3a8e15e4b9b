"""What of a suite of algorithms can be refused before any work starts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ....errors import InputError, UnknownNameError
from ....events.cards.find import find, resolve_files
from ....mdp.from_events.outcomes import METRICS as METRICS_OF_LOGS
from ....policies import parse_form
from ....results.leaderboard import BEST
from ....results.metrics import METRICS
from ....toml_places import at
from ...config import AlgorithmSpec, Source, Suite
from ...labels import check_estimators, refuse_repeats, refuse_same_sources
from ...reference_policies.best_known import find_reference
from ...replicates import replicates_of
from ...saved_behaviour import check_behaviour
from ...sources import make_task
from ...tuned import choices_of, name_of, warn_of_defaults
from .files import check_files
from .log_length import check_length
from .specs import FIXED, encoder_of_row, labelled

UNSET_GAMMA = -1.0
"""Stands for the discount factor that a log will bring, which no algorithm can be given as its own."""


def sources(suite: Suite) -> list[Source]:
    """The logs of all replicates."""
    return [shop.source for shop in replicates_of(suite)]


def trains(suite: Suite) -> bool:
    """Always."""
    return True


def check(suite: Suite) -> None:
    """Refuse what is wrong with a suite before any work starts.

    Raises:
        UnknownNameError: an unknown task, dataset, algorithm, encoder, loop, estimator or metric.
        MissingFileError: the raw files of a data set are not there.
        InputError: an unknown policy form or algorithm setting, an encoder that an algorithm cannot have, a task's
            parameter out of range, a metric that a source does not have, a task without a reference policy where values
            are to be normalised, something named twice, or a log that is too short to train on.
    """
    from .... import training

    refuse_repeats(suite.seeds, "seeds")
    with at("loop"):
        training.LOOPS.canonical(suite.loop)
    check_estimators(suite.estimators)
    _check_forms(suite.forms)
    _check_algorithms(suite.algorithms)
    check_files(suite)
    for number, source in enumerate(suite.sources):
        with at("sources", number):
            _check_source(source, normalise=suite.normalise)
    shops = replicates_of(suite)
    refuse_same_sources([shop.source for shop in shops], [shop.place for shop in shops])
    with at("tuned"):
        _check_choices(suite)
    if any(spec.id in training.ALGORITHMS for spec in suite.algorithms):
        for number, source in enumerate(suite.sources):
            with at("sources", number):
                check_length(source, suite)


def _check_source(source: Source, *, normalise: bool) -> None:
    _check_forms(source.forms or [])
    refuse_repeats(source.metrics, f"metrics of {source.name}")
    if source.task:
        with at("task"):
            task = make_task(source)
        _check_metrics(source, task.metric_names)
        if normalise:
            find_reference(task)
        return
    data = None if source.data is None else Path(source.data)
    for key in ("dataset", "counterpart"):
        if name := getattr(source, key):
            with at(key):
                resolve_files(find(name), data)
    _check_metrics(source, METRICS_OF_LOGS)
    if source.behaviour is not None:
        with at("behaviour"):
            check_behaviour(source.behaviour)


def _check_choices(suite: Suite) -> None:
    """Refuse what a search chose that an algorithm cannot take, and say where it chose nothing."""
    from ....policies.registry import settled
    from ....training import ALGORITHMS
    from ....training.algorithm_config import make_config

    ids = {name_of(spec): spec.id for spec in suite.algorithms}
    for (_, name), choice in choices_of(suite).items():
        if name in ids and ids[name] in ALGORITHMS:
            make_config(ids[name], choice.config, UNSET_GAMMA)
        elif name in ids:
            settled(ids[name], choice.config)
        if choice.form:
            parse_form(choice.form, where=suite.tuned)
    warn_of_defaults(suite)


def _check_algorithms(specs: list[AlgorithmSpec]) -> None:
    made = []
    for number, spec in enumerate(specs):
        with at("algorithms", number):
            made.append(_settings_of(spec))
    refuse_repeats(made, "algorithms", [f"{spec.id} with the same settings" for spec in specs])
    labelled(specs)


def _settings_of(spec: AlgorithmSpec) -> tuple[object, ...]:
    """What a row is made of, all settings settled."""
    from .... import training
    from ....policies.registry import POLICIES, require_packages, settled
    from ....training.algorithm_config import encoder_of, make_config

    retrieval = _checked_retrieval(spec)
    if spec.form:
        with at("form"):
            parse_form(spec.form, where="algorithms")
    if spec.id not in POLICIES and spec.id not in training.ALGORITHMS:
        with at("id"):
            raise UnknownNameError("algorithm", spec.id, [*POLICIES, *training.ALGORITHMS], pluggable=True)
    with at("encoder"):
        encoder = training.ENCODERS.canonical(encoder_of_row(spec))
    if spec.label == BEST:
        raise InputError(f"The label '{BEST}' is that of best checkpoints.", where="algorithms", hint="Choose another.")
    if spec.id not in training.ALGORITHMS:
        _refuse_training_keys(spec)
        require_packages(spec.id)
        return POLICIES.canonical(spec.id), spec.label or FIXED, settled(spec.id, spec.config)
    with at("config"):
        config, encoder = make_config(spec.id, spec.config, UNSET_GAMMA), encoder_of(spec.id, spec.encoder)
    return training.ALGORITHMS.canonical(spec.id), spec.label, encoder, config, spec.shuffle_rewards, retrieval


def _refuse_training_keys(spec: AlgorithmSpec) -> None:
    """Refuse for a row that is not trained what only a training would follow."""
    from ....training.algorithm_config import AlgorithmConfig

    where = f"algorithms: {spec.name}"
    if spec.shuffle_rewards:
        raise InputError("It is not trained: its rewards cannot be shuffled.", where=where)
    # Suites of version 0.2 may say `mlp` of any row.
    for key, harmless in (("encoder", AlgorithmConfig.encoder), ("form", "")):
        if getattr(spec, key) not in (None, harmless):
            raise InputError(f"It is not trained, so it has no {key} to choose.", where=where, hint=f"Leave {key} out.")


def _checked_retrieval(spec: AlgorithmSpec) -> tuple[object, ...]:
    """What a row retrieves with, all settings settled; empty where it retrieves nothing."""
    from .... import training
    from ....policies.registry import FILE, POLICIES, require_packages, settled

    where = f"algorithms: {spec.name}"
    if not spec.retrieve:
        if spec.retrieve_config or spec.candidates != AlgorithmSpec.model_fields["candidates"].default:
            raise InputError("It says how to retrieve and not with what.", where=where, hint='Add retrieve = "als".')
        return ()
    if spec.id not in training.ALGORITHMS:
        what = "It is not trained, so it cannot learn to choose among candidates."
        raise InputError(what, where=where, hint="Leave retrieve out, or name an algorithm.")
    if spec.retrieve not in POLICIES or spec.retrieve.startswith(FILE):
        raise UnknownNameError("retriever", spec.retrieve, POLICIES, pluggable=True)
    require_packages(spec.retrieve)
    return POLICIES.canonical(spec.retrieve), spec.candidates, settled(spec.retrieve, spec.retrieve_config)


def _check_forms(forms: list[str]) -> None:
    parsed = []
    for number, form in enumerate(forms):
        with at("forms", number):
            parsed.append(parse_form(form))
    refuse_repeats(parsed, "forms", forms)


def _check_metrics(source: Source, known: Sequence[str]) -> None:
    for number, metric in enumerate(source.metrics):
        with at("metrics", number):
            if METRICS[metric].compute is None and metric not in known:
                names = ", ".join(known) or "none"
                raise InputError(f"{source.name} has no metric '{metric}'.", where="metrics", hint=f"It has: {names}.")
