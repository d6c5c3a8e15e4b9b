"""Things of every kind from outside the package: they keep their contracts, and run from an empty folder."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from hatchling.builders.wheel import WheelBuilder

from rlbench_rec import events, mdp
from rlbench_rec.errors import RlbenchError
from rlbench_rec.plugins import KINDS, registry
from rlbench_rec.policies import POLICIES
from rlbench_rec.suite import Suite
from rlbench_rec.testing.algorithms import check_algorithm
from rlbench_rec.testing.datasets import check_dataset
from rlbench_rec.testing.encoders import check_encoder
from rlbench_rec.testing.estimators import check_estimator
from rlbench_rec.testing.metrics import check_metric
from rlbench_rec.testing.policies import check_policy
from rlbench_rec.testing.tasks import check_task
from rlbench_rec.testing.toy_logs import toy_logs

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples" / "extending"
PAGES = ROOT / "docs" / "extending"
PACKAGES = sorted(path.parent for path in FOLDER.glob("*/pyproject.toml"))
MODULES = [FOLDER / "metric", FOLDER / "policy"]


def project(package: Path) -> dict:
    return tomllib.loads((package / "pyproject.toml").read_text())["project"]


def entry_points() -> dict[str, tuple[str, str]]:
    """Name -> kind and target of all that the packages bring."""
    return {
        name: (group.removeprefix("rlbench_rec."), target)
        for package in PACKAGES
        for group, entries in project(package)["entry-points"].items()
        for name, target in entries.items()
    }


def install(projects: list[Path], wheels: Path, target: Path) -> None:
    """Build the wheel of each project, and install all into a folder; their dependencies are those of this process."""
    paths = []
    for folder in projects:
        paths += WheelBuilder(str(folder)).build(directory=str(wheels), versions=["standard"])
    offline = ["--quiet", "--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", "install", *offline, "--target", str(target), *paths], check=True)


# --- contracts, in this process --------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def things():
    """Name -> kind of everything in examples/extending, registered; forgotten afterwards."""
    kinds = {}
    with pytest.MonkeyPatch.context() as patch:
        for folder in [*PACKAGES, *MODULES]:
            patch.syspath_prepend(str(folder))
        before = set(sys.modules)
        for kind in KINDS:
            for attribute in ("_targets", "modules"):
                patch.setattr(registry(kind), attribute, dict(getattr(registry(kind), attribute)))
        for name, (kind, target) in entry_points().items():
            module, attribute = target.split(":")
            registry(kind).register(name, getattr(importlib.import_module(module), attribute), module=module)
            kinds[name] = kind
        for module in ("novelty", "recommendations"):
            importlib.import_module(module)
        yield kinds | {"novelty": "metrics", "house-blend": "policies"}
        for name in set(sys.modules) - before:
            if getattr(sys.modules[name], "__file__", None) and str(FOLDER) in sys.modules[name].__file__:
                del sys.modules[name]


@pytest.fixture(scope="module")
def tea_shop(things):
    return mdp.build(events.load("tea-shop")).split()[0]


def test_every_kind_has_an_example(things):
    assert set(things.values()) == set(KINDS)


@pytest.mark.parametrize("name", [name for name, (kind, _) in entry_points().items() if kind == "algorithms"])
def test_algorithms(things, name):
    check_algorithm(name)


def test_encoder(things):
    check_encoder("last-item")


def test_estimator(things):
    check_estimator("sn-power")
    check_estimator("sn-power", power=1.0)


def test_task(things):
    check_task("tea-room-v1")


def test_dataset(things):
    check_dataset("tea-shop")


def test_policy(things, tea_shop):
    check_policy("house-blend", tea_shop)


def test_metric_by_hand(things):
    sessions = toy_logs()["sessions"].episodes(0, 2)
    expected = []
    for start, stop in zip(sessions.episode_starts, sessions.episode_ends, strict=True):
        actions = list(sessions.actions[start:stop])
        expected += [float(action not in actions[:step]) for step, action in enumerate(actions)]
    assert 0 < sum(expected) < len(expected)
    check_metric("novelty", [(sessions, expected)])


# --- the policy from a file ------------------------------------------------------------------------------------------
@pytest.fixture
def from_file(things, tmp_path, tea_shop):
    def make(text: str, log=tea_shop, **options):
        path = tmp_path / "file.csv"
        path.write_text(text)
        function = sys.modules["recommendations"].from_file(path, "mine", **{"user_column": "customer"} | options)
        return function(log)

    return make


def test_probabilities_by_hand(from_file, tea_shop):
    text = "user,item,probability\nann,assam,3\nann,sencha,1\nbob,rooibos,0.5\n"
    policy = from_file(text, explore=0.5)
    teas = dict(zip(tea_shop.action_names, range(5), strict=True))
    states = tea_shop.states()
    customer = {name: states[:, tea_shop.observation_names.index(f"customer={name}")] == 1 for name in ("ann", "cleo")}
    ann, stranger = (policy.probabilities(states[customer[name]])[0] for name in ("ann", "cleo"))
    assert ann[teas["assam"]] == pytest.approx(0.5 * 0.75 + 0.1)
    assert ann[teas["rooibos"]] == pytest.approx(0.1)
    assert stranger[teas["rooibos"]] == pytest.approx(0.5 * 0.5 + 0.1), "a user without recommendations gets the mean"


def test_scores_become_a_softmax(from_file, tea_shop):
    greedy = from_file("user,item,score\nann,assam,-3\nann,sencha,-1\n", temperature=0.01, explore=0.0)
    assert greedy.probabilities(tea_shop.states())[:, tea_shop.action_names.index("sencha")] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("user,item,rating\nann,assam,3\n", "Write user, item, score"),
        ("user,item,score\nann,assam,\n", "A score is missing"),
        ("user,item,probability\nann,assam,-0.1\n", "missing or below 0"),
        ("user,item,score\nann,assam,3\nann,assam,3\n", "Item assam stands twice for user ann"),
        ("user,item,score\nann,coffee,3\n", "None of its items is an action"),
        ("user,item,score\nzoe,assam,3\n", r"No user of the recommendations.*customer = \"category\""),
    ],
)
def test_bad_files(from_file, text, message):
    with pytest.raises(RlbenchError, match=message):
        from_file(text)


def test_no_file(things, tea_shop, tmp_path):
    with pytest.raises(RlbenchError, match="no such file of recommendations"):
        sys.modules["recommendations"].from_file(tmp_path / "none.csv", "mine", user_column="customer")(tea_shop)


# --- installed from wheels, in an empty folder -----------------------------------------------------------------------
@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A folder with nothing but two modules and a suite, and a function that runs commands there."""
    target, folder = tmp_path_factory.mktemp("installed"), tmp_path_factory.mktemp("empty")
    install([ROOT, *PACKAGES], tmp_path_factory.mktemp("wheels"), target)
    for path in [*(FOLDER / "metric").iterdir(), *(FOLDER / "policy").iterdir(), FOLDER / "all_kinds.toml"]:
        if path.is_file():
            shutil.copy(path, folder)
    readme = (PAGES / "README.md").read_text()
    (folder / "my_module.py").write_text(re.findall(r"```python\n(.*?)```", readme, re.DOTALL)[0])
    environment = os.environ | {"PYTHONPATH": str(target), "OMP_NUM_THREADS": "1"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "rlbench_rec", *arguments]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)

    return folder, run


def test_a_suite_of_all_kinds_runs(empty):
    folder, run = empty
    done = run("run", "all_kinds.toml", "--out", "out", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    runs = pd.read_csv(folder / "out" / "runs.csv")
    assert (runs["status"] == "ok").all()
    assert set(runs["algorithm"]) == {"behaviour", "house-blend", "expectile-q", "cautious-cql"}
    assert set(runs["dataset"].dropna()) == {"tea-shop"} and set(runs["task"].dropna()) == {"tea-room-v1"}
    assert "sn-power0.5" in set(runs["estimator"]) and "novelty" in set(runs["metric"])
    assert runs.loc[runs["algorithm"] == "cautious-cql", "variant"].str.startswith("last-item").all()
    novelty = runs[(runs["metric"] == "novelty") & (runs["estimator"] == "on-policy")]["value"]
    assert ((novelty > 1) & (novelty < 10)).all()
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    assert set(manifest["plugins"]) == {
        *(target.split(":")[0] for _, target in entry_points().values()),
        "novelty",
        "recommendations",
    }
    assert manifest["plugins"]["tea_room"].startswith("tea-room 1.0, sha256")


def test_plugins_are_checked_by_name(empty):
    _, run = empty
    for module, name in (("power_weights", "sn-power"), ("my_module", "first")):
        done = run("check-plugin", module, "--json")
        findings = json.loads(done.stdout)
        assert done.returncode == 0 and {finding["name"] for finding in findings} == {name}, done.stdout


# --- the pages -------------------------------------------------------------------------------------------------------
def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (PAGES / page).read_text(), re.DOTALL)


@pytest.mark.parametrize("page", sorted(path.name for path in PAGES.glob("*.md") if path.name != "README.md"))
def test_pages_show_the_code_of_the_examples(page):
    files = [path for path in FOLDER.rglob("*") if path.suffix in (".py", ".toml")]
    texts = [path.read_text() for path in files]
    shown = [
        block for block in blocks(page, "python") if re.search(r"^ *(class|def|CARD|id|rb\.register)\b", block, re.M)
    ]
    shown += [block for block in blocks(page, "toml") if "entry-points" in block or "[columns]" in block]
    assert shown
    for block in shown:
        # A page may leave out what lies between two definitions.
        for part in block.split("\n\n\n"):
            assert any(part.strip() in text for text in texts), f"{page} shows what no example has:\n{part}"


@pytest.mark.parametrize("page", sorted(path.name for path in PAGES.glob("*.md")))
def test_suites_of_the_pages_are_suites(things, page):
    whole = {"name": "page", "sources": [{"task": "tea-room-v1"}], "algorithms": [{"id": "random"}]}
    for block in blocks(page, "toml"):
        if "entry-points" not in block and "[columns]" not in block:
            Suite.model_validate(whole | tomllib.loads(block))


def test_the_index_names_every_page_and_example():
    index = (PAGES / "README.md").read_text()
    assert all(f"({page.name})" in index for page in PAGES.glob("*.md") if page.name != "README.md")
    assert all(f"examples/extending/{folder.name}/" in index for folder in [*PACKAGES, *MODULES])


def test_the_registered_policy_says_what_it_is(things):
    assert "recommendations.csv" in POLICIES["house-blend"].__doc__
