"""Names of policies as people read them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from rlbench_rec.policies import registry
from rlbench_rec.results.readable_names import (
    ALGORITHMS,
    ENCODERS,
    key_of_names,
    readable_name,
    row_name,
    variant_parts,
)
from rlbench_rec.training import ALGORITHMS as LEARNERS
from rlbench_rec.training import registries

BOARDS = sorted((Path(__file__).parents[2] / "results").glob("*/leaderboard.csv"))


@pytest.mark.parametrize(
    ("algorithm", "label", "form", "name"),
    [
        ("dqn", "", "greedy", "DQN, greedy"),
        ("cql", "mlp", "frontier", "CQL, frontier"),
        ("dqn", "mlp/gamma-0", "softmax-0.1", "DQN without looking ahead, softmax 0.1"),
        ("dqn", "gru", "epsilon-greedy-0.05", "DQN with a GRU, epsilon-greedy 0.05"),
        ("gru4rec", "gru", "stochastic", "GRU4Rec, stochastic"),
        ("cql", "gru/retrieve=vsknn", "greedy", "CQL with a GRU among what VS-kNN retrieves, greedy"),
        ("dqn", "mlp/frontier", "frontier/negated", "DQN (frontier), frontier, control on -Q"),
        (
            "my-algorithm",
            "wide/learning_rate=0.001",
            "my-form-2",
            "my-algorithm (wide, learning_rate=0.001), my-form-2",
        ),
        ("file:$lists.csv", "", "fixed", "file:$lists.csv"),
        ("behaviour", "", "logged", "Behaviour policy"),
        ("reference", "planner", "softmax-0.1", "Reference policy (planner), softmax 0.1"),
    ],
)
def test_names_are_those_of_the_field_and_unknown_parts_stay_as_written(
    algorithm: str, label: str, form: str, name: str
) -> None:
    assert readable_name(algorithm, label, form) == name


def test_a_variant_comes_apart() -> None:
    assert variant_parts("mlp/gamma-0/best/softmax-0.3") == ("mlp/gamma-0", "softmax-0.3", True)
    assert variant_parts("mlp/frontier/shuffled") == ("mlp", "frontier/shuffled", False)
    assert variant_parts("frontier-best") == ("", "frontier-best", False)
    assert variant_parts("own-log") == ("own-log", "logged", False)
    assert row_name("dqn", "mlp/best/greedy") == "DQN, greedy, best checkpoint"
    assert row_name("bts", "own-log") == "Thompson sampling on its own log"


def test_all_that_comes_with_the_package_has_a_name() -> None:
    ours = {
        name
        for kind in (LEARNERS, registry.POLICIES, registries.ENCODERS)
        for name in kind
        # Other tests may have registered some of their own.
        if kind[name].__module__.startswith("rlbench_rec.") and not name.startswith("file:")
    }
    assert "vsknn" in ours and "dqn" in ours and "lstm" in ours
    assert ours - set(ALGORITHMS) - set(ENCODERS) == set()


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.parent.name)
def test_two_rows_of_a_board_never_have_one_name(path: Path) -> None:
    board = pd.read_csv(path, keep_default_na=False)
    policies = set(zip(board["algorithm"], board["variant"], strict=True))
    assert len({row_name(*policy) for policy in policies}) == len(policies)


def test_the_key_leads_back_to_the_columns_of_the_files() -> None:
    rows = pd.DataFrame(
        {
            "algorithm": ["dqn", "random", "dqn", "mine"],
            "variant": ["mlp/gamma-0/greedy", "fixed", "mlp/gamma-0/greedy", "fixed"],
        }
    )
    assert key_of_names(rows) == [
        ("DQN without looking ahead, greedy", "dqn/mlp/gamma-0/greedy"),
        ("Random", "random/fixed"),
    ]
