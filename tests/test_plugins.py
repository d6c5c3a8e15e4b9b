"""Things from a module of the user's own: in suites, in worker processes and on the command line."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys

import pandas as pd
import pytest

import rlbench_rec as rb
from rlbench_rec.errors import InputError
from rlbench_rec.plugins import KINDS, LOADED, identities, load_plugins, plugins_of, registry
from rlbench_rec.results.read import load_runs
from rlbench_rec.suite import Suite
from rlbench_rec.suite.runner import run_suite

MODULE = '''
import numpy as np
import rlbench_rec as rb
from rlbench_rec.ope import ESTIMATORS, Estimator
from rlbench_rec.policies import Stateless
from rlbench_rec.tasks.shops.recommend import Recommend
from rlbench_rec.training.algorithms import DQN
from rlbench_rec.training.networks.encoders.mlp import MLPEncoder

def first(train):
    """Always the first action."""
    return Stateless("first", np.eye(train.action_count)[0])

class Bold(DQN):
    """DQN in great strides."""
    learning_rate: float = 0.01

class Corner(Recommend):
    """A shop round the corner."""
    id = "corner-v1"

class Wide(MLPEncoder):
    """Wider than it looks."""

rb.register("policies", "first", first)
rb.register("algorithms", "bold", Bold)
rb.register("tasks", "corner-v1", Corner)
rb.register("encoders", "wide", Wide)
rb.register("estimators", "my-ips", Estimator("my-ips", ESTIMATORS["ips"].compute))
'''
SUITE = {
    "name": "tiny",
    "plugins": ["shop_of_test.things"],
    "sources": [{"task": "corner-v1", "episodes": 120}],
    "algorithms": [{"id": "first"}, {"id": "bold", "encoder": "wide"}],
    "seeds": [0],
    "estimators": ["my-ips", "snips"],
    "steps": 10,
    "batch_size": 32,
    "n_resamples": 100,
    "truth_error": 0.2,
}


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module that registers things; what it registers is forgotten afterwards."""
    folder = tmp_path / "path" / "shop_of_test"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "things.py").write_text(MODULE)
    monkeypatch.syspath_prepend(folder.parent)
    importlib.invalidate_caches()
    for kind in KINDS:
        known = registry(kind)
        monkeypatch.setattr(known, "_targets", dict(known._targets))
        monkeypatch.setattr(known, "modules", dict(known.modules))
    loaded_before = dict(LOADED)
    yield folder / "things.py"
    for name in [name for name in sys.modules if name.startswith("shop_of_test")]:
        del sys.modules[name]
    LOADED.clear()
    LOADED.update(loaded_before)


def test_everything_from_a_module_of_ones_own_runs_in_workers(module, tmp_path, jobs_in_this_process, without_pictures):
    finished = run_suite(Suite(**SUITE), tmp_path / "out", device="cpu", workers=1)
    runs = load_runs(finished.folder / "runs.csv")
    assert (runs["status"] == "ok").all()
    assert set(runs["algorithm"]) == {"behaviour", "first", "bold"} and set(runs["task"]) == {"corner-v1"}
    assert {"my-ips", "snips"} <= set(runs["estimator"])
    assert any(variant.startswith("wide") for variant in runs["variant"].astype(str))
    manifest = json.loads((finished.folder / "manifest.json").read_text())
    assert list(manifest["plugins"]) == ["shop_of_test.things"]
    # Other code under the same name is another algorithm: nothing of the old one is kept.
    jobs = {path: path.read_bytes() for path in (finished.folder / "jobs").iterdir()}
    module.write_text(MODULE.replace("[0]", "[1]"))
    with jobs_in_this_process():
        run_suite(Suite(**SUITE), tmp_path / "out", device="cpu", workers=1, resume=True)
    assert not [path for path, content in jobs.items() if path.read_bytes() == content]


def test_a_module_is_found_by_what_it_registered(module, tmp_path):
    """A program that imports it and runs a suite need not name it again."""
    importlib.import_module("shop_of_test.things")
    config = Suite(**SUITE | {"plugins": [], "sources": [{"task": "recommend-v1"}]}).model_dump(mode="json")
    assert plugins_of(config) == ["shop_of_test.things"]
    assert plugins_of(config | {"algorithms": [{"id": "bc"}], "estimators": ["snips"]}) == []


def test_what_the_main_program_registers_is_refused_before_any_work(module, tmp_path):
    from rlbench_rec.policies import POLICIES

    POLICIES.register("of-main", lambda train: None, module="__main__")
    suite = Suite(**SUITE | {"plugins": [], "sources": [{"task": "recommend-v1"}], "algorithms": [{"id": "of-main"}]})
    suite = suite.model_copy(update={"estimators": ["snips"]})
    with pytest.raises(InputError, match=r"of-main.*module of its own"):
        run_suite(suite, tmp_path / "out", device="cpu")
    assert not (tmp_path / "out").exists()


def test_an_identity_is_of_the_code_and_not_of_its_place(module, tmp_path, monkeypatch):
    config = {"plugins": ["shop_of_test.things"]}
    before = identities(config)
    assert identities({}) == {}
    (module.parent / "helper.py").write_text("STEPS = 3\n")
    assert (with_helper := identities(config)) != before
    (module.parent / "notes.txt").write_text("not code")
    assert identities(config) == with_helper
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    module.parent.rename(moved / "shop_of_test")
    monkeypatch.setattr(sys, "path", [str(moved), *sys.path])
    importlib.invalidate_caches()
    sys.modules.pop("shop_of_test", None)
    assert identities(config) == with_helper
    assert "numpy 2" in identities({"plugins": ["numpy.linalg"]})["numpy.linalg"]


@pytest.mark.parametrize(
    "code",
    ["1 / 0", "import nothing_of_this_name", "raise SystemExit(3)", "def (", 'rb.register("policies", "random", 1)'],
)
def test_a_plugin_that_cannot_be_imported_is_one_message(module, code):
    module.write_text(f"import rlbench_rec as rb\n{code}\n")
    with pytest.raises(InputError, match=r"shop_of_test.things: The plugin cannot be imported") as refused:
        load_plugins(["shop_of_test.things"])
    assert f"{module.name}:2" in str(refused.value) and "Name a module" not in str(refused.value)


@pytest.mark.parametrize(
    "name", ["", "things.py/", "../things", "a b", "nowhere_to_be_found", "os.nothing", "things.py"]
)
def test_what_is_no_module_is_one_message(name):
    with pytest.raises(InputError, match=r"cannot be imported.*Name a module as Python imports it"):
        load_plugins([name])


def test_a_dataset_is_the_path_of_a_card():
    with pytest.raises(InputError, match="The dataset 'mine' is of type int, not the path of a card"):
        rb.register("datasets", "mine", 7)


@pytest.mark.parametrize(
    "line",
    [
        ["--plugin", "shop_of_test.things", "list", "algorithms"],
        ["list", "algorithms", "--plugin=shop_of_test.things"],
    ],
)
def test_the_command_line_takes_plugins_anywhere(module, rlbench, line):
    assert "DQN in great strides" not in rlbench("list", "algorithms")[1]
    code, out, err = rlbench(*line)
    assert code == 0 and "DQN in great strides" in out, err


def test_the_command_line_takes_plugins_from_the_working_folder(module):
    command = [sys.executable, "-m", "rlbench_rec", "list", "algorithms", "--plugin", "shop_of_test.things"]
    done = subprocess.run(command, cwd=module.parents[1], capture_output=True, text=True)
    assert done.returncode == 0 and "DQN in great strides" in done.stdout, done.stderr


def test_a_plugin_on_the_line_that_cannot_be_imported_is_one_message(rlbench):
    code, _, err = rlbench("list", "algorithms", "--plugin", "nowhere_to_be_found")
    assert code == 2 and err.count("\n") == 1 and "nowhere_to_be_found" in err
    code, _, err = rlbench("list", "algorithms", "--plugin")
    assert code == 2 and "cannot be imported" in err


def test_a_run_takes_them_from_the_line(module, rlbench, monkeypatch, without_pictures):
    folder = module.parents[1]
    monkeypatch.chdir(folder)
    toml = [
        'name = "tiny"\nseeds = [0]\nestimators = ["my-ips"]\nn_resamples = 100\ntruth_error = 0.2',
        'sources = [{ task = "recommend-v1", episodes = 120 }]\nalgorithms = [{ id = "first" }]',
    ]
    (folder / "tiny.toml").write_text("\n".join(toml))
    line = ["run", "tiny.toml", "--out", "out", "--device", "cpu", "--jobs", "1"]
    code, out, err = rlbench(*line)
    assert code == 2 and "my-ips" in err + out
    code, _, err = rlbench(*line, "--plugin", "shop_of_test.things")
    assert code == 0, err
    assert set(pd.read_csv(folder / "out" / "runs.csv")["algorithm"]) == {"behaviour", "first"}
    assert rb.__version__ in (folder / "out" / "manifest.json").read_text()
