"""The code of README, guide and examples has types: an editor knows what a call gives, and pyright finds no error."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import rlbench_rec as rb

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "docs" / "extending" / "README.md"]
MODULES = sorted((ROOT / "examples" / "extending").rglob("*.py"))
"""Whole; the other pages of docs/extending show parts of them."""
ROOMS = (
    *("events", "mdp", "policies", "tasks", "training", "ope"),
    *("evaluation", "frontier", "results", "serving", "suite", "testing"),
)
FOREIGN = "import onnxruntime"
"""A block of somebody else's names."""
GIVEN = {
    "training.md": """
import numpy as np
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.policies import Policy
def _given() -> tuple[TransitionDataset, np.ndarray, Policy]: ...
train, states, behaviour = _given()
probabilities, rng = np.ones((1, 1)), np.random.default_rng(0)
""",
    "calibration.md": """
from rlbench_rec.events import EventLog
def _given() -> EventLog: ...
log = _given()
""",
    "deciding.md": """
from rlbench_rec.ope import EvaluationLog
def _given() -> EvaluationLog: ...
log = _given()
""",
    "needs-rl.md": """
from rlbench_rec.frontier import Base
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.policies import Policy, QFunction
def _given() -> tuple[dict[str, QFunction], dict[str, Policy], TransitionDataset, Base]: ...
ahead, floor, validation, base = _given()
short_sighted, test = ahead, validation
""",
}
"""What a page's code takes from its reader."""


def code_of(page: Path) -> str:
    """The blocks of a page one after another, as a reader runs them."""
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return "\n".join(block for block in blocks if FOREIGN not in block)


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).with_suffix("").as_posix().replace("/", "_")


CODE = {page: code for page in PAGES if (code := code_of(page))} | {path: path.read_text() for path in MODULES}
PUBLIC = sorted(
    {*rb.__all__, *(f"{room}.{name}" for room in ROOMS for name in getattr(getattr(rb, room), "__all__", ()))}
)
HOLES = """
import json
import numpy as np
value = json.loads("1")
cells = {"a": [json.loads("1")]}
array = np.array([1.0])
value = json.nothing_of_this_name
"""


class Reveal(ast.NodeTransformer):
    """Ask for the type of every call, every attribute that is read, and every name that is bound."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        # Of what is called, the result counts.
        func = node.func
        if isinstance(func, ast.Attribute):
            func.value = self.visit(func.value)
        node.args = [self.visit(argument) for argument in node.args]
        node.keywords = [self.visit(keyword) for keyword in node.keywords]
        return revealed(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        return revealed(node) if isinstance(node.ctx, ast.Load) else node

    def visit_Assign(self, node: ast.Assign) -> list[ast.stmt]:
        self.generic_visit(node)
        return [node, *self.names(*node.targets)]

    def visit_For(self, node: ast.For) -> ast.For:
        self.generic_visit(node)
        node.body = [*self.names(node.target), *node.body]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        # A reader's own code: errors in it count, and what torch leaves open does not.
        return node

    def names(self, *targets: ast.expr) -> list[ast.stmt]:
        bound = (node for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
        return [ast.Expr(revealed(ast.Name(node.id, ast.Load()))) for node in bound if isinstance(node.ctx, ast.Store)]


def revealed(node: ast.expr) -> ast.expr:
    return ast.Call(ast.Name("reveal_type", ast.Load()), [node], [])


def with_questions(code: str) -> str:
    return ast.unparse(ast.fix_missing_locations(Reveal().visit(ast.parse(code))))


@pytest.fixture(scope="module")
def findings(tmp_path_factory) -> dict[str, list[str]]:
    """Name -> pyright's errors and the types that say nothing. One process judges all: each reads pandas anew."""
    folder = tmp_path_factory.mktemp("pages")
    sources = {page_name(page): GIVEN.get(page.name, "") + with_questions(code) for page, code in CODE.items()}
    sources["names"] = "import rlbench_rec as rb\n" + "\n".join(f"reveal_type(rb.{name})" for name in PUBLIC)
    sources["holes"] = with_questions(HOLES)
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    settings = {"extraPaths": [str(ROOT)], "strictDictionaryInference": True}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len(sources)
    made: dict[str, list[str]] = {name: [] for name in sources}
    for finding in report["generalDiagnostics"]:
        text, line = finding["message"], finding["range"]["start"]["line"] + 1
        if finding["severity"] == "error" or says_nothing(text):
            made[Path(finding["file"]).stem].append(f"{line}: {text}")
    return made


def says_nothing(message: str) -> bool:
    """Whether it tells of a type with a hole, the cells of an array apart: numpy's own answers leave those open."""
    answer = re.match(r'Type of ".*" is "(.*)"$', message, flags=re.DOTALL)
    if answer is None:
        return False
    try:
        return has_hole(ast.parse(answer[1], mode="eval"))
    except SyntaxError:  # A function: what it takes may be anything, what it gives may not.
        return "Unknown" in answer[1] or answer[1].endswith("-> Any")


def has_hole(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in ("Any", "Unknown")
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in ("ndarray", "slice"):
        return False
    return any(map(has_hole, ast.iter_child_nodes(node)))


@pytest.mark.parametrize("page", CODE, ids=page_name)
def test_every_expression_has_a_type(page, findings):
    assert findings[page_name(page)] == []


def test_every_public_name_has_a_type(findings):
    assert findings["names"] == []


def test_a_hole_and_an_error_are_seen(findings):
    lines = "\n".join(findings["holes"])
    assert re.search(r'"value" is "Any"', lines) and re.search(r'"cells" is "dict\[str, list\[Any\]\]"', lines)
    assert "nothing_of_this_name" in lines and '"array"' not in lines
