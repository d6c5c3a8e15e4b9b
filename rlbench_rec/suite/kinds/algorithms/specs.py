"""Rows of a suite as it writes them: their encoders, forms, and labels that tell them apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....policies import parse_form
from ...config import AlgorithmSpec
from ...labels import differences

DEFAULT_ENCODER = "mlp"
"""Of most algorithms, and what stands in the run ids of what has none."""
BEHAVIOUR = AlgorithmSpec(id="behaviour", encoder=DEFAULT_ENCODER)
"""The behaviour policy itself: the line every other row is measured against."""
COUNTERPART = AlgorithmSpec(id="counterpart", encoder=DEFAULT_ENCODER)
"""The policy of the other log of the same shop."""

REFERENCE = AlgorithmSpec(id="reference", encoder=DEFAULT_ENCODER)
"""The best policy that is known in a shop: 100 on the normalised scale."""
LEARNERS = AlgorithmSpec(id="learners", encoder=DEFAULT_ENCODER)
"""All learners of a suite together: what `frontier-best` chooses among."""

FIXED = "fixed"
"""Variant of a policy that is not trained and has no label."""
SCALED_FORMS = ("softmax", "epsilon-greedy")
"""What the form of a row stands in place of."""


def encoder_of_row(spec: AlgorithmSpec) -> str:
    """The encoder that a row names, or its algorithm's own."""
    from ....training import ALGORITHMS

    own = ALGORITHMS[spec.id].encoder if spec.id in ALGORITHMS else DEFAULT_ENCODER
    return spec.encoder or own


def with_form(forms: Sequence[str], own: str) -> list[str]:
    """The forms of a row that has its own: greedy, its own, and those that stay with the log."""
    parsed = [parse_form(form) for form in forms]
    kept = [str(form) for form in parsed if form.name not in ("greedy", *SCALED_FORMS)]
    return list(dict.fromkeys(["greedy", own, *(form for form in kept if form != own)]))


def labelled(specs: Sequence[AlgorithmSpec]) -> list[AlgorithmSpec]:
    """The algorithms with labels that tell them apart: `learning_rate=0.001` for a second `dqn` that has it; and
    `retrieve=als` for one among candidates."""
    stages = [f"retrieve={spec.retrieve}" if spec.retrieve else "" for spec in specs]
    named = list(zip(specs, stages, strict=True))
    names = ["/".join(filter(None, (spec.name, encoder_of_row(spec), stage, spec.label))) for spec, stage in named]
    added = differences(names, list(map(_told, specs)), "algorithms")
    return [
        spec.model_copy(update={"label": "/".join(filter(None, (stage, spec.label, more)))})
        for (spec, stage), more in zip(named, added, strict=True)
    ]


def _told(spec: AlgorithmSpec) -> dict[str, Any]:
    """The settings of a row by which it may differ from another one of its name."""
    told = dict(spec.config)
    if spec.shuffle_rewards:
        told["shuffle_rewards"] = True
    if spec.form:
        told["form"] = spec.form
    if spec.id != spec.name:
        told["data"] = spec.id
    return told | ({"candidates": spec.candidates} | spec.retrieve_config if spec.retrieve else {})
