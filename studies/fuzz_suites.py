"""Is every suite file planned, or refused with a reason, whatever stands in it?

    python -m studies.fuzz_suites --seconds 600

Case n takes a small suite of one of the two kinds, spoils one to three of its values, or its bytes, and does all that
`rlbench run` does before work starts: read, check, plan.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from rlbench_rec.suite.config import load_suite
from rlbench_rec.suite.kinds import kind_of
from studies.fuzzing import answered, campaign, spoil, spoil_value

SUITES: tuple[dict[str, Any], ...] = (
    {
        "name": "made-up",
        "seeds": [0, 1],
        "estimators": ["snips", "dr"],
        "forms": ["greedy", "softmax-0.3"],
        "steps": 10,
        "sources": [
            {"task": "recommend-v1", "episodes": 100, "task_config": {"items": 12}, "metrics": ["CTR"]},
            {"dataset": "open-bandit-sample/random-men", "mdp": {"train_fraction": 0.5, "gamma": 0.0}},
        ],
        "algorithms": [{"id": "random"}, {"id": "dqn", "config": {"hidden_units": [8]}, "encoder": "mlp"}],
    },
    {
        "kind": "estimators",
        "name": "made-up",
        "estimators": ["ips", "snips"],
        "episodes": [100, 200],
        "logs": [2, 1],
        "sources": [{"task": "pricing-v1", "task_seed": 3, "variant": "judge", "matched": ["careless"]}],
    },
)


def toml(value: Any) -> str:
    """A value as TOML, tables within a line; what TOML does not have is left out."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items() if v is not None) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(one) for one in value if one is not None) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return json.dumps(value).replace("\x7f", "\\u007f")


def play(seed: int, number: int) -> str:
    """One case: `planned`, or the name of the error that says why not."""
    rng = np.random.default_rng((seed, number))
    suite = SUITES[rng.integers(len(SUITES))]
    for _ in range(rng.integers(1, 4)):
        suite = spoil_value(suite, rng)
    lines = [f"{json.dumps(key)} = {toml(value)}" for key, value in suite.items() if value is not None]
    content = "\n".join(lines).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "suite.toml")
        path.write_bytes(content if rng.integers(4) else spoil(content, rng))
        return answered(lambda: _plan(str(path)))


def _plan(path: str) -> str:
    suite = load_suite(path)
    kind = kind_of(suite)
    kind.check(suite)
    kind.plan(suite, "cpu")
    return "planned"


if __name__ == "__main__":
    # What it imports, each process of the campaign then has.
    play(0, 0)
    sys.exit(campaign(play, __doc__))
