"""Plugins are imported from the sources that were sent, and other code of their name is refused."""

from __future__ import annotations

import importlib
import pickle
import sys

import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.suite.shipped_code import PluginCode

FILES = {
    "sent_package/__init__.py": "from .part.inner import VALUE\n",
    "sent_package/part/inner.py": "from ..other import HALF\n\nVALUE = 2 * HALF\n",
    "sent_package/other.py": "# größer\nHALF = 21\n",
    "sent_module.py": "def twice(x):\n    return 2 * x\n",
    "sent_namespace/below.py": "NAME = __name__\n",
}
PLUGINS = ("sent_package", "sent_module", "sent_namespace.below")


@pytest.fixture
def code(tmp_path, monkeypatch):
    """As it arrives where none of the modules is."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    with monkeypatch.context() as here:
        here.syspath_prepend(tmp_path)
        sent = pickle.dumps(PluginCode.of([*PLUGINS, "no_such_plugin", "not-a-name", "sklearn"]))
    importlib.invalidate_caches()
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    yield pickle.loads(sent)
    for name in [name for name in sys.modules if name.startswith("sent_")]:
        del sys.modules[name]


def test_modules_are_imported_without_their_files(code):
    assert importlib.util.find_spec("sent_package") is None
    code.use("a node")
    assert importlib.import_module("sent_package").VALUE == 42
    assert importlib.import_module("sent_module").twice(3) == 6
    assert importlib.import_module("sent_namespace.below").NAME == "sent_namespace.below"
    for name in ("no_such_plugin", "sent_package.no_such"):
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(name)


def test_what_is_installed_is_not_sent(code):
    assert set(code.sources) == {
        *("sent_package", "sent_package.part", "sent_package.part.inner", "sent_package.other"),
        *("sent_module", "sent_namespace", "sent_namespace.below"),
    }


def test_the_same_code_of_the_node_comes_first_and_other_code_is_refused(code, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    code.use("a node")
    assert importlib.import_module("sent_module").__file__ == str(tmp_path / "sent_module.py")
    (tmp_path / "sent_package" / "other.py").write_text("HALF = 3\n")
    with pytest.raises(
        InputError, match=r"^a node: It has another version of a plugin than this machine \(sent_package"
    ):
        code.use("a node")
