"""The base install: what works without torch and the other optional packages, and the one error of what does not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

import rlbench_rec as rb
from rlbench_rec import extras
from rlbench_rec.errors import MissingExtraError
from rlbench_rec.extras import EXTRAS, install_command, require

ROOT = Path(__file__).resolve().parents[1]
OPTIONAL = sorted({module for extra in EXTRAS.values() for module in extra.modules})
TABLE = "action,propensity,target_propensity,click\n" + "".join(
    f"{row % 2},0.5,{0.8 if row % 2 else 0.2},{int(row % 5 == 0)}\n" for row in range(400)
)
SCORING = """
kind = "estimators"
name = "scoring"
estimators = ["snips", "dr"]
episodes = [50]
logs = [2]
sources = [{ task = "tabular-v1", matched = ["myopic-mild"], mismatched = ["worst"] }]
"""
TRAINING = """
name = "training"
seeds = [0]
estimators = ["snips"]
algorithms = [{ id = "dqn" }]
sources = [{ task = "tabular-v1", episodes = 50 }]
"""
SHOPS = """
import numpy as np
import rlbench_rec as rb

for name in rb.tasks.TASKS:
    task = rb.tasks.make(name, seed=0)
    data = task.log(episodes=40, policy=task.behaviour, seed=1)
    train, test = data.split()
    policy = rb.policies.make("popularity", train)
    assert np.isfinite(task.true_value(policy, relative_error=0.5, seed=2).value), name
    assert np.isfinite(rb.evaluate(test, policy, ["snips"], n_resamples=100)[0].value), name
    task.env().reset(seed=3)
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Runs Python as if no optional package were installed, in its child processes too."""
    folder = tmp_path_factory.mktemp("without")
    (folder / "sitecustomize.py").write_text(f"import sys\nsys.modules.update(dict.fromkeys({OPTIONAL!r}))\n")
    path = os.pathsep.join(filter(None, (str(folder), str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}

    def python(*arguments: object, cwd: Path = folder) -> subprocess.CompletedProcess:
        command = [sys.executable, *map(str, arguments)]
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)

    return python


def commands(base, folder: Path, lines: list[list[str]]) -> list[tuple[int, str]]:
    """Command lines in one process; exit code and output of each."""
    code = (
        "import contextlib, io, json, sys\nfrom rlbench_rec.cli.app import main\nanswers = []\n"
        f"for line in {lines!r}:\n"
        "    sys.argv, text = ['rlbench', *line], io.StringIO()\n"
        "    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):\n"
        "        try:\n            main()\n"
        "        except SystemExit as stop:\n            answers.append((stop.code or 0, text.getvalue()))\n"
        "print(json.dumps(answers))"
    )
    done = base("-c", code, cwd=folder)
    assert done.returncode == 0, done.stderr
    return [tuple(answer) for answer in json.loads(done.stdout)]


def test_commands_that_train_nothing_work_without_any_extra(base, tmp_path):
    (tmp_path / "log.csv").write_text(TABLE)
    (tmp_path / "scoring.toml").write_text(SCORING)
    reference = str(ROOT / "results" / "quick" / "leaderboard.csv")
    columns = ["--reward", "click", "--propensity", "propensity", "--plot", "weights.png"]
    lines = [
        ["ope", "log.csv", *columns],
        ["compare", reference, reference],
        ["data", "list"],
        ["data", "check", "open-bandit-sample/random-men"],
        ["tasks", "list"],
        ["tasks", "show", "recommend-v1"],
        *(["list", kind] for kind in ("algorithms", "encoders", "loops", "estimators", "metrics", "suites")),
        ["run", "scoring.toml", "--out", "out", "--jobs", "1"],
    ]
    answers = dict(zip([" ".join(line) for line in lines], commands(base, tmp_path, lines), strict=True))
    for line, (code, text) in answers.items():
        assert code in ((0, 1, 3) if line.startswith("ope") else (0,)), f"{line}: {text}"
    assert "not installed" not in answers["list estimators"][1]
    assert (tmp_path / "out" / "estimators.csv").is_file()


def test_every_shop_logs_and_knows_the_value_of_a_policy_without_any_extra(base):
    done = base("-c", SHOPS)
    assert done.returncode == 0, done.stderr


def test_commands_that_train_say_in_one_line_what_to_install(base, tmp_path):
    (tmp_path / "training.toml").write_text(TRAINING)
    lines = [
        ["run"],
        ["run", "training.toml"],
        ["run", "--dataset", "open-bandit-sample"],
        ["export", "runs/some"],
        ["tasks", "calibrate", "my.toml", "--out", "shop", "--winners"],
    ]
    for line, (code, text) in zip(lines, commands(base, tmp_path, lines), strict=True):
        assert code == 2, line
        assert len(text.splitlines()) == 1, text
        assert "torch" in text and install_command("train") in text, text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["training.toml"], "it was refused before any work"


@pytest.fixture
def without(monkeypatch):
    """Make an extra's modules unfindable."""

    def hide(extra: str) -> None:
        for module in EXTRAS[extra].modules:
            monkeypatch.setitem(sys.modules, module, None)

    return hide


TRAINING_CALLS = {
    "fit": 'rb.training.fit(data, "dqn")',
    "fit_seeds": 'rb.training.fit_seeds(data, "dqn", seeds=[0, 1])',
    "fqe": "rb.training.fqe(data, task.behaviour)",
    "load": 'rb.training.load("folder")',
    "load_second_stage": 'rb.training.load_second_stage("folder")',
    "cross_fitted_q": "rb.training.cross_fitted_q(data, task.behaviour)",
    "evaluate": 'rb.evaluate(data, task.behaviour, ["dr"])',
    "to_d3rlpy": "data.to_d3rlpy()",
}


@pytest.fixture(scope="module")
def refusals(base) -> dict[str, str]:
    """What each call says in a process that has never seen torch."""
    code = f"""
import json
import rlbench_rec as rb
from rlbench_rec.errors import MissingExtraError

task = rb.tasks.make("tabular-v1")
data, said = task.log(20, task.behaviour, seed=0), {{}}
for name, call in {TRAINING_CALLS!r}.items():
    try:
        eval(call)
    except MissingExtraError as error:
        assert isinstance(error, ImportError)
        said[name] = str(error)
print(json.dumps(said))
"""
    done = base("-c", code)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", TRAINING_CALLS)
def test_what_needs_torch_says_so_in_python(refusals, name):
    assert "needs torch, d3rlpy and safetensors" in refusals[name]
    assert install_command("train") in refusals[name]


def test_logs_of_single_decisions_need_no_torch(without):
    without("train")
    data = rb.mdp.build(rb.events.load("open-bandit-sample/random-men"), rb.mdp.MDPConfig(gamma=0.0))
    train, test = data.split()
    (estimate,) = rb.evaluate(test, rb.policies.make("popularity", train), ["dr"], n_resamples=100)
    assert np.isfinite(estimate.value)


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_error_names_what_is_missing_and_only_that(monkeypatch, extra):
    modules = EXTRAS[extra].modules
    monkeypatch.setattr(extras, "is_installed", lambda module: module != modules[-1])
    with pytest.raises(MissingExtraError) as caught:
        require(extra, "Flying", where="the air")
    assert str(caught.value).startswith(f"the air: Flying needs {modules[-1]}, which is not installed. Install")
    assert f"Install the extra: {install_command(extra)}." in str(caught.value) and f"[{extra}]" in str(caught.value)


def test_a_package_that_is_there_but_broken_keeps_its_own_error(base, tmp_path):
    (tmp_path / "torch.py").write_text("raise OSError('libcudart.so.12: no such file')")
    done = base(
        "-c",
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); del sys.modules['torch']\n"
        "from rlbench_rec.extras import is_installed\nassert is_installed('torch')\nimport torch",
    )
    assert "libcudart" in done.stderr.splitlines()[-1]


def test_the_table_of_extras_is_that_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    base = {Requirement(text).name for text in project["dependencies"]}
    for name, extra in EXTRAS.items():
        wanted = {Requirement(text).name.replace("-", "_") for text in project["optional-dependencies"][name]}
        assert set(extra.modules) <= wanted
        assert not base & wanted
    everything = " ".join(project["optional-dependencies"]["test"])
    (included,) = re.findall(r"rlbench-rec\[(.*?)\]", everything)
    assert set(included.split(",")) == set(EXTRAS)


def test_what_is_blocked_is_not_installed(monkeypatch):
    class Blocker:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == "optuna":
                raise ModuleNotFoundError(name)

    monkeypatch.setattr(sys, "meta_path", [Blocker, *sys.meta_path])
    monkeypatch.delitem(sys.modules, "optuna", raising=False)
    monkeypatch.setitem(sys.modules, "implicit", None)
    for extra, module in (("tune", "optuna"), ("baselines", "implicit")):
        with pytest.raises(MissingExtraError, match=f"It needs {module}, which is not installed"):
            require(extra, "It")


def test_the_hint_is_true_of_a_checkout_and_of_a_wheel(monkeypatch, tmp_path):
    assert install_command("train") == f'pip install -e "{ROOT}[train]"', "these tests run from a checkout"
    # Installed: no pyproject.toml beside the package.
    monkeypatch.setattr("rlbench_rec.extras.packaged", lambda name: tmp_path / name)

    class Installed:
        record: str | None = None

        def read_text(self, name: str) -> str | None:
            return self.record if name == "direct_url.json" else None

    monkeypatch.setattr("importlib.metadata.distribution", lambda name: Installed())
    assert install_command("train") == 'pip install "rlbench-rec[train]"'
    Installed.record = '{"url": "file:///tmp/rlbench_rec-0.2.0-py3-none-any.whl", "archive_info": {}}'
    assert install_command("ray") == 'pip install "rlbench-rec[ray] @ file:///tmp/rlbench_rec-0.2.0-py3-none-any.whl"'
    Installed.record = "not JSON"
    assert install_command("ray") == 'pip install "rlbench-rec[ray]"'
