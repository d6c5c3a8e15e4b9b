"""What a frontier answers in a shop, by contenders, dial and base, and what is true of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from rlbench_rec import frontier
from rlbench_rec.frontier import Base, Frontier, LoggedBase, ServiceBase, Step, dial, negated
from rlbench_rec.frontier.base import Dial
from rlbench_rec.mdp.dataset import TransitionDataset
from rlbench_rec.policies import QFunction
from rlbench_rec.policies.make_reweighted import reweighted_by
from rlbench_rec.tasks import Task

from .learners import Learnt, learn
from .shops import Shop, logged
from .truths import TrueLift, Truths

Row = dict[str, Any]
UNMOVED = TrueLift(0.0, 0.0, float("nan"), 0)
"""Of the behaviour policy itself."""


@dataclass(frozen=True)
class Question:
    """One frontier to trace.

    Attributes:
        name: what the tables call it.
        base: what is known of the behaviour policy.
        contenders: whose scores.
        dials: which policies.
    """

    name: str
    base: Base
    contenders: Mapping[str, QFunction]
    dials: Sequence[Dial] = ("tilted", "constrained")


def questions(learnt: Learnt, task: Task) -> list[Question]:
    """The frontier on both bases, its controls, and what it is compared with."""
    logged_base, service = LoggedBase(task.behaviour), ServiceBase(learnt.clone)
    opposite = {name: negated(q) for name, q in learnt.contenders.items()}
    mode = {"mode": learnt.clone.probabilities}
    return [
        *(Question("best", base, learnt.contenders) for base in (logged_base, service)),
        *(Question("negated", base, opposite) for base in (logged_base, service)),
        *(Question("shuffled", base, {"shuffled": learnt.shuffled}) for base in (logged_base, service)),
        Question("mixed", logged_base, learnt.contenders, ("mixed",)),
        Question("constrained", logged_base, learnt.contenders, ("constrained",)),
        Question("mode", logged_base, mode, ("mixed",)),
        *(Question(name, logged_base, {name: q}) for name, q in learnt.contenders.items()),
    ]


def answers(shop: Shop) -> tuple[list[Row], list[Row]]:
    """A row for each question, and a row for each step that was looked at."""
    task = shop.make()
    train, test = logged(shop, task)
    learnt, truths = learn(train), Truths(task)
    true_lifts: dict[tuple[str, str, float], TrueLift] = {}
    rows: list[Row] = []
    steps: list[Row] = []
    for question in questions(learnt, task):
        traced = _traced(question, learnt.validation)
        chosen = traced.chosen
        truth = UNMOVED
        if chosen is not None:
            key = (question.name if question.name in CONTROLS else "", chosen.contender, chosen.dial, chosen.parameter)
            if key not in true_lifts:
                true_lifts[key] = truths.of(_served(traced, chosen, task))
            truth = true_lifts[key]
        named = {"task": shop.task, "shop": shop.seed, "question": question.name, "base": question.base.kind}
        rows.append(named | _answer(traced, test) | _truth(truth))
        steps += [named | {str(key): cell for key, cell in row.items()} for row in _records(traced)]
    return rows, steps


CONTROLS = ("negated", "shuffled", "mode")
"""Questions whose contenders are not those of the others."""


def _traced(question: Question, validation: TransitionDataset) -> Frontier:
    # What is compared with `constrained` is asked of long sessions too, where the package does not try it.
    sessions = math.inf if question.name == "constrained" else dial.SHORT_SESSIONS
    with patch.object(dial, "SHORT_SESSIONS", sessions):
        return frontier.trace(question.contenders, validation, question.base, dials=question.dials)


def _served(traced: Frontier, step: Step, task: Task) -> Any:
    q = traced.contenders[step.contender]
    return reweighted_by(step.dial, q, traced.action_count, step.parameter, task.behaviour, step.dial)


def _answer(traced: Frontier, test: TransitionDataset) -> Row:
    chosen = traced.chosen
    row: Row = {
        "answered": chosen is not None,
        "eligible": sum(step.eligible for step in traced.steps),
        "steps": len(traced.steps),
    }
    if chosen is None:
        return row
    scored = frontier.score(traced, test)
    return row | {
        "contender": chosen.contender,
        "dial": chosen.dial,
        "parameter": chosen.parameter,
        "divergence": chosen.divergence,
        "validation_lift": chosen.lift.value,
        "validation_low": chosen.lift.ci_low,
        "concentration": chosen.concentration,
        "test_behaviour": scored.behaviour.value,
        "test_lift": scored.lift.value,
        "test_low": scored.lift.ci_low,
        "test_high": scored.lift.ci_high,
        "test_verdict": scored.lift.verdict,
        "test_reasons": "; ".join(scored.lift.reasons),
    }


def _truth(truth: TrueLift) -> Row:
    return {
        "true_lift": truth.lift,
        "true_error": truth.std_error,
        "true_behaviour": truth.behaviour,
        "true_episodes": truth.episodes,
    }


def _records(traced: Frontier) -> Iterator[Row]:
    yield from traced.to_frame().to_dict("records")
