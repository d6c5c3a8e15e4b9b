"""The code in the pages on off-policy evaluation runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

DOCS = Path(__file__).resolve().parents[2] / "docs"


def scope_of(page: str) -> dict:
    """What the page's blocks have made, run one after the other."""
    examples = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    scope: dict = {}
    for example in examples:
        exec(example, scope)
    return scope


def test_every_example_runs(capsys):
    scope_of("ope.md")
    value, verdict = re.match(r"(0\.\d+) \[.*\] (\w+)", capsys.readouterr().out).groups()
    assert abs(float(value) - 0.0590) < 0.01 and verdict == "trusted"


def test_every_question_of_a_shop_is_answered(capsys):
    made = scope_of("shop-questions.md")
    told = capsys.readouterr().out
    assert made["answer"].decision == "ship" and "ship ()" in told
    assert re.search(r"basket +2[45]\.\d+ -> +2[34]\.\d+", told)
    assert made["plan"].verdict == "trusted" and "4 blocks of 7 days hardly tell" in told
    assert 0.1 < made["credited"].censored_share < 0.4 and np.isfinite(made["plan"].days)
    assert "new       lift [+" in told and "explore   0%" in told
