"""The line of every value, against a file whose lines are known, and against tomllib on all files of the package."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from rlbench_rec.toml_lines import lines_of

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted([*ROOT.glob("benchmarks/suites/*.toml"), *ROOT.glob("**/cards/*.toml"), ROOT / "pyproject.toml"])
TEXT = '''# what [it] = "is"
name = "a # b"
seeds = [0, 1,  # two
  2]
"odd key".b = 'x = [1]'
text = """
  c = 3
"""

[mdp]
gamma = { low = 0.5, "high" = 0.9 }

[[algorithms]]
id = "dqn"
config.steps = 5

[[algorithms]]
id = "cql"
forms = [
  "greedy",
  { form = "softmax", of = [1,
    2] },
]
[algorithms.config]
steps = 6
[[algorithms.rows]]
k = 1
[[algorithms.rows]]
k = 2024-01-01
'''


def places(value, place=()):
    """Of everything in a file."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inside:
        yield (*place, step)
        yield from places(each, (*place, step))


def test_lines_by_hand():
    lines = lines_of(TEXT)
    assert set(places(tomllib.loads(TEXT))) == set(lines)
    wanted = {
        ("name",): 2,
        ("seeds", 1): 3,
        ("seeds", 2): 4,
        ("odd key", "b"): 5,
        ("text",): 6,
        ("mdp",): 10,
        ("mdp", "gamma", "high"): 11,
        ("algorithms",): 13,
        ("algorithms", 0, "config", "steps"): 15,
        ("algorithms", 1): 17,
        ("algorithms", 1, "forms", 1): 21,
        ("algorithms", 1, "forms", 1, "of", 1): 22,
        ("algorithms", 1, "config", "steps"): 25,
        ("algorithms", 1, "rows", 1, "k"): 29,
    }
    assert {place: lines[place] for place in wanted} == wanted


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_value_of_our_own_files_has_a_line(path):
    text = path.read_text(encoding="utf-8")
    lines = lines_of(text)
    assert set(places(tomllib.loads(text))) == set(lines)
    keys = {place: line for place, line in lines.items() if isinstance(place[-1], str)}
    assert all(str(place[-1]) in text.splitlines()[line - 1] for place, line in keys.items())


def test_what_is_not_toml_gives_what_came_before():
    assert lines_of("a = 1\n[") == lines_of("a = 1\n= 2") == {("a",): 1}
    assert lines_of("a = " + "[" * 100_000)[("a",)] == 1
