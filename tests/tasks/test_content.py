"""The content hash: what changes a shop changes it, and nothing else does."""

from __future__ import annotations

import importlib.util

import pytest

from rlbench_rec import tasks
from rlbench_rec.tasks.content import _code, _modules, content_hash

CODE = '''"""About."""
import math

def price(x: float = 0.0) -> float:
    """Doubles."""
    return 2 * x  # why
'''


def test_every_shop_has_a_name_of_its_own_and_keeps_it():
    shops = [tasks.make(name, 0, variant=variant) for name in tasks.TASKS for variant in ("train", "judge", None)]
    names = [content_hash(shop) for shop in shops]
    assert len(set(names)) == len(names)
    assert names == [
        content_hash(tasks.make(name, 0, variant=variant))
        for name in tasks.TASKS
        for variant in ("train", "judge", None)
    ]


@pytest.mark.parametrize("change", [{"seed": 1}, {"horizon": 39}, {"gamma": 0.5}])
def test_seed_and_parameters_count(change):
    assert content_hash(tasks.make("tabular-v1", **change)) != content_hash(tasks.make("tabular-v1"))


def test_the_code_of_a_shop_is_its_own_and_what_it_is_made_of():
    modules = {module.__name__.rpartition("tasks.")[2] for module in _modules(tasks.TASKS["recommend-myopic-v1"])}
    assert modules >= {"shops.recommend_myopic", "shops.recommend", "shops.parts.catalogue", "simulator", "rollout"}
    assert "shops.pricing" not in modules and "truth_cache" not in modules


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("# why", "# because", True),
        ("Doubles.", "Twice.", True),
        ("import math", "import cmath", True),
        ("2 * x", "(2 *\n        x)", True),
        ("2 * x", "3 * x", False),
        ("2 * x", "2 + x", False),
        ("0.0", "0", False),
        ("2 * x", "0 * x", False),
        ("(x:", "(y:", False),
    ],
)
def test_only_what_python_computes_counts(tmp_path, old, new, same):
    assert (_hash(tmp_path / "new.py", CODE.replace(old, new)) == _hash(tmp_path / "old.py", CODE)) is same


def _hash(file, code: str) -> bytes:
    file.write_text(code)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    return _code(importlib.util.module_from_spec(spec))
