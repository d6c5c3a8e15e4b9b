"""What a user sees at the top: every name resolves, shows up, and costs nothing until it is used."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import rlbench_rec as rb

PACKAGE = Path(rb.__file__).parent
HEAVY = ("torch", "d3rlpy", "sklearn", "scipy", "duckdb", "pyarrow", "pandas", "matplotlib", "gymnasium")
STUBS = sorted(path for path in PACKAGE.rglob("__init__.pyi"))
PUBLIC = (
    "events",
    "mdp",
    "policies",
    "tasks",
    "training",
    "ope",
    "evaluation",
    "frontier",
    "results",
    "suite",
    "tuning",
    "audit",
    "testing",
)


def names_in(stub: Path) -> set[str]:
    tree = ast.parse(stub.read_text())
    return {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }


@pytest.mark.parametrize("stub", STUBS, ids=lambda path: path.parent.name)
def test_every_name_of_a_stub_resolves_and_is_listed(stub):
    module = importlib.import_module(".".join(stub.parent.relative_to(PACKAGE.parent).parts))
    assert names_in(stub) <= set(dir(module)) and names_in(stub) == set(module.__all__)
    for name in names_in(stub):
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        _ = module.nothing_of_this_name


@pytest.mark.parametrize("room", PUBLIC)
def test_every_public_name_of_a_room_resolves_and_is_listed(room):
    module = getattr(rb, room)
    assert module.__all__, "a room that the top offers has something to show"
    for name in module.__all__:
        assert getattr(module, name) is not None and name in dir(module)


def test_a_name_is_the_thing_and_not_its_module():
    """A module of the same name must not hide it, whatever was imported before."""
    code = (
        "import rlbench_rec.results.comparison.compare, rlbench_rec.suite.runner\n"
        "import rlbench_rec.mdp.build, rlbench_rec.ope.estimate\n"
        "import rlbench_rec as rb\n"
        "print(all(map(callable, (rb.compare, rb.mdp.build, rb.ope.estimate, rb.events.load, rb.training.load))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "True", done.stderr


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import rlbench_rec", HEAVY),
        ("import rlbench_rec; rlbench_rec.ope", HEAVY),
        ("import rlbench_rec; dir(rlbench_rec.training), rlbench_rec.training.ALGORITHMS", HEAVY),
        ("from rlbench_rec.cli.app import app; app(['--help'], standalone_mode=False)", HEAVY),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_used(code, heavy):
    code = f"{code}\nimport sys\nprint([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr
