"""What is done in one way is done in one place: the table "One of each" of docs/architecture.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "rlbench_rec"
PLACES = {
    r"sched_getaffinity|cpu_count|ru_maxrss": {"machine.py"},
    r"\"_data\"|importlib\.resources": {"packaged.py"},
    r"except ValidationError": {"parsing.py"},
    r"(import|from) rich\b": {"cli/render/"},
    r"\"(itemid|item_id)\b.*\b(sku|productid|product_id)\b": {"column_names.py"},
    r"np\.argmax\((bad|missing|gone|wrong|outside|block)\b": {"bad_rows.py"},
    r"\b(ROUNDING|LAST_DIGITS|LONG_SUM) = ": {"tolerances.py"},
    r"take_along_axis\([^)\n]*(\[:, None\]|\[rows, None\])[^)\n]*\)\[:, 0\]": {"policies/policy.py", "ope/"},
    r"cumsum\(axis=1\) <= k": {"policies/top_items.py"},
    r"minimize_scalar": {"baselines/calibrated.py"},
    r"np\.repeat\(\w+ - starts, ": {"mdp/row_ranges.py"},
    # The tables of `results` are read without `mdp`.
    r"\"not-identified\"": {"mdp/provenance.py", "results/", "cli/render/"},
    r"getattr\((impl|algo|made)\w*, \"_": set(),
    r"(?<!self)(?<!cls)(?<!batch)(?<!other)\._(gamma|target_update_interval|alpha|beta)\b": {
        "training/d3rlpy_internals.py"
    },
}
"""Pattern -> the files (or folders) of the package in which alone it may occur."""


def files_with(pattern: str) -> set[str]:
    return {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(pattern, path.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("pattern", PLACES)
def test_it_is_done_in_one_place(pattern):
    places = PLACES[pattern]
    files = files_with(pattern)
    assert {path for path in files if not any(path.startswith(place) for place in places)} == set()
    # Otherwise the pattern is of something that is no longer there.
    assert bool(files) == bool(places)


def test_one_function_makes_an_evaluation_log_of_a_policy():
    makers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "target_propensities=" in path.read_text(encoding="utf-8")
    }
    outside = {path for path in makers if not path.startswith(("ope/", "testing/"))}
    assert outside == {"evaluation/bridge.py"}


def test_names_that_several_rooms_write_are_the_same():
    pytest.importorskip("torch")
    from rlbench_rec.frontier.base import Dial
    from rlbench_rec.frontier.contenders import MEAN
    from rlbench_rec.frontier.dial import DIALS
    from rlbench_rec.frontier.looking_ahead import Answer
    from rlbench_rec.policies.forms import FRONTIER_FORMS, REWEIGHTED_FORMS
    from rlbench_rec.results import frontier_words, needs_rl, row_names
    from rlbench_rec.training.mean_of_runs import NAME
    from rlbench_rec.training.stored_frontier import Chosen

    # `results` imports neither policies nor frontiers, and what is stored beside a run is read without `frontier`.
    assert frontier_words.MEAN == MEAN == NAME
    assert row_names.FRONTIER_FORMS == FRONTIER_FORMS
    assert {needs_rl.YES, needs_rl.NOT_SHOWN} == set(get_args(Answer))
    assert set(REWEIGHTED_FORMS) == set(DIALS) == set(get_args(Dial))
    assert set(get_args(Chosen.model_fields["dial"].annotation)) == set(DIALS)


def test_what_serves_now_is_there():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.split("## One of each")[1].split("\n## ")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| ") and "---" not in line][1:]
    assert len(rows) > 8
    for row in rows:
        file, _, name = row[3].partition("`: `")
        path = PACKAGE / re.search(r"`([^`]+)", file)[1]
        assert path.exists(), row[3]
        if name:
            assert re.search(rf"^(def )?{name.partition('`')[0]}\b", path.read_text(), flags=re.MULTILINE), row[3]
