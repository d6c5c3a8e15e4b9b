"""The code in docs/frontier.md runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

from rlbench_rec import frontier

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "frontier.md").read_text(encoding="utf-8")


def test_the_example_runs(capsys):
    examples = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    scope: dict = {}
    for example in examples:
        # The figures of the example are for the reader's patience; the test's are shorter.
        exec(example.replace("steps=2_000", "steps=20").replace("episodes=10_000", "episodes=800"), scope)
    assert len(scope["curve"].steps) == 9 and scope["policy"] is not None
    assert scope["curve"].why in capsys.readouterr().out


def test_the_page_names_the_thresholds_of_the_rule():
    assert frontier.MARGIN == 2 and "twice as strict" in PAGE
    assert frontier.LEAST_CONCENTRATION == 30 and "30 or more" in PAGE
    assert (frontier.DIVERGENCES[0], frontier.DIVERGENCES[-1]) == (0.01, 2.4) and "from .01 to 2.4" in PAGE
