"""Golden rollouts: what each shop did when its version was made, so that a version stands for one behaviour.

References and true values are kept under a shop's id, version, seed, variant and config. Code that moves a rollout has
to raise the version. Numbers are rounded, so another processor agrees.

    python tests/tasks/test_golden.py        # writes the files that are missing, and overwrites none
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.policies import Policy, Uniform
from rlbench_rec.tasks.calibration import CalibratedShop
from rlbench_rec.tasks.rollout import play

FOLDER = Path(__file__).parent / "golden"
CALIBRATED = FOLDER / "shop.json"
USERS, SEED, SHOWN = 200, 11, 3
"""Users played, the seed of their random numbers, and how many of them are written out decision by decision."""
STRATA = FOLDER / "strata.json"
NAMED = [f"{name}/{stratum}" for name in tasks.TASKS for stratum in tasks.TASKS[name].strata if stratum != "easy"]
"""Strata beside the easy one, whose rollouts are those of the plain task."""
VARIANTS = ("default", "train", "judge")
FILES = {name: name for name in tasks.TASKS} | {f"calibrated-v{CalibratedShop.version}": str(CALIBRATED)}
"""Name of the file -> what `make` is asked for."""

INERT = {
    "recommend-myopic-v1": {
        "memory_decay",
        "click_expected",
        "engagement_funnel",
        "engagement_decay",
        "leave_engagement",
    },
    f"calibrated-v{CalibratedShop.version}": {"appeal_spread"},
}
"""Parameters that do nothing: the control has neither memory nor engagement, and a log brings its appeal."""

Record = dict[str, list[float]]


def record(task: tasks.Task) -> Record:
    """What a shop's users do under two policies, and which actions its own policies prefer where those come."""
    uniform, states = at_random(task)
    served, more = _rollout(task, task.behaviour)
    states = np.concatenate([states, more])[:: len(states) // 20]
    numbers = np.arange(1.0, task.action_count + 1)
    preferred = {
        name: (policy.probabilities(states) @ numbers).mean() for name, policy in task.named_policies().items()
    }
    return (
        uniform
        | {f"behaviour: {name}": value for name, value in served.items()}
        | {f"mean action of {name}": _rounded([value]) for name, value in preferred.items()}
    )


def at_random(task: tasks.Task) -> tuple[Record, np.ndarray]:
    """The part of a record that needs no policy of the shop's own, and the states that were seen."""
    uniform, states = _rollout(task, Uniform(task.action_count))
    return {f"random: {name}": value for name, value in uniform.items()}, states


def _rollout(task: tasks.Task, policy: Policy) -> tuple[Record, np.ndarray]:
    steps = list(play(task, policy, USERS, SEED, 0))
    users, rewards, metrics, states = (
        np.concatenate([getattr(step, name) for step in steps]) for name in ("users", "rewards", "metrics", "states")
    )
    recorded = {
        "number of sessions by length": np.bincount(np.bincount(users)).tolist(),
        "sum of rewards": _rounded([rewards.sum(dtype=np.float64)]),
        "sums of metrics": _rounded(metrics.sum(axis=0, dtype=np.float64)),
        "sums of states": _rounded(states.sum(axis=0, dtype=np.float64)),
    }
    return recorded | {f"rewards of user {u}": _rounded(rewards[users == u]) for u in range(SHOWN)}, states


def _rounded(values: np.ndarray | list[float]) -> list[float]:
    """Each number to six digits."""
    return [float(f"{value:.6g}") for value in values]


def differences(old: Record, new: Record) -> list[str]:
    """Names of what two records disagree on, beyond their rounding."""
    return [
        name
        for name in old | new
        if name not in old
        or name not in new
        or len(old[name]) != len(new[name])
        or not np.allclose(old[name], new[name], rtol=1e-5, atol=1e-5)
    ]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", sorted(FILES))
def test_a_shop_does_what_its_version_did(name, variant):
    file = FOLDER / f"{name}.json"
    assert file.is_file(), f"{name} has no golden rollout: python tests/tasks/test_golden.py"
    old, new = json.loads(file.read_text())[variant], record(_shop(FILES[name], variant))
    assert not (moved := differences(old, new)), (
        f"{name} ({variant}) no longer does what this version of it did: {', '.join(moved)}. References and true "
        "values are kept under the version, so raise it (the -vN of the id; `version` of a calibrated shop), remove "
        "the old golden file and run: python tests/tasks/test_golden.py ; python studies/reference_values.py"
    )


@pytest.mark.parametrize("name", NAMED)
def test_a_stratum_does_what_its_version_did(name):
    kept = json.loads(STRATA.read_text())
    assert name in kept, f"{name} has no golden rollout: python tests/tasks/test_golden.py"
    assert not (moved := differences(kept[name], record(_stratum(name)))), (
        f"{name} no longer does what it did: {', '.join(moved)}. Give the stratum another name, or see "
        "docs/versioning.md, remove its entry and run: python tests/tasks/test_golden.py"
    )


def test_there_is_no_golden_rollout_of_a_stratum_that_is_gone():
    assert set(json.loads(STRATA.read_text())) == set(NAMED)


def test_there_is_no_golden_rollout_of_a_shop_that_is_gone():
    assert {file.stem for file in FOLDER.glob("*-v*.json")} == set(FILES)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_tenth_of_any_parameter_shows(name):
    old, blind = json.loads((FOLDER / f"{name}.json").read_text())["default"], []
    config = _shop(FILES[name], "default").config
    for field, value in config:
        if isinstance(value, float) and value and field not in config.asked:
            moved = tasks.make(FILES[name], 5, **{field: value * 0.9})
            part = at_random(moved)[0]
            # Most parameters show already where actions are drawn at random.
            shows = differences({name: old[name] for name in part}, part) or differences(old, record(moved))
            blind += [] if shows else [field]
    assert set(blind) == INERT.get(name, set())


def _stratum(name: str) -> tasks.Task:
    task_id, _, stratum = name.partition("/")
    return tasks.make(task_id, 5, stratum=stratum)


def _shop(name: str, variant: str) -> tasks.Task:
    return tasks.make(name, 5, variant=None if variant == "default" else variant)


if __name__ == "__main__":
    for stem, asked in FILES.items():
        path = FOLDER / f"{stem}.json"
        if not path.exists():
            lines = (f'"{variant}": {json.dumps(record(_shop(asked, variant)))}' for variant in VARIANTS)
            path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
            print(f"wrote {path}")
    strata = json.loads(STRATA.read_text()) if STRATA.exists() else {}
    strata |= {each: record(_stratum(each)) for each in NAMED if each not in strata}
    rows = (f'"{each}": {json.dumps(strata[each])}' for each in sorted(strata))
    STRATA.write_text("{\n" + ",\n".join(rows) + "\n}\n")
