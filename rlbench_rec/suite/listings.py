"""What is registered, as rows for `rlbench list` and `rlbench data list`."""

from __future__ import annotations

from typing import Any

from ..errors import MissingExtraError
from ..registry import Registry
from .config import list_suites, load_suite

ANY_FILE = "file:PATH"
"""Stands for all policies that are files."""


def algorithms() -> list[dict[str, str]]:
    """Policies without a training loop, then algorithms."""
    from ..policies import POLICIES
    from ..training import ALGORITHMS

    kinds = (("policy", POLICIES, [*POLICIES, ANY_FILE]), ("algorithm", ALGORITHMS, [*ALGORITHMS]))
    return [
        {"id": name, "kind": kind, "what it is": _what_it_is(registry, name)}
        for kind, registry, names in kinds
        for name in names
    ]


def policies() -> list[dict[str, str]]:
    """Policies without a training loop, with what a suite's `config` may say of each."""
    from ..policies import POLICIES, parameters

    rows = []
    for name in [*POLICIES, ANY_FILE]:
        settings = (f"{field} = {info.get_default()}" for field, info in parameters(name).items())
        rows.append({"id": name, "settings": ", ".join(settings), "what it is": _what_it_is(POLICIES, name)})
    return rows


def encoders() -> list[dict[str, str]]:
    """Networks that read a state."""
    from ..training import ENCODERS

    return _described(ENCODERS)


def loops() -> list[dict[str, str]]:
    """Training loops."""
    from ..training import LOOPS

    return _described(LOOPS)


def estimators() -> list[dict[str, str]]:
    """Off-policy estimators, with their formulas' first sentence."""
    from ..ope import ESTIMATORS

    return _described(ESTIMATORS)


def metrics() -> list[dict[str, str]]:
    """Metrics and their direction."""
    from ..results.metrics import METRICS

    rows = (METRICS[name] for name in METRICS)
    return [
        {
            "id": m.label,
            "kind": m.kind,
            "better": "higher" if m.higher_is_better else "lower",
            "what it is": m.description,
        }
        for m in rows
    ]


def suites() -> list[dict[str, str]]:
    """Suites that come with the package."""
    return [{"suite": name, "what it is": load_suite(name).description} for name in list_suites()]


def tasks() -> list[dict[str, str]]:
    """Every task, in one sentence."""
    from ..tasks import TASKS

    return [
        {"task": name, "strata": ", ".join(TASKS[name].strata), "what it is": _first_line(TASKS[name])}
        for name in TASKS
    ]


def datasets() -> list[dict[str, str]]:
    """Every card: what its actions mean, where its propensities come from, and what may be claimed."""
    from .. import events
    from ..mdp.provenance import identification

    rows = []
    for card in (events.find_card(name) for name in events.list_cards()):
        # The logs of one card can differ in what is known of them.
        known = dict.fromkeys(log.propensity for log in [card.of_variant(name) for name in card.variants] or [card])
        row = {
            "id": card.id,
            "title": card.title,
            "actions": card.action_source,
            "propensity": " / ".join(known),
            "values": " / ".join(identification(card.action_source, propensity) for propensity in known),
            "licence": card.licence,
        }
        rows.append(row)
    return rows


def _first_line(task: type) -> str:
    return (task.__doc__ or "").strip().splitlines()[0]


def _described(registry: Registry[Any]) -> list[dict[str, str]]:
    return [{"id": name, "what it is": _what_it_is(registry, name)} for name in registry]


def _what_it_is(registry: Registry[Any], name: str) -> str:
    """The first paragraph of its docstring, or what is missing to read it."""
    try:
        thing = registry[name]
        text = getattr(thing, "func", thing).__doc__ or ""
    except MissingExtraError as error:
        text = str(error)
    return " ".join(text.split("\n\n")[0].split())
