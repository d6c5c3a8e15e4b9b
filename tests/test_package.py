"""The package as a whole: imports, the README's example, and the wheel."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = (
    "statistics",
    "serving",
    "events",
    "mdp",
    "policies",
    "baselines",
    "tasks",
    "training",
    "ope",
    "evaluation",
    "frontier",
    "results",
    "report",
    "suite",
    "tuning",
    "audit",
    "testing",
    "perf",
    "cli",
)
"""In order: a folder imports only from those before it."""
RINGS = (
    "data",
    "estimators",
    "reliability",
    "inference",
    "estimate",
    "density",
    "propensity",
    "streaming",
    "analysis",
    "scorecard",
)
"""Of `ope`, from the inside: each imports only from those before it."""
HEAVY = ("torch", "d3rlpy", "sklearn", "scipy", "duckdb", "implicit", "optuna")
LISTS = ("algorithms", "policies")


def python(code: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, **options)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_rooms_before_it(room):
    allowed = {*ROOMS[: ROOMS.index(room) + 1], "errors", "extras", "files", "parsing", "registry", "sql", "terminal"}
    for path in sorted((ROOT / "rlbench_rec" / room).rglob("*.py")):
        depth = len(path.relative_to(ROOT / "rlbench_rec").parts) - 1
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == depth + 1:
                names = [node.module.split(".")[0]] if node.module else [alias.name for alias in node.names]
                strangers = [name for name in names if name in ROOMS and name not in allowed]
                assert not strangers, f"{path.name} imports {strangers}"


def rings_imported(path: Path) -> set[str]:
    """The rings of `ope` that a file of it imports from, whatever the form of the import."""
    package = ("rlbench_rec", *path.relative_to(ROOT / "rlbench_rec").parent.parts)
    modules = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules += [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = list(package[: len(package) - node.level + 1]) if node.level else []
            module = above + (node.module.split(".") if node.module else [])
            modules += [[*module, alias.name] for alias in node.names]
    return {module[2] for module in modules if module[:2] == ["rlbench_rec", "ope"] and len(module) > 2} & set(RINGS)


@pytest.mark.parametrize("ring", RINGS)
def test_a_ring_of_ope_imports_only_from_rings_inside_it(ring):
    place = ROOT / "rlbench_rec" / "ope" / ring
    for path in sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]:
        strangers = rings_imported(path) - set(RINGS[: RINGS.index(ring) + 1])
        assert not strangers, f"{path.relative_to(ROOT)} imports {sorted(strangers)}"


def test_every_part_of_ope_is_a_ring():
    parts = {path.stem for path in (ROOT / "rlbench_rec" / "ope").iterdir() if path.name[0] != "_"}
    assert parts == set(RINGS)


def test_imports_of_rings_are_found():
    analysis = ROOT / "rlbench_rec" / "ope" / "analysis"
    assert {"data", "estimate", "estimators", "inference", "reliability"} <= rings_imported(analysis / "slices.py")
    assert rings_imported(ROOT / "rlbench_rec" / "ope" / "__init__.py") >= {"estimate", "streaming", "analysis"}


@pytest.mark.parametrize(
    "statement",
    [
        *("import rlbench_rec", "import rlbench_rec.ope", "import rlbench_rec.cli.app"),
        *(f"from rlbench_rec.suite import listings; listings.{name}()" for name in LISTS),
    ],
)
def test_importing_loads_nothing_heavy(statement):
    done = python(f"{statement}\nimport sys\nprint([m for m in {HEAVY!r} if m in sys.modules])")
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_ope_loads_numpy_alone():
    done = python(
        "import rlbench_rec.ope, sys\nprint([m for m in ('pandas', 'pydantic', 'pyarrow') if m in sys.modules])"
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_no_file_is_longer_than_300_lines():
    lengths = {str(p): len(p.read_text().splitlines()) for p in (ROOT / "rlbench_rec").rglob("*.py")}
    assert {name: n for name, n in lengths.items() if n > 300} == {}


def test_the_readme_example_runs_as_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    example = next(block for block in blocks if "import rlbench_rec as rb" in block)
    # The figures of the example are for the reader's patience; the test's is shorter.
    example = example.replace("steps=2_000", "steps=60").replace("episodes=10_000", "episodes=300")
    names: dict = {}
    exec(compile(example, "README.md", "exec"), names)
    estimates, truth = names["estimates"], names["truth"]
    assert [estimate.estimator for estimate in estimates] == ["snips", "dr"]
    assert truth.std_error > 0 and truth.episodes > 0
    assert (tmp_path / "runs" / "mine").is_dir()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_carries_cards_suites_and_the_sample(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in ("datasets/open-bandit-sample/random-all.parquet", "datasets/taobao.toml", "suites/quick.toml"):
        assert f"rlbench_rec/_data/{wanted}" in names
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests")]


def test_the_wheel_runs_from_an_empty_folder(wheel, tmp_path):
    installed, empty = tmp_path / "installed", tmp_path / "empty"
    empty.mkdir()
    zipfile.ZipFile(wheel).extractall(installed)
    environment = os.environ | {"PYTHONPATH": str(installed), "OMP_NUM_THREADS": "1"}
    suite = empty / "one.toml"
    suite.write_text(
        'name = "one"\nseeds = [0]\nsteps = 5\nn_resamples = 100\nestimators = ["snips"]\n'
        '[[sources]]\ndataset = "open-bandit-sample/random-men"\nmdp = { train_fraction = 0.5, gamma = 0.0 }\n'
        '[[algorithms]]\nid = "popularity"\n'
    )

    command = [sys.executable, "-m", "rlbench_rec", "run", "one.toml", "--out", "out", "--jobs", "1"]
    done = subprocess.run(command, cwd=empty, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (empty / "out" / "leaderboard.csv").is_file()
    code = (
        "import sys, rlbench_rec\nfrom rlbench_rec.cli.app import main\n"
        "print(rlbench_rec.__file__)\nsys.argv = ['rlbench', 'list', 'suites']\nmain()"
    )
    where, *suites = python(code, cwd=empty, env=environment).stdout.splitlines()
    assert str(installed) in where and "quick" in "".join(suites)
