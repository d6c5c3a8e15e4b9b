"""The JSON beside an exported policy: what goes in and comes out, and how a raw request becomes a state."""

from __future__ import annotations

import hashlib
from dataclasses import asdict

import numpy as np

from ..mdp.encoding import of_layout
from ..policies import PolicyForm, Tilted
from .networks import PastScores
from .served_policies import TopK, TopKReweighted
from .training_run import Run

SCHEMA_VERSION = 2
"""It rises where a key is renamed or means something else; files before version 2 do not name theirs."""


def description(run: Run, module: TopK, content: bytes, format: str, form: PolicyForm) -> dict[str, object]:
    """What stands in `<file>.json`; see docs/serving.md.

    Args:
        run: the run.
        module: what the file computes.
        content: of the file.
        format: of the file.
        form: of the policy.
    """
    card: dict[str, object] = {"schema_version": SCHEMA_VERSION, "sha256": hashlib.sha256(content).hexdigest()}
    card |= {"format": format, "algorithm": run.algorithm, "encoder": run.encoder, "form": str(form)}
    if isinstance(module, TopKReweighted) and isinstance(module.policy, Tilted):
        # JSON has no infinity.
        card["temperature"] = module.policy.temperature if np.isfinite(module.policy.temperature) else "infinity"
    shapes = {name: ["batch", *shape] for name, shape in module.takes.items()}
    card["input"] = {**shapes, "columns": asdict(run.layout)}
    card["output"] = {name: ["batch", *shape] for name, shape in module.gives.items()}
    if isinstance(module.network, PastScores):
        card |= {"memory": module.network.memory, "gamma": module.network.gamma}
    card |= {"action_count": run.action_count, "action_names": list(run.action_names)}
    # A run that was saved by an earlier version does not know.
    encoding = None if run.encoding is None else of_layout(run.encoding, run.layout).to_json()
    return card | {"other_action": run.other_action, "encoding": encoding}
