"""Every code block of the README and the guide runs as it is written.

Python blocks of a page run one after the other in an empty folder, after what the page says its reader has (`GIVEN`).
Figures that are for the reader's patience are smaller here (`SMALLER`). Commands that take hours are parsed by the
command line itself, so that no option or value in them is wrong; those of the tutorials run. TOML is read.
"""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from rlbench_rec.cli.app import app
from rlbench_rec.cli.global_options import split

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
VISITS = """
from pathlib import Path
visits = [
    (user, (user + step) % 9, 1_511_544_070 + 9_000 * user + 60 * step + 30 * bought, bought)
    for user in range(60)
    for step in range(6)
    for bought in ([False, True] if step == 2 and user % 2 else [False])
]
"""
"""Sixty users who look at six items each; every other buys one."""
SHOP = (
    VISITS
    + """
rows = [f"{at},{user},{item},{'purchase' if bought else 'click'}" for user, item, at, bought in visits]
Path("my-shop.csv").write_text("\\n".join(["at,who,what,did", *rows]))
Path("my-shop.toml").write_text('''
id = "my-shop"
title = "My shop"
licence = "ours"
citation = "none"
files = [{ pattern = "my-shop.csv" }]
time_unit = "s"
session = "gap"
action_source = "choice"
propensity = "none"
reward_weights = { click = 1, purchase = 5 }
columns = { timestamp = "at", user = "who", item = "what", event = "did" }
events = { click = "click", purchase = "purchase" }
''')
"""
)
CHOICES = (
    VISITS
    + """
rows = [f"{user},{item},1,{'buy' if bought else 'pv'},{at}" for user, item, at, bought in visits]
Path("UserBehavior.csv").write_text("\\n".join(rows))
"""
)
DECISIONS = """
import pandas as pd
half = {"propensity": 0.5, "target_propensity": [0.8, 0.2] * 100, "click": [1, 0] * 100, "revenue": 2.0}
pd.DataFrame(half).to_parquet("log.parquet")
"""
BOARDS = """
import os
for folder in ("old", "new", "results"):
    os.symlink(root / "results" / "quick", folder) if folder != "results" else os.symlink(root / "results", folder)
"""
SERVED = """
from pathlib import Path
from tests.serving.small_policies import write
write(Path("policy.onnx"), [0.5, 0.3, 0.2])
"""
GIVEN = {
    "README.md": SERVED,
    "docs/compare.md": BOARDS,
    "docs/data.md": SHOP
    + CHOICES
    + """
Path("path/to").mkdir(parents=True)
Path("UserBehavior.csv").rename("path/to/UserBehavior.csv")
""",
    "docs/deciding.md": """
import numpy as np
from rlbench_rec import ope
rng = np.random.default_rng(0)
shown = rng.choice(2, 4_000, p=[0.5, 0.5])
clicks = (rng.random(4_000) < np.array([0.1, 0.2])[shown]).astype(float)
log = ope.EvaluationLog(clicks, np.full(4_000, 0.5), np.array([0.2, 0.8])[shown])
""",
    "docs/mdp.md": SHOP,
    "docs/ope-command.md": DECISIONS,
    "docs/ranking.md": CHOICES,
    "docs/report.md": BOARDS,
    "docs/results.md": BOARDS,
    "docs/serving.md": SERVED,
    "docs/strata.md": "",
    "docs/tasks.md": "",
    "docs/versioning.md": "",
    "docs/extending/README.md": "",
}
"""Page -> what its reader has. The blocks of other pages run in the tests of their rooms."""
ELSEWHERE = {
    "docs/baselines.md": "tests/baselines/test_recommendations.py",
    "docs/frontier.md": "tests/frontier/test_frontier_docs.py",
    "docs/ope.md": "tests/ope/test_ope_docs.py",
    "docs/shop-questions.md": "tests/ope/test_ope_docs.py",
}
TYPES_ONLY = ("docs/calibration.md", "docs/needs-rl.md", "docs/suites.md", "docs/training.md")
"""Pages whose code trains for minutes, and is checked by tests/test_docs_types.py alone."""
SMALLER = {"steps=2_000": "steps=10", "episodes=10_000": "episodes=200", "relative_error=0.02": "relative_error=0.2"}


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> list[str]:
    return [block for language, block in BLOCK.findall(page.read_text(encoding="utf-8")) if language in languages]


@pytest.fixture
def forgotten(monkeypatch):
    """What a page registers is forgotten after it."""
    from rlbench_rec.plugins import KINDS, registry

    for kind in KINDS:
        for attribute in ("_targets", "modules"):
            monkeypatch.setattr(registry(kind), attribute, dict(getattr(registry(kind), attribute)))


@pytest.mark.parametrize("page", GIVEN)
def test_python_runs_as_written(page, tmp_path, monkeypatch, forgotten, capsys):
    monkeypatch.chdir(tmp_path)
    names = {"root": ROOT, "__name__": "page"}
    exec(GIVEN[page], names)
    for block in blocks(ROOT / page, "python"):
        if (page, "import rlbench_rec as rb" in block) == ("README.md", True):
            continue  # tests/test_package.py runs it
        for figure, smaller in SMALLER.items():
            block = block.replace(figure, smaller)
        exec(compile(block, page, "exec"), names)


def test_no_page_with_code_is_forgotten():
    """A new page with Python stands in `GIVEN`, or names the test that runs it."""
    pages = {name(page) for page in PAGES if blocks(page, "python")}
    folders = {page for page in pages if page.startswith(("docs/extending/", "docs/tutorials/"))}
    assert pages - folders == {*GIVEN, *ELSEWHERE, *TYPES_ONLY} - folders
    assert [test for test in ELSEWHERE.values() if not (ROOT / test).is_file()] == []


def commands(block: str) -> list[list[str]]:
    """The words of each `rlbench` command of a block; of a workflow's steps too."""
    made = []
    for line in re.sub(r"\\\n", " ", block).splitlines():
        for part in re.split(r"&&|\||>|;;", line.strip().removeprefix("- run: ")):
            words = shlex.split(part, comments=True)
            words = words[next((i for i, word in enumerate(words) if "=" not in word), 0) :]
            if words and words[0].split("/")[-1] == "rlbench":
                made.append(words[1:])
    return made


def parsed(words: list[str]) -> dict:
    """What the command line makes of a command, short of doing it."""
    words, _ = split(words)
    command, title = get_command(app), "rlbench"
    while hasattr(command, "commands"):
        assert words and words[0] in command.commands, f"{title} has no command {words}"
        command, title, words = command.commands[words[0]], f"{title} {words[0]}", words[1:]
    with command.make_context(title, list(words)) as context:
        return context.params


SHELLS = [page for page in PAGES if any(commands(block) for block in blocks(page, "sh", "bash", "yaml"))]


@pytest.mark.parametrize("page", SHELLS, ids=name)
def test_commands_are_those_of_the_command_line(page):
    for block in blocks(page, "sh", "bash", "yaml"):
        for words in commands(block):
            parsed(words)
            for word in words:
                assert "<" not in word, f"{' '.join(words)} cannot be typed"


def test_a_wrong_command_is_seen():
    assert commands("A=1 .venv/bin/rlbench run --out x  # so\n- run: rlbench list tasks | cat") == [
        ["run", "--out", "x"],
        ["list", "tasks"],
    ]
    assert parsed(["run", "quick", "--steps", "5"])["steps"] in (5, "5")
    with pytest.raises(Exception, match="--stepz"):
        parsed(["run", "--stepz", "5"])
    with pytest.raises(AssertionError, match="no command"):
        parsed(["rnu"])


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "toml")], ids=name)
def test_toml_can_be_read(page):
    for block in blocks(page, "toml"):
        tomllib.loads(block)


def test_scripts_that_pages_start_are_there():
    for page in PAGES:
        for block in blocks(page, "sh", "bash"):
            for module in re.findall(r"python3? -m (studies[\w.]*)", block):
                assert (ROOT / f"{module.replace('.', os.sep)}.py").is_file(), module
            for script in re.findall(r"python3? ((?:studies|examples|tests)/\S+\.py)", block):
                assert (ROOT / script).is_file(), script


def test_languages_are_known():
    known = {"", "text", "python", "sh", "bash", "yaml", "toml", "json"}
    assert {language for page in PAGES for language, _ in BLOCK.findall(page.read_text(encoding="utf-8"))} <= known
