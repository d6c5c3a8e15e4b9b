"""The code in docs/ope.md runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ope.md"


def test_every_example_runs(capsys):
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    scope: dict = {}
    for example in examples:
        exec(example, scope)
    value, verdict = re.match(r"(0\.\d+) \[.*\] (\w+)", capsys.readouterr().out).groups()
    assert abs(float(value) - 0.0590) < 0.01 and verdict == "trusted"
