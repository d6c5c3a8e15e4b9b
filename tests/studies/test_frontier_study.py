"""The study of the frontier: what its bars count, and that the shown shops are not those of the design."""

from __future__ import annotations

import pandas as pd
import pytest

from studies.frontier import bars
from studies.frontier.picture import draw
from studies.frontier.shops import DESIGN_SEEDS, SHOWN_SEEDS, TASKS, shops


def answers(lifts: dict[tuple[str, str], list[float]]) -> pd.DataFrame:
    """Answers in shops worth 10 each, by question and base: true lifts, NaN where nothing was chosen; the test side
    trusts each and puts it within 1 of the truth."""
    rows = [
        {
            "task": "ads-v1",
            "shop": shop,
            "question": question,
            "base": base,
            "answered": lift == lift,
            "true_lift": lift if lift == lift else 0.0,
            "true_error": 0.1,
            "true_behaviour": 10.0 if lift == lift else float("nan"),
            "test_verdict": "trusted" if lift == lift else None,
            "test_low": lift - 1.0,
            "test_high": lift + 1.0,
        }
        for (question, base), of_shops in lifts.items()
        for shop, lift in enumerate(of_shops)
    ]
    return pd.DataFrame(rows)


NONE = float("nan")
TABLE = answers(
    {
        ("best", "logged"): [2.0, 0.5, -0.5, NONE],
        ("best", "service"): [2.0, NONE, NONE, NONE],
        ("negated", "logged"): [NONE, NONE, -3.0, NONE],
        ("negated", "service"): [NONE] * 4,
        **{(name, "logged"): [NONE] * 4 for name in bars.COMPARED},
        ("mixed", "logged"): [0.1, 0.1, NONE, NONE],
    }
)


def test_bars_count_shops():
    figures = bars.bars(TABLE)
    assert figures["shops"] == 4
    assert figures["logged: answered"] == "0.750 (3 of 4)"
    # The limit of the second, -.5, and of the third, -1.5, are not above 0.
    assert figures["logged: called on the test side"] == "0.250 (1 of 4)"
    assert figures["logged: truly worse among the called"] == "0 of 1"
    assert figures["logged: truly worse among the answered"] == "1 of 3"
    assert figures["logged: coverage of trusted lifts on the test side"] == "1.000 (3 of 3)"
    assert figures["logged: answered for a negated Q"] == "0.250 (1 of 4)"
    # 1 - .05^(1/1): nothing seen in one shop says next to nothing.
    assert figures["logged: upper limit of that share"] == pytest.approx(0.95)


def test_medians_count_shops_without_an_answer_as_0_and_ties_as_no_lead():
    medians = bars.by_task(TABLE).loc["ads-v1"]
    assert medians["best"] == pytest.approx(2.5)  # of 20, 5, -5 and 0 % the middle two are 5 and 0
    assert medians["mixed"] == pytest.approx(0.5)
    assert medians["service"] == 0.0
    assert bars.bars(TABLE)["tasks where it is ahead of shuffled"] == 1
    level = answers({key: [NONE, NONE] for key in TABLE.groupby(["question", "base"]).groups})
    level.loc[0, "true_behaviour"] = 10.0
    assert bars.bars(level)["tasks where the median true lift is ahead of all compared"] == 0


def test_the_shown_shops_are_none_of_the_design():
    assert not set(DESIGN_SEEDS) & set(SHOWN_SEEDS)
    assert len(shops(SHOWN_SEEDS)) >= 100 and len(TASKS) == 10


def test_the_picture_is_the_same_twice(tmp_path):
    for name in ("a.svg", "b.svg"):
        draw(TABLE, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    text = (tmp_path / "a.svg").read_text()
    # Of the two answered shops of the exact base that are worth more, and the one that is worth less.
    assert "The frontier is truly above the behaviour policy in 2 of 4 shops, and below it in 1" in text
