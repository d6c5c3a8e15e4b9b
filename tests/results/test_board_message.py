"""What the rows of a place say in a sentence."""

from __future__ import annotations

import pandas as pd
import pytest

from rlbench_rec.results.board_message import beats_behaviour, board_message, lettered_rows
from rlbench_rec.results.headline import Headline


def row(algorithm: str, rank: float | None, **cells) -> dict:
    """A leaderboard row as far as messages read it."""
    plain = {"variant": "mlp/greedy", "tie_group": "a", "p_adjusted": 0.01, "prob_improvement": 0.99}
    return plain | {"algorithm": algorithm, "rank": rank, "verdict": "trusted"} | cells


def message(*rows: dict, estimator: str = "truth", behaviour: bool = True) -> str:
    known = pd.Series(row("behaviour", 1)) if behaviour else None
    return board_message(Headline("ads-v1", "reward", estimator, pd.DataFrame(rows), known))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [row("cql", 1), row("dqn", 2, tie_group="b", p_adjusted=0.2)],
            "CQL, greedy leads in ads-v1; 1 of 2 policies beats the behaviour policy",
        ),
        (
            [row("cql", 1), row("dqn", 2)],
            "CQL, greedy is first in ads-v1, not told apart from 1 other; all policies beat the behaviour policy",
        ),
        (
            [row("cql", 1, p_adjusted=0.06), row("dqn", 2, prob_improvement=0.001)],
            "No policy is shown to beat the behaviour policy in ads-v1",
        ),
        ([row("cql", 1, verdict="weak")], "No policy is shown to beat the behaviour policy in ads-v1"),
        ([row("cql", None, verdict="unreliable")], "No value of a policy can be relied on in ads-v1"),
        ([row("behaviour", 1, variant="logged")], "ads-v1"),
    ],
)
def test_the_message_claims_what_the_boards_own_test_shows(rows: list[dict], said: str) -> None:
    assert message(*rows) == said


def test_best_checkpoints_controls_and_ends_of_the_scale_are_nobodys_lead() -> None:
    rows = [
        row("reference", 1, variant="ppo/greedy"),
        row("dqn", 2, variant="mlp/best/greedy"),
        row("dqn", 3, variant="mlp/frontier/shuffled"),
        row("bc", 4, variant="mlp/greedy"),
    ]
    assert message(*rows) == "Behaviour cloning, greedy leads in ads-v1; 1 of 1 policies beats the behaviour policy"


def test_imitation_is_no_win_and_an_unknown_behaviour_policy_is_not_beaten() -> None:
    assert message(row("vsknn", 1, variant="fixed"), estimator="ranking") == (
        "VS-kNN ranks best what users of ads-v1 chose next"
    )
    assert message(row("cql", 1), behaviour=False) == "CQL, greedy is first in ads-v1"


def test_nothing_tested_is_nothing_beaten() -> None:
    rows = pd.DataFrame([row("cql", 1, p_adjusted=float("nan"), prob_improvement=float("nan"))])
    assert beats_behaviour(rows).tolist() == [False]


def test_ranks_and_ties_are_among_the_rows_that_are_shown_in_any_order() -> None:
    rows = [
        row("random", None, tie_group=""),
        row("cql", 5, tie_group="d"),
        row("dqn", 3, tie_group="b"),
        row("bc", 3, tie_group="b"),
        row("dqn", 1, variant="mlp/best/greedy"),
    ]
    shown = lettered_rows(Headline("ads-v1", "reward", "truth", pd.DataFrame(rows), None))
    assert list(zip(shown["algorithm"], shown["rank"].fillna(0), shown["tie_group"], strict=True)) == [
        ("dqn", 1, "a"),
        ("bc", 1, "a"),
        ("cql", 3, "b"),
        ("random", 0, ""),
    ]
